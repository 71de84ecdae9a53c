"""Bringing an index up to date with files: what is read, what is not, and what comes of it."""

import gzip
import os
import shutil
import stat
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import GUIDE, REPORT, OpenIndex, WorkersHere
from docqa.checking.check import check_index
from docqa.documents import mending
from docqa.documents.document import Document, Page
from docqa.documents.formats import read_document
from docqa.documents.limits import DEFAULT_LIMITS, Limits
from docqa.errors import AnalyzerMismatchError, PathError
from docqa.indexing import run, worker
from docqa.indexing.answer import as_answer, as_bytes, checked_answer, code_of, from_answer, learn
from docqa.indexing.changes import file_state, find_changes
from docqa.indexing.report import FailedFile, IndexReport
from docqa.indexing.worker import read_file
from docqa.indexing.workers import Workers
from docqa.paragraphs.segment import segment
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.numbered import NumberedTerms, TermNumbering, Vocabulary
from docqa.retrieval.postings import generation
from docqa.store.documents import FileState, StoredDocument
from docqa.store.paragraphs import pages_of, paragraph_columns
from pdf_maker import make_pdf, second_pages_fail

ALL = ("documents/guide.pdf", "documents/report.txt", "documents/treaty.md")


@pytest.fixture
def read_paths(monkeypatch):
    """The names of the files that indexing asked the pool to read, in order."""
    asked = []

    class Spy(WorkersHere):
        def read(self, paths):
            asked.extend(path.name for path in paths)
            return super().read(paths)

    monkeypatch.setattr(run, "Workers", Spy)
    return asked


def assert_same_as_fresh(index, *paths, fresh):
    fresh.update(*paths)
    assert index.contents() == fresh.contents()


class TestFirstRun:
    def test_all_files_are_added_under_their_paths_from_the_current_folder(self, index, folder):
        report = index.update("documents", workers=2)
        assert report == IndexReport(added=ALL)
        assert tuple(index.documents()) == ALL

    def test_what_is_stored_is_what_reading_the_file_gives(self, index, folder):
        index.update(folder)
        for path, stored in index.documents().items():
            document = read_document(path, (folder.parent / path).read_bytes())
            assert pages_of(index.db, stored.id) == list(document.pages)
            assert (stored.title, stored.pages, stored.status) == (document.title, len(document.pages), "ok")
            assert stored.size == (folder.parent / path).stat().st_size
            assert stored.sha256 == file_state(folder.parent / path, path).sha256
        assert [page.text.split("\n")[0] for page in pages_of(index.db, index.documents()[ALL[0]].id)] == [
            GUIDE[0].split("\n")[0],
            GUIDE[1],
        ]

    def test_a_paragraph_is_found_by_its_text_its_documents_title_and_its_documents_name(self, index, folder):
        index.update(folder)
        for query, path in [("rapeseed oil", ALL[1]), ("Pilot guide", ALL[0]), ("treaty.md", ALL[2])]:
            assert index.search(query)[0].document.path == path

    def test_progress_is_reported_file_by_file(self, index, folder, workers_here):
        heard = []
        index.update(folder, on_progress=lambda *what: heard.append(what))
        assert heard == [(number, 3, path) for number, path in enumerate(ALL, start=1)]

    def test_paths_may_come_from_an_iterator_and_overlap(self, index, folder, workers_here):
        def run_over(*paths):
            return run.index_paths(index.db, index.path, iter(paths), analyzer=index.analyzer)

        assert run_over(folder, folder / "report.txt") == IndexReport(added=ALL)
        assert run_over(folder) == IndexReport(unchanged=ALL)

    def test_documents_outside_the_folder_of_the_index_have_their_full_path(
        self, index, tmp_path, monkeypatch, workers_here
    ):
        (tmp_path / "here").mkdir()
        (tmp_path / "far.txt").write_text("Far away.")
        monkeypatch.chdir(tmp_path / "here")
        assert index.update("../far.txt").added == ((tmp_path / "far.txt").as_posix(),)

    def test_the_index_itself_is_not_a_document(self, open_index, folder, workers_here):
        index = open_index("documents/index.txt")
        assert index.update("documents").added == ALL

    def test_a_name_that_is_no_text_is_indexed_under_a_name_that_is(self, open_index, folder, tmp_path):
        index = open_index()
        try:
            Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("Coffee is served.")
        except OSError:
            pytest.skip("the file system takes such names for an error")
        report = index.update(folder)
        assert report.added[0] == r"documents/caf\udce9.txt"
        assert index.search("coffee")[0].document.path == r"documents/caf\udce9.txt"
        assert index.update(folder).unchanged == report.added
        os.rename(folder, tmp_path / "moved")
        index.update(tmp_path)
        assert_same_as_fresh(index, tmp_path, fresh=open_index("fresh.db"))


