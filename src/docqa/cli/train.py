"""`docqa train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from docqa.cli.console import json_text, messages, output, printable, progress_bar
from docqa.cli.options import json_option

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SHORTEST_WINDOW = 64


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE[@N]...")
@click.option("--base", required=True, metavar="MODEL", help="The encoder or reader to start from: a folder or a name.")
@click.option(
    "--out",
    required=True,
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the reader goes.",
)
@click.option(
    "--windows", default="128,384,384", show_default=True, metavar="N,N,...", help="Tokens a window, for each epoch."
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, min_open=True),
    metavar="R",
    default=1.5e-4,
    show_default=True,
    help="The highest one.",
)
@click.option(
    "--batch-tokens", type=click.IntRange(64), metavar="N", default=4096, show_default=True, help="Tokens a step."
)
@click.option(
    "--parts",
    type=click.IntRange(1),
    metavar="N",
    default=1,
    show_default=True,
    help="Deal the questions into N parts; each epoch reads the next one.",
)
@click.option(
    "--negatives",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    default=0.2,
    show_default=True,
    help="Share of the questions read with similar paragraphs that do not hold the answer, under one softmax.",
)
@click.option(
    "--across",
    type=click.IntRange(1, 15),
    metavar="N",
    default=1,
    show_default=True,
    help="With so many of them.",
)
@click.option(
    "--unanswerable",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    default=0.1,
    show_default=True,
    help="Share of the questions that an unanswerable variant is made of.",
)
@click.option(
    "--freeze",
    type=click.IntRange(0),
    metavar="N",
    default=0,
    show_default=True,
    help="Leave the embeddings and the N lowest layers as they are; steps are cheaper.",
)
@click.option(
    "--dropout",
    type=click.FloatRange(0, 0.9),
    metavar="SHARE",
    default=0.0,
    show_default=True,
    help="Share of the hidden states dropped in a step; wanted where questions are read several times.",
)
@click.option(
    "--distractors",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Documents whose paragraphs are among those that do not hold the answer.",
)
@click.option("--layers", type=click.IntRange(1), metavar="N", help="Keep only N of the base's layers, evenly spaced.")
@click.option(
    "--teacher", metavar="READER", help="Learn from the scores of this reader too; it has the same word pieces."
)
@click.option(
    "--soft",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    default=0.7,
    show_default=True,
    help="With --teacher: share of the loss that is the teacher's.",
)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), metavar="M", help="Be done in M minutes.")
@click.option(
    "--seed", type=int, metavar="N", default=13, show_default=True, help="Decides what is drawn and in which order."
)
@click.option(
    "--eval", "evaluation_file", metavar="FILE", help="Print exact match and F1 on this file after each epoch."
)
@click.option(
    "--eval-limit",
    type=click.IntRange(1),
    metavar="N",
    default=500,
    show_default=True,
    help="Only its first N questions.",
)
@click.option("--restart", is_flag=True, help="Begin again although there is a checkpoint.")
@json_option
def train(
    files: tuple[str, ...],
    base: str,
    out: Path,
    windows: str,
    learning_rate: float,
    batch_tokens: int,
    parts: int,
    negatives: float,
    across: int,
    unanswerable: float,
    freeze: int,
    dropout: float,
    layers: int | None,
    teacher: str | None,
    soft: float,
    distractors: tuple[Path, ...],
    minutes: float | None,
    seed: int,
    evaluation_file: str | None,
    eval_limit: int,
    *,
    restart: bool,
    as_json: bool,
) -> int:
    """Fine-tune a reader on question FILEs in SQuAD format and write it to a folder that --reader takes.

    FILE@N takes N questions of a file, drawn with the seed. Checkpoints are written to FOLDER/checkpoint every few
    minutes; the same command goes on from there.
    """
    from docqa.corpus import paragraphs_of
    from docqa.evaluation.given import evaluate_given
    from docqa.evaluation.outcome import summarize
    from docqa.evaluation.squad import load_squad
    from docqa.reading.reader import reader_in_training
    from docqa.training.questions import collect_questions
    from docqa.training.train import Step, TrainingOptions, train_reader

    lengths = _windows(windows)
    questions = collect_questions(files, seed)
    held_out = load_squad(evaluation_file, eval_limit) if evaluation_file else []
    options = TrainingOptions(
        windows=lengths,
        batch_tokens=batch_tokens,
        learning_rate=learning_rate,
        parts=parts,
        negatives=negatives,
        across=across,
        unanswerable=unanswerable,
        frozen=freeze,
        dropout=dropout,
        layers=layers,
        teacher=teacher,
        soft=soft,
        minutes=minutes,
        seed=seed,
    )
    evaluations = []
    console = messages()
    console.print(f"{len(questions)} questions", style="dim")
    losses: list[float] = []
    with progress_bar("Training") as advance:

        def on_step(step: Step) -> None:
            losses.append(step.loss)
            recent = losses[-100:]
            # The clock may be ahead of the steps, so the bar shows the share that is done.
            advance(int(1000 * step.progress), 1000, f"step {step.number}, loss {sum(recent) / len(recent):.2f}")

        def on_epoch(epoch: int, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
            if held_out:
                result = summarize(evaluate_given(reader_in_training(model, tokenizer), held_out))
                evaluations.append({"epoch": epoch, "exact_match": result["exact_match"], "f1": result["f1"]})
                console.print(f"epoch {epoch}: exact match {result['exact_match']:.2f}, F1 {result['f1']:.2f}")

        train_reader(
            questions,
            base,
            out,
            options,
            distractors=paragraphs_of(distractors),
            restart=restart,
            on_step=on_step,
            on_epoch=on_epoch,
        )
    if as_json:
        click.echo(json_text({"schema": "docqa.train/1", "out": str(out), "evaluations": evaluations}))
    else:
        place = printable(str(out))
        output().print(f"The reader is in {place}; ask with it: docqa ask QUESTION --reader {place}", markup=False)
    return 0


def _windows(given: str) -> tuple[int, ...]:
    try:
        windows = tuple(int(part) for part in given.split(","))
    except ValueError:
        windows = ()
    if not windows or min(windows) < SHORTEST_WINDOW:
        raise click.BadParameter(
            f"{given!r} is not a list of window lengths such as 128,384,384, each at least {SHORTEST_WINDOW}.",
            param_hint="--windows",
        )
    return windows
