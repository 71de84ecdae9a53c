"""Reading documents in tests, and what holds for every one of them."""

import unicodedata

import pytest

from docqa.documents.formats import read_document
from docqa.errors import DocumentError
from docqa.paragraphs.paragraph import SpelledRun
from docqa.paragraphs.segment import segment

#: Controls, what formats, what is private, halves of characters.
UNSEEN = {"Cc", "Cf", "Co", "Cs"}


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
    assert_true_to_pages(paragraphs, document.pages)
    for page in document.pages:
        for heading in page.headings or ():
            assert heading.words in " ".join(page.text[heading.start : heading.end].split())
    return [paragraph.headings for paragraph in paragraphs]


def assert_true_to_pages(paragraphs, pages):
    """Every character that is read is in exactly one paragraph, or left out; offset maps lead to what stands there."""
    covered = {page.number: [0] * len(page.text) for page in pages}
    texts = {page.number: page.text for page in pages}
    for paragraph in paragraphs:
        assert paragraph.runs
        assert paragraph.text == paragraph.text.strip()
        in_runs = 0
        for number, run in enumerate(paragraph.runs):
            crossed = paragraph.page_break is not None and number >= paragraph.page_break.runs
            page = paragraph.end_page if crossed else paragraph.page
            assert not paragraph.text[in_runs : run.text_start].strip()
            assert in_runs <= run.text_start < run.text_end
            in_runs = run.text_end
            assert run.page_end <= len(texts[page])
            there = texts[page][run.page_start : run.page_end]
            assert paragraph.text[run.text_start : run.text_end] == (
                _spelled(there) if isinstance(run, SpelledRun) else there
            )
            for position in range(run.page_start, run.page_end):
                covered[page][position] += 1
        assert in_runs == len(paragraph.text)
        places = paragraph.places(0, len(paragraph.text))
        assert (places[0].page, places[0].start) == (paragraph.page, paragraph.start)
        assert (places[-1].page, places[-1].end) == (paragraph.end_page, paragraph.end)
        assert paragraph.end_page - paragraph.page in {0, 1}
    for page in pages:
        left_out = {position for start, end in page.left_out for position in range(start, end)}
        for position, count in enumerate(covered[page.number]):
            assert count <= 1
            assert count + (position in left_out) <= 1
            if not count and position not in left_out:
                assert is_not_read(page.text, position), (page.text, position)
    starts = [(paragraph.page, paragraph.start) for paragraph in paragraphs]
    assert starts == sorted(starts)


def is_not_read(text, position):
    """Whether a character is a blank, is not seen, or is the hyphen of a word that is broken at the end of its line."""
    if text[position].isspace() or unicodedata.category(text[position]) in UNSEEN:
        return True
    for after in text[position + 1 :]:
        if after.splitlines() == [""]:
            break
        if not (after.isspace() or unicodedata.category(after) in UNSEEN):
            return False
    return text[position] in "-\u2010"


def _spelled(character):
    return "-" if character in "\u2010\u2011" else unicodedata.normalize("NFKC", character)
