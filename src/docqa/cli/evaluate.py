"""`docqa eval`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from docqa.cli.console import busy, json_text, output, printable, progress_bar
from docqa.cli.options import json_option, reader_options
from docqa.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from docqa.answers.ask import AskOptions
    from docqa.evaluation.folder import FolderQuestion
    from docqa.evaluation.squad import AnnotatedQuestion
    from docqa.reading.reader import Reader

#: Decides which questions --sample draws.
SEED = 13


@click.command("eval")
@click.argument("file", metavar="[FILE]", required=False)
@reader_options
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N questions.")
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Only N questions, drawn from the whole file.")
@click.option("--open", "through_retriever", is_flag=True, help="Pool all paragraphs and go through the retriever.")
@click.option("--with", "others", multiple=True, metavar="FILE", help="With --open: pool this file's paragraphs too.")
@click.option(
    "--candidates", type=click.IntRange(1), metavar="N", default=20, show_default=True, help="Paragraphs read."
)
@click.option(
    "--exhaustive",
    is_flag=True,
    help="Read every candidate, even when none that is left is likely to give the best answer.",
)
@click.option("--folder", type=click.Path(path_type=Path), metavar="DIR", help="Measure on a folder of documents.")
@click.option(
    "--questions", type=click.Path(path_type=Path), metavar="FILE.jsonl", help="With --folder: questions, one a line."
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.png", help="Draw calibration and risk."
)
@json_option
def evaluate(
    file: str | None,
    reader_name: str | None,
    limit: int | None,
    sample: int | None,
    others: tuple[str, ...],
    candidates: int,
    folder: Path | None,
    questions: Path | None,
    plot: Path | None,
    *,
    unsafe_weights: bool,
    through_retriever: bool,
    exhaustive: bool,
    as_json: bool,
) -> int:
    """Print exact match and F1 of a reader on a question FILE in SQuAD format, by the official metric.

    Each question is read with its own paragraph; with unanswerable questions in the file, refusing at the reader's
    threshold counts as SQuAD 2.0 has it. With --open the paragraphs are pooled, the retriever finds candidates and the
    best answer over all of them counts; unanswerable questions are left out there. With --folder, documents are indexed
    and asked as `docqa ask` does; a line of --questions is an object with question, answers, file and page.

    Figures are in percent, with 95 % bootstrap intervals.
    """
    from docqa.answers.ask import AskOptions
    from docqa.evaluation.folder import load_folder_questions
    from docqa.evaluation.squad import load_squad
    from docqa.reading.loading import DEFAULT_READER
    from docqa.reading.reader import Reader

    if (folder is None) == (file is None) or (folder is None) != (questions is None):
        raise UsageError("Give either a question FILE, or --folder DIR with --questions FILE.jsonl.")
    # Question files are read first: a mistake in them is said at once.
    folder_questions = load_folder_questions(questions) if questions else []
    squad_questions = load_squad(file) if file else []
    distractors = [entry for other in others for entry in load_squad(other)]
    with busy("Loading the reader"):
        reader = Reader.load(reader_name or DEFAULT_READER, unsafe_weights=unsafe_weights)
    if folder is not None:
        result = _on_folder(
            reader, folder, folder_questions[:limit], AskOptions(candidates=candidates, exhaustive=exhaustive)
        )
    elif through_retriever:
        asked = _drawn([question for question in squad_questions if question.answers], limit, sample)
        result = _through_retriever(reader, asked, [*squad_questions, *distractors], candidates, exhaustive=exhaustive)
    else:
        result = _given(reader, _drawn(squad_questions, limit, sample))
    result = {**result, "reader": reader.name, "file": file or str(questions)}
    if plot is not None:
        from docqa.evaluation.plot import plot_reliability

        plot_reliability(result, plot)
    if as_json:
        click.echo(json_text(result))
    else:
        _show(result)
    return 0


def _drawn(questions: list[AnnotatedQuestion], limit: int | None, sample: int | None) -> list[AnnotatedQuestion]:
    import random

    kept = questions[:limit]
    if sample is None or sample >= len(kept):
        return kept
    places = sorted(random.Random(SEED).sample(range(len(kept)), sample))
    return [kept[place] for place in places]


def _given(reader: Reader, questions: list[AnnotatedQuestion]) -> dict[str, Any]:
    from docqa.evaluation.given import evaluate_given
    from docqa.evaluation.outcome import summarize

    with progress_bar("Reading") as advance:
        outcomes = evaluate_given(reader, questions, lambda done, total: advance(done, total, "questions"))
    return summarize(outcomes)


def _through_retriever(
    reader: Reader,
    asked: list[AnnotatedQuestion],
    pooled: list[AnnotatedQuestion],
    candidates: int,
    *,
    exhaustive: bool,
) -> dict[str, Any]:
    from docqa.evaluation.pooled import evaluate_open, pool_paragraphs, summarize_open
    from docqa.retrieval.analyzer import Analyzer

    with busy("Pooling the paragraphs"):
        pool = pool_paragraphs(pooled, Analyzer())
    with progress_bar("Reading") as advance:
        outcomes = evaluate_open(
            reader,
            asked,
            pool=pool,
            candidates=candidates,
            exhaustive=exhaustive,
            on_progress=lambda done, total: advance(done, total, "questions"),
        )
    return summarize_open(outcomes, paragraphs=pool["paragraphs"].count, candidates=candidates)


def _on_folder(reader: Reader, folder: Path, questions: list[FolderQuestion], options: AskOptions) -> dict[str, Any]:
    import tempfile

    from docqa.corpus import open_corpus
    from docqa.evaluation.folder import evaluate_folder, summarize_folder

    with (
        tempfile.TemporaryDirectory() as temporary,
        open_corpus(Path(temporary) / "folder.db", reader=reader) as corpus,
    ):
        with progress_bar("Indexing") as advance:
            corpus.index(folder, on_progress=advance)
        with progress_bar("Asking") as advance:
            outcomes = evaluate_folder(
                lambda text: corpus.ask(text, options), questions, lambda done, total: advance(done, total, "questions")
            )
    return summarize_folder(outcomes)


def _show(result: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_column(style="dim")
    table.add_row("reader", Text(printable(result["reader"])))
    table.add_row("questions", f"{result['questions']}")
    if "results" in result:
        _folder_rows(table, result)
    else:
        _question_rows(table, result)
    if "reliability" in result:
        reliability = result["reliability"]
        error, spread = (
            reliability["expected_calibration_error"],
            reliability["intervals"]["expected_calibration_error"],
        )
        table.add_row("calibration error", f"{error:.3f}", _range(spread, 3))
    output().print(table)


def _question_rows(table: Table, result: dict[str, Any]) -> None:
    intervals = result["intervals"]
    if result["unanswerable"]:
        table.add_row("of them unanswerable", f"{result['unanswerable']}")
    table.add_row("exact match", f"[bold]{result['exact_match']:.2f}[/bold]", _range(intervals["exact_match"]))
    table.add_row("F1", f"[bold]{result['f1']:.2f}[/bold]", _range(intervals["f1"]))
    if result["unanswerable"]:
        table.add_row("F1 of the answerable", f"{result['answerable']['f1']:.2f}", "when never refused")
        table.add_row("unanswerable ones refused", f"{result['refused_unanswerable']:.2f}")
        if result["best_threshold"]:
            best = result["best_threshold"]
            table.add_row("F1 at the best threshold", f"{best['f1']:.2f}", f"{best['threshold']:.3f}")
    for limit, share in result.get("recall", {}).items():
        table.add_row(f"recall@{limit}", f"{share:.2f}", _range(intervals["recall"][limit]))
    if "mrr" in result:
        table.add_row("mean reciprocal rank", f"{result['mrr']:.3f}", _range(intervals["mrr"], 3))
        table.add_row("missed by the retriever", f"{result['errors']['missed_by_retriever']:.2f}")
        table.add_row("misread or misranked", f"{result['errors']['misread_or_misranked']:.2f}")


def _folder_rows(table: Table, result: dict[str, Any]) -> None:
    for name, label in (
        ("right_file_first", "right file first"),
        ("right_page_first", "right page first"),
        ("answer_first", "right answer first"),
        ("answer_in_three", "right answer in three"),
        ("unanswerable_refused", "unanswerable ones refused"),
    ):
        entry = result[name]
        if entry["of"]:
            table.add_row(label, f"[bold]{entry['count']}[/bold] of {entry['of']}", _range(entry["interval"]) + " %")


def _range(interval: tuple[float, float], digits: int = 1) -> str:
    return f"{interval[0]:.{digits}f} to {interval[1]:.{digits}f}"
