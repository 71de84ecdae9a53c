"""Writing to the terminal: safe characters, two consoles, progress bars."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

#: What steers a terminal or is not seen: controls, marks of direction, invisible characters, halves of characters.
CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)
#: What Python makes of a byte in an argument or in the name of a file that is no UTF-8.
UNDECODED = re.compile(r"[\udc80-\udcff]")
#: Text is not set wider than this: long lines are hard to read.
WIDEST = 100
#: Seconds between two lines about progress where there is no terminal for a bar: a log wants a few of them.
LINE_EVERY = 300.0


def printable(text: str) -> str:
    r"""Text on one line, without characters that a terminal would obey: documents must not steer it.

    Bytes that are no text become escapes, as in the paths of an index, so that a name is not taken for another.

    >>> printable("a\x1b[31m red\nline"), printable("caf\udce9.db")
    ('a[31m red line', 'caf\\udce9.db')
    """
    return " ".join(CONTROL.sub("", _escaped(text).replace("\n", " ").replace("\r", " ")).split())


def json_text(value: object, *, indent: int | None = 2) -> str:
    r"""JSON in which characters that a terminal would obey are escapes; bytes that are no text as `printable` has them.

    >>> json_text("caf\xe9 \x9b31m"), json_text("caf\udce9.db")
    ('"caf\xe9 \\u009b31m"', '"caf\\\\udce9.db"')
    """
    # JSON's own escape of half a character is none that every program can read.
    text = UNDECODED.sub(lambda match: f"\\\\u{ord(match[0]):x}", json.dumps(value, ensure_ascii=False, indent=indent))
    return CONTROL.sub(lambda match: json.dumps(match[0])[1:-1], text)


class PrintableFormatter(logging.Formatter):
    """Log records on one line each, without characters that a terminal would obey; their tracebacks on several."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as it is printed."""
        return "\n".join(CONTROL.sub("", line) for line in _escaped(super().format(record)).splitlines())


def output() -> Console:
    """The console on standard output."""
    return _console(stderr=False)


def messages() -> Console:
    """The console on standard error, for progress and remarks."""
    return _console(stderr=True)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error: gives a function of (done, total, what is done now).

    Where standard error is no terminal it is a line every five minutes, so that short commands say nothing.
    """
    if not sys.stderr.isatty():
        with _progress_lines(label) as advance:
            yield advance
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        # What looks like markup in the name of a file is none.
        TextColumn("{task.fields[name]}", style="dim", markup=False),
    )
    with Progress(*columns, console=messages(), transient=True) as progress:
        task = progress.add_task(label, total=None, name="")

        def advance(done: int, total: int, name: str) -> None:
            progress.update(task, completed=done, total=total, name=shortened(printable(name), 40))

        yield advance


@contextmanager
def busy(label: str) -> Iterator[None]:
    """A remark on standard error that something takes a moment; gone when it is done."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.text import Text

    with messages().status(Text(printable(label))):
        yield


def counted(count: int, what: str, many: str = "") -> str:
    """A number with its noun, whose plural is `many` when that is not made with an s.

    >>> counted(1, "document"), counted(2, "document"), counted(2, "copy", "copies")
    ('1 document', '2 documents', '2 copies')
    """
    return f"{count} {what}" if count == 1 else f"{count} {many or what + 's'}"


def on_pages(path: str, first: int, last: int) -> str:
    """Where in a file a text stands, as it follows the file's path; empty for files without pages that people number.

    >>> on_pages("a.pdf", 3, 4), on_pages("talk.pptx", 3, 3), on_pages("a.txt", 1, 1)
    (', pages 3 and 4', ', slide 3', '')
    """
    from docqa.documents.document import page_name

    name = page_name(path)
    if not name:
        return ""
    return f", {name} {first}" if first == last else f", {name}s {first} and {last}"


def shortened(text: str, width: int) -> str:
    """The end of a text that is too wide, which says more of a path than its beginning.

    >>> shortened("reports/2024/treaty.pdf", 12)
    '…/treaty.pdf'
    """
    return text if len(text) <= width else "…" + text[-(width - 1) :]


@contextmanager
def _progress_lines(label: str) -> Iterator[Callable[[int, int, str], None]]:
    said, over = time.monotonic(), False

    def advance(done: int, total: int, name: str) -> None:
        nonlocal said
        if not over and time.monotonic() - said >= LINE_EVERY:
            said = time.monotonic()
            messages().print(f"{label} {done}/{total} {printable(name)}", markup=False)

    yield advance
    # `docqa index --watch` goes on calling after its first run, as it may with a bar that is gone.
    over = True


def _escaped(text: str) -> str:
    return UNDECODED.sub(lambda match: f"\\u{ord(match[0]):x}", text)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, markup=True, emoji=False, soft_wrap=False)
    if console.width > WIDEST and console.is_terminal:
        console.width = WIDEST
    elif not console.is_terminal:
        console.width = 10_000
    return console