class TestLaterRuns:
    def test_unchanged_files_are_not_read_again(self, index, folder, read_paths):
        index.update(folder)
        assert len(read_paths) == 3
        os.utime(folder / "report.txt", (1, 1))
        before = generation(index.db)
        assert index.update(folder) == IndexReport(unchanged=ALL)
        assert len(read_paths) == 3
        assert generation(index.db) == before

    def test_a_changed_file_is_read_again_and_its_old_words_are_gone(self, index, folder, read_paths):
        index.update(folder)
        (folder / "report.txt").write_text("The windmill has four sails.")
        report = index.update(folder)
        assert report == IndexReport(changed=(ALL[1],), unchanged=(ALL[0], ALL[2]))
        assert read_paths[3:] == ["report.txt"]
        assert index.search("windmill")[0].document.path == ALL[1]
        assert not index.search("rapeseed")

    def test_a_change_that_keeps_size_and_time_is_noticed(self, index, folder, workers_here):
        index.update(folder)
        times = (folder / "report.txt").stat()
        (folder / "report.txt").write_text(REPORT.replace("1904", "1905"))
        os.utime(folder / "report.txt", ns=(times.st_atime_ns, times.st_mtime_ns))
        assert index.update(folder).changed == (ALL[1],)
        assert index.search("1905")

    def test_a_vanished_file_leaves_the_index(self, index, folder, read_paths):
        index.update(folder)
        (folder / "treaty.md").unlink()
        assert index.update(folder) == IndexReport(removed=(ALL[2],), unchanged=ALL[:2])
        assert not index.search("Marta Olsen")
        assert len(read_paths) == 3

    def test_only_what_the_given_paths_cover_is_removed(self, index, folder, workers_here):
        other = folder.parent / "documents2"
        other.mkdir()
        (other / "note.txt").write_text("A note.")
        index.update(folder, other)
        (other / "note.txt").unlink()
        (folder / "treaty.md").unlink()
        assert index.update(folder / "report.txt").removed == ()
        assert index.update(folder).removed == (ALL[2],)
        assert index.update(other).removed == ("documents2/note.txt",)

    def test_a_refused_path_changes_nothing(self, index, folder, workers_here):
        index.update(folder)
        before = generation(index.db)
        (folder / "treaty.md").unlink()
        with pytest.raises(PathError):
            index.update(folder, folder / "nowhere")
        assert generation(index.db) == before

    def test_another_tokenizer_is_refused_before_anything_changes(self, index, folder, workers_here):
        index.update(folder)
        index.analyzer = Analyzer(stemmer="german")
        (folder / "treaty.md").unlink()
        with pytest.raises(AnalyzerMismatchError):
            index.update(folder)
        assert len(index.documents()) == 3

    def test_an_index_moved_with_its_documents_finds_them_unchanged(self, folder, tmp_path, monkeypatch, read_paths):
        index = OpenIndex(tmp_path / "docqa.db")
        index.update("documents")
        index.close()
        new = tmp_path / "elsewhere"
        new.mkdir()
        os.rename(folder, new / "documents")
        os.rename(tmp_path / "docqa.db", new / "docqa.db")
        monkeypatch.chdir("/")
        index = OpenIndex(new / "docqa.db")
        assert index.update(new / "documents") == IndexReport(unchanged=ALL)
        index.close()
        assert len(read_paths) == 3


