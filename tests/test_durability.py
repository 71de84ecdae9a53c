"""A crash at any moment loses no committed document, and readers go on while an index is written."""

import os
import signal
import subprocess
import sys
from collections import Counter
from itertools import count

import pytest

from conftest import OpenIndex, all_postings
from docqa.errors import IndexFileError
from docqa.retrieval.postings import corpus_statistics
from docqa.store.documents import stored_documents
from docqa.store.opening import open_database, reading
from docqa.store.paragraphs import pages_of, paragraphs_of

FILES = 30

#: Indexes a folder in a process group of its own, and prints each document once it is committed. It can end itself
#: by kill -9, workers and all, just before it runs an SQL statement of a given number.
CHILD = """
import os, signal, sqlite3, sys
from itertools import count
from pathlib import Path
from docqa.indexing.run import index_paths
from docqa.retrieval import segments
from docqa.retrieval.analyzer import Analyzer
from docqa.store.opening import open_database

# Few enough that these files are settled into a segment at the end.
segments.FRESH_DOCUMENTS = 5
index, folder, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
connect, statements = sqlite3.connect, count(1)

def trace(statement):
    if next(statements) == last:
        os.killpg(0, signal.SIGKILL)

def connect_traced(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.set_trace_callback(trace)
    return connection

sqlite3.connect = connect_traced
db = open_database(index, create=True)
print("open", flush=True)
# With one worker the statements are the same in every run: which terms are looked up depends on what a worker met before.
report = index_paths(
    db, index, [folder], analyzer=Analyzer(), workers=1, on_progress=lambda done, total, path: print(path, flush=True)
)
print("done", next(statements), flush=True)
"""


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """A folder of text files, each of several paragraphs."""
    folder = tmp_path_factory.mktemp("texts")
    for number in range(FILES):
        sections = (
            f"Section {part}\n\n" + f"The keeper of harbour {number} wrote ship {part} into book {number * part}. " * 8
            for part in range(1, 9)
        )
        (folder / f"{number:02}.txt").write_text("\n\n".join(sections))
    return folder


@pytest.fixture(scope="module")
def fresh(texts, tmp_path_factory):
    """What an index over the texts holds that was made without a crash."""
    index = OpenIndex(tmp_path_factory.mktemp("fresh") / "docqa.db")
    index.update(texts, workers=1)
    held = index.contents()
    index.close()
    return held


