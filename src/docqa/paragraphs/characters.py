"""Characters that are not read as they stand: ones that are not seen, odd blanks, ligatures."""

from __future__ import annotations

import re

from docqa.paragraphs.paragraph import Run, SpelledRun

#: Soft hyphen, zero-width space, word joiner, byte order mark: nobody sees them inside a line.
HIDDEN = "\u00ad\u200b\u2060\ufeff"
#: They matter in Persian, in Indic scripts and in emoji, and mean nothing between Latin letters.
JOINERS = "\u200c\u200d"
#: Blanks of other kinds, controls, halves of characters, and private characters, which mean what a font wants them to:
#: read as a blank, so that what stands on both sides of one never becomes one word or one number.
BLANK = (
    "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff"
)
#: One character of the page, read as others: the ligatures of Latin type, and hyphens that are no ASCII.
SPELLED = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
    "\u2010": "-",
    "\u2011": "-",
}
ODD = re.compile(f"[{HIDDEN}{JOINERS}{BLANK}{''.join(SPELLED)}]")
NOT_SEEN = re.compile(f"[{HIDDEN}{JOINERS}]")
READ_AS_BLANK = re.compile(f"[{BLANK}]")
#: So many characters around a joiner are looked at.
FEW = 8
#: The letters of Latin script, accented ones too.
LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


def clean(text: str, start: int = 0) -> tuple[str, tuple[Run, ...]]:
    r"""A text as it is read, without blanks around it, and its runs when it begins at `start` of a page.

    >>> clean("e\ufb03-\u00adcient\u00a0", 7)
    ('effi-cient', (Run(text_start=0, page_start=7, length=1), ...))
    """
    parts: list[str] = []
    runs: list[Run] = []
    length = at = 0
    for match in ODD.finditer(text):
        place, character = match.start(), match.group()
        if character in JOINERS and not _between_latin(text, place):
            continue
        if place > at:
            runs.append(Run(length, start + at, place - at))
            parts.append(text[at:place])
            length += place - at
        at = place + 1
        spelled = SPELLED.get(character)
        if spelled:
            runs.append(SpelledRun(length, start + place, len(spelled)))
        elif READ_AS_BLANK.match(character):
            spelled = " "
        parts.append(spelled or "")
        length += len(spelled or "")
    if len(text) > at:
        runs.append(Run(length, start + at, len(text) - at))
        parts.append(text[at:])
    return _stripped("".join(parts), runs)


def _between_latin(text: str, place: int) -> bool:
    # Several in a row stand between the same two letters; nobody writes more than a few.
    before, after = text[max(0, place - FEW) : place].rstrip(JOINERS), text[place : place + FEW].lstrip(JOINERS)
    return bool(LATIN.match(before[-1:]) and LATIN.match(after[:1]))


def _stripped(text: str, runs: list[Run]) -> tuple[str, tuple[Run, ...]]:
    first = len(text) - len(text.lstrip())
    last = len(text.rstrip())
    # Blanks that were put in are in no run, and runs of nothing but blanks at either end are none.
    return text[first:last], tuple(
        run.within(first, last) for run in runs if run.text_start < last and run.text_end > first
    )