class TestMoves:
    def test_a_renamed_file_is_followed_without_being_read(self, index, open_index, folder, read_paths):
        index.update(folder)
        before = index.paragraphs(ALL[1])
        os.rename(folder / "report.txt", folder / "windmill.txt")
        report = index.update(folder)
        assert report == IndexReport(moved=((ALL[1], "documents/windmill.txt"),), unchanged=(ALL[0], ALL[2]))
        assert len(read_paths) == 3
        assert index.paragraphs("documents/windmill.txt") == before
        assert index.search("windmill")[0].document.path == "documents/windmill.txt"
        assert not index.search("report")
        assert_same_as_fresh(index, folder, fresh=open_index("fresh.db"))

    def test_a_renamed_folder_is_followed_without_being_read(self, index, open_index, folder, read_paths):
        index.update(".")
        os.rename(folder, folder.parent / "papers")
        report = index.update(".")
        assert report == IndexReport(moved=tuple((path, path.replace("documents", "papers")) for path in ALL))
        assert len(read_paths) == 3
        assert_same_as_fresh(index, ".", fresh=open_index("fresh.db"))

    def test_a_folder_renamed_while_its_files_are_renamed_and_changed_too_is_followed(
        self, index, open_index, folder, read_paths
    ):
        index.update(".")
        del read_paths[:]
        papers = folder.parent / "Papers"
        os.rename(folder, papers)
        os.rename(papers / "report.txt", papers / "windmill.txt")
        (papers / "treaty.md").write_text("# Another treaty\n\nIt was never signed.\n", encoding="utf-8")
        report = index.update(".")
        assert report.moved == ((ALL[0], "Papers/guide.pdf"), (ALL[1], "Papers/windmill.txt"))
        assert (report.added, report.removed, read_paths) == (("Papers/treaty.md",), (ALL[2],), ["treaty.md"])
        assert_same_as_fresh(index, ".", fresh=open_index("fresh.db"))

    def test_a_folder_inside_another_may_be_renamed_and_two_may_change_names(
        self, index, open_index, folder, read_paths
    ):
        for name, text in (("north", "The wind came from the north."), ("south", "The sea was calm.")):
            (folder / name / "deep").mkdir(parents=True)
            (folder / name / "deep" / "log.txt").write_text(text)
        index.update(folder)
        del read_paths[:]
        os.rename(folder / "north", folder / "third")
        os.rename(folder / "south", folder / "north")
        os.rename(folder / "third", folder / "south")
        report = index.update(folder)
        assert report.changed == ("documents/north/deep/log.txt", "documents/south/deep/log.txt")
        assert (report.moved, read_paths) == ((), [])
        assert index.search("calm")[0].document.path == "documents/north/deep/log.txt"
        assert_same_as_fresh(index, folder, fresh=open_index("fresh.db"))

    def test_a_change_of_case_alone_is_a_rename(self, index, open_index, folder, read_paths):
        index.update(folder)
        del read_paths[:]
        # In two steps, for file systems to which both are the same name.
        for old, new in (("report.txt", "Report.TXT"), ("guide.pdf", "Guide.pdf")):
            os.rename(folder / old, folder / "between")
            os.rename(folder / "between", folder / new)
        report = index.update(folder)
        assert sorted(report.moved) == [(ALL[0], "documents/Guide.pdf"), (ALL[1], "documents/Report.TXT")]
        assert (report.unchanged, read_paths) == ((ALL[2],), [])
        assert_same_as_fresh(index, folder, fresh=open_index("fresh.db"))

    def test_files_of_three_may_take_each_others_names_in_a_circle(self, index, open_index, folder, read_paths):
        for name in "abc":
            (folder / f"{name}.txt").write_text(f"This is what {name * 5} said at first.")
        index.update(folder)
        del read_paths[:]
        for old, new in (("a", "x"), ("b", "a"), ("c", "b"), ("x", "c")):
            os.rename(folder / f"{old}.txt", folder / f"{new}.txt")
        assert len(index.update(folder).changed) == 3
        assert read_paths == []
        assert index.search("aaaaa")[0].document.path == "documents/c.txt"
        assert_same_as_fresh(index, folder, fresh=open_index("fresh.db"))

    def test_a_file_renamed_to_another_kind_is_read_as_that_kind(self, index, open_index, folder, read_paths):
        index.update(folder)
        os.rename(folder / "treaty.md", folder / "treaty.txt")
        report = index.update(folder)
        assert (report.added, report.removed, report.moved) == (("documents/treaty.txt",), (ALL[2],), ())
        assert read_paths[3:] == ["treaty.txt"]
        assert_same_as_fresh(index, folder, fresh=open_index("fresh.db"))

    def test_a_compressed_file_renamed_to_another_kind_is_read_as_that_kind(self, index, folder, read_paths):
        (folder / "a.txt.gz").write_bytes(gzip.compress(b"City,Founded\nBonn,11 BC\n"))
        index.update(folder)
        os.rename(folder / "a.txt.gz", folder / "a.csv.gz")
        del read_paths[:]
        report = index.update(folder)
        assert (report.added, report.removed) == (("documents/a.csv.gz",), ("documents/a.txt.gz",))
        assert read_paths == ["a.csv.gz"]
        os.rename(folder / "a.csv.gz", folder / "b.CSV.GZ")
        assert index.update(folder).moved == (("documents/a.csv.gz", "documents/b.CSV.GZ"),)

    def test_files_that_change_names_with_each_other_changed_and_are_not_read(
        self, index, open_index, folder, read_paths
    ):
        (folder / "log.txt").write_text("The wind came from the west.")
        index.update(folder)
        del read_paths[:]
        os.rename(folder / "log.txt", folder / "third.txt")
        os.rename(folder / "report.txt", folder / "log.txt")
        os.rename(folder / "third.txt", folder / "report.txt")
        assert index.update(folder).changed == ("documents/log.txt", ALL[1])
        assert read_paths == []
        assert_same_as_fresh(index, folder, fresh=open_index("fresh.db"))

    def test_of_two_copies_one_vanished_file_moves_once(self, index, open_index, folder, workers_here):
        index.update(folder)
        shutil.copy(folder / "report.txt", folder / "copy.txt")
        assert index.update(folder).added == ("documents/copy.txt",)
        (folder / "report.txt").unlink()
        shutil.copy(folder / "copy.txt", folder / "x.txt")
        shutil.copy(folder / "copy.txt", folder / "y.txt")
        report = index.update(folder)
        assert (report.moved, report.added) == (((ALL[1], "documents/x.txt"),), ("documents/y.txt",))
        assert_same_as_fresh(index, folder, fresh=open_index("fresh.db"))

    def test_a_file_moved_out_of_what_is_covered_is_added_and_leaves_when_its_old_place_is_covered(
        self, index, folder, workers_here
    ):
        other = folder.parent / "other"
        other.mkdir()
        index.update(folder)
        os.rename(folder / "report.txt", other / "report.txt")
        of = (("other/report.txt", ALL[1]),)
        assert index.update(other) == IndexReport(added=("other/report.txt",), copies=of)
        assert index.update(folder).removed == (ALL[1],)
        assert (list(index.documents()), index.copies()) == ([ALL[0], ALL[2], "other/report.txt"], {})


