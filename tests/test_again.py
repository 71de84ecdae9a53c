"""Which files are read again although they have not changed."""

import json
from dataclasses import replace

import pytest

import docqa
from conftest import WorkersHere
from docqa.cli import main
from docqa.documents import mending, pdfium
from docqa.documents.formats import READERS, read_document
from docqa.documents.limits import DEFAULT_LIMITS
from docqa.documents.versions import installed_version, pdf_extractors
from docqa.indexing import run, worker
from docqa.indexing.again import has_more_extractors, is_divided_otherwise, is_outdated, is_read_again
from docqa.indexing.report import IndexReport
from docqa.indexing.workers import Workers
from docqa.paragraphs.paragraph import SEGMENTATION
from docqa.store.documents import PARTIAL, StoredDocument
from pdf_maker import make_pdf, second_pages_fail

BAD = "documents/bad.pdf"


@pytest.fixture
def bad(folder, workers_here):
    """A folder of three documents with a fourth that cannot be read."""
    (folder / "bad.pdf").write_bytes(b"<html>")
    return folder


@pytest.fixture
def mended(monkeypatch):
    """Makes what could not be read readable, as a new version of what reads it would."""

    def mend(name="bad.pdf"):
        def read_now(path, data, *options):
            return read_document(path, make_pdf("It is mended.") if path == name else data, *options)

        monkeypatch.setattr(worker, "read_document", read_now)

    return mend


def set_extractor(index, path, **columns):
    with index.db.conn:
        index.db["documents"].update(index.documents()[path].id, columns)


class TestRetryFailed:
    def test_a_file_that_failed_is_read_again_only_when_asked_for(self, index, bad, mended):
        index.update(bad)
        mended()
        assert [failure.path for failure in index.update(bad).failed] == [BAD]
        report = index.update(bad, retry_failed=True)
        assert (report.changed, report.failed, len(report.unchanged)) == ((BAD,), (), 3)
        assert index.search("mended")[0].document.path == BAD

    def test_a_file_that_fails_again_stays_in_the_ledger_and_the_others_are_left_alone(self, index, bad):
        first = index.update(bad)
        again = index.update(bad, retry_failed=True)
        assert again == IndexReport(unchanged=first.added, failed=first.failed)

    def test_a_file_that_was_read_in_part_is_read_again_as_well(self, index, folder, workers_here):
        index.update(folder)
        set_extractor(index, "documents/guide.pdf", status="partial", code="PAGES-FAILED", tried="pypdf+pypdfium2")
        assert index.update(folder).changed == ()
        assert index.update(folder, retry_failed=True).changed == ("documents/guide.pdf",)

    def test_the_command_and_the_ledger_say_what_became_of_it_and_when(self, bad, mended, capsys, monkeypatch):
        monkeypatch.delenv("DOCQA_INDEX", raising=False)

        def call(*arguments):
            with pytest.raises(SystemExit) as ended:
                main(list(arguments))
            return ended.value.code, capsys.readouterr().out

        assert call("index", "documents")[0] == 1
        said = call("status", "--failed")[1]
        with docqa.open("docqa.db") as corpus:
            (failed,) = [document for document in corpus.documents() if document.code]
        date, time = failed.indexed_at.split("T")
        assert f"[PDF-NOT]  {date} {time[:5]} UTC" in said
        assert "The file is not a PDF" in said
        (entry,) = json.loads(call("status", "--json")[1])["failed"]
        assert (entry["code"], entry["indexed_at"]) == ("PDF-NOT", failed.indexed_at)
        mended()
        assert "1 changed" in call("index", "documents", "--retry-failed")[1]


class TestVersions:
    def test_a_document_that_another_version_of_its_extractor_read_is_read_again(self, index, folder, workers_here):
        index.update(folder)
        set_extractor(index, "documents/guide.pdf", extractor_version="1.0")
        assert index.update(folder).changed == ("documents/guide.pdf",)
        assert index.update(folder).changed == ()

    def test_so_is_one_that_two_extractors_read_when_one_of_them_is_another_now(self, index, folder, workers_here):
        pytest.importorskip("pypdfium2")
        index.update(folder)
        now = installed_version("pypdf+pypdfium2")
        set_extractor(index, "documents/guide.pdf", extractor="pypdf+pypdfium2", extractor_version=now)
        assert index.update(folder).changed == ()
        before = now.split("+")[0] + "+4.0"
        set_extractor(index, "documents/guide.pdf", extractor="pypdf+pypdfium2", extractor_version=before)
        assert index.update(folder).changed == ("documents/guide.pdf",)

    def test_one_that_failed_is_read_again_by_another_version(self, index, bad, mended):
        index.update(bad)
        mended()
        set_extractor(index, BAD, extractor_version="1.0")
        assert index.update(bad).changed == (BAD,)

    def test_what_an_extractor_that_is_gone_or_a_plug_in_read_is_left(self, index, folder, workers_here, monkeypatch):
        index.update(folder)
        guide = index.documents()["documents/guide.pdf"]
        assert is_outdated(replace(guide, extractor_version="1.0"))
        assert not is_outdated(replace(guide, extractor="gone", extractor_version="1.0"))
        assert not is_outdated(replace(guide, path="a.odd", extractor="text", extractor_version="1.0"))

    @pytest.mark.parametrize(
        ("suffix", "data"),
        [
            (".pdf", make_pdf("A word.")),
            (".html", b"<p>A word of it.</p>"),
            (".csv", b"City,Founded\nBonn,11 BC\n"),
            (".eml", b"Subject: A word\n\nIt is said.\n"),
            *((suffix, b"A word.\n") for suffix in (".txt", ".md", ".rst", ".org", ".adoc", ".tex", ".log")),
        ],
    )
    def test_what_is_read_now_is_not_outdated(self, suffix, data):
        assert suffix in READERS
        document = read_document("a" + suffix, data)
        assert installed_version(document.extractor) == document.extractor_version


