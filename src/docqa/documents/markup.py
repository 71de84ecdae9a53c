"""Plain text in a markup language other than Markdown: kept as written, with the headings its marks make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from docqa.documents.document import Document, Heading, Page
from docqa.documents.markup_header import HEADS
from docqa.documents.text import LINE_END, decode, decoder_version

#: What underlines and overlines titles in reStructuredText.
ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}$")
#: A line with more characters is no heading, and too long to be matched against what could be one.
LONGEST_HEADING = 500
LINE = re.compile(r"[^\r\n]+")


@dataclass(frozen=True)
class Marks:
    """How a language marks headings at the start of a line, a stated title, and blocks in which nothing is a mark.

    `heading` matches a whole line, with the mark as its first group and the words as its second.
    """

    heading: re.Pattern[str]
    depth: Callable[[str], int]
    title: re.Pattern[str] | None
    literal: re.Pattern[str]


ORG = Marks(
    re.compile(r"(\*+)[ \t]+(.+?)(?:[ \t]+:[\w@#%:]+:)?[ \t]*$"),
    len,
    re.compile(r"^#\+title:(.*)", re.IGNORECASE | re.MULTILINE),
    re.compile(r"[ \t]*#\+(?:begin|end)_", re.IGNORECASE),
)
ASCIIDOC = Marks(
    re.compile(r"(={1,6})[ \t]+(.+?)(?:[ \t]+=+)?[ \t]*$"), len, None, re.compile(r"(?:-{4,}|\.{4,}|={4,})[ \t]*$")
)
TEX_DEPTHS = {"part": 1, "chapter": 2, "section": 3, "subsection": 4, "subsubsection": 5, "paragraph": 6}
TEX = Marks(
    re.compile(rf"[ \t]*\\({'|'.join(TEX_DEPTHS)})\*?(?:\[[^\]]*\])?\{{(.+?)\}}(?:[ \t]*\\label\{{[^}}]*\}})?[ \t]*$"),
    TEX_DEPTHS.__getitem__,
    re.compile(r"^[ \t]*\\title(?:\[[^\]]*\])?\{([^}]*)\}", re.MULTILINE),
    re.compile(r"[ \t]*\\(?:begin|end)\{(?:verbatim|lstlisting|minted)\}"),
)


def read_org(data: bytes) -> Document:
    """Read an Org file: headings begin with stars. Raises `DocumentError` as `read_text` does."""
    return _read_marked(data, "org", ORG)


def read_asciidoc(data: bytes) -> Document:
    """Read AsciiDoc: headings begin with equals signs. Raises `DocumentError` as `read_text` does."""
    return _read_marked(data, "asciidoc", ASCIIDOC)


def read_tex(data: bytes) -> Document:
    r"""Read TeX, with its commands: headings are `\section{...}` and the like. Raises as `read_text` does."""
    return _read_marked(data, "tex", TEX)


def read_restructured_text(data: bytes) -> Document:
    """Read reStructuredText: headings are underlined, some overlined too. Raises as `read_text` does."""
    text = decode(data)
    return _document(text, "restructuredtext", tuple(_underlined(text)), "")


def read_log(data: bytes) -> Document:
    """Read a log: plain text of which no line is a heading. Raises `DocumentError` as `read_text` does."""
    return Document((Page(1, decode(data), None, ()),), "", "text", decoder_version())


def _read_marked(data: bytes, extractor: str, marks: Marks) -> Document:
    text = decode(data)
    stated = marks.title.search(LINE_END.sub("\n", text)) if marks.title else None
    return _document(text, extractor, tuple(_marked(text, marks)), stated.group(1).strip() if stated else "")


def _document(text: str, extractor: str, headings: tuple[Heading, ...], title: str) -> Document:
    title = title or (headings[0].words if headings else "")
    stated = HEADS[extractor](LINE_END.sub("\n", text))
    return Document(
        (Page(1, text, None, headings or None),),
        title,
        extractor,
        decoder_version(),
        author=stated.author,
        language=stated.language,
    )


def _marked(text: str, marks: Marks) -> Iterator[Heading]:
    literal = False
    for line in LINE.finditer(text):
        if marks.literal.match(line[0]):
            literal = not literal
        elif not literal and len(line[0]) <= LONGEST_HEADING and (mark := marks.heading.match(line[0])):
            yield Heading(line.start(), line.end(), marks.depth(mark[1]), " ".join(mark[2].split()))


def _underlined(text: str) -> Iterator[Heading]:
    lines = list(LINE.finditer(text))
    depths: dict[tuple[str, bool], int] = {}
    last = 0
    for number in range(1, len(lines)):
        title, under = lines[number - 1], lines[number]
        words, adornment = title[0].strip(), under[0].rstrip()
        if not _underlines(adornment, words) or not _adjoin(text, title, under):
            continue
        # What underlines the heading before overlines none.
        over = lines[number - 2] if number > 1 and lines[number - 2].start() >= last else None
        overlined = over is not None and over[0].rstrip() == adornment and _adjoin(text, over, title)
        if title[0][0].isspace() and not overlined:
            continue
        depth = depths.setdefault((adornment[0], overlined), len(depths) + 1)
        start = over.start() if over is not None and overlined else title.start()
        last = under.end()
        yield Heading(start, under.end(), depth, " ".join(words.split()))


def _underlines(adornment: str, words: str) -> bool:
    return (
        ADORNMENT.match(adornment) is not None
        and len(adornment) >= len(words)
        and not ADORNMENT.match(words)
        and any(character.isalnum() for character in words)
    )


def _adjoin(text: str, before: re.Match[str], after: re.Match[str]) -> bool:
    return text[before.end() : after.start()] in {"\n", "\r\n", "\r"}