class TestFailures:
    def test_a_file_that_cannot_be_read_is_in_the_ledger_and_stops_nothing(self, index, folder):
        (folder / "bad.pdf").write_bytes(b"<html>")
        (folder / "secret.pdf").write_bytes(make_pdf("secret", password="swordfish"))
        (folder / "cut.pdf").write_bytes(make_pdf("cut")[:200])
        (folder / "empty.txt").touch()
        report = index.update(folder)
        assert report.added == ALL
        assert [(failure.path, failure.code) for failure in report.failed] == [
            ("documents/bad.pdf", "PDF-NOT"),
            ("documents/cut.pdf", "PDF-DAMAGED"),
            ("documents/empty.txt", "TXT-EMPTY"),
            ("documents/secret.pdf", "PDF-ENCRYPTED"),
        ]
        for failure in report.failed:
            stored = index.documents()[failure.path]
            assert (stored.status, stored.code, stored.error) == ("failed", failure.code, failure.sentence)
            assert index.paragraphs(failure.path) == []

    def test_it_is_reported_again_and_not_read_again_while_it_stays_the_same(self, index, folder, read_paths):
        (folder / "bad.pdf").write_bytes(b"<html>")
        first = index.update(folder)
        del read_paths[:]
        second = index.update(folder)
        assert second.failed == first.failed
        assert second.unchanged == ALL
        assert read_paths == []

    def test_it_is_read_again_when_it_changed(self, index, folder, workers_here):
        (folder / "bad.pdf").write_bytes(b"<html>")
        index.update(folder)
        (folder / "bad.pdf").write_bytes(b"<html></html>")
        report = index.update(folder)
        assert [failure.path for failure in report.failed] == ["documents/bad.pdf"]
        (folder / "bad.pdf").write_bytes(make_pdf("It is good now."))
        report = index.update(folder)
        assert (report.changed, report.failed) == (("documents/bad.pdf",), ())
        assert index.documents()["documents/bad.pdf"].status == "ok"
        assert index.search("good")

    def test_a_document_that_becomes_unreadable_loses_its_old_text(self, index, folder, workers_here):
        index.update(folder)
        (folder / "report.txt").write_bytes(bytes(100) + b"\1")
        report = index.update(folder)
        assert [failure.path for failure in report.failed] == [ALL[1]]
        assert not index.search("rapeseed")

    def test_it_is_still_reported_after_it_was_renamed(self, index, folder, read_paths):
        (folder / "bad.pdf").write_bytes(b"<html>")
        (failure,) = index.update(folder).failed
        os.rename(folder / "bad.pdf", folder / "worse.pdf")
        del read_paths[:]
        report = index.update(folder)
        assert report.failed == (FailedFile("documents/worse.pdf", failure.code, failure.sentence),)
        assert read_paths == []

    def test_it_leaves_the_ledger_when_it_vanishes(self, index, folder, workers_here):
        (folder / "bad.pdf").write_bytes(b"<html>")
        index.update(folder)
        (folder / "bad.pdf").unlink()
        report = index.update(folder)
        assert (report.removed, report.failed) == (("documents/bad.pdf",), ())

    def test_a_document_read_in_part_is_added_and_says_what_is_missing(self, index, folder, workers_here, monkeypatch):
        second_pages_fail(monkeypatch)
        monkeypatch.setattr(mending, "is_installed", lambda: False)
        report = index.update(folder)
        sentence = "Page 2 could not be read (ZeroDivisionError: division by zero)."
        assert report.added == ALL
        assert report.partial == (FailedFile(ALL[0], "PAGES-FAILED", sentence),)
        stored = index.documents()[ALL[0]]
        assert (stored.status, stored.code, stored.error) == ("partial", "PAGES-FAILED", sentence)
        assert index.search("mole")[0].document.path == ALL[0]

    def test_a_file_that_vanishes_while_indexing_is_reported_and_tried_again(self, index, folder, monkeypatch):
        class Vanishing(WorkersHere):
            def read(self, paths):
                os.rename(folder / "report.txt", folder / "report.bak")
                yield from super().read(paths)
                os.rename(folder / "report.bak", folder / "report.txt")

        monkeypatch.setattr(run, "Workers", Vanishing)
        (failure,) = index.update(folder).failed
        assert failure == FailedFile(ALL[1], "FILE-UNREADABLE", "The file cannot be opened: No such file or directory.")
        monkeypatch.setattr(run, "Workers", WorkersHere)
        report = index.update(folder)
        assert (report.changed, report.failed) == ((ALL[1],), ())

    def test_a_file_that_was_given_up_is_in_the_ledger_and_not_read_again(self, index, folder, monkeypatch):
        error = {"code": "FILE-SLOW", "sentence": "Reading the file took longer than 300 seconds."}

        class Slow(WorkersHere):
            def read(self, paths):
                for path, result in super().read(paths):
                    yield path, {"state": None, "error": error} if path.name == "report.txt" else result

        monkeypatch.setattr(run, "Workers", Slow)
        report = index.update(folder)
        assert report.failed == (FailedFile(ALL[1], **error),)
        monkeypatch.setattr(run, "Workers", WorkersHere)
        assert index.update(folder) == IndexReport(unchanged=(ALL[0], ALL[2]), failed=report.failed)

    def test_too_little_memory_is_a_failure_of_the_file(self, tmp_path, monkeypatch):
        def fail(*options):
            raise MemoryError

        monkeypatch.setattr(worker, "read_document", fail)
        (tmp_path / "a.txt").write_text("text")
        assert read_file(tmp_path / "a.txt", Analyzer())["error"]["code"] == "FILE-MEMORY"

    def test_an_interrupted_run_keeps_what_it_committed_and_is_completed_by_the_next(
        self, index, open_index, folder, workers_here
    ):
        def interrupt(done, total, path):
            if done == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            index.update(folder, on_progress=interrupt)
        assert tuple(index.documents()) == ALL[:2]
        assert index.update(folder) == IndexReport(added=ALL[2:], unchanged=ALL[:2])
        assert_same_as_fresh(index, folder, fresh=open_index("fresh.db"))


