"""`docqa status`."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from docqa.cli.console import counted, json_text, messages, output, printable
from docqa.cli.options import index_option, json_option
from docqa.store.documents import FAILED, OK

if TYPE_CHECKING:
    from docqa.answers.answer import IndexInfo
    from docqa.store.documents import StoredDocument

SCHEMA = "docqa.status/1"
#: It is told that reading a file took so many seconds or more.
WORTH_TELLING = 2


@click.command()
@index_option
@click.option(
    "--documents",
    "listed",
    is_flag=True,
    help="List the documents that were read, with the title, the author and the language that each states.",
)
@click.option(
    "--failed",
    is_flag=True,
    help="List the files that could not be read, wholly or in part, why, and when that was found.",
)
@json_option
def status(index_file: str, *, listed: bool, failed: bool, as_json: bool) -> int:
    """Say what the index holds: documents, pages, paragraphs, and what could not be read."""
    from docqa.corpus import open_corpus

    with open_corpus(index_file, create=False) as corpus:
        documents, files = corpus.documents(), corpus.files()
        info = corpus.info()
    read = [document for document in documents if document.status != FAILED]
    troubled = [file for file in files if file.status != OK]
    # As documents are counted: without those that could not be read.
    copies = sum(file.status != FAILED for file in files) - info.documents
    if as_json:
        overview = {
            "schema": SCHEMA,
            "path": info.path,
            "bytes": Path(info.path).stat().st_size,
            "documents": info.documents,
            "copies": copies,
            "pages": sum(document.pages for document in documents),
            "paragraphs": info.paragraphs,
            "generation": info.generation,
            "failed": [_row(document) for document in troubled if document.status == FAILED],
            "partial": [_row(document) for document in troubled if document.status != FAILED],
            **({"contents": [_stated(document) for document in read]} if listed else {}),
        }
        click.echo(json_text(overview))
    elif listed or failed:
        if listed:
            _show_documents(read)
        if failed:
            _show_troubled(troubled)
    else:
        _show(documents, troubled, copies, info)
    return 0


def _row(document: StoredDocument) -> dict[str, str | float | None]:
    return {
        "path": document.path,
        "code": document.code,
        "sentence": document.error,
        "sha256": document.sha256,
        "indexed_at": document.indexed_at,
        "seconds": document.seconds,
    }


def _stated(document: StoredDocument) -> dict[str, str | int | None]:
    return {
        "path": document.path,
        "title": document.title,
        "author": document.author,
        "language": document.language,
        "pages": document.pages,
        "paragraphs": document.paragraphs,
        "sha256": document.sha256,
        "indexed_at": document.indexed_at,
    }


def _show(documents: list[StoredDocument], troubled: list[StoredDocument], copies: int, info: IndexInfo) -> None:
    from rich.table import Table
    from rich.text import Text

    console = output()
    read = [document for document in documents if document.status != FAILED]
    size = f"  {Path(info.path).stat().st_size / 1e6:.1f} MB, generation {info.generation}"
    console.print(Text.assemble((printable(info.path), "bold"), size))
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
    table.add_column("kind")
    for heading in ("documents", "pages", "paragraphs"):
        table.add_column(heading, justify="right")
    kinds = Counter(Path(document.path).suffix.lower() for document in read)
    for kind, count in sorted(kinds.items()):
        of_kind = [document for document in read if Path(document.path).suffix.lower() == kind]
        pages, parts = sum(entry.pages for entry in of_kind), sum(entry.paragraphs for entry in of_kind)
        table.add_row(Text(printable(kind)), f"{count}", f"{pages}", f"{parts}")
    total_pages = sum(document.pages for document in read)
    table.add_row("all", f"{len(read)}", f"{total_pages}", f"{info.paragraphs}", style="bold")
    console.print(table)
    if copies:
        copied = f"{counted(copies, 'more file is a copy', 'more files are copies')}, byte for byte"
        console.print(copied, style="dim")
    failed = sum(file.status == FAILED for file in troubled)
    partial = len(troubled) - failed
    if failed or partial:
        console.print(
            f"{failed} files not read, {partial} read in part: docqa status --failed says why", style="yellow"
        )


def _show_documents(read: list[StoredDocument]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console = output()
    for document in read:
        pages = f"  {counted(document.pages, document.page_name)}" if document.page_name else ""
        console.print(Text.assemble((printable(document.path), "bold"), (pages, "dim")))
        author = f"by {printable(document.author)}" if document.author else ""
        stated = [printable(document.title), author, printable(document.language or "")]
        line = " · ".join(filter(None, stated))
        if line:
            console.print(Padding(Text(line), (0, 0, 0, 4), expand=False))
    if not read:
        messages().print("The index holds no document; add some with `docqa index FOLDER`.")


def _when(document: StoredDocument) -> str:
    """When the file was read, to the minute, in UTC; as the index has it when that is no time."""
    try:
        return f"{datetime.fromisoformat(document.indexed_at).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return printable(document.indexed_at)


def _how_long(document: StoredDocument) -> str:
    """How long reading the file took, where somebody had to wait for it."""
    return f", after {document.seconds:,.0f} seconds" if (document.seconds or 0) >= WORTH_TELLING else ""


def _show_troubled(troubled: list[StoredDocument]) -> None:
    from rich.text import Text

    console = output()
    for document in troubled:
        console.print(
            Text.assemble(
                (printable(document.path), "bold"),
                (f"  [{printable(document.code or '')}]  {_when(document)}{_how_long(document)}", "dim"),
            )
        )
        console.print(Text("    " + printable(document.error or "")))
    if not troubled:
        console.print("Every file was read in full.")
