"""Whether a page without text holds a picture, as scanned pages do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdf import PageObject

logger = logging.getLogger(__name__)

#: Pictures of fewer pixels in all are logos and ornaments; a page scanned as coarsely as can be read has five times as
#: many.
FEWEST_PIXELS = 100_000
#: Pictures may stand in groups within groups; deeper ones are not looked for.
DEEPEST = 3


def holds_picture(page: PageObject) -> bool:
    """Whether the pictures that a page may show are together large enough to be read."""
    try:
        return _pixels(page.get("/Resources"), DEEPEST) >= FEWEST_PIXELS
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a foreign parser
        # What is said of a page without text must not cost the others.
        logger.info("pictures of a page: %r", error)
        return False


def _pixels(resources: object, depth: int) -> int:
    found = _dictionary(_dictionary(resources).get("/XObject"))
    total = 0
    for reference in found.values():
        shown = _dictionary(reference)
        if shown.get("/Subtype") == "/Image":
            total += _length(shown.get("/Width")) * _length(shown.get("/Height"))
        elif depth:
            total += _pixels(shown.get("/Resources"), depth - 1)
    return total


def _length(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _dictionary(value: object) -> dict[str, object]:
    from pypdf.generic import DictionaryObject, PdfObject

    found = value.get_object() if isinstance(value, PdfObject) else None
    return dict(found.items()) if isinstance(found, DictionaryObject) else {}