class TestChanges:
    STATE = FileState("a.txt", "", 0, 0.0)

    def document(self, path, sha256):
        return StoredDocument(1, path, sha256, 1, 1.0, "failed", "X", "X.", "", 0, 0, None, None, "")

    def test_a_file_that_could_not_be_opened_is_read_again_and_never_taken_for_moved(self, tmp_path):
        assert file_state(tmp_path / "nowhere.txt", "a.txt") == self.STATE
        same = find_changes([self.STATE], [self.document("a.txt", "")], ["a.txt"])
        assert ([content.file for content in same.read], same.unchanged) == ([self.STATE], ())
        other = find_changes([self.STATE], [self.document("b.txt", "")], ["b.txt"])
        assert ([content.file for content in other.read], other.moved) == ([self.STATE], ())

    def test_a_report_as_json_has_every_list(self):
        failure = FailedFile("c.pdf", "PDF-NOT", "No.")
        report = IndexReport(("a",), ("b",), (("d", "e"),), ("f",), ("g",), (failure,), (), (("b", "a"),), ("l",))
        assert report.to_dict() == {
            "schema": "docqa.index/1",
            "added": ["a"],
            "changed": ["b"],
            "moved": [{"from": "d", "to": "e"}],
            "removed": ["f"],
            "unchanged": ["g"],
            "failed": [{"path": "c.pdf", "code": "PDF-NOT", "sentence": "No."}],
            "partial": [],
            "copies": [{"path": "b", "of": "a"}],
            "links": ["l"],
        }


