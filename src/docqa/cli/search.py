"""`docqa search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from docqa.cli.console import json_text, messages, on_pages, output, printable
from docqa.cli.options import index_option, json_option

if TYPE_CHECKING:
    from docqa.retrieval.search import Hit

SCHEMA = "docqa.search/1"
SNIPPET = 280


@click.command()
@click.argument("query")
@index_option
@click.option("--limit", type=click.IntRange(1), metavar="N", default=10, show_default=True, help="Paragraphs to show.")
@click.option("--path", metavar="GLOB", help="Only documents whose path matches, such as 'reports/*.pdf'.")
@json_option
def search(query: str, index_file: str, limit: int, path: str | None, *, as_json: bool) -> int:
    """Find the paragraphs that say most of QUERY's words, with their BM25 scores: the retriever alone.

    Exit code 1 when no paragraph holds any of the words.
    """
    from docqa.corpus import open_corpus

    with open_corpus(index_file, create=False) as corpus:
        hits = corpus.search(query, limit, path=path)
    if as_json:
        rows = [_row(hit) for hit in hits]
        click.echo(json_text({"schema": SCHEMA, "query": query, "hits": rows}))
    elif hits:
        for number, hit in enumerate(hits, start=1):
            _show(number, hit)
    else:
        messages().print("No paragraph of the index holds any of these words.")
    return 0 if hits else 1


def _row(hit: Hit) -> dict[str, object]:
    paragraph = hit.paragraph.paragraph
    return {
        "score": hit.score,
        "path": hit.paths[0],
        "copies": list(hit.paths[1:]),
        "title": hit.document.title,
        # As in the sources of answers: there only when the file names one.
        **({"author": hit.document.author} if hit.document.author else {}),
        "page": paragraph.page,
        "start": paragraph.start,
        "end": paragraph.end,
        **({"end_page": paragraph.end_page} if paragraph.page_break else {}),
        "paragraph": hit.paragraph.id,
        "headings": list(paragraph.headings),
        "text": paragraph.text,
    }


def _show(number: int, hit: Hit) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console = output()
    paragraph = hit.paragraph.paragraph
    place = on_pages(hit.document.path, paragraph.page, paragraph.end_page)
    console.print(
        Text.assemble(
            (f"{number:>2}  ", "dim"),
            (printable(hit.paths[0]), "bold cyan"),
            place,
            (f"   {hit.score:.2f}", "dim"),
        )
    )
    for path in hit.paths[1:]:
        console.print(Text.assemble("    ", ("also ", "dim"), (printable(path), "cyan"), place))
    words = printable(paragraph.text)
    snippet = words if len(words) <= SNIPPET else words[:SNIPPET].rsplit(" ", 1)[0] + " …"
    console.print(Padding(Text(snippet), (0, 0, 1, 4), expand=False))
