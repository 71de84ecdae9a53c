"""PDFium helps where pypdf gets nothing, and only there; passwords open what needs them and are kept nowhere."""

import logging

import pypdf
import pytest
from click.testing import CliRunner

from docqa.checking.check import check_index
from docqa.cli import commands
from docqa.documents import mending
from docqa.documents.formats import read_document
from docqa.errors import DocumentError
from docqa.store.paragraphs import pages_of
from pdf_maker import make_pdf, page_texts

THREE = make_pdf("first", "second", "third")
needs_pdfium = pytest.mark.skipif(not mending.is_installed(), reason="pypdfium2 is not installed")


@pytest.fixture
def no_pdfium(monkeypatch):
    """As if pypdfium2 were not installed."""
    monkeypatch.setattr(mending, "is_installed", lambda: False)


@pytest.fixture
def second_page(monkeypatch):
    """Makes pypdf give something else for the second page, or raise it."""

    def replace(text):
        extract = pypdf.PageObject.extract_text

        def other(page, **visitors):
            if page.page_number != 1:
                return extract(page, **visitors)
            if isinstance(text, Exception):
                raise text
            return text

        monkeypatch.setattr(pypdf.PageObject, "extract_text", other)

    return replace


def read(data, passwords=()):
    return read_document("a.pdf", data, passwords=passwords)


def words(document):
    return [page.text.strip() for page in document.pages]


@needs_pdfium
class TestMending:
    def test_what_pypdf_reads_is_left_as_it_is(self):
        document = read(THREE)
        assert [page.text for page in document.pages] == page_texts(THREE)
        assert document.extractor == "pypdf"
        assert [page.extractor for page in document.pages] == [None] * 3

    @pytest.mark.parametrize(
        "text", ["", " \n", "\x01\x02\x03 x", "\ue001\ue002\ue003", "\ufffd\ufffd a", ValueError()]
    )
    def test_a_page_that_fails_or_is_empty_or_garbage_comes_from_pdfium(self, second_page, text):
        second_page(text)
        document = read(THREE)
        assert words(document) == ["first", "second", "third"]
        assert document.extractor == "pypdf+pypdfium2"
        assert document.extractor_version.startswith(pypdf.__version__ + "+")
        assert document.notes == ()
        versions = dict(zip(["pypdf", "pypdfium2"], document.extractor_version.split("+"), strict=True))
        by_page = [f"{name} {versions[name]}" for name in ("pypdf", "pypdfium2", "pypdf")]
        assert [page.extractor for page in document.pages] == by_page

    @pytest.mark.parametrize("text", ["(cid:12)(cid:7) " * 9, "withoutanyblank" * 20, "/g2/g5 /g7"])
    def test_so_does_a_page_that_nobody_could_read(self, second_page, text):
        second_page(text)
        assert words(read(THREE)) == ["first", "second", "third"]

    def test_what_each_page_is_from_stands_in_the_index(self, second_page, folder, index, workers_here):
        second_page("")
        (folder / "three.pdf").write_bytes(THREE)
        index.update(folder)
        stored = {path: pages_of(index.db, document.id) for path, document in index.documents().items()}
        assert [page.extractor.split()[0] for page in stored["documents/three.pdf"]] == ["pypdf", "pypdfium2", "pypdf"]
        assert {page.extractor for page in stored["documents/treaty.md"]} == {None}

    def test_an_empty_page_that_is_empty_for_both_changes_nothing(self):
        assert read(make_pdf("first", "")).extractor == "pypdf"

    def test_a_file_that_pypdf_cannot_open_is_read_by_pdfium(self, monkeypatch):
        def fail(*arguments, **options):
            raise AssertionError

        monkeypatch.setattr(pypdf, "PdfReader", fail)
        document = read(THREE)
        assert (words(document), document.extractor) == (["first", "second", "third"], "pypdfium2")

    def test_a_file_of_which_pypdf_gets_no_page_is_read_by_pdfium(self, monkeypatch):
        monkeypatch.setattr(pypdf.PageObject, "extract_text", lambda page, **visitors: "")
        assert read(THREE).extractor == "pypdfium2"

    @pytest.mark.parametrize(
        ("data", "code"),
        [(b"", "PDF-EMPTY"), (b"<html>", "PDF-NOT"), (THREE[:300], "PDF-DAMAGED"), (make_pdf(""), "PDF-NO-TEXT")],
    )
    def test_what_neither_can_read_is_refused_as_by_pypdf(self, data, code):
        with pytest.raises(DocumentError) as raised:
            read(data)
        assert raised.value.code == code


def test_without_pdfium_a_page_that_fails_is_named(no_pdfium, second_page):
    second_page(ValueError("odd"))
    document = read(THREE)
    assert document.notes == ("Page 2 could not be read (ValueError: odd).",)
    assert document.extractor == "pypdf"


class TestPasswords:
    LOCKED = make_pdf("A secret.", password="swordfish")

    @pytest.mark.parametrize("extractor", ["pypdf", "pypdfium2"])
    def test_each_is_tried(self, extractor):
        if extractor == "pypdfium2":
            pytest.importorskip("pypdfium2")
        for passwords in (["swordfish"], ["wrong", "swordfish", "other"]):
            document = read_document("a.pdf", self.LOCKED, extractor, passwords=passwords)
            assert words(document) == ["A secret."]
        for passwords in ([], ["wrong"]):
            with pytest.raises(DocumentError) as raised:
                read_document("a.pdf", self.LOCKED, extractor, passwords=passwords)
            assert (raised.value.code, str(raised.value)) == (
                "PDF-ENCRYPTED",
                "The PDF is encrypted and needs a password.",
            )

    def test_a_file_of_them_opens_a_document_that_was_refused_and_is_kept_nowhere(self, folder, tmp_path, caplog):
        (folder / "locked.pdf").write_bytes(self.LOCKED)
        (folder / "other.pdf").write_bytes(make_pdf("Another.", password="unknown"))
        (tmp_path / "passwords").write_text("wrong\n\nswordfish\n")
        caplog.set_level(logging.DEBUG)
        runner = CliRunner()
        arguments = ["index", str(folder), "--workers", "1"]
        assert "needs a password" in runner.invoke(commands, arguments, standalone_mode=False).output
        opened = runner.invoke(commands, [*arguments, "--password-file", "passwords", "--json"], standalone_mode=False)
        assert '"documents/locked.pdf"' in opened.output.partition('"removed"')[0]
        said = opened.output + caplog.text
        stored = b"".join(path.read_bytes() for path in tmp_path.glob("docqa.db*"))
        assert b"A secret." in stored
        assert "swordfish" not in said
        assert b"swordfish" not in stored

    def test_a_file_that_is_no_text_is_refused_in_a_sentence(self, folder, tmp_path):
        (tmp_path / "passwords").write_bytes(b"\xff\xfe\xff")
        arguments = ["index", str(folder), "--password-file", "passwords"]
        result = CliRunner().invoke(commands, arguments, standalone_mode=False)
        assert "text file in UTF-8" in str(result.exception)


def test_an_index_made_before_pages_said_what_they_are_from_goes_on(folder, open_index, workers_here):
    index = open_index()
    index.update(folder)
    before = index.contents()
    index.db.conn.execute("ALTER TABLE pages DROP COLUMN extractor")
    index.db.conn.execute("DELETE FROM _sqlite_migrations WHERE name = 'm007_page_extractor'")
    index.db.conn.execute("PRAGMA user_version = 2")
    index.close()
    again = open_index()
    assert again.contents() == before
    assert check_index(again.db, again.path, analyzer=again.analyzer).findings == ()