class TestAnswers:
    @given(
        st.lists(st.text(st.characters(codec="utf-8")), max_size=3),
        st.lists(st.text(st.characters(codec="utf-8"), min_size=1), max_size=3),
    )
    @settings(max_examples=40, deadline=None)
    def test_what_a_worker_answers_is_taken_apart_as_it_was(self, texts, notes):
        document = Document(
            tuple(Page(number, text, text[:3] or None) for number, text in enumerate(texts, start=1)),
            "".join(texts),
            "text",
            "1",
            tuple(notes),
        )
        columns = paragraph_columns(segment(document.pages))
        terms = TermNumbering(Analyzer()).number(columns.text)
        answer = checked_answer(as_bytes({"state": {}, **as_answer(document, columns, terms)}))
        learn(answer, Vocabulary())
        assert from_answer(answer) == (document, columns, terms)

    def test_an_answer_brings_the_terms_that_were_not_told_before(self):
        numbering, vocabulary = TermNumbering(Analyzer()), Vocabulary()
        for text, told in (("A red ship.", 2), ("Ships and a lamp.", 3), ("A lamp.", 3)):
            document = Document((Page(1, text),), "", "text", "1")
            columns = paragraph_columns(segment(document.pages))
            terms = numbering.number(columns.text)
            answer = checked_answer(as_bytes({"state": {}, **as_answer(document, columns, terms, numbering.told)}))
            numbering.told = len(terms.vocabulary.terms)
            vocabulary = learn(answer, vocabulary)
            assert from_answer(answer) == (document, columns, terms)
            assert len(vocabulary.terms) == told

    def test_an_answer_without_the_one_before_it_is_refused(self):
        document = Document((Page(1, "A lamp."),), "", "text", "1")
        terms = TermNumbering(Analyzer()).number(["a lamp"])
        with pytest.raises(ValueError, match="told"):
            learn(as_answer(document, paragraph_columns([]), terms, told=1), Vocabulary())

    def test_an_answer_with_numbers_that_no_term_has_is_refused(self):
        document = Document((Page(1, "A lamp."),), "", "text", "1")
        terms = NumberedTerms(Vocabulary(["lamp"]), [2], np.array([0, 2], np.uint32).tobytes())
        with pytest.raises(ValueError, match="number 2"):
            learn(as_answer(document, paragraph_columns([]), terms), Vocabulary())


