"""`docqa ask`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from docqa.cli.console import busy, counted, json_text, messages, on_pages, output, printable
from docqa.cli.index import index_with_progress
from docqa.cli.options import AlsoIndexing, index_option, indexing_options, json_option, reader_options
from docqa.cli.report import show_failures
from docqa.errors import QuestionError

if TYPE_CHECKING:
    from rich.text import Text

    from docqa.answers.answer import Answer, Answers, Source
    from docqa.corpus import Corpus

#: The same numbers as in docqa.answers.ask, which is imported only when a question is asked.
TOP_K = 3
#: The question that stands for questions on standard input.
STANDARD_INPUT = "-"
#: Characters of the sentence shown before an answer and after it.
AROUND = 220
#: Characters of the headings shown with a citation, and what stands between two of them.
SECTION = 60
BELOW = " › "
CANDIDATES = 20
#: Alternatives to the best answer that are less probable are only counted.
WORTH_SHOWING = 0.1


@click.command(cls=AlsoIndexing)
@click.argument("question")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@index_option
@reader_options
@click.option(
    "--top-k", type=click.IntRange(1, 100), metavar="N", default=TOP_K, show_default=True, help="Answers to show."
)
@click.option(
    "--candidates",
    type=click.IntRange(1, 10_000),
    metavar="N",
    default=CANDIDATES,
    show_default=True,
    help="Paragraphs that the retriever gives the reader to read.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    metavar="P",
    help="Smallest probability to call it an answer.  [default: the best one has to reach what the reader stores]",
)
@click.option(
    "--exhaustive",
    is_flag=True,
    help="Read every candidate, even when none that is left is likely to give the best answer.",
)
@click.option("--path", metavar="GLOB", help="Only documents whose path matches, such as 'reports/*.pdf'.")
@click.option(
    "--ranking",
    type=click.Choice(["combined", "span"]),
    default="combined",
    show_default=True,
    help="Rank by the span's score with its paragraph's terms, or by the span's score alone.",
)
@json_option
@click.option("--explain", is_flag=True, help="Show what the ranking is made of.")
@indexing_options
def ask(
    question: str,
    paths: tuple[str, ...],
    index_file: str,
    reader_name: str | None,
    top_k: int,
    candidates: int,
    threshold: float | None,
    path: str | None,
    ranking: str,
    indexing: dict[str, Any],
    *,
    exhaustive: bool,
    unsafe_weights: bool,
    as_json: bool,
    explain: bool,
) -> int:
    """Answer QUESTION with the exact words of the documents, and say where they stand.

    With PATHs, files and folders are indexed first (only what changed). A QUESTION of - reads questions from standard
    input, one a line; with --json each gives one JSON object a line.

    Exit code 1 when no answer is probable enough.
    """
    from docqa.answers.ask import AskOptions
    from docqa.answers.question import check_question
    from docqa.corpus import open_corpus
    from docqa.reading.settings import SPAN_RANKING

    if question != STANDARD_INPUT:
        check_question(question)

    options = AskOptions(
        top_k=top_k,
        candidates=candidates,
        path=path,
        ranking=SPAN_RANKING if ranking == "span" else None,
        threshold=threshold,
        exhaustive=exhaustive,
    )
    answered = False
    with open_corpus(index_file, create=bool(paths)) as corpus:
        if paths:
            show_failures(index_with_progress(corpus, paths, **indexing))
        _load(corpus, reader_name, unsafe_weights=unsafe_weights)
        for number, text in enumerate(_questions(question)):
            with busy("Reading"):
                answers = corpus.ask(text, options)
            answered = answered or len(answers) > 0
            if as_json:
                indent = None if question == STANDARD_INPUT else 2
                click.echo(json_text(answers.to_dict(explain=explain), indent=indent))
            else:
                _show(answers, explain=explain, first=number == 0, asked_threshold=threshold)
    return 0 if answered else 1


def _load(corpus: Corpus, name: str | None, *, unsafe_weights: bool) -> None:
    from docqa.reading.loading import DEFAULT_READER
    from docqa.reading.reader import Reader

    with busy(f"Loading {printable(name or DEFAULT_READER)}"):
        corpus.use_reader(Reader.load(name or DEFAULT_READER, unsafe_weights=unsafe_weights))


def _questions(question: str) -> Iterator[str]:
    if question != STANDARD_INPUT:
        yield question
        return
    asked = False
    try:
        for line in sys.stdin:
            if line.strip():
                asked = True
                yield line.strip()
    except UnicodeDecodeError as error:
        raise QuestionError(f"Standard input is not text in {error.encoding}; convert it first.") from error
    if not asked:
        raise QuestionError("Standard input held no question; give one a line.")


def _show(answers: Answers, *, explain: bool, first: bool, asked_threshold: float | None) -> None:
    from rich.text import Text

    console = output()
    if not first:
        console.print()
    console.print(Text(printable(answers.question), "bold"))
    if not answers.answers:
        console.print(Text("  No answer found in these documents.", "yellow"))
        if not answers.index.documents:
            messages().print("The index is empty; add documents with `docqa index FOLDER`.")
        elif asked_threshold != 0.0 and (answers.no_answer_probability or 1.0) < 1.0:
            messages().print("`--threshold 0` shows the likeliest words all the same.")
    shown = list(answers) if explain or asked_threshold is not None else _worth_showing(answers)
    for answer in shown:
        console.print()
        _show_answer(answer)
        if explain:
            _show_explanation(answer)
    if len(shown) < len(answers):
        console.print()
        messages().print(f"  {counted(len(answers) - len(shown), 'unlikely alternative')} not shown", style="dim")
    _warn(shown, answers.index.path)
    if explain:
        timings = answers.timings
        doubt = answers.no_answer_probability
        console.print(
            Text(
                f"\n  reader {printable(answers.reader)}; retrieving {timings.retrieve_ms:.0f} ms, "
                f"reading {timings.read_ms:.0f} ms, {answers.read} of {answers.candidates} candidates read"
                + (f"; probability that there is no answer {doubt:.2f}" if doubt is not None else ""),
                "dim",
            )
        )


def _warn(shown: list[Answer], index_file: str) -> None:
    """A line on standard error for each file that is no longer what its answers were taken from."""
    from rich.text import Text

    index = "" if index_file == "docqa.db" else f" --index {shlex.quote(index_file)}"
    warnings: dict[str, None] = {}
    for source in (source for answer in shown for source in answer.sources):
        if source.changed:
            command = f"docqa index{index} {shlex.quote(source.path)}"
            warnings[f"{source.path} changed since it was indexed; bring the index up to date: {command}"] = None
        elif source.missing:
            command = f"docqa index{index} FOLDER"
            warnings[f"{source.path} is gone; index the folder it was in to take it out: {command}"] = None
    for warning in warnings:
        messages().print(Text("  ! " + printable(warning), "yellow"))


def _worth_showing(answers: Answers) -> list[Answer]:
    """The best answer, and the others that are not all but ruled out."""
    return [
        answer
        for rank, answer in enumerate(answers)
        if rank == 0 or answer.probability is None or answer.probability >= WORTH_SHOWING
    ]


def _show_answer(answer: Answer) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console = output()
    best = answer.sources[0]
    chance = "" if answer.probability is None else f"   {answer.probability:.0%}"
    console.print(Text.assemble("  ", (printable(answer.display), "bold green"), (chance, "dim")))
    console.print(Text.assemble("  ", (_place(best), "cyan"), (_section(best), "dim")))
    console.print(Padding(_context(best), (0, 2, 0, 4), expand=False))
    for source in answer.sources[1:]:
        console.print(Text.assemble("  ", ("also ", "dim"), (_place(source), "cyan"), (_section(source), "dim")))


def _context(source: Source) -> Text:
    """The sentence around an answer with the answer marked; long ones, such as tables, are cut on both sides."""
    from rich.text import Text

    # A bar keeps the blank next to the answer, which would go as one at the end of a text.
    before = printable(source.context_display[: source.display_start] + "|")[:-1]
    words = printable(source.context_display[source.display_start : source.display_end])
    after = printable("|" + source.context_display[source.display_end :])[1:]
    if len(before) > AROUND:
        before = "… " + before[-AROUND:].split(" ", 1)[-1]
    if len(after) > AROUND:
        after = after[:AROUND].rsplit(" ", 1)[0] + " …"
    return Text.assemble(before, (words, "black on yellow"), after)


def _place(source: Source) -> str:
    pages = on_pages(source.path, source.page, source.end_page)
    if pages and source.page_label and source.page_label != str(source.page):
        pages += f" ({'first ' if source.end_page != source.page else ''}printed {printable(source.page_label)})"
    return printable(source.path) + pages


def _section(source: Source) -> str:
    """The headings an answer stands under; of many or long ones the inner ones, which say more."""
    headings = [printable(heading) for heading in source.headings if printable(heading)]
    shown = headings[-1:]
    for heading in reversed(headings[:-1]):
        if len(BELOW.join([heading, *shown])) > SECTION:
            shown = ["…", *shown]
            break
        shown = [heading, *shown]
    if not shown:
        return ""
    last = shown[-1] if len(shown[-1]) <= SECTION else shown[-1][:SECTION].rsplit(" ", 1)[0] + " …"
    return " · " + BELOW.join([*shown[:-1], last])


def _show_explanation(answer: Answer) -> None:
    from rich.text import Text

    console = output()
    lines = []
    for source in answer.sources:
        place = f"page {source.page}, characters {source.start} to "
        place += f"{source.end}" if source.end_page == source.page else f"page {source.end_page}, {source.end}"
        parts = f"span {source.score:.2f}, null {source.null_score:.2f}, BM25 {source.retriever_score:.2f}"
        lines.append(f"    {place}: ranked by {source.ranking_score:.2f} ({parts})")
    # Of a file and its copies all that is the same.
    for line in dict.fromkeys(lines):
        console.print(Text(line, "dim"))
