"""`docqa index --watch`: a line for each run that changed something, until somebody ends it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from docqa.cli.console import json_text, messages, output, printable, progress_bar
from docqa.cli.report import counts, say_waiting, show_failures, show_report

if TYPE_CHECKING:
    from docqa.corpus import Corpus
    from docqa.errors import DocqaError
    from docqa.indexing.report import FailedFile, IndexReport


def follow(corpus: Corpus, paths: tuple[str, ...], indexing: dict[str, Any], *, poll: bool, as_json: bool) -> int:
    """Index, then follow the paths and index again what changes; ends with exit code 0 when it is interrupted."""
    with progress_bar("Reading") as advance:
        hearing = {"on_progress": advance, "on_wait": say_waiting(corpus)}
        reports = corpus.watch(*paths, poll=poll, on_trouble=_say_trouble, **indexing, **hearing)
        report = next(reports)
    try:
        _show(report, corpus, as_json=as_json)
        _say(f"Following {printable(', '.join(paths))}. Ctrl-C ends it.")
        failed = report.failed
        for report in reports:
            _show_later(report, failed, as_json=as_json)
            failed = report.failed
    except KeyboardInterrupt:
        _say("Not following any more. The index holds what was read so far.")
    return 0


def _show(report: IndexReport, corpus: Corpus, *, as_json: bool) -> None:
    if as_json:
        click.echo(json_text(report.to_dict(), indent=None))
    else:
        show_report(report, corpus)


def _show_later(report: IndexReport, known: tuple[FailedFile, ...], *, as_json: bool) -> None:
    """The line of a run, and those of files that could not be read and are not known from the run before."""
    from dataclasses import replace

    from rich.text import Text

    if as_json:
        click.echo(json_text(report.to_dict(), indent=None))
        return
    news = replace(report, failed=tuple(failure for failure in report.failed if failure not in known), unchanged=())
    paths = [*news.added, *news.changed, *(new for _, new in news.moved), *news.removed]
    said = counts(news) or "fewer files that are not read"
    which = f"  {printable(paths[0])}" if len(paths) == 1 and not news.failed else ""
    output().print(Text.assemble((_now(), "dim"), "  ", (said, "bold"), (which, "cyan")))
    show_failures(news)


def _say_trouble(error: DocqaError) -> None:
    from rich.text import Text

    messages().print(Text.assemble((_now(), "dim"), "  ", (printable(str(error)), "yellow")))


def _say(remark: str) -> None:
    messages().print(remark, style="dim", markup=False)


def _now() -> str:
    return f"{datetime.now(UTC).astimezone():%H:%M:%S}"
