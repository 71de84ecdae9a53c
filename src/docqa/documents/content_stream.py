"""The operators of a page's content stream by one regular expression; pypdf takes a third of its time to read them.

Only those that decide which text stands where are kept. What is unusual in a stream is left to pypdf, so that a page
has the same text either way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PageObject

Operation = tuple[list[Any], bytes]

#: The operators that pypdf's text extraction knows, of ISO 32000-1, tables 57, 87, 105 and 107 to 109.
KEPT = frozenset(b"q Q cm Do BT ET Tc Tw Tz TL Tf Td TD Tm T* Tj TJ ' \"".split())
#: What begins a picture within the stream, and what ends a reference.
LEFT = frozenset((b"BI", b"R"))
#: pypdf gives up on a stream of so many tokens, of which none is shorter than a byte, and has to be asked.
MOST = 2_000_000

_BLANK = rb"[ \t\r\n]"
# No quantifier gives back what it took: time is linear in the length of a stream, whatever stands in it.
_NUMBER = rb"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?![-+.,0-9])"
_NUMBERS = _NUMBER + rb"(?:" + _BLANK + rb"++" + _NUMBER + rb")*+"
# All of ASCII that is seen, without delimiters and the sign of an escape.
_NAME = rb"/[!\"$&'*-.0-;=?-Z\\^-z|~]*+(?=[ \t\r\n/<>\[\]()]|\Z)"
_STRING = rb"\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+\)"
_HEXADECIMAL = rb"<[0-9A-Fa-f \t\r\n]*+>"
_VALUE = rb"(?:" + rb"|".join((_NUMBER, _NAME, _STRING, _HEXADECIMAL, rb"true|false")) + rb")"
_DICTIONARY = rb"<<" + _BLANK + rb"*+(?:" + _NAME + _BLANK + rb"*+" + _VALUE + _BLANK + rb"*+)*+>>"
_ARRAY = rb"\[(?:[-+.0-9 \t\r\n]++|" + _STRING + rb"|" + _HEXADECIMAL + rb")*+\]"
_END = rb"(?=[ \t\r\n/<\[(]|\Z)"
#: A token, or a whole operation of those that are most of a drawing and have nothing to do with text.
TOKEN = re.compile(
    _BLANK + rb"*+(?:"
    + rb"(?:" + _NUMBERS + _BLANK + rb"++)?(?P<drawn>[mlcvyhnfFSsWwJjMdgGkKi]|re|rg|RG|sc|SC|f\*|W\*)" + _END
    + rb"|(?P<numbers>" + _NUMBERS
    + rb")|(?P<operator>[A-Za-z'\"][A-Za-z0-9*'\"]{0,2}+)" + _END
    + rb"|(?P<array>" + _ARRAY
    + rb")|(?P<name>" + _NAME
    + rb")|(?P<string>" + _STRING
    + rb")|(?P<dictionary>" + _DICTIONARY
    + rb")|(?P<hexadecimal>" + _HEXADECIMAL
    + rb")|(?P<other>[^ \t\r\n]))",
    re.DOTALL,
)  # fmt: skip
#: The strings and numbers of an array.
ELEMENT = re.compile(rb"(" + _STRING + rb")|(" + _HEXADECIMAL + rb")|([-+.0-9]++)", re.DOTALL)
#: Escapes in strings that mean the same to all; a backslash before anything else is unusual.
ESCAPE = re.compile(rb"\\(?:([0-3][0-7]{2}|[0-7]{1,2}(?![0-7]))|([nrtbf()\\])|)", re.DOTALL)
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"(": b"(", b")": b")", b"\\": b"\\"}


@contextmanager
def read_quickly(page: PageObject) -> Iterator[None]:
    """Within this, pypdf finds the operators of a page read already, unless it has to read them itself."""
    from pypdf.generic import ContentStream, NameObject

    contents = page.raw_get("/Contents") if "/Contents" in page else None
    damage: Exception | None = None
    if contents is not None:
        try:
            stream = ContentStream(contents, page.pdf, "bytes")
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a foreign parser
            # A page without fonts is empty to pypdf whatever its stream is, so this is for pypdf to find.
            damage = error
        else:
            with suppress(ValueError):
                stream.operations = operations_of(stream.get_data())
                page[NameObject("/Contents")] = stream
    try:
        yield
    except MemoryError:
        raise
    except Exception:
        # pypdf remembers an object that it could not read, and says of it something else the second time.
        if damage is not None:
            raise damage from None
        raise
    finally:
        # The operators of a page are large, and a page lasts as long as its document.
        if contents is not None:
            page[NameObject("/Contents")] = contents


def operations_of(data: bytes) -> list[Operation]:
    r"""The operators that concern text, each with its operands, in the order of the stream.

    Raises `ValueError` where pypdf has to read the stream: comments, pictures in it, nested arrays, and what is
    written against the rules.

    >>> operations_of(rb"BT 0.5 g /F1 12 Tf [(A) -20 (\050)] TJ ET")
    [([], b'BT'), (['/F1', 12.0], b'Tf'), ([[b'A', -20.0, b'(']], b'TJ'), ([], b'ET')]
    """
    if len(data) > MOST:
        raise ValueError(f"{len(data)} bytes")
    operations: list[Operation] = []
    operands: list[Any] = []
    make = _operands()
    for found in TOKEN.finditer(data):
        kind = found.lastgroup or ""
        text = found[kind]
        if kind == "numbers":
            operands += map(float, text.split())
        elif kind == "drawn":
            operands = []
        elif kind == "operator":
            if text in LEFT:
                raise ValueError(f"{text!r} at {found.start()}")
            if text in KEPT:
                if None in operands:
                    raise ValueError(f"a dictionary before {text!r} at {found.start()}")
                operations.append((operands, text))
            operands = []
        elif kind in make:
            operands.append(make[kind](text))
        else:
            raise ValueError(f"{text!r} at {found.start()}")
    return operations


def _operands() -> dict[str, Callable[[bytes], Any]]:
    """What makes an operand, as pypdf does, of each kind of token that is one; no operator of text has a dictionary."""
    from pypdf.generic import ArrayObject, ByteStringObject, NameObject

    def array(text: bytes) -> ArrayObject:
        return ArrayObject(
            float(number) if number else ByteStringObject(_bytes_of(string, digits))
            for string, digits, number in ELEMENT.findall(text)
        )

    return {
        "array": array,
        "name": lambda text: NameObject(text.decode("ascii")),
        "string": lambda text: ByteStringObject(_bytes_of(text, b"")),
        "hexadecimal": lambda text: ByteStringObject(_bytes_of(b"", text)),
        "dictionary": lambda _: None,
    }


def _bytes_of(string: bytes, digits: bytes) -> bytes:
    """What a string stands for that is written in brackets or in hexadecimal digits."""
    if digits:
        written = b"".join(digits[1:-1].split())
        return bytes.fromhex((written + b"0" * (len(written) % 2)).decode("ascii"))
    return ESCAPE.sub(_unescaped, string[1:-1]) if b"\\" in string else string[1:-1]


def _unescaped(found: re.Match[bytes]) -> bytes:
    octal, letter = found.groups()
    if octal:
        return bytes((int(octal, 8),))
    if letter is None:
        raise ValueError("an escape")
    return ESCAPED[letter]
