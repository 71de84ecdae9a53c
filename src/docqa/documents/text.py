"""Plain text and Markdown: one page, decoded from whatever encoding the bytes are in."""

from __future__ import annotations

import codecs
import re
from functools import cache
from importlib.metadata import version
from unicodedata import category

from docqa.documents.document import Document, Page
from docqa.documents.foreign import encodable
from docqa.documents.front_matter import read_front_matter
from docqa.errors import DocumentError

#: Longest mark first: the UTF-32 mark begins with the UTF-16 one.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: Text of a Western language has few letters outside ASCII; with more, the encoding is detected from statistics.
WESTERN_SHARE = 0.3

#: Bytes that text does not hold, unless it is UTF-16 or UTF-32, and how great a share of them is put up with.
CONTROLS = bytes([*range(8), *range(14, 27), *range(28, 32)])
CONTROL_SHARE = 0.01

#: What unmarked UTF-16 is told from binary data by: blanks, and hardly any character that nobody writes.
BLANK_SHARE = 0.02
NOT_WRITTEN = frozenset({"Cc", "Cn", "Co", "Cs"})

LINE_END = re.compile(r"\r\n?")

HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t\r#]*$", re.MULTILINE)


def read_text(data: bytes) -> Document:
    """Read plain text. Raises `DocumentError` when the file is empty or is not text."""
    text = decode(data)
    return Document((Page(1, text),), _first_line_title(text), "text", decoder_version())


def read_markdown(data: bytes) -> Document:
    """Read Markdown; the title is the front matter's, else the first heading; author and language are the former's."""
    text = decode(data)
    lines = LINE_END.sub("\n", text)
    stated, end = read_front_matter(lines)
    # What looks like a heading in the front matter is a comment there.
    heading = None if stated.title else HEADING.search(lines, end)
    return Document(
        (Page(1, text),),
        heading[1].strip() if heading else stated.title,
        "markdown",
        decoder_version(),
        author=stated.author,
        language=stated.language,
    )


def decode(data: bytes) -> str:
    r"""The text of bytes in UTF-8, UTF-16 or UTF-32 (marked or not), cp1252, or another encoding.

    Raises `DocumentError` when there is no text in them.

    >>> decode(b"\xff\xfeo\x00k\x00"), decode("caf\xe9".encode("latin-1"))
    ('ok', 'caf\xe9')
    """
    text = _decode(data)
    if not text.strip("\0\ufeff \t\r\n\f\v"):
        raise DocumentError("TXT-EMPTY", "The file holds no text.")
    return encodable(text)


def _decode(data: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    wide = _decode_unmarked(data) if b"\0" in data else None
    if wide is not None:
        return wide
    if len(data) - len(data.translate(None, CONTROLS)) > CONTROL_SHARE * len(data):
        raise DocumentError("TXT-BINARY", "The file is not text: it holds binary data.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    outside_ascii = sum(byte >= 0x80 for byte in data) / len(data)
    if outside_ascii <= WESTERN_SHARE:
        return data.decode("cp1252", errors="replace")
    return _detect(data)


def _decode_unmarked(data: bytes) -> str | None:
    # ASCII letters in UTF-16 or UTF-32 leave NULs on one side of each unit.
    for encoding, unit, null_at in (
        ("utf-32-le", 4, 3),
        ("utf-32-be", 4, 0),
        ("utf-16-le", 2, 1),
        ("utf-16-be", 2, 0),
    ):
        units = data[null_at::unit]
        if len(data) >= unit and units.count(0) > 0.5 * len(units):
            text = data[: len(data) // unit * unit].decode(encoding, errors="replace")
            if text.count("\ufffd") + text.count("\0") <= 0.01 * len(text):
                return text
    return _decode_utf_16(data) if len(data) % 2 == 0 else None


def _decode_utf_16(data: bytes) -> str | None:
    # Letters of other alphabets leave no NULs; blanks and line ends do, more of them in the right order of bytes.
    best, most = None, 0
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        blanks = sum(text.count(blank) for blank in " \n\r\u3000")
        if blanks > max(most, BLANK_SHARE * len(text)) and _is_written(text):
            best, most = text, blanks
    return best


def _is_written(text: str) -> bool:
    odd = sum(category(character) in NOT_WRITTEN and character not in "\t\r\n\f" for character in text)
    return odd <= CONTROL_SHARE * len(text)


def _detect(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    return str(best) if best is not None else data.decode("cp1252", errors="replace")


@cache
def decoder_version() -> str:
    """The version of the library that detects encodings."""
    # Looking it up takes as long as reading a short file.
    return version("charset-normalizer")


def _first_line_title(text: str) -> str:
    for line in text.splitlines()[:20]:
        words = line.split()
        if words:
            return " ".join(words) if len(words) <= 15 else ""
    return ""
