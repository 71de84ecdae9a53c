"""The training objectives: the log-likelihood of the right start and end, in one paragraph and across several."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

NEVER = float("-inf")


def span_loss(
    start: Tensor, end: Tensor, allowed: Tensor, targets: Tensor, target_mask: Tensor, weights: Tensor
) -> Tensor:
    """Mean over rows of minus log sum_a P(start_a) P(end_a), a over the alternative answers.

    With one answer this is the sum of the log-likelihoods of its start and its end (Devlin et al. 2019,
    section 4.2); with several, their marginal likelihood (Clark & Gardner 2018, section 3). `start`, `end`
    and `allowed` have shape (rows, tokens); `targets` (rows, alternatives, 2); `target_mask`
    (rows, alternatives); `weights` (rows,).
    """
    log_start = start.float().masked_fill(~allowed, NEVER).log_softmax(-1)
    log_end = end.float().masked_fill(~allowed, NEVER).log_softmax(-1)
    likelihoods = log_start.gather(1, targets[..., 0]) + log_end.gather(1, targets[..., 1])
    likelihoods = likelihoods.masked_fill(~target_mask, NEVER)
    return -(likelihoods.logsumexp(-1) * weights).sum() / weights.sum()


def shared_span_loss(
    start: Tensor, end: Tensor, allowed: Tensor, targets: Tensor, target_mask: Tensor, group: int
) -> Tensor:
    """The same with one softmax over all paragraphs of a question: shared normalisation (Clark & Gardner 2018).

    Rows come in groups of `group` neighbours, one question each. [CLS], the first token, takes no part: which
    paragraph answers is asked here, and whether one does by `span_loss`. Groups without an answer count nothing; the
    mean is over the others, 0 when there are none. Shapes as for `span_loss`.
    """
    tokens, alternatives = start.shape[1], targets.shape[1]
    answers = target_mask & (targets[..., 0] > 0)
    answered = answers.view(-1, group * alternatives).any(-1)
    if not bool(answered.any()):
        return start.sum() * 0.0
    # Groups without an answer may be of filling rows alone, whose softmax would be over nothing.
    rows = answered.repeat_interleave(group)
    spans = allowed[rows].clone()
    spans[:, 0] = False

    def log_share(logits: Tensor, place: int) -> Tensor:
        masked = logits[rows].float().masked_fill(~spans, NEVER)
        total = masked.view(-1, group * tokens).logsumexp(-1).repeat_interleave(group)
        return masked.gather(1, targets[rows][..., place]) - total[:, None]

    likelihoods = (log_share(start, 0) + log_share(end, 1)).masked_fill(~answers[rows], NEVER)
    return -likelihoods.view(-1, group * alternatives).logsumexp(-1).mean()


def soft_span_loss(
    start: Tensor, end: Tensor, allowed: Tensor, teacher_start: Tensor, teacher_end: Tensor, weights: Tensor
) -> Tensor:
    """Mean over rows of the cross-entropy between a teacher's start and end distributions and the model's.

    Distributions are softmaxes over the allowed tokens (Hinton et al. 2015, section 2, at temperature 1; the sum over
    start and end as in `span_loss`). All scores and `allowed` have shape (rows, tokens); `weights` (rows,).
    """

    def cross_entropy(student: Tensor, teacher: Tensor) -> Tensor:
        target = teacher.float().masked_fill(~allowed, NEVER).softmax(-1)
        log_share = student.float().masked_fill(~allowed, NEVER).log_softmax(-1).masked_fill(~allowed, 0.0)
        return -(target * log_share).sum(-1)

    rows = cross_entropy(start, teacher_start) + cross_entropy(end, teacher_end)
    return (rows * weights).sum() / weights.sum()
