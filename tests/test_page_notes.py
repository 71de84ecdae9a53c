"""Pages that are there and cannot be read are said: scanned ones, and ones whose text is no text."""

from itertools import permutations

import pytest

from docqa.documents import mending, pdfium
from docqa.documents.formats import PDF_EXTRACTORS, read_document
from docqa.documents.legibility import is_garbage, is_unreadable
from docqa.documents.pdf import read_pdf
from docqa.errors import DocumentError
from pdf_maker import make_pdf

CODES = "(cid:12)(cid:7) /g23/g24 " * 20
PICTURE = (400, 400, b"\x80" * 160_000)
LOGO = (40, 40, b"\x80" * 1_600)


@pytest.fixture(params=PDF_EXTRACTORS)
def read(request):
    if request.param == "pypdfium2":
        pytest.importorskip("pypdfium2")
    return lambda data: read_document("a.pdf", data, request.param)


class TestLegibility:
    @pytest.mark.parametrize(
        "text",
        [
            CODES,
            "\x03\x14\x15",
            "\uf76f\uf770\uf765 \uf76e",
            "\ufffd\ufffd of",
            "Thesewordsstandwithoutanyblankbetweenthem" * 10,
            " ".join(map("".join, permutations("Bcdf", 4))) + " " + " ".join(map("".join, permutations("ghjkm", 4))),
            "\0T\0h\0e \0F\0r\0e\0e",
        ],
    )
    def test_codes_glued_words_and_letters_without_vowels_are_unreadable(self, text):
        assert is_unreadable(text)
        assert is_garbage(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " \n",
            "Every harbour keeps a record of the ships. " * 10,
            "Krb, vlk a čtvrť: strč prst skrz krk, řekl učitel a odešel domů. " * 5,
            "Договор был подписан в Бергене третьего мая. " * 10,
            "条約は五月三日にベルゲンで署名された。" * 30,
            "Contents\n" + "Introduction ................................................ 3\n" * 20,
            "https://example.org/a1/b2/c3/d4 file:///home/x.pdf 12/31/2009 /v1",
            "NTSB FBI CIA HTTP XML",
            "Pin Row 1 Row 2\nGnd Vdd D22\nGnd Vss D23\nPMOD B2 PMOD D2\n" * 20,
            "1 2 3 4.5 6,700 -8 % " * 30,
            "Donaudampfschifffahrtsgesellschaft und andere lange Namen von Unternehmen " * 5,
        ],
    )
    def test_what_people_write_is_not(self, text):
        assert not is_unreadable(text)
        assert not is_garbage(text)

    def test_no_page_of_the_sample_documents_is(self, sample):
        for path in sorted((sample / "reports").glob("*.pdf")):
            assert read_pdf(path.read_bytes()).notes == ()


class TestScannedPages:
    def test_they_are_named_in_a_document_with_other_pages(self, read):
        document = read(make_pdf("Text.", "", "", "More.", "", pictures={1: PICTURE, 2: PICTURE, 4: PICTURE}))
        assert document.code == "PAGES-SCANNED"
        assert document.notes == (
            "Pages 2, 3 and 5 are pictures without text; index with --ocr eng to have their text recognised.",
        )

    def test_blank_pages_and_pages_with_a_small_picture_are_not_named(self, read):
        assert read(make_pdf("Text.", "", "", pictures={1: LOGO})).notes == ()

    def test_a_page_with_text_and_a_picture_is_not_named(self, read):
        assert read(make_pdf("Text.", pictures={0: PICTURE})).notes == ()

    def test_a_document_of_nothing_else_is_refused(self, read):
        error = refusal_of(read, make_pdf("", "", pictures={0: PICTURE, 1: PICTURE}))
        assert error.code == "PDF-NO-TEXT"
        assert "any of its 2 pages; the PDF was probably scanned: index with --ocr eng" in str(error)

    def test_a_document_of_blank_pages_is_not_said_to_be_scanned(self, read):
        error = refusal_of(read, make_pdf(""))
        assert error.code == "PDF-NO-TEXT"
        assert "scanned" not in str(error)


class TestUnreadablePages:
    def test_they_are_named_and_their_text_is_kept_as_it_is(self, read):
        document = read(make_pdf("A page that can be read.", CODES))
        assert document.code == "PAGES-UNREADABLE"
        assert document.notes[0].startswith("The text of page 2 cannot be read: ")
        assert "(cid:12)(cid:7)" in document.pages[1].text

    def test_a_document_of_nothing_else_is_refused(self, read):
        error = refusal_of(read, make_pdf(CODES, "", CODES))
        assert error.code == "PDF-UNREADABLE"
        assert "index with --ocr eng to have its text recognised" in str(error)

    def test_without_pdfium_it_is_named_as_what_may_help(self, monkeypatch):
        monkeypatch.setattr(pdfium, "is_installed", lambda: False)
        monkeypatch.setattr(mending, "is_installed", lambda: False)
        document = read_document("a.pdf", make_pdf("Text.", CODES))
        assert "install pypdfium2" in document.notes[0]

    def test_they_are_partial_in_the_ledger(self, index, folder, workers_here):
        (folder / "codes.pdf").write_bytes(make_pdf("A page that can be read.", CODES, "", pictures={2: PICTURE}))
        report = index.update(folder)
        assert [(entry.path, entry.code) for entry in report.partial] == [("documents/codes.pdf", "PAGES-UNREADABLE")]
        stored = index.documents()["documents/codes.pdf"]
        assert (stored.status, stored.code) == ("partial", "PAGES-UNREADABLE")
        assert "The text of page 2 cannot be read" in stored.error
        assert "Page 3 is a picture without text" in stored.error


def refusal_of(read, data):
    with pytest.raises(DocumentError) as caught:
        read(data)
    assert str(caught.value).endswith(".")
    return caught.value
