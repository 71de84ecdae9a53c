"""PPTX through python-pptx: a slide is a page, its title a heading; charts, diagrams and the speaker's notes end it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from typing import Any

from docqa.documents.archive import open_archive
from docqa.documents.document import Document, Page
from docqa.documents.drawings import Drawings, drawings
from docqa.documents.foreign import in_one_line, library, reason
from docqa.documents.page_text import PageText
from docqa.documents.stated import author_line, language_tag
from docqa.documents.table import table_lines
from docqa.errors import DocumentError

PACKAGE = "python-pptx"

logger = logging.getLogger(__name__)


def read_pptx(data: bytes) -> Document:
    """Read a presentation. Raises `DocumentError` when it cannot be read, holds no text, or python-pptx is missing."""
    pptx = library("pptx", PACKAGE)
    open_archive(data, "PPTX", "ppt/").close()
    try:
        presentation = pptx.Presentation(io.BytesIO(data))
        slides = list(presentation.slides)
        title = in_one_line(presentation.core_properties.title)
        author = author_line([presentation.core_properties.author])
        language = language_tag(presentation.core_properties.language)
    except MemoryError:
        raise
    except Exception as error:
        # python-pptx raises KeyError, AttributeError, errors of lxml and more on damaged files.
        raise DocumentError("DOC-DAMAGED", f"The presentation is damaged or no PPTX ({reason(error)}).") from error
    pages, failures = _pages(slides)
    has_text = any(page.text for page in pages)
    if failures and not has_text:
        raise DocumentError("DOC-DAMAGED", f"No slide could be read ({failures[0]}). Get a fresh copy of the file.")
    if not has_text:
        raise DocumentError("DOC-NO-TEXT", "The presentation holds no text; what it shows may be pictures.")
    # The title that PowerPoint and python-pptx give a file by themselves says nothing.
    if not title or title == "PowerPoint Presentation":
        title = next((heading.words for page in pages for heading in page.headings or ()), "")
    return Document(tuple(pages), title, PACKAGE, pptx.__version__, tuple(failures), author, language)


def _pages(slides: Iterable[Any]) -> tuple[list[Page], list[str]]:
    pages, failures = [], []
    for number, slide in enumerate(slides, start=1):
        page = PageText()
        try:
            drawn = _add_slide(page, slide)
            failures += [f"A drawing on slide {number} could not be read ({failure})." for failure in drawn.failures]
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a foreign parser
            # As above: whatever one slide raises, the others are read.
            logger.info("slide %d: %r", number, error)
            failures.append(f"Slide {number} could not be read ({reason(error)}).")
            page = PageText()
        pages.append(page.finish(number))
    return pages, failures


def _add_slide(page: PageText, slide: Any) -> Drawings:
    title = slide.shapes.title
    if title is not None:
        page.add_heading(title.text_frame.text, 1)
    _add_shapes(page, (shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id))
    drawn = drawings(slide.part, PACKAGE)
    for line in drawn.lines:
        page.add(line)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        page.add(_lines(slide.notes_slide.notes_text_frame.text))
    return drawn


def _add_shapes(page: PageText, shapes: Iterable[Any]) -> None:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            _add_shapes(page, shape.shapes)
        elif getattr(shape, "has_table", False):
            rows = [[cell.text_frame.text for cell in row.cells] for row in shape.table.rows]
            names = rows.pop(0) if shape.table.first_row and len(rows) > 1 else []
            for line in table_lines(names, rows):
                page.add(line)
        elif shape.has_text_frame:
            for paragraph in shape.text_frame.paragraphs:
                page.add(_lines(paragraph.text))


def _lines(text: str) -> str:
    # A vertical tab is a line break within a paragraph.
    return text.replace("\v", "\n")