@pytest.mark.parametrize(("code", "again"), [("DOC-LIBRARY", True), ("DOC-DAMAGED", False)])
def test_a_document_of_which_a_part_takes_a_library_that_is_missing_is_tried_again(code, again):
    stated = {"path": "a.eml", "status": PARTIAL, "code": code, "segmentation": SEGMENTATION}
    document = StoredDocument(**dict.fromkeys(StoredDocument.__dataclass_fields__) | stated)
    assert is_read_again(document, DEFAULT_LIMITS, [], "pypdf") is again


class TestDivision:
    def test_a_document_that_was_divided_in_another_way_is_read_again_once(self, index, folder, workers_here):
        index.update(folder)
        before = index.contents()
        set_extractor(index, "documents/guide.pdf", segmentation=1)
        assert index.update(folder).changed == ("documents/guide.pdf",)
        assert index.update(folder).changed == ()
        assert index.contents() == before

    def test_one_that_failed_is_not(self, index, bad, workers_here):
        index.update(bad)
        set_extractor(index, BAD, segmentation=1)
        assert not is_divided_otherwise(index.documents()[BAD])


class TestPdfium:
    def test_a_pdf_that_failed_is_read_again_once_when_pdfium_was_installed_since(self, index, bad, monkeypatch):
        monkeypatch.setattr(pdfium, "is_installed", lambda: False)
        index.update(bad)
        assert index.documents()[BAD].extractor == "pypdf"
        monkeypatch.setattr(pdfium, "is_installed", lambda: True)
        asked = []

        class Spy(run.Workers):
            def read(self, paths):
                asked.extend(path.name for path in paths)
                return super().read(paths)

        monkeypatch.setattr(run, "Workers", Spy)
        index.update(bad)
        index.update(bad)
        assert asked == ["bad.pdf"]
        assert index.documents()[BAD].extractor == "pypdf+pypdfium2"

    def test_so_is_one_of_which_some_pages_could_not_be_read(self, index, folder, monkeypatch):
        pytest.importorskip("pypdfium2")
        second_pages_fail(monkeypatch)
        for module in (pdfium, mending):
            monkeypatch.setattr(module, "is_installed", lambda: False)
        monkeypatch.setattr(run, "Workers", WorkersHere)
        (partial,) = index.update(folder).partial
        stored = index.documents()[partial.path]
        assert (stored.status, stored.extractor, stored.tried) == ("partial", "pypdf", "pypdf")
        assert index.update(folder).changed == ()
        for module in (pdfium, mending):
            monkeypatch.setattr(module, "is_installed", lambda: True)
        assert index.update(folder).changed == (partial.path,)
        stored = index.documents()[partial.path]
        assert (stored.status, stored.extractor, stored.tried) == ("ok", "pypdf+pypdfium2", None)
        assert index.search("paid in silver")[0].document.path == partial.path

    def test_one_that_pdfium_cannot_read_better_is_read_once_more_and_then_left(self, index, folder, monkeypatch):
        second_pages_fail(monkeypatch)
        monkeypatch.setattr(run, "Workers", WorkersHere)
        monkeypatch.setattr(mending, "is_installed", lambda: False)
        monkeypatch.setattr(pdfium, "is_installed", lambda: False)
        (partial,) = index.update(folder).partial
        monkeypatch.setattr(pdfium, "is_installed", lambda: True)
        assert index.update(folder).partial == (partial,)
        assert index.documents()[partial.path].tried == "pypdf+pypdfium2"
        assert index.update(folder) == IndexReport(unchanged=tuple(index.documents()))

    def test_what_the_index_does_not_say_counts_as_tried_with_the_extractor_alone(self, index, bad, monkeypatch):
        monkeypatch.setattr(pdfium, "is_installed", lambda: True)
        index.update(bad)
        stored = replace(index.documents()[BAD], extractor=None, extractor_version=None, tried=None)
        assert has_more_extractors(stored, "pypdf")
        monkeypatch.setattr(pdfium, "is_installed", lambda: False)
        assert not has_more_extractors(stored, "pypdf")
        assert pdf_extractors("pypdf") == "pypdf"

    def test_other_kinds_that_failed_are_left(self, index, folder, workers_here):
        (folder / "empty.txt").touch()
        index.update(folder)
        assert not has_more_extractors(index.documents()["documents/empty.txt"], "pypdf")


class TestSeconds:
    def test_the_ledger_says_how_long_reading_took_and_the_command_where_somebody_had_to_wait(
        self, index, bad, call, monkeypatch
    ):
        monkeypatch.setattr(run, "Workers", Workers)
        monkeypatch.delenv("DOCQA_INDEX", raising=False)
        index.update(bad)
        assert all(document.seconds >= 0 for document in index.documents().values())
        set_extractor(index, BAD, seconds=299.6)
        assert "UTC, after 300 seconds" in call("status", "--failed")[1]
        assert json.loads(call("status", "--json")[1])["failed"][0]["seconds"] == 299.6
        for seconds in (None, 0.3):
            set_extractor(index, BAD, seconds=seconds)
            assert "after" not in call("status", "--failed")[1]
