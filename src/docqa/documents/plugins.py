"""Readers of further kinds of files, which installed packages offer under the entry point group `docqa.readers`.

The name of an entry point is the suffix of the files, `docx` or `.docx`; what it points to reads their bytes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from docqa.documents.document import Document
from docqa.documents.foreign import in_one_line, reason
from docqa.documents.stated import author_line, language_tag
from docqa.errors import DocumentError

GROUP = "docqa.readers"

logger = logging.getLogger(__name__)


@cache
def find_plugins(taken: Collection[str]) -> Mapping[str, EntryPoint]:
    """The entry points by suffix, none of them loaded; one for a suffix that is `taken` is left out, with a warning."""
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, package_of(point), point.value)):
        suffix = "." + point.name.lower().lstrip(".")
        if suffix in taken:
            logger.warning(
                "The plug-in %s is not used for %s: docqa reads such files itself.", package_of(point), suffix
            )
        elif suffix in found:
            logger.warning(
                "The plug-in %s is not used for %s: %s is.", package_of(point), suffix, package_of(found[suffix])
            )
        else:
            found[suffix] = point
    return found


def read_by_plugin(point: EntryPoint, data: bytes) -> Document:
    """What a plug-in makes of a file. Raises its `DocumentError`, or one that names it when it fails otherwise."""
    read = _load(point)
    try:
        document = read(data)
    except (DocumentError, MemoryError):
        raise
    except Exception as error:
        # A plug-in may raise anything, and must not cost the other files.
        raise DocumentError(
            "DOC-PLUGIN",
            f"The plug-in {package_of(point)} failed on the file ({reason(error)}); report it to its makers.",
        ) from error
    if not isinstance(document, Document) or not document.pages:
        raise DocumentError(
            "DOC-PLUGIN", f"The plug-in {package_of(point)} gave no document with pages; report it to its makers."
        )
    # It may take what the file states as it comes.
    return replace(
        document,
        title=in_one_line(document.title),
        author=author_line([document.author]),
        language=language_tag(document.language),
    )


def package_of(point: EntryPoint) -> str:
    """The name of the package that offers a plug-in."""
    return point.dist.name if point.dist else point.module


def _load(point: EntryPoint) -> Callable[[bytes], Document]:
    try:
        read = point.load()
    except Exception as error:
        # Loading runs the plug-in's module, which may raise anything.
        raise DocumentError(
            "DOC-PLUGIN",
            f"The plug-in {package_of(point)} cannot be loaded ({reason(error)}); update it or uninstall it.",
        ) from error
    if not callable(read):
        raise DocumentError(
            "DOC-PLUGIN", f"The plug-in {package_of(point)} offers no function; update it or uninstall it."
        )
    return read  # type: ignore[no-any-return]