def child(index, texts, last=0):
    """The child over an index, to end at a statement or never."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(index), str(texts), str(last)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def whole_run(texts, tmp_path_factory):
    """How many statements a run has that nothing ends."""
    output, _ = child(tmp_path_factory.mktemp("whole") / "docqa.db", texts).communicate()
    return int(output.rpartition("done ")[2])


@pytest.fixture
def start(tmp_path, texts):
    """Starts the child over the index docqa.db, to end at a statement or never; kills what is left of it."""
    started = []

    def start_one(last=0):
        started.append(child(tmp_path / "docqa.db", texts, last))
        return started[-1]

    yield start_one
    for process in started:
        kill(process)
        process.stdout.close()


def kill(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def assert_whole(db):
    """Every document of the index has all its pages, paragraphs and postings, and the statistics are theirs."""
    documents = stored_documents(db)
    lengths, frequencies = {}, Counter()
    for document in documents:
        pages = {page.number: page.text for page in pages_of(db, document.id)}
        paragraphs = paragraphs_of(db, document.id)
        assert (document.status, document.pages, document.paragraphs) == ("ok", len(pages), len(paragraphs))
        assert [entry.number for entry in paragraphs] == list(range(len(paragraphs)))
        for entry in paragraphs:
            paragraph = entry.paragraph
            words = pages[paragraph.page][paragraph.start : paragraph.end].split()
            assert words == paragraph.text.split()
    for row in db.query("SELECT id, terms FROM paragraphs"):
        lengths[row["id"]] = row["terms"]
    for (_, paragraph), (frequency, length) in all_postings(db).items():
        assert length == lengths[paragraph]
        frequencies[paragraph] += frequency
    assert frequencies == lengths
    count, mean = corpus_statistics(db)
    assert count == len(lengths) == sum(document.paragraphs for document in documents)
    assert mean * count == pytest.approx(sum(lengths.values()))
    return documents


def assert_survived(tmp_path, texts, printed, fresh):
    """The index opens, is whole, has every document that was committed, and the next run completes it."""
    index = OpenIndex(tmp_path / "docqa.db")
    assert index.db.conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert index.db.conn.execute("PRAGMA foreign_key_check").fetchall() == []
    survived = {document.path for document in assert_whole(index.db)}
    assert survived >= set(printed)
    # One document can be committed and not yet printed.
    assert len(survived) <= len(printed) + 1
    report = index.update(texts)
    assert set(report.unchanged) == survived
    assert len(report.added) == FILES - len(survived)
    assert index.contents() == fresh
    index.close()


def printed_by(process):
    return [line.rstrip("\n") for line in process.stdout if line != "open\n" and not line.startswith("done")]


@pytest.mark.usefixtures("workers_here")
class TestCrash:
    @pytest.mark.parametrize("after", [0, 1, 2, 9, FILES - 1])
    def test_kill_9_after_so_many_files_loses_none_of_them(self, start, tmp_path, texts, fresh, after):
        process = start()
        printed = []
        for line in process.stdout:
            printed.append(line.rstrip("\n"))
            if len(printed) == after + 1:
                break
        kill(process)
        printed += printed_by(process)
        assert printed.pop(0) == "open"
        assert_survived(tmp_path, texts, printed, fresh)

    @pytest.mark.parametrize("statement", [1, 5, 6, 7, 8, 60, 131, 150, 180, 250, 700, 1000])
    def test_kill_9_inside_a_transaction_leaves_nothing_half_done(self, start, tmp_path, texts, fresh, statement):
        process = start(statement)
        printed = printed_by(process)
        assert process.wait() == -signal.SIGKILL
        assert len(printed) < FILES
        assert_survived(tmp_path, texts, printed, fresh)

    @pytest.mark.parametrize("before_the_end", [1, 2, 5, 20, 35])
    def test_kill_9_while_documents_are_settled_into_a_segment_loses_none(
        self, start, tmp_path, texts, fresh, whole_run, before_the_end
    ):
        process = start(whole_run - before_the_end)
        printed = printed_by(process)
        assert process.wait() == -signal.SIGKILL
        assert len(printed) == FILES
        assert_survived(tmp_path, texts, printed, fresh)

    def test_crash_upon_crash_the_index_is_completed_in_the_end(self, start, tmp_path, texts, fresh):
        for statement in count(700, 50):
            process = start(statement)
            printed_by(process)
            if process.wait() == 0:
                break
            assert process.returncode == -signal.SIGKILL
        index = OpenIndex(tmp_path / "docqa.db")
        assert len(assert_whole(index.db)) == FILES
        assert index.contents() == fresh
        index.close()


class TestReadersWhileWriting:
    def test_each_state_a_reader_sees_is_whole_and_none_goes_back(self, start, tmp_path):
        process = start()
        assert process.stdout.readline() == "open\n"
        db = open_database(tmp_path / "docqa.db", create=False)
        seen = []
        while process.poll() is None:
            with reading(db):
                seen.append(len(assert_whole(db)))
        assert process.returncode == 0
        assert seen == sorted(seen)
        assert len(set(seen)) > 1
        with reading(db):
            assert len(assert_whole(db)) == FILES
        db.close()

    def test_a_reader_that_comes_before_the_index_is_made_is_told_so(self, tmp_path):
        with pytest.raises(IndexFileError, match="docqa index FOLDER"):
            open_database(tmp_path / "docqa.db", create=False)
