"""`docqa index`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from docqa.cli.console import json_text, printable, progress_bar
from docqa.cli.options import index_option, indexing_options, json_option
from docqa.cli.report import say_waiting, show_report
from docqa.cli.watch import follow

if TYPE_CHECKING:
    from docqa.corpus import Corpus
    from docqa.indexing.report import IndexReport


class IndexCommand(click.Command):
    """A command whose help ends with the kinds of files that are read, those of installed plug-ins too."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the kinds, which are looked up only when somebody asks."""
        from docqa.documents.formats import readable_kinds

        formatter.write_paragraph()
        formatter.write_text(f"Kinds of files that are read: {printable(readable_kinds())}.")
        super().format_epilog(ctx, formatter)


@click.command(cls=IndexCommand)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@index_option
@indexing_options
@click.option("--watch", is_flag=True, help="Then follow PATHs, and index again what changes, until Ctrl-C.")
@click.option(
    "--watch-poll",
    is_flag=True,
    help="Follow by looking at the files again and again, as disks in a network need it.",
)
@json_option
def index(
    paths: tuple[str, ...],
    index_file: str,
    indexing: dict[str, Any],
    *,
    watch: bool,
    watch_poll: bool,
    as_json: bool,
) -> int:
    """Add or refresh files and folders.

    Only what changed is read: files are compared by their SHA-256, vanished ones leave the index, renamed ones move
    without being read again. Left out are hidden files, folders that tools make (node_modules, environments of Python),
    and what .docqaignore files say, which are written like .gitignore files; GLOB is as in those. What is left out
    leaves the index, and a path that is named itself is never left out. A file that cannot be read is named with the
    reason and stops nothing.

    Exit code 1 when some file could not be read; with --watch 0, for Ctrl-C is its end.
    """
    from docqa.corpus import open_corpus

    with open_corpus(index_file) as corpus:
        if watch or watch_poll:
            return follow(corpus, paths, indexing, poll=watch_poll, as_json=as_json)
        report = index_with_progress(corpus, paths, **indexing)
        if as_json:
            click.echo(json_text(report.to_dict()))
        else:
            show_report(report, corpus)
        empty = not (report.added or report.changed or report.unchanged or report.moved or report.removed)
    return 1 if report.failed or empty else 0


def index_with_progress(
    corpus: Corpus,
    paths: tuple[str, ...],
    **options: Any,
) -> IndexReport:
    """Index with a progress bar on standard error; the options are those of `Corpus.index`."""
    with progress_bar("Reading") as advance:
        return corpus.index(*paths, **options, on_progress=advance, on_wait=say_waiting(corpus))
