"""The training objective: the log-likelihood of the right start and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def span_loss(
    start: Tensor, end: Tensor, allowed: Tensor, targets: Tensor, target_mask: Tensor, weights: Tensor
) -> Tensor:
    """Mean over rows of minus log sum_a P(start_a) P(end_a), a over the alternative answers.

    With one answer this is the sum of the log-likelihoods of its start and its end (Devlin et al. 2019,
    section 4.2); with several, their marginal likelihood (Clark & Gardner 2018, section 3). `start`, `end`
    and `allowed` have shape (rows, tokens); `targets` (rows, alternatives, 2); `target_mask`
    (rows, alternatives); `weights` (rows,).
    """
    log_start = start.float().masked_fill(~allowed, float("-inf")).log_softmax(-1)
    log_end = end.float().masked_fill(~allowed, float("-inf")).log_softmax(-1)
    likelihoods = log_start.gather(1, targets[..., 0]) + log_end.gather(1, targets[..., 1])
    likelihoods = likelihoods.masked_fill(~target_mask, float("-inf"))
    return -(likelihoods.logsumexp(-1) * weights).sum() / weights.sum()