class TestWorkers:
    @pytest.fixture
    def files(self, tmp_path):
        paths = [tmp_path / f"{number}.txt" for number in range(7)]
        for number, path in enumerate(paths):
            path.write_text(f"This is text number {number}.")
        return paths

    @pytest.fixture
    def replace_worker(self, tmp_path, monkeypatch):
        """Puts other Python code in the worker's place."""

        def replace(code):
            (tmp_path / "worker.py").write_text(code)
            script = tmp_path / "python"
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P "{tmp_path}/worker.py"\n')
            script.chmod(script.stat().st_mode | stat.S_IXUSR)
            monkeypatch.setattr(sys, "executable", str(script))

        return replace

    @pytest.fixture
    def pipe(self, tmp_path, replace_worker):
        """A file that takes for ever to read: a pipe, which nobody writes to, and a worker that waits for it."""
        os.mkfifo(tmp_path / "pipe.txt")
        replace_worker(
            "from docqa.indexing import worker\n"
            "read = worker.read_regular\n"
            "def waiting(path, limits):\n"
            "    if path.name == 'pipe.txt':\n"
            "        path.read_bytes()\n"
            "    return read(path, limits)\n"
            "worker.read_regular = waiting\n"
            "worker.work()\n"
        )
        return tmp_path / "pipe.txt"

    def codes(self, pool, paths):
        return [result["error"]["code"] if "error" in result else "ok" for _, result in pool.read(paths)]

    def answers(self, pool, paths):
        """What workers answer, with the terms as words: each worker numbers them in its own way."""
        answers = list(pool.read(paths))
        assert all(answer["seconds"] >= 0 for _, answer in answers)
        return [(path, answer["state"], *self.in_words(*from_answer(answer))) for path, answer in answers]

    def in_words(self, document, columns, terms):
        names = [None, *terms.vocabulary.terms]
        words = [names[number] for number in np.frombuffer(terms.numbers, np.uint32)]
        return document, columns, terms.words, words

    def test_files_come_back_in_order_and_as_read_in_this_process(self, files):
        analyzer = Analyzer()
        with Workers(2, analyzer) as pool:
            assert self.answers(pool, files) == self.answers(WorkersHere(1, analyzer), files)

    @pytest.mark.parametrize(("deaths", "code"), [(1, "FILE-UNREADABLE"), (2, "FILE-CRASH")])
    def test_a_worker_that_dies_twice_costs_the_file_it_was_reading_and_no_other(self, files, pipe, deaths, code):
        with Workers(1, Analyzer(), limits=Limits(seconds=60)) as pool:

            def kill_the_reader():
                for _ in range(deaths):
                    # Opening a pipe to write waits until somebody reads.
                    with pipe.open("wb"):
                        pool._processes[-1].kill()
                        pool._processes[-1].wait()
                if deaths == 1:
                    # The second one finds out that it is a pipe.
                    pipe.write_text("The pilot waits.")

            killer = threading.Thread(target=kill_the_reader)
            killer.start()
            assert self.codes(pool, [files[0], pipe, files[1]]) == ["ok", code, "ok"]
            killer.join()

    def test_a_file_that_takes_too_long_is_given_up_and_no_other(self, files, pipe):
        with Workers(1, Analyzer(), limits=Limits(seconds=0.2)) as pool:
            ((_, result),) = pool.read([pipe])
            assert result["error"]["code"] == "FILE-SLOW"
            assert result["seconds"] >= 0.2
            assert "took longer than" in result["error"]["sentence"]
            pool._limits = Limits(seconds=60)
            assert self.codes(pool, files) == ["ok"] * len(files)

    def test_a_worker_that_dies_at_once_is_a_failure_of_the_file_and_not_of_the_run(
        self, files, replace_worker, monkeypatch
    ):
        replace_worker("")
        start = Workers._start

        def start_and_wait(pool):
            process = start(pool)
            process.wait()
            return process

        monkeypatch.setattr(Workers, "_start", start_and_wait)
        with Workers(2, Analyzer()) as pool:
            assert self.codes(pool, files[:3]) == ["FILE-CRASH"] * 3

    def test_what_a_parser_prints_does_not_mix_with_the_answers(self, files, replace_worker):
        replace_worker(
            "import os\n"
            "from docqa.indexing import worker\n"
            "read = worker.read_document\n"
            "def noisy(*options):\n"
            "    print('{}')\n"
            "    os.system('echo {}')\n"
            "    return read(*options)\n"
            "worker.read_document = noisy\n"
            "worker.work()\n"
        )
        with Workers(1, Analyzer()) as pool:
            assert self.answers(pool, files) == self.answers(WorkersHere(1, Analyzer()), files)

    def test_a_worker_whose_answers_do_not_follow_one_another_costs_one_file_and_is_not_asked_again(
        self, files, replace_worker
    ):
        replace_worker(
            "from docqa.indexing import worker\n"
            "answer = worker.as_answer\n"
            "def forgetful(document, columns, terms, told):\n"
            "    return answer(document, columns, terms, told + ('3' in document.pages[0].text))\n"
            "worker.as_answer = forgetful\n"
            "worker.work()\n"
        )
        marked = [file for file in files if "3" in file.read_text()]
        with Workers(1, Analyzer()) as pool:
            codes = self.codes(pool, files)
        assert codes == ["FILE-CRASH" if file in marked else "ok" for file in files]
        assert 0 < len(marked) < len(files)

    def test_terms_of_an_answer_that_is_too_long_do_not_come_with_the_next_one(self, tmp_path, monkeypatch):
        monkeypatch.setattr(Limits, "answer_bytes", 2_000)
        (tmp_path / "long.txt").write_text(" ".join(f"word{number}" for number in range(1_000)))
        (tmp_path / "short.txt").write_text("The ship is paid in silver.")
        numbering = TermNumbering(Analyzer())
        codes = []
        for name in ("short.txt", "long.txt", "short.txt"):
            answer = worker._answer(tmp_path / name, Analyzer(), "pypdf", DEFAULT_LIMITS, (), None, numbering)
            codes.append(code_of(checked_answer(answer)))
        assert codes == [None, "FILE-TEXT", None]
        assert numbering.told == len(numbering.vocabulary.terms) < 10

    def test_python_files_in_the_current_folder_are_not_run(self, files, tmp_path, monkeypatch):
        for name in ("json.py", "hashlib.py", "docqa.py"):
            (tmp_path / name).write_text("raise SystemExit")
        monkeypatch.chdir(tmp_path)
        with Workers(1, Analyzer()) as pool:
            assert self.codes(pool, files[:1]) == ["ok"]

    def test_closing_ends_the_workers_in_the_middle_of_a_file(self, pipe):
        pool = Workers(1, Analyzer())
        results = []
        reader = threading.Thread(target=lambda: results.extend(pool.read([pipe])))
        reader.start()
        with pipe.open("wb"):
            pool.close()
        reader.join()
        assert [process.poll() is None for process in pool._processes] == [False]

    def test_no_worker_is_started_when_there_is_nothing_to_read(self):
        with Workers(4, Analyzer()) as pool:
            assert list(pool.read([])) == []
            assert pool._processes == []


