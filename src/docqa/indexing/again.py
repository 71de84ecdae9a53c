"""Which files that could not be read are tried again although they have not changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from docqa.documents.limits import DEFAULT_LIMITS, LIMIT_OPTIONS, Limits
from docqa.store.documents import StoredDocument


def to_compare(document: StoredDocument, limits: Limits, passwords: Sequence[str]) -> StoredDocument:
    """The document as it is to be compared with its file.

    One that met a limit counts as changed when other limits than the usual are asked for, and one that needs a password
    when there are some to try, so that it is read again.
    """
    limited = document.code in LIMIT_OPTIONS and limits != DEFAULT_LIMITS
    locked = document.code == "PDF-ENCRYPTED" and len(passwords) > 0
    return replace(document, sha256="") if limited or locked else document
