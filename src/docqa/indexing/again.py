"""Which files that could not be read are tried again although they have not changed."""

from __future__ import annotations

from dataclasses import replace

from docqa.documents.limits import DEFAULT_LIMITS, LIMIT_OPTIONS, Limits
from docqa.store.documents import StoredDocument


def to_compare(document: StoredDocument, limits: Limits) -> StoredDocument:
    """The document as it is to be compared with its file.

    One that met a limit counts as changed when other limits than the usual are asked for, so that it is read again.
    """
    return replace(document, sha256="") if document.code in LIMIT_OPTIONS and limits != DEFAULT_LIMITS else document
