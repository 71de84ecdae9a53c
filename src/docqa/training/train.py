"""Fine-tuning a reader: the encoder and the start and end vectors S and T of Devlin et al. 2019, section 4.2."""

from __future__ import annotations

import hashlib
import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docqa.errors import TrainingError
from docqa.evaluation.squad import AnnotatedQuestion
from docqa.reading.arithmetic import is_fast_here
from docqa.reading.windows import longest_window, question_lengths, question_room
from docqa.training.checkpoint import Position, load_checkpoint, remove_checkpoint, save_checkpoint
from docqa.training.dropout import drop_hidden_states
from docqa.training.examples import Batch, batches, make_examples
from docqa.training.layers import freeze, keep_layers
from docqa.training.loss import shared_span_loss, soft_span_loss, span_loss
from docqa.training.negatives import similar_paragraphs
from docqa.training.schedule import learning_rate_factor, progress_made
from docqa.training.shown import part_of, shown_in_epoch
from docqa.training.teacher import Teacher

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

logger = logging.getLogger(__name__)

#: Negatives are drawn from so many of the most similar paragraphs.
AMONG = 8


@dataclass(frozen=True)
class TrainingOptions:
    """Everything besides base and data that decides what comes out.

    `windows` is the window length in tokens of each epoch, so its length is the number of epochs: short
    windows first make the first epoch cheap. With `parts` the questions are dealt into so many parts and each epoch
    reads the next one: more questions once instead of fewer twice. `negatives` is the share of questions that are
    read with `across` similar paragraphs that do not hold the answer, under one softmax over all
    (`shared_span_loss`) besides the one in each; `unanswerable` the share for which an unanswerable variant is added.
    With `teacher`, a reader with the same word pieces, a share `soft` of the loss in each paragraph is that of giving
    the teacher's start and end distributions instead of the annotated answers. `frozen` keeps the embeddings and so
    many of the lowest layers as they are, which makes a step cheaper; `layers` keeps only so many of the base's,
    evenly spaced. `dropout` is the share of the hidden states that are dropped in a step. `minutes` ends the run in
    time: the learning rate then falls by the clock where the clock is ahead of the steps.
    """

    windows: tuple[int, ...] = (128, 384, 384)
    batch_tokens: int = 4096
    learning_rate: float = 1.5e-4
    warmup: float = 0.06
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    parts: int = 1
    negatives: float = 0.2
    across: int = 1
    unanswerable: float = 0.1
    frozen: int = 0
    dropout: float = 0.0
    layers: int | None = None
    teacher: str | None = None
    soft: float = 0.7
    minutes: float | None = None
    seed: int = 13


@dataclass(frozen=True)
class Step:
    """What the caller hears after each step, for a progress bar."""

    number: int
    of: int
    epoch: int
    loss: float
    seconds: float
    progress: float


def train_reader(
    questions: Sequence[AnnotatedQuestion],
    base: str | Path,
    out: Path,
    options: TrainingOptions,
    *,
    distractors: Sequence[str] = (),
    restart: bool = False,
    checkpoint_seconds: float = 300.0,
    on_step: Callable[[Step], None] = lambda step: None,
    on_epoch: Callable[[int, PreTrainedModel, PreTrainedTokenizerBase], None] = lambda epoch, model, tokenizer: None,
) -> None:
    """Fine-tune `base` on `questions` and write the reader to the folder `out`, resuming from its checkpoint.

    `distractors` are further texts that negatives are taken from. `on_step` is called after each step, `on_epoch`
    after each whole epoch with the model in evaluation mode. Raises `TrainingError` when there is nothing to train on,
    `ReaderNotFoundError` when the base cannot be loaded.
    """
    import torch

    from docqa.reading.loading import load_for_training

    if not questions:
        raise TrainingError("There are no questions to train on; give at least one SQuAD-format file with some.")
    begun = time.monotonic()
    torch.manual_seed(options.seed)
    model, tokenizer = load_for_training(base)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)  # type: ignore[arg-type]
    _switch_dropout_off(model)
    keep_layers(model, options.layers)
    freeze(model, options.frozen)
    drop_hidden_states(model, options.dropout)
    optimizer = _optimizer(model, options)
    teacher = _teacher(options, tokenizer)
    checkpoint = out / "checkpoint"
    fingerprint = _fingerprint(questions, base, options)
    position = None if restart else load_checkpoint(checkpoint, model, optimizer, fingerprint)
    if position:
        logger.info("resuming %s after %d steps", checkpoint, position.step)
        begun -= position.seconds
    negatives = similar_paragraphs(questions, among=AMONG, distractors=distractors)
    plan = [
        list(_epoch_batches(questions, negatives, tokenizer, options, epoch, longest_window(model, tokenizer)))
        for epoch in range(len(options.windows))
    ]
    steps, done = sum(len(epoch) for epoch in plan), position.step if position else 0
    if not steps:
        raise TrainingError("No question can be trained on: all are too long, or their answers are not in their texts.")
    saved = time.monotonic()
    model.train()
    for step, (epoch, is_last, batch) in enumerate(_in_order(plan), start=1):
        if step <= done:
            continue
        progress = progress_made(step - 1, steps, time.monotonic() - begun, (options.minutes or 0) * 60)
        if progress >= 1.0:
            logger.info("out of time after %d of %d steps", step - 1, steps)
            break
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * learning_rate_factor(progress, options.warmup)
        # What is dropped in a step is the same whether or not the run was stopped before it.
        torch.manual_seed(options.seed * 1_000_003 + step)
        loss = _step(model, optimizer, batch, device, options, teacher)
        seconds = time.monotonic() - begun
        on_step(Step(step, steps, epoch, loss, seconds, progress))
        if time.monotonic() - saved > checkpoint_seconds:
            save_checkpoint(checkpoint, model, optimizer, Position(step, seconds, fingerprint))
            saved = time.monotonic()
        if is_last:
            model.train(mode=False)
            on_epoch(epoch, model, tokenizer)
            model.train()
    model.train(mode=False)
    save_reader(model, tokenizer, out)
    remove_checkpoint(checkpoint)


