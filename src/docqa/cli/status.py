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
    from docqa.store.documents import StoredDocument

SCHEMA = "docqa.status/1"


@click.command(short_help="Say what the index holds.")
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
        documents = corpus.documents()
        info = corpus.info()
    read = [document for document in documents if document.status != FAILED]
    troubled = [document for document in documents if document.status != OK]
    if as_json:
        overview = {
            "schema": SCHEMA,
            "path": info.path,
            "bytes": Path(info.path).stat().st_size,
            "documents": info.documents,
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
        _show(documents, info.path, info.paragraphs, info.generation)
    return 0


def _row(document: StoredDocument) -> dict[str, str | None]:
    return {
        "path": document.path,
        "code": document.code,
        "sentence": document.error,
        "sha256": document.sha256,
        "indexed_at": document.indexed_at,
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


def _show(documents: list[StoredDocument], path: str, paragraphs: int, generation: int) -> None:
    from rich.table import Table
    from rich.text import Text

    console = output()
    read = [document for document in documents if document.status != FAILED]
    size = f"  {Path(path).stat().st_size / 1e6:.1f} MB, generation {generation}"
    console.print(Text.assemble((printable(path), "bold"), size))
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
    table.add_row("all", f"{len(read)}", f"{total_pages}", f"{paragraphs}", style="bold")
    console.print(table)
    failed = len(documents) - len(read)
    partial = sum(document.status not in {OK, FAILED} for document in documents)
    if failed or partial:
        console.print(
            f"{failed} files not read, {partial} read in part: docqa status --failed says why", style="yellow"
        )


def _show_documents(read: list[StoredDocument]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console = output()
    for document in read:
        pages = f"  {counted(document.pages, 'page')}" if document.has_pages else ""
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


def _show_troubled(troubled: list[StoredDocument]) -> None:
    from rich.text import Text

    console = output()
    for document in troubled:
        console.print(
            Text.assemble(
                (printable(document.path), "bold"), (f"  [{printable(document.code or '')}]  {_when(document)}", "dim")
            )
        )
        console.print(Text("    " + printable(document.error or "")))
    if not troubled:
        console.print("Every file was read in full.")
