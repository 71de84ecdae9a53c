"""Following folders: real files that change, and a real process that indexes them until it is interrupted."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading

import pytest

import docqa
from conftest import WorkersHere
from docqa.documents.discovery import find_files, leads_to
from docqa.documents.ignoring import sieve_for
from docqa.errors import IndexLockedError
from docqa.indexing import run
from docqa.indexing.report import IndexReport
from docqa.indexing.watching import _matters, follow, watch_paths

pytest.importorskip("watchfiles")

#: Seconds after which a test gives up: nothing takes nearly so long.
PATIENCE = 60


@pytest.fixture
def documents(tmp_path, monkeypatch):
    """A folder of one text, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOCQA_INDEX", raising=False)
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "pay.txt").write_text("The pilot is paid in silver.\n", encoding="utf-8")
    return folder


class Process:
    """`docqa index --watch` in a process of its own, and the lines that it prints."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "docqa", "index", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.out, self.err = (self._lines(stream) for stream in (self.process.stdout, self.process.stderr))

    def _lines(self, stream):
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line.rstrip("\n")) for line in stream], daemon=True).start()
        return lines

    def line(self):
        return self.out.get(timeout=PATIENCE)

    def report(self):
        return json.loads(self.line())

    def remark(self):
        return self.err.get(timeout=PATIENCE)

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=PATIENCE)


@pytest.fixture
def start():
    """Starts `docqa index` with arguments; what is still running at the end is killed."""
    started = []
    # Where this process ignores interrupts, as in the background of a shell, those that it starts would as well.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def start_one(*arguments):
        started.append(Process(*arguments))
        return started[-1]

    yield start_one
    signal.signal(signal.SIGINT, before)
    for one in started:
        one.process.kill()
        one.process.wait()
        one.process.stdout.close()
        one.process.stderr.close()


def following(*paths):
    return follow(paths, include=(), exclude=(), poll=False)


def soon(reports):
    """The next report of a generator that might wait for ever."""
    found = queue.Queue()

    def wait():
        try:
            found.put(next(reports))
        except BaseException as error:  # noqa: BLE001 - handed on to the test
            found.put(error)

    threading.Thread(target=wait, daemon=True).start()
    result = found.get(timeout=PATIENCE)
    if isinstance(result, BaseException):
        raise result
    return result


@pytest.mark.skipif(os.name == "nt", reason="processes are interrupted in another way there")
class TestProcess:
    def test_what_changes_is_indexed_and_told_in_a_line_and_an_interrupt_is_its_end(self, documents, start):
        process = start("--watch", "documents")
        assert process.line() == "1 added"
        assert process.line() == "docqa.db holds 1 document, 1 paragraph."
        assert process.remark() == "Following documents. Ctrl-C ends it."
        (documents / "new.txt").write_text("The keeper is paid in copper.\n", encoding="utf-8")
        assert process.line().split("  ")[1:] == ["1 added", "documents/new.txt"]
        with docqa.open("docqa.db", create=False) as corpus:
            assert [hit.document.path for hit in corpus.search("copper")] == ["documents/new.txt"]
        os.rename(documents / "new.txt", documents / "old.txt")
        assert process.line().split("  ")[1:] == ["1 moved", "documents/old.txt"]
        (documents / "bad.pdf").write_bytes(b"<html>")
        assert process.line().split("  ")[1:] == ["1 not read"]
        assert "documents/bad.pdf" in process.remark()
        (documents / "pay.txt").unlink()
        assert process.line().split("  ")[1:] == ["1 removed", "documents/pay.txt"]
        assert process.interrupt() == 0
        assert process.remark() == "Not following any more. The index holds what was read so far."
        assert process.err.empty()

    def test_as_json_each_run_is_a_report_in_a_line_and_a_burst_is_one_run(self, documents, tmp_path, start):
        process = start("--watch", "documents", "--json")
        assert process.report()["added"] == ["documents/pay.txt"]
        (tmp_path / "many").mkdir()
        for number in range(30):
            (tmp_path / "many" / f"{number}.txt").write_text(f"This is text number {number}.\n", encoding="utf-8")
        os.rename(tmp_path / "many", documents / "many")
        report = process.report()
        assert (report["schema"], len(report["added"]), len(report["unchanged"])) == ("docqa.index/1", 30, 1)
        shutil.rmtree(documents / "many")
        assert len(process.report()["removed"]) == 30
        assert process.interrupt() == 0

    def test_a_file_that_is_written_bit_by_bit_ends_up_whole(self, documents, start):
        process = start("--watch", "documents", "--json")
        process.report()
        with (documents / "long.txt").open("w", encoding="utf-8") as file:
            for number in range(20):
                file.write(f"Line {number} says something of its own.\n")
                file.flush()
            process.report()
            file.write("The last line is about petroleum.\n")
        report = process.report()
        assert (report["changed"], report["failed"]) == (["documents/long.txt"], [])
        with docqa.open("docqa.db", create=False) as corpus:
            assert corpus.search("petroleum")

    def test_a_folder_that_goes_is_said_and_followed_again_when_it_is_back(self, documents, start):
        process = start("--watch", "documents", "--json")
        process.report()
        process.remark()
        shutil.rmtree(documents)
        assert "documents is gone; its documents stay in the index" in process.remark()
        with docqa.open("docqa.db", create=False) as corpus:
            assert corpus.search("silver")
        documents.mkdir()
        (documents / "new.txt").write_text("The keeper is paid in copper.\n", encoding="utf-8")
        # The folder may have been looked at before the file was in it.
        removed, added = [], []
        while not added:
            report = process.report()
            removed, added = removed + report["removed"], report["added"]
        assert (removed, added) == (["documents/pay.txt"], ["documents/new.txt"])
        (documents / "more.txt").write_text("It is followed again.\n", encoding="utf-8")
        assert process.report()["added"] == ["documents/more.txt"]

    def test_polling_finds_changes_too(self, documents, start):
        process = start("--watch-poll", "documents", "--json")
        process.report()
        (documents / "new.txt").write_text("The keeper is paid in copper.\n", encoding="utf-8")
        assert process.report()["added"] == ["documents/new.txt"]

    def test_a_path_that_is_not_there_is_refused_as_without_watching(self, documents, start):
        process = start("--watch", "nowhere")
        assert process.process.wait(timeout=PATIENCE) == 2
        assert process.remark() == "docqa: There is no file or folder at nowhere; check the path."


class TestOccasions:
    def test_what_a_run_raises_is_told_and_the_next_change_tries_again(self, index, documents):
        told, runs = [], []

        def index_once(there, *, is_first):
            runs.append(there)
            if len(runs) == 2:
                raise IndexLockedError("Another process writes.")
            return IndexReport(added=(str(len(runs)),))

        def trouble(error):
            told.append(error)
            (documents / "b.txt").write_text("Once more.")

        reports = watch_paths(index.db, index.path, following(documents), index_once, trouble)
        assert soon(reports).added == ("1",)
        (documents / "a.txt").write_text("A change.")
        assert soon(reports).added == ("3",)
        assert [str(error) for error in told] == ["Another process writes."]

    def test_a_run_in_which_nothing_changed_is_not_told(self, index, documents):
        reports = iter([IndexReport(added=("a",)), IndexReport(unchanged=("a",)), IndexReport(removed=("a",))])
        runs = []

        def index_once(there, *, is_first):
            runs.append(there)
            report = next(reports)
            (documents / f"{len(runs)}.txt").write_text("A change.")
            return report

        given = watch_paths(index.db, index.path, following(documents), index_once, lambda error: None)
        assert [soon(given).added, soon(given).removed] == [("a",), ("a",)]
        assert runs == [(documents,)] * 3

    def test_what_could_not_be_read_is_tried_again_in_the_first_run_alone(self, index, documents, monkeypatch):
        (documents / "bad.pdf").write_bytes(b"<html>")
        asked = []

        class Spy(WorkersHere):
            def read(self, paths):
                asked.append([path.name for path in paths])
                return super().read(paths)

        monkeypatch.setattr(run, "Workers", Spy)
        with docqa.open("docqa.db") as corpus:
            corpus.index(documents)
            reports = corpus.watch(documents, retry_failed=True, limits=docqa.Limits(pages=5))
            assert len(soon(reports).failed) == 1
            (documents / "new.txt").write_text("The keeper is paid in copper.\n", encoding="utf-8")
            report = soon(reports)
            assert (report.added, len(report.failed)) == (("documents/new.txt",), 1)
        assert asked == [["bad.pdf", "pay.txt"], ["bad.pdf"], ["new.txt"]]

    def test_a_file_that_is_named_itself_is_followed_when_another_one_takes_its_place(self, index, documents):
        file = documents / "pay.txt"

        def index_once(there, *, is_first):
            return index.update(*there, workers=1)

        reports = watch_paths(index.db, index.path, following(file), index_once, lambda error: None)
        assert soon(reports).added == ("documents/pay.txt",)
        for metal in ("copper", "gold"):
            (documents / "draft").write_text(f"The pilot is paid in {metal}.\n", encoding="utf-8")
            os.replace(documents / "draft", file)
            assert soon(reports).changed == ("documents/pay.txt",)
            assert index.search(metal)

    def test_without_the_library_a_sentence_says_what_to_install(self, documents, call, monkeypatch):
        monkeypatch.setitem(sys.modules, "watchfiles", None)
        code, out, err = call("index", "--watch", "documents")
        assert (code, out) == (2, "")
        assert "install it with `pip install watchfiles`" in err


class TestWhatMatters:
    @pytest.fixture
    def tree(self, documents):
        """A folder with all that is left out of an index, and with what is not."""
        for path in (
            "a.txt",
            "photo.jpg",
            ".hidden.txt",
            ".git/config.txt",
            "drafts/b.txt",
            "drafts/keep.txt",
            "deep/er/c.md",
            "node_modules/d.txt",
            "env/pyvenv.cfg",
            "env/e.txt",
            "kept/node_modules/f.txt",
        ):
            (documents / path).parent.mkdir(parents=True, exist_ok=True)
            (documents / path).write_text(f"This is {path}.\n", encoding="utf-8")
        (documents / ".docqaignore").write_text("drafts/*\n!drafts/keep.txt\n", encoding="utf-8")
        (documents / "kept" / ".docqaignore").write_text("!node_modules/\n", encoding="utf-8")
        (documents / "link.txt").symlink_to(documents / "a.txt")
        (documents / "link").symlink_to(documents / "deep")
        return documents

    @pytest.mark.parametrize("globs", [{}, {"include": ["*.txt"]}, {"exclude": ["deep/"]}])
    def test_a_file_matters_exactly_when_it_is_found(self, tree, globs):
        sieve = sieve_for(tree, globs.get("include", ()), globs.get("exclude", ()), tree.parent)
        files = [path for path in tree.rglob("*") if not path.is_dir() and path.name != ".docqaignore"]
        found = find_files([tree], top=tree.parent, **globs)
        assert found
        assert sorted(path for path in files if leads_to(path, tree, sieve)) == sorted(found)

    def test_folders_that_are_looked_into_and_their_rules_matter_and_others_do_not(self, index, tree):
        followed = following(tree)

        def matters(name):
            return _matters(index.db, index.path, tree / name, followed)

        for name in ("deep", "deep/er", "drafts/keep.txt", ".docqaignore", "kept/node_modules", "kept/.docqaignore"):
            assert matters(name), name
        for name in ("node_modules", "env", ".git", ".git/.docqaignore", "env/.docqaignore", "link", "photo.jpg"):
            assert not matters(name), name

    def test_of_what_is_gone_only_that_matters_which_the_index_has(self, index, tree):
        index.update(tree, workers=1)
        followed = following(tree)
        for name in ("a.txt", "deep", "photo.jpg", "node_modules", "drafts"):
            shutil.rmtree(tree / name) if (tree / name).is_dir() else (tree / name).unlink()
        expected = {"a.txt": True, "deep": True, "photo.jpg": False, "node_modules": False, "drafts": True}
        assert {name: _matters(index.db, index.path, tree / name, followed) for name in expected} == expected

    def test_the_index_and_its_journals_do_not_matter_whatever_it_is_called(self, open_index, documents):
        index = open_index("documents/index.txt")
        index.update(documents, workers=1)
        followed = following(documents)
        assert (documents / "index.txt-wal").exists()
        for name in ("index.txt", "index.txt-wal", "index.txt-shm", "index.txt-journal"):
            assert not _matters(index.db, index.path, documents / name, followed)
