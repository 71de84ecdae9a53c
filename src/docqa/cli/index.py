"""`docqa index`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from docqa.cli.console import counted, json_text, messages, output, printable, progress_bar
from docqa.cli.options import index_option, json_option, limit_options, password_option, read_passwords
from docqa.documents.limits import Limits

if TYPE_CHECKING:
    from docqa.corpus import Corpus
    from docqa.indexing.report import FailedFile, IndexReport

#: Lists of files longer than this are cut in the summary; `docqa status --failed` and --json have all.
SHOWN = 20


class IndexCommand(click.Command):
    """A command whose help ends with the kinds of files that are read, those of installed plug-ins too."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the kinds, which are looked up only when somebody asks."""
        from docqa.documents.formats import readable_kinds

        formatter.write_paragraph()
        formatter.write_text(f"Kinds of files that are read: {printable(readable_kinds())}.")
        super().format_epilog(ctx, formatter)


@click.command(cls=IndexCommand, short_help="Add or refresh files and folders.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@index_option
@click.option(
    "--workers", type=click.IntRange(1), metavar="N", help="Processes that read files.  [default: one a core]"
)
@click.option(
    "--pdf",
    "pdf_extractor",
    type=click.Choice(["pypdf", "pypdfium2"]),
    default="pypdf",
    show_default=True,
    help="What reads PDFs; pypdfium2 is faster and has to be installed.",
)
@click.option(
    "--ocr",
    metavar="LANGUAGES",
    help="Recognise the text of scanned pages of PDFs with Tesseract, which has to be installed: eng, or eng+deu.",
)
@password_option
@click.option(
    "--retry-failed", is_flag=True, help="Read files that could not be read again, although they have not changed."
)
@click.option("--include", multiple=True, metavar="GLOB", help="Of the files in folders, only these; repeatable.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Of the files in folders, not these; repeatable.")
@limit_options
@json_option
def index(
    paths: tuple[str, ...],
    index_file: str,
    workers: int | None,
    pdf_extractor: str,
    ocr: str | None,
    password_file: Path | None,
    *,
    retry_failed: bool,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    limits: Limits,
    as_json: bool,
) -> int:
    """Add or refresh files and folders.

    Only what changed is read: files are compared by their SHA-256, vanished ones leave the index, renamed ones move
    without being read again. Left out are hidden files, folders that tools make (node_modules, environments of Python),
    and what .docqaignore files say, which are written like .gitignore files; GLOB is as in those. What is left out
    leaves the index, and a path that is named itself is never left out. A file that cannot be read is named with the
    reason and stops nothing.

    Exit code 1 when some file could not be read.
    """
    from docqa.corpus import open_corpus

    with open_corpus(index_file) as corpus:
        report = index_with_progress(
            corpus,
            paths,
            workers=workers,
            pdf_extractor=pdf_extractor,
            limits=limits,
            passwords=read_passwords(password_file),
            ocr=ocr,
            retry_failed=retry_failed,
            include=include,
            exclude=exclude,
        )
        if as_json:
            click.echo(json_text(report.to_dict()))
        else:
            _show(report, corpus)
        empty = not (report.added or report.changed or report.unchanged or report.moved or report.removed)
    return 1 if report.failed or empty else 0


def index_with_progress(
    corpus: Corpus,
    paths: tuple[str, ...],
    **options: Any,
) -> IndexReport:
    """Index with a progress bar on standard error; the options are those of `Corpus.index`."""
    with progress_bar("Reading") as advance:
        return corpus.index(*paths, **options, on_progress=advance)


def show_failures(report: IndexReport) -> None:
    """One line on standard error for each file that could not be read."""
    console = messages()
    for failure in (*report.failed[:SHOWN], *report.partial[:SHOWN]):
        _show_failure(console, failure)
    hidden = max(0, len(report.failed) - SHOWN) + max(0, len(report.partial) - SHOWN)
    if hidden:
        console.print(f"  and {hidden} more: docqa status --failed lists them all", style="dim")


def _show(report: IndexReport, corpus: Corpus) -> None:
    console = output()
    counts = [
        (len(report.added), "added"),
        (len(report.changed), "changed"),
        (len(report.moved), "moved"),
        (len(report.removed), "removed"),
        (len(report.unchanged), "unchanged"),
        (len(report.failed), "not read"),
        (len(report.partial), "read in part"),
    ]
    said = ", ".join(f"{count} {what}" for count, what in counts if count)
    if not said:
        from docqa.documents.formats import readable_kinds

        messages().print(
            f"There are no files here that docqa reads; it reads {printable(readable_kinds())}.", markup=False
        )
        return
    info = corpus.info()
    console.print(f"[bold]{said}[/bold]")
    show_failures(report)
    console.print(
        f"{printable(info.path)} holds {counted(info.documents, 'document')}, {counted(info.paragraphs, 'paragraph')}.",
        style="dim",
        markup=False,
    )


def _show_failure(console: object, failure: FailedFile) -> None:
    from rich.text import Text

    line = Text.assemble(("  ✗ ", "red"), (printable(failure.path), "bold"), "  ", printable(failure.sentence))
    line.append(f"  [{printable(failure.code)}]", "dim")
    console.print(line)  # type: ignore[attr-defined]
