"""Reading documents in tests, and what holds for every one of them."""

import pytest

from docqa.documents.formats import read_document
from docqa.errors import DocumentError
from docqa.paragraphs.segment import segment


def text_of(name, data):
    return "\n=====\n".join(page.text for page in read_document(name, data).pages)


def refusal(name, data):
    with pytest.raises(DocumentError) as caught:
        read_document(name, data)
    assert str(caught.value).endswith(".")
    return caught.value


def headings_of(document):
    """The headings that each paragraph is indexed with; and what every citation rests on."""
    paragraphs = segment(document.pages)
    texts = {page.number: page.text for page in document.pages}
    for paragraph in paragraphs:
        for run in paragraph.runs:
            cited = texts[paragraph.page][run.page_start : run.page_start + run.length]
            assert cited == paragraph.text[run.text_start : run.text_start + run.length]
    for page in document.pages:
        for heading in page.headings or ():
            assert " ".join(page.text[heading.start : heading.end].split()).count(heading.words) == 1
    return [paragraph.headings for paragraph in paragraphs]
