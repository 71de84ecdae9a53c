"""`docqa verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from docqa.cli.console import counted, json_text, messages, output, printable, progress_bar
from docqa.cli.options import index_option, json_option

if TYPE_CHECKING:
    from docqa.indexing.verify import VerifyReport


@click.command()
@index_option
@click.option("--quick", is_flag=True, help="Compare sizes and times of change only, without reading the files.")
@json_option
def verify(index_file: str, *, quick: bool, as_json: bool) -> int:
    """Compare each document of the index with its file: unchanged, changed, missing. Nothing is written.

    Exit code 1 when a file changed, is missing or cannot be opened.
    """
    from docqa.corpus import open_corpus

    with open_corpus(index_file, create=False) as corpus, progress_bar("Comparing") as advance:
        report = corpus.verify(quick=quick, on_progress=advance)
    if as_json:
        click.echo(json_text(report.to_dict()))
    else:
        _show(report)
    return 0 if report.up_to_date else 1


def _show(report: VerifyReport) -> None:
    from rich.table import Table
    from rich.text import Text

    console = output()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("state", no_wrap=True)
    table.add_column("path", overflow="fold")
    for state, style, paths in (
        ("changed", "yellow", report.changed),
        ("missing", "red", report.missing),
        ("cannot be opened", "red", report.unreadable),
        ("still not read", "dim", [failure.path for failure in report.failed]),
    ):
        for path in paths:
            table.add_row(Text(state, style), Text(printable(path)))
    if table.row_count:
        console.print(table)
    counts = [
        (len(report.unchanged), "unchanged"),
        (len(report.changed), "changed"),
        (len(report.missing), "missing"),
        (len(report.unreadable), "cannot be opened"),
        (len(report.failed), "still not read"),
    ]
    said = ", ".join(f"{count} {what}" for count, what in counts if count)
    console.print(Text(said or "The index holds no documents.", "bold"))
    if not report.up_to_date:
        stale = counted(len(report.changed) + len(report.missing) + len(report.unreadable), "file")
        messages().print(
            f"{stale} to bring up to date: `docqa index` on the folders they are in does that.", style="dim"
        )
    if report.failed:
        messages().print("docqa status --failed says why files were not read.", style="dim")
