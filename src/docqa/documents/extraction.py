"""What an extractor makes of a PDF, before it is known whether there is anything to read in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from docqa.documents.document import Page
from docqa.documents.stated import Stated

#: Joins the names, and the versions, of extractors that read a document together.
AND = "+"


@dataclass(frozen=True)
class Extraction:
    """The pages of a PDF with their text as extracted, empty where there is none, and what else was found on the way.

    Pages are meant by their place, counted from 0: `failures` has a sentence for each that could not be read,
    `pictured` those without text that hold a picture. `is_annotated` says whether there may be more to read in forms
    and annotations; `stated` is what the file says of itself besides its title.
    """

    pages: tuple[Page, ...]
    title: str
    extractor: str
    version: str
    failures: Mapping[int, str] = field(default_factory=dict)
    pictured: frozenset[int] = frozenset()
    is_annotated: bool = True
    stated: Stated = field(default_factory=Stated)


def merged(extraction: Extraction, texts: Mapping[int, str], extractor: str, version: str) -> Extraction:
    """An extraction with the texts that another extractor got from some of the pages, by place.

    Each page says then which of them its text is from.
    """
    own = f"{extraction.extractor} {extraction.version}"
    pages = [
        replace(page, text=texts[place], extractor=f"{extractor} {version}")
        if place in texts
        else replace(page, extractor=page.extractor or own)
        for place, page in enumerate(extraction.pages)
    ]
    return replace(
        extraction,
        pages=tuple(pages),
        extractor=f"{extraction.extractor}{AND}{extractor}",
        version=f"{extraction.version}{AND}{version}",
        failures={place: sentence for place, sentence in extraction.failures.items() if place not in texts},
        pictured=extraction.pictured - texts.keys(),
    )
