"""Files of the same bytes: one document, read once and cited under each of their paths."""

import json
import os
import shutil

import pytest

import docqa
from conftest import REPORT, WorkersHere
from docqa.indexing import run
from docqa.indexing.report import FailedFile, IndexReport
from docqa.retrieval.postings import generation
from docqa.store.documents import stored_documents
from docqa.store.opening import open_database
from pdf_maker import make_pdf
from tiny_reader import save_word_finder

FIRST, SECOND, THIRD = "documents/a.txt", "documents/m.txt", "documents/z.txt"
SILVER = "The pilot is paid in silver by the council.\n"
QUESTION = "What is the pilot paid in?"


@pytest.fixture
def asked(monkeypatch):
    """The names of the files that were read, in order."""
    names = []

    class Spy(WorkersHere):
        def read(self, paths):
            for path in paths:
                names.append(path.name)
                yield from super().read([path])

    monkeypatch.setattr(run, "Workers", Spy)
    return names


@pytest.fixture
def documents(tmp_path, monkeypatch, asked):
    """A folder of one text, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOCQA_INDEX", raising=False)
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "m.txt").write_text(SILVER, encoding="utf-8")
    return folder


@pytest.fixture
def three(documents, index):
    """The text with a copy that comes before it and one that comes after, indexed."""
    for name in ("a.txt", "z.txt"):
        shutil.copy(documents / "m.txt", documents / name)
    index.update(documents)
    return documents


def held(index):
    """The path of each document, and the path of the document of each copy."""
    return list(index.documents()), index.copies()


class TestIndexing:
    def test_files_of_the_same_bytes_are_read_once_and_the_first_by_path_is_the_document(self, index, three, asked):
        assert held(index) == ([FIRST], {SECOND: FIRST, THIRD: FIRST})
        assert asked == ["a.txt"]
        assert index.db["paragraphs"].count == 1
        copies = ((SECOND, FIRST), (THIRD, FIRST))
        assert index.update(three) == IndexReport(unchanged=(FIRST, SECOND, THIRD), copies=copies)

    def test_a_copy_that_is_added_is_not_read_and_takes_the_first_place_when_that_is_its_own(
        self, index, documents, asked
    ):
        index.update(documents)
        shutil.copy(documents / "m.txt", documents / "z.txt")
        report = index.update(documents)
        assert report == IndexReport(added=(THIRD,), unchanged=(SECOND,), copies=((THIRD, SECOND),))
        shutil.copy(documents / "m.txt", documents / "a.txt")
        report = index.update(documents)
        assert (report.added, report.unchanged) == ((FIRST,), (SECOND, THIRD))
        assert held(index) == ([FIRST], {SECOND: FIRST, THIRD: FIRST})
        assert asked == ["m.txt"]

    def test_when_the_file_of_the_document_goes_a_copy_takes_its_place_unread(self, index, three, asked):
        (three / "a.txt").unlink()
        assert index.update(three) == IndexReport(
            removed=(FIRST,), unchanged=(SECOND, THIRD), copies=((THIRD, SECOND),)
        )
        assert held(index) == ([SECOND], {THIRD: SECOND})
        assert asked == ["a.txt"]

    def test_when_the_file_of_the_document_changes_the_copies_keep_what_it_said(self, index, three, asked):
        (three / "a.txt").write_text("Now in gold.\n", encoding="utf-8")
        assert index.update(three).changed == (FIRST,)
        assert held(index) == ([FIRST, SECOND], {THIRD: SECOND})
        assert asked == ["a.txt", "a.txt"]
        assert [hit.paths for hit in index.search("silver")] == [(SECOND, THIRD)]

    def test_a_copy_that_changes_or_goes_leaves_the_others(self, index, three):
        (three / "m.txt").write_text("Now in gold.\n", encoding="utf-8")
        (three / "z.txt").unlink()
        report = index.update(three)
        assert (report.changed, report.removed) == ((SECOND,), (THIRD,))
        assert held(index) == ([FIRST, SECOND], {})

    def test_a_file_that_becomes_a_copy_is_not_read(self, index, three, asked):
        (three / "other.txt").write_text("Something else.\n", encoding="utf-8")
        index.update(three)
        shutil.copy(three / "a.txt", three / "other.txt")
        assert index.update(three).changed == ("documents/other.txt",)
        assert asked == ["a.txt", "other.txt"]
        assert not index.search("else")

    def test_a_copy_that_is_renamed_has_moved(self, index, three, asked):
        os.rename(three / "z.txt", three / "b.txt")
        report = index.update(three)
        assert report.moved == ((THIRD, "documents/b.txt"),)
        assert held(index) == ([FIRST], {"documents/b.txt": FIRST, SECOND: FIRST})
        assert asked == ["a.txt"]

    def test_the_same_bytes_as_another_kind_are_another_document(self, index, three, asked):
        shutil.copy(three / "a.txt", three / "a.md")
        index.update(three)
        assert list(index.documents()) == ["documents/a.md", FIRST]
        assert asked == ["a.txt", "a.md"]

    def test_every_copy_of_a_file_that_cannot_be_read_is_named_and_it_is_tried_once(self, index, documents, asked):
        for name in ("bad.pdf", "worse.pdf"):
            (documents / name).write_bytes(b"<html>")
        report = index.update(documents)
        assert [(failure.path, failure.code) for failure in report.failed] == [
            ("documents/bad.pdf", "PDF-NOT"),
            ("documents/worse.pdf", "PDF-NOT"),
        ]
        assert asked == ["bad.pdf", "m.txt"]
        assert index.update(documents).failed == report.failed
        assert len(asked) == 2
        assert index.update(documents, retry_failed=True).failed == report.failed
        assert asked[2:] == ["bad.pdf"]

    def test_a_copy_outside_of_what_is_covered_stays_when_the_document_goes(self, index, three, tmp_path):
        other = tmp_path / "other"
        other.mkdir()
        shutil.copy(three / "a.txt", other / "a.txt")
        index.update(other)
        for name in ("a.txt", "m.txt", "z.txt"):
            (three / name).unlink()
        assert index.update(three).removed == (FIRST, SECOND, THIRD)
        assert held(index) == (["other/a.txt"], {})
        assert [hit.paths for hit in index.search("silver")] == [("other/a.txt",)]

    def test_a_file_that_changes_before_it_is_read_stands_for_itself_and_its_copy_is_read(
        self, index, open_index, documents, monkeypatch
    ):
        shutil.copy(documents / "m.txt", documents / "z.txt")

        class Changing(WorkersHere):
            def read(self, paths):
                (documents / "m.txt").write_text("Now in gold.\n", encoding="utf-8")
                yield from super().read(paths)

        monkeypatch.setattr(run, "Workers", Changing)
        assert index.update(documents) == IndexReport(added=(SECOND, THIRD))
        assert [hit.paths for hit in index.search("silver gold")] == [(SECOND,), (THIRD,)]
        fresh = open_index("fresh.db")
        fresh.update(documents)
        assert index.contents() == fresh.contents()

    def test_what_is_read_again_is_read_for_all_copies_and_under_the_name_of_the_first(
        self, index, open_index, three, tmp_path
    ):
        other = tmp_path / "other"
        other.mkdir()
        shutil.copy(three / "a.txt", other / "b.txt")
        index.update(other)
        with index.db.conn:
            index.db["documents"].update(index.documents()[FIRST].id, {"extractor_version": "0"})
        report = index.update(other)
        assert report.changed == ("other/b.txt",)
        fresh = open_index("fresh.db")
        fresh.update(three, other)
        assert index.contents() == fresh.contents()

    def test_equal_documents_of_an_index_of_an_earlier_version_become_one(self, index, three, asked):
        """Which has no table of copies, and two documents of the same bytes."""
        with index.db.conn:
            index.db.conn.execute("DELETE FROM copies WHERE path = ?", (THIRD,))
        (three / "z.txt").write_text(REPORT, encoding="utf-8")
        index.update(three)
        shutil.copy(three / "a.txt", three / "z.txt")
        sha256 = index.documents()[FIRST].sha256
        with index.db.conn:
            index.db["documents"].update(index.documents()[THIRD].id, {"sha256": sha256})
        del asked[:]
        report = index.update(three)
        assert (report.unchanged, asked) == ((FIRST, SECOND, THIRD), [])
        assert held(index) == ([FIRST], {SECOND: FIRST, THIRD: FIRST})
        assert not index.search("lighthouse")

    def test_an_index_without_the_table_gets_it_when_it_is_opened(self, index, documents):
        index.update(documents)
        before = index.contents()
        for statement in (
            "DROP TABLE copies",
            "ALTER TABLE documents DROP COLUMN seconds",
            "ALTER TABLE documents DROP COLUMN tried",
            "DELETE FROM _sqlite_migrations WHERE name = 'm005_copies'",
            "PRAGMA user_version = 2",
        ):
            index.db.conn.execute(statement)
        index.db.conn.commit()
        db = open_database(index.path, create=False)
        assert [document.path for document in stored_documents(db)] == [SECOND]
        db.close()
        assert index.contents() == before

    def test_a_rename_of_the_folder_alone_writes_no_paragraph_anew(self, index, open_index, three):
        postings = index.db.conn.execute("SELECT document, data FROM fresh").fetchall()
        os.rename(three, three.parent / "papers")
        before = generation(index.db)
        report = index.update(".")
        assert len(report.moved) == 3
        assert index.db.conn.execute("SELECT document, data FROM fresh").fetchall() == postings
        assert generation(index.db) == before + 1
        fresh = open_index("fresh.db")
        fresh.update(".")
        assert index.contents() == fresh.contents()


class TestSearching:
    def test_a_hit_has_all_paths_and_with_a_glob_those_that_match(self, index, three):
        (hit,) = index.search("silver")
        assert hit.paths == (FIRST, SECOND, THIRD)
        assert hit.document.path == FIRST
        assert [hit.paths for hit in index.search("silver", path="*/z.txt")] == [(THIRD,)]
        assert index.search("silver", path="*/y.txt") == []

    def test_only_the_name_of_the_document_itself_is_indexed(self, index, documents):
        shutil.copy(documents / "m.txt", documents / "invoice.txt")
        shutil.copy(documents / "m.txt", documents / "windmill.txt")
        index.update(documents)
        assert [hit.paths[0] for hit in index.search("invoice")] == ["documents/invoice.txt"]
        assert index.search("windmill") == []

    def test_the_command_names_the_copies(self, three, call):
        code, out, _ = call("search", "silver")
        assert code == 0
        assert out.index(FIRST) < out.index("also " + SECOND) < out.index("also " + THIRD)
        (hit,) = json.loads(call("search", "silver", "--json")[1])["hits"]
        assert (hit["path"], hit["copies"]) == (FIRST, [SECOND, THIRD])


@pytest.fixture(scope="module")
def finder(tmp_path_factory):
    """The folder of a reader whose best answer is the word silver."""
    return str(save_word_finder(tmp_path_factory.mktemp("reader") / "finder", "silver"))


class TestAnswers:
    def test_each_path_is_a_source_at_the_same_place_with_the_same_score_in_the_order_of_paths(self, three, finder):
        with docqa.open("docqa.db", reader=finder) as corpus:
            best = corpus.ask(QUESTION).best
        assert best.text == "silver"
        assert [source.path for source in best.sources] == [FIRST, SECOND, THIRD]
        first, *others = best.sources
        for source in others:
            assert (source.page, source.start, source.end) == (first.page, first.start, first.end)
            assert (source.score, source.retriever_score, source.sha256) == (
                first.score,
                first.retriever_score,
                first.sha256,
            )
            assert source.link == source.path

    def test_with_a_glob_only_those_that_match_are_cited(self, three, finder):
        options = docqa.AskOptions(path="documents/[mz]*")
        with docqa.open("docqa.db", reader=finder) as corpus:
            assert [source.path for source in corpus.ask(QUESTION, options).best.sources] == [SECOND, THIRD]

    def test_each_source_says_whether_its_own_file_changed(self, three, finder):
        os.utime(three / "m.txt", (1, 1))
        (three / "z.txt").unlink()
        with docqa.open("docqa.db", reader=finder) as corpus:
            sources = corpus.ask(QUESTION).best.sources
            assert [(source.changed, source.missing) for source in sources] == [
                (False, False),
                (False, False),
                (False, True),
            ]
            (three / "m.txt").write_text("Now in gold.\n", encoding="utf-8")
            assert [source.changed for source in corpus.ask(QUESTION).best.sources] == [False, True, False]

    def test_a_link_leads_to_the_page_of_each_pdf(self, index, documents, finder):
        for name in ("b.pdf", "c.pdf"):
            (documents / name).write_bytes(make_pdf("The pilot waits.", "The pilot is paid in silver."))
        (documents / "m.txt").unlink()
        index.update(documents)
        with docqa.open("docqa.db", reader=finder) as corpus:
            links = [source.link for source in corpus.ask(QUESTION).best.sources]
        assert links == ["documents/b.pdf#page=2", "documents/c.pdf#page=2"]

    def test_a_copy_of_the_right_file_is_the_right_file(self, three, finder, call, tmp_path):
        questions = tmp_path / "questions.jsonl"
        entry = {"question": QUESTION, "answers": ["silver"], "file": "z.txt", "page": 1}
        questions.write_text(json.dumps(entry) + "\n", encoding="utf-8")
        code, out, _ = call("eval", "--folder", "documents", "--questions", questions, "--reader", finder, "--json")
        figures = json.loads(out)
        assert (code, figures["right_file_first"]["count"], figures["answer_first"]["count"]) == (0, 1, 1)


class TestTelling:
    def test_the_summary_the_status_and_their_json_say_how_many_copies_there_are(self, documents, call):
        shutil.copy(documents / "m.txt", documents / "z.txt")
        for name in ("bad.pdf", "worse.pdf"):
            (documents / name).write_bytes(b"<html>")
        assert "2 added, 2 not read\ndocqa.db holds 1 document, 1 copy, 1 paragraph." in call("index", "documents")[1]
        assert json.loads(call("index", "documents", "--json")[1])["copies"] == [
            {"path": "documents/worse.pdf", "of": "documents/bad.pdf"},
            {"path": THIRD, "of": SECOND},
        ]
        assert "1 more file is a copy, byte for byte" in call("status")[1]
        status = json.loads(call("status", "--json")[1])
        assert (status["documents"], status["copies"], status["paragraphs"]) == (1, 1, 1)

    def test_without_copies_nothing_is_said_of_them(self, documents, call):
        assert "docqa.db holds 1 document, 1 paragraph." in call("index", "documents")[1]
        assert "cop" not in call("status")[1]

    def test_the_ledger_lists_each_copy_that_could_not_be_read(self, documents, call):
        for name in ("bad.pdf", "worse.pdf"):
            (documents / name).write_bytes(b"<html>")
        call("index", "documents")
        out = call("status", "--failed")[1]
        assert "documents/bad.pdf" in out
        assert "documents/worse.pdf" in out
        assert len(json.loads(call("status", "--json")[1])["failed"]) == 2

    def test_verify_compares_each_copy_with_its_own_file(self, three):
        (three / "m.txt").write_text("Now in gold.\n", encoding="utf-8")
        (three / "z.txt").unlink()
        with docqa.open("docqa.db") as corpus:
            for quick in (False, True):
                report = corpus.verify(quick=quick)
                assert (report.unchanged, report.changed, report.missing) == ((FIRST,), (SECOND,), (THIRD,))

    def test_failed_copies_that_are_as_they_were_are_still_not_read(self, documents, index):
        for name in ("bad.pdf", "worse.pdf"):
            (documents / name).write_bytes(b"<html>")
        index.update(documents)
        with docqa.open("docqa.db") as corpus:
            failed = corpus.verify().failed
        sentence = "The file is not a PDF: it does not begin as one."
        assert failed == tuple(FailedFile(f"documents/{name}.pdf", "PDF-NOT", sentence) for name in ("bad", "worse"))
