"""What a run of indexing did, as the terminal shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.cli.console import counted, messages, output, printable
from docqa.store.documents import FAILED, TRIED_AGAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from docqa.corpus import Corpus
    from docqa.indexing.report import FailedFile, IndexReport
    from docqa.store.sole_writer import Holder, OnWait

#: Lists of files longer than this are cut in the summary; `docqa status --failed` and --json have all.
SHOWN = 20


def say_waiting(corpus: Corpus) -> OnWait:
    """What says, once, for which other writer this process waits."""

    def say(holder: Holder | None, seconds: float) -> None:
        if seconds:
            who = printable(str(holder)) if holder else "another process"
            messages().print(
                f"{printable(str(corpus.path))} is being written to by {who}; waiting for up to {seconds:g} s.",
                markup=False,
            )

    return say


def show_failures(report: IndexReport) -> None:
    """One line on standard error for each file that could not be read, and one for all that want the same library."""
    console = messages()
    failed, partial = _gathered(report.failed), _gathered(report.partial)
    for failures in (*failed[:SHOWN], *partial[:SHOWN]):
        _show_failure(console, failures)
    hidden = sum(map(len, (*failed[SHOWN:], *partial[SHOWN:])))
    if hidden:
        console.print(f"  and {hidden} more: docqa status --failed lists them all", style="dim")


def show_report(report: IndexReport, corpus: Corpus) -> None:
    """What a run did, and what the index holds now."""
    console = output()
    said = counts(report)
    if not said:
        from docqa.documents.formats import readable_kinds

        messages().print(
            f"There are no files here that docqa reads; it reads {printable(readable_kinds())}.", markup=False
        )
        _say_links(report)
        return
    info = corpus.info()
    # As documents are counted: without those that could not be read.
    copies = sum(file.status != FAILED for file in corpus.files()) - info.documents
    console.print(f"[bold]{said}[/bold]")
    show_failures(report)
    _say_links(report)
    held = [
        counted(info.documents, "document"),
        *([counted(copies, "copy", "copies")] if copies else []),
        counted(info.paragraphs, "paragraph"),
    ]
    console.print(f"{printable(info.path)} holds {', '.join(held)}.", style="dim", markup=False)


def counts(report: IndexReport, *, unchanged: bool = True) -> str:
    """How many files were added, changed and so on, in one line; empty when there were none."""
    numbers = [
        (len(report.added), "added"),
        (len(report.changed), "changed"),
        (len(report.moved), "moved"),
        (len(report.removed), "removed"),
        (len(report.unchanged) if unchanged else 0, "unchanged"),
        (len(report.failed), "not read"),
        (len(report.partial), "read in part"),
    ]
    return ", ".join(f"{count} {what}" for count, what in numbers if count)


def _say_links(report: IndexReport) -> None:
    if report.links:
        passed = f"{counted(len(report.links), 'link')} in these folders not followed; name a link itself to follow it."
        messages().print(passed, style="dim")


def _gathered(failures: Sequence[FailedFile]) -> list[list[FailedFile]]:
    """The failures in their order, those for one reason outside the files with the first of them."""
    together: dict[tuple[str, str], list[FailedFile]] = {}
    for failure in failures:
        own = failure.sentence if failure.code in TRIED_AGAIN else failure.path
        together.setdefault((failure.code, own), []).append(failure)
    return list(together.values())


def _show_failure(console: Console, failures: Sequence[FailedFile]) -> None:
    from rich.text import Text

    first = failures[0]
    line = Text.assemble(("  ✗ ", "red"), (printable(first.path), "bold"))
    if len(failures) > 1:
        line.append(f" and {len(failures) - 1} more")
    line.append(f"  {printable(first.sentence)}").append(f"  [{printable(first.code)}]", "dim")
    console.print(line)