def _in_order(plan: Sequence[Sequence[Batch]]) -> Iterator[tuple[int, bool, Batch]]:
    """Each batch with the number of its epoch, and whether it is the epoch's last."""
    for epoch, epoch_batches in enumerate(plan, start=1):
        for number, batch in enumerate(epoch_batches, start=1):
            yield epoch, number == len(epoch_batches), batch


def save_reader(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, out: Path) -> None:
    """Write a reader's folder: configuration, tokenizer and weights in half precision as safetensors."""
    import torch

    from docqa.reading.loading import quiet

    state = {name: tensor.to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}
    with quiet():
        tokenizer.save_pretrained(out)
        model.save_pretrained(out, state_dict=state)


def _epoch_batches(
    questions: Sequence[AnnotatedQuestion],
    negatives: Sequence[Sequence[str]],
    tokenizer: PreTrainedTokenizerBase,
    options: TrainingOptions,
    epoch: int,
    longest: int,
) -> Iterator[Batch]:
    shuffler = random.Random(f"{options.seed}/{epoch}")
    window = min(options.windows[epoch], longest)
    overlap = window // 4
    room = question_room(tokenizer, window, overlap)
    dealt = part_of(len(questions), options.parts, epoch, random.Random(options.seed))
    lengths = question_lengths(tokenizer, [questions[number].text for number in dealt])
    fitting = [number for number, length in zip(dealt, lengths, strict=True) if length <= room]
    shown = shown_in_epoch(
        [questions[number] for number in fitting],
        [negatives[number] for number in fitting],
        negatives=options.negatives,
        across=options.across,
        unanswerable=options.unanswerable,
        shuffler=shuffler,
    )
    groups = make_examples(
        tokenizer,
        [question for question, _ in shown],
        [paragraphs for _, paragraphs in shown],
        window_tokens=window,
        overlap_tokens=overlap,
        shuffler=shuffler,
    )
    yield from batches(groups, options.batch_tokens, tokenizer.pad_token_id or 0, shuffler)


def _teacher(options: TrainingOptions, tokenizer: PreTrainedTokenizerBase) -> Teacher | None:
    if options.teacher is None:
        return None
    from docqa.reading.loading import load_reader

    return Teacher(load_reader(options.teacher), tokenizer)


def _step(
    model: PreTrainedModel,
    optimizer: torch.optim.AdamW,
    batch: Batch,
    device: torch.device,
    options: TrainingOptions,
    teacher: Teacher | None,
) -> float:
    import torch

    def tensor(array: Any) -> torch.Tensor:
        return torch.from_numpy(array).to(device)

    inputs = {"input_ids": tensor(batch.input_ids), "attention_mask": tensor(batch.attention_mask)}
    if getattr(model.config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = tensor(batch.segment_ids)
    # A CPU without bfloat16 takes hundreds of times as long in it as in float32.
    with torch.autocast(device.type, torch.bfloat16, enabled=is_fast_here("bfloat16")):
        output = model(**inputs)
    scores = (output.start_logits, output.end_logits, tensor(batch.allowed))
    targets = (tensor(batch.targets), tensor(batch.target_mask))
    weights = tensor(batch.weights)
    loss = span_loss(*scores, *targets, weights)
    if teacher:
        start, end = teacher.scores(batch)
        soft = soft_span_loss(*scores, start.to(device), end.to(device), weights)
        loss = (1 - options.soft) * loss + options.soft * soft
    if batch.group > 1:
        loss = loss + shared_span_loss(*scores, *targets, batch.group)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), options.gradient_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(loss.detach())


def _optimizer(model: PreTrainedModel, options: TrainingOptions) -> torch.optim.AdamW:
    import torch

    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    decayed = [parameter for parameter in trained if parameter.ndim > 1]
    plain = [parameter for parameter in trained if parameter.ndim <= 1]
    return torch.optim.AdamW(
        [{"params": decayed, "weight_decay": options.weight_decay}, {"params": plain, "weight_decay": 0.0}],
        lr=options.learning_rate,
        fused=True,
    )


def _switch_dropout_off(model: PreTrainedModel) -> None:
    # Its random numbers make a CPU step five times slower (docqa.training.dropout has cheaper ones); the eager
    # attention is the one whose backward is fast there.
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout"):
        if hasattr(model.config, name):
            setattr(model.config, name, 0.0)


def _fingerprint(questions: Sequence[AnnotatedQuestion], base: str | Path, options: TrainingOptions) -> str:
    digest = hashlib.sha256(repr((str(base), sorted(asdict(options).items()))).encode())
    for question in questions:
        digest.update(f"{question.id}\0{question.text}\0{question.answers}\0".encode())
    return digest.hexdigest()
