"""Text of scanned pages is recognised when that is asked for, said to be so, and what is missing for it is named."""

import importlib.util

import pytest

from docqa.documents import ocr
from docqa.documents.formats import PDF_EXTRACTORS, read_document
from docqa.documents.limits import DEFAULT_LIMITS
from docqa.errors import DocumentError, UsageError
from docqa.indexing.again import is_read_again
from pdf_maker import make_pdf, pictures_of, scanned
from read_back import headings_of

WORDS = "The harbour of Bergen was built by merchants.\nThe council kept a record of every ship."
CODES = "(cid:12)(cid:7) " * 20


def can_recognise():
    return all(importlib.util.find_spec(name) for name in ocr.LIBRARIES) and ocr.installed_version() is not None


needs_tesseract = pytest.mark.skipif(not can_recognise(), reason="Tesseract or what it takes is not installed")


@pytest.fixture(scope="module")
def scan():
    return scanned(make_pdf(WORDS))


@needs_tesseract
class TestRecognised:
    @pytest.mark.parametrize("extractor", PDF_EXTRACTORS)
    def test_a_scanned_document_is_read(self, scan, extractor):
        document = read_document("a.pdf", scan, extractor, ocr="eng")
        assert document.pages[0].text.split() == WORDS.split()
        assert document.extractor == f"{extractor}+tesseract"
        assert document.extractor_version.endswith(f"+{ocr.installed_version()}")
        assert document.pages[0].extractor == f"tesseract {ocr.installed_version()}"
        assert document.notes == ()
        headings_of(document)

    def test_only_pages_without_text_or_with_codes_for_letters_are(self):
        import pypdf

        picture = pictures_of(make_pdf(WORDS))[0]
        data = make_pdf("A page of its own.", "", "", pictures={0: picture, 2: picture})
        read = read_document("a.pdf", data, ocr="eng")
        assert [page.text.split() for page in read.pages] == ["A page of its own.".split(), [], WORDS.split()]
        own = f"pypdf {pypdf.__version__}"
        assert [page.extractor for page in read.pages] == [own, own, f"tesseract {ocr.installed_version()}"]

    def test_pictures_without_words_stay_scanned_pages(self):
        data = make_pdf("Text.", "", pictures={1: (400, 400, b"\x80" * 160_000)})
        document = read_document("a.pdf", data, ocr="eng")
        assert document.code == "PAGES-SCANNED"
        assert document.extractor == "pypdf+tesseract"

    def test_without_being_asked_for_nothing_is(self, scan):
        with pytest.raises(DocumentError) as caught:
            read_document("a.pdf", scan)
        assert caught.value.code == "PDF-NO-TEXT"

    def test_an_unchanged_scan_is_read_when_it_is_asked_for_and_then_left_alone(self, folder, index, scan):
        (folder / "scan.pdf").write_bytes(scan)
        (folder / "part.pdf").write_bytes(make_pdf("Text.", "", pictures={1: (400, 400, b"\x80" * 160_000)}))
        first = index.update(folder, workers=1)
        assert [failure.code for failure in first.failed] == ["PDF-NO-TEXT"]
        second = index.update(folder, workers=1, ocr="eng")
        assert second.changed == ("documents/part.pdf", "documents/scan.pdf")
        assert [hit.document.path for hit in index.search("merchants")] == ["documents/scan.pdf"]
        for wanted in ("eng", None):
            again = index.update(folder, workers=1, ocr=wanted)
            assert (again.changed, again.failed) == ((), ())

    def test_a_language_without_data_is_refused(self):
        with pytest.raises(UsageError, match=r"no data for the language .xyz. here; it has .*eng"):
            ocr.check_ocr("eng+xyz")

    def test_the_command_asks_for_it(self, folder, call, scan):
        (folder / "scan.pdf").write_bytes(scan)
        code, out, err = call("index", folder, "--workers", "1", "--ocr", "eng")
        assert (code, err) == (0, "")
        assert "4 added" in out


class TestRefused:
    def test_a_missing_library_is_named_with_what_to_install(self, folder, call, monkeypatch):
        find = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pytesseract" else find(name))
        code, _, err = call("index", folder, "--ocr", "eng")
        assert code == 2
        assert "Recognising text takes pytesseract; install with `pip install pytesseract`" in " ".join(err.split())

    def test_so_is_the_program(self, monkeypatch):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
        monkeypatch.setattr(ocr, "installed_version", lambda: None)
        with pytest.raises(UsageError, match="program Tesseract, which is not installed; install it with"):
            ocr.check_ocr("eng")


def test_what_was_recognised_is_not_lost_when_another_extractor_is_installed(index, folder, workers_here):
    index.update(folder)
    with index.db.conn:
        index.db.conn.execute("UPDATE documents SET extractor = 'pypdf+tesseract', extractor_version = '1+1'")
    document = index.documents()["documents/guide.pdf"]
    assert not is_read_again(document, DEFAULT_LIMITS, (), "pypdf")
