"""`docqa check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from docqa.checking.report import ANEW, INDEX, REPAIR
from docqa.cli.console import counted, json_text, messages, output, printable, progress_bar
from docqa.cli.options import index_option, json_option

if TYPE_CHECKING:
    from rich.text import Text

    from docqa.checking.report import CheckReport, Finding, RepairReport

#: So many findings are shown; --json has all.
SHOWN = 50

#: What to do, by the remedy of a finding.
ADVICE = {
    ANEW: "No repair can help where the file itself is damaged: delete it and run `docqa index` on the documents' "
    "folders; the documents are untouched.",
    REPAIR: "Run `docqa check --repair`: it makes the inverted index anew from the stored paragraphs, and marks "
    "documents whose stored text contradicts itself.",
    INDEX: "Run `docqa index` on the folders of the documents named: marked ones are read again, changed or not.",
}


@click.command()
@index_option
@click.option("--repair", is_flag=True, help="Make the inverted index anew when something is wrong, and check again.")
@json_option
def check(index_file: str, *, repair: bool, as_json: bool) -> int:
    """Check the index against itself: the file, the offsets of paragraphs, the inverted index, the statistics.

    Nothing is written without --repair. Exit code 1 when something is wrong, after a repair when something still is.
    """
    from docqa.corpus import open_corpus

    with open_corpus(index_file, create=False) as corpus:
        with progress_bar("Checking") as advance:
            report = corpus.check(on_progress=advance)
        before, done = report, None
        if repair and any(finding.remedy == REPAIR for finding in report.findings):
            with progress_bar("Repairing") as advance:
                done = corpus.repair(on_progress=advance)
            with progress_bar("Checking") as advance:
                report = corpus.check(on_progress=advance)
    if as_json:
        repaired = {"repaired": {**done.to_dict(), "findings": before.to_dict()["findings"]}} if done else {}
        click.echo(json_text({**report.to_dict(), **repaired}))
    else:
        if done:
            _show_findings(before)
            _show_repair(done)
        else:
            _show_findings(report)
        _show_outcome(report)
    return 0 if report.sound else 1


def _show_findings(report: CheckReport) -> None:
    from rich.text import Text

    console = output()
    for finding in report.findings[:SHOWN]:
        console.print(_line(finding))
    if len(report.findings) > SHOWN:
        console.print(Text(f"and {len(report.findings) - SHOWN} more; --json has all", "dim"))


def _line(finding: Finding) -> Text:
    from rich.text import Text

    said = Text(printable(finding.sentence))
    return Text.assemble((printable(finding.path), "bold"), "  ", said) if finding.path else said


def _show_repair(done: RepairReport) -> None:
    from rich.text import Text

    dropped = f", {counted(done.dropped, 'row')} of no use dropped" if done.dropped else ""
    anew = f"{counted(done.documents, 'document')}, {counted(done.paragraphs, 'paragraph')} indexed anew"
    output().print(Text(f"Repaired: {anew}{dropped}.", "bold"))
    for path in done.read_again:
        output().print(Text.assemble((printable(path), "bold"), "  will be read again by the next `docqa index`"))


def _show_outcome(report: CheckReport) -> None:
    from rich.text import Text

    held = f"{counted(report.documents, 'document')}, {counted(report.paragraphs, 'paragraph')}"
    if report.sound:
        output().print(Text(f"{held}: all sound.", "bold"))
        return
    output().print(Text(f"{printable(report.path)} has {counted(len(report.findings), 'fault')}.", "bold red"))
    for remedy in dict.fromkeys(finding.remedy for finding in report.findings):
        messages().print(Text(ADVICE[remedy], "dim"))