NAMES = st.sampled_from(["a.txt", "b.md", "notes/b.txt", "notes/a.txt", "notes/d.pdf", "z.txt"])
CONTENTS = st.sampled_from(
    [
        b"",
        b"<html>",
        b"The harbour treaty was signed by Marta.",
        b"# Harbour\n\nThe keeper of the lighthouse.\n\n## Red\n\nThe lighthouse is built of red brick.\n",
        b"Ships\n\nShips, ships and pilots. " + b"The harbour has a keeper who keeps ships. " * 40,
        make_pdf("The pilot guides ships into the harbour.", "Second page of the notes.", title="Guide"),
        make_pdf(""),
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), NAMES, CONTENTS),
        st.tuples(st.just("remove"), NAMES),
        st.tuples(st.just("rename"), NAMES, NAMES),
        st.tuples(st.just("copy"), NAMES, NAMES),
        st.tuples(st.just("swap"), NAMES, NAMES),
    ),
    max_size=4,
)

#: What a run is asked to index: everything, or a part.
COVERED = st.sampled_from(["", "", "notes"])


#: After how many files a run is interrupted, if it is.
INTERRUPTED = st.sampled_from([None, None, 1, 2])


def interrupt_after(count):
    def interrupt(done, total, path):
        if done == count:
            raise KeyboardInterrupt

    return interrupt


def take(step, documents):
    match step:
        case ("write", name, data):
            (documents / name).write_bytes(data)
        case ("remove", name):
            (documents / name).unlink(missing_ok=True)
        case ("rename", old, new) if (documents / old).exists():
            os.replace(documents / old, documents / new)
        case ("copy", old, new) if old != new and (documents / old).exists():
            shutil.copy(documents / old, documents / new)
        case ("swap", one, other) if one != other and (documents / one).exists() and (documents / other).exists():
            os.rename(documents / one, documents / "third")
            os.rename(documents / other, documents / one)
            os.rename(documents / "third", documents / other)


class TestIncrementalIsFresh:
    @given(st.dictionaries(NAMES, CONTENTS), st.lists(st.tuples(STEPS, COVERED, INTERRUPTED), min_size=1, max_size=4))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_an_index_that_grew_holds_what_a_new_one_holds(self, workers_here, first, rounds):
        with tempfile.TemporaryDirectory() as temporary:
            documents = Path(temporary) / "documents"
            (documents / "notes").mkdir(parents=True)
            for name, data in first.items():
                (documents / name).write_bytes(data)
            index, fresh = OpenIndex(Path(temporary) / "grown.db"), OpenIndex(Path(temporary) / "fresh.db")
            index.update(documents)
            for steps, covered, interrupted in rounds:
                for step in steps:
                    take(step, documents)
                with suppress(KeyboardInterrupt):
                    index.update(documents / covered, on_progress=interrupt_after(interrupted))
                assert check_index(index.db, index.path, analyzer=index.analyzer).sound
            index.update(documents)
            assert_same_as_fresh(index, documents, fresh=fresh)
            index.close()
            fresh.close()

    def test_so_it_is_with_worker_processes_over_the_sample_documents(self, open_index, sample, tmp_path):
        documents = tmp_path / "documents"
        shutil.copytree(sample / "law", documents)
        index, fresh = open_index("grown.db"), open_index("fresh.db")
        index.update(documents, workers=2)
        os.rename(documents / "amendment-20.md", documents / "twentieth.md")
        (documents / "amendment-22.md").unlink()
        with (documents / "constitution.md").open("a") as file:
            file.write("\n\nThe harbour is kept by Marta.\n")
        report = index.update(documents, workers=2)
        assert [len(part) for part in (report.changed, report.moved, report.removed)] == [1, 1, 1]
        assert_same_as_fresh(index, documents, fresh=fresh)
