"""What foreign libraries give and raise, and what to say when one is missing."""

from __future__ import annotations

import importlib
from types import ModuleType

from docqa.errors import DocumentError


def library(module: str, package: str) -> ModuleType:
    """A library that is no part of docqa. Raises `DocumentError`, naming what to install, when it is missing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DocumentError(
            "DOC-LIBRARY",
            f"Reading files of this kind takes {package}; install it with `pip install {package}` and index again.",
        ) from error


def encodable(text: str) -> str:
    r"""A text that can be stored, as long as the one given.

    >>> encodable("a\0b\ud800")
    'a�b?'
    """
    # Lone surrogates cannot be stored as UTF-8, and for SQLite's functions a text ends at a NUL; one character stands
    # for one, so offsets stay as extracted.
    text = text.replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode("utf-8") if not _isencodable(text) else text


def in_one_line(value: object) -> str:
    """A title or another value that a file states, in one line; empty when it states none."""
    return " ".join(encodable(str(value)).split()) if value else ""


def reason(error: Exception) -> str:
    r"""An error of a parser in one line; it may quote what the file says, whatever that is.

    >>> reason(ValueError("no filter\nof the name \ud800"))
    'ValueError: no filter of the name ?'
    """
    message = in_one_line(error)
    return f"{type(error).__name__}: {message[:120]}" if message else type(error).__name__


def _isencodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
