"""`docqa eval`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from docqa.cli.console import busy, output, progress_bar
from docqa.cli.options import json_option, reader_options

if TYPE_CHECKING:
    from docqa.evaluation.squad import AnnotatedQuestion
    from docqa.reading.reader import Reader


@click.command("eval", short_help="Exact match and F1 on a SQuAD-format file.")
@click.argument("file", metavar="FILE")
@reader_options
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N questions.")
@click.option("--open", "through_retriever", is_flag=True, help="Pool all paragraphs and go through the retriever.")
@click.option(
    "--candidates",
    type=click.IntRange(1),
    metavar="N",
    default=20,
    show_default=True,
    help="With --open: paragraphs read.",
)
@json_option
def evaluate(
    file: str,
    reader_name: str | None,
    limit: int | None,
    candidates: int,
    *,
    unsafe_weights: bool,
    through_retriever: bool,
    as_json: bool,
) -> int:
    """Print exact match and F1 of a reader on a question FILE in SQuAD format, by the official metric.

    Each question is read with its own paragraph. With --open all paragraphs of the file are pooled, the retriever
    finds candidates and the best answer over all of them counts; unanswerable questions are left out there.
    """
    from docqa.evaluation.squad import load_squad
    from docqa.reading.loading import DEFAULT_READER
    from docqa.reading.reader import Reader

    everything = load_squad(file)
    questions = everything[:limit]
    with busy("Loading the reader"):
        reader = Reader.load(reader_name or DEFAULT_READER, unsafe_weights=unsafe_weights)
    run = _open if through_retriever else _given
    result = {**run(reader, everything, questions, candidates), "reader": reader.name, "file": file}
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        _show(result)
    return 0


def _given(reader: Reader, _: list[AnnotatedQuestion], questions: list[AnnotatedQuestion], __: int) -> dict[str, Any]:
    from docqa.evaluation.given import evaluate_given

    with progress_bar("Reading") as advance:
        return evaluate_given(reader, questions, lambda done, total: advance(done, total, "questions")).to_dict()


def _open(
    reader: Reader, everything: list[AnnotatedQuestion], questions: list[AnnotatedQuestion], candidates: int
) -> dict[str, Any]:
    from docqa.evaluation.pooled import evaluate_open, pool_paragraphs
    from docqa.retrieval.analyzer import Analyzer

    with busy("Pooling the paragraphs"):
        pool = pool_paragraphs(everything, Analyzer())
    with progress_bar("Reading") as advance:
        return evaluate_open(
            reader,
            questions,
            pool=pool,
            candidates=candidates,
            on_progress=lambda done, total: advance(done, total, "questions"),
        ).to_dict()


def _show(result: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_row("reader", result["reader"])
    table.add_row("questions", f"{result['questions']}")
    if result.get("unanswerable"):
        table.add_row("of them unanswerable", f"{result['unanswerable']}")
    table.add_row("exact match", f"{result['exact_match']:.2f}", style="bold")
    table.add_row("F1", f"{result['f1']:.2f}", style="bold")
    if result.get("unanswerable"):
        table.add_row("F1 of the answerable", f"{result['answerable']['f1']:.2f}")
    for limit, share in result.get("recall", {}).items():
        table.add_row(f"recall@{limit}", f"{share:.2f}")
    if "mrr" in result:
        table.add_row("mean reciprocal rank", f"{result['mrr']:.3f}")
        table.add_row("missed by the retriever", f"{result['errors']['missed_by_retriever']:.2f}")
        table.add_row("misread or misranked", f"{result['errors']['misread_or_misranked']:.2f}")
    output().print(table)
