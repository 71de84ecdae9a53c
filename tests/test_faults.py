"""Two writers, files that vanish under a process, damage, a full disk: nothing is lost, nothing wrong is said."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import docqa
from docqa.errors import DamagedIndexError, IndexFileError, IndexLockedError, IndexNotFoundError
from docqa.indexing import run
from docqa.store import sole_writer as lock
from docqa.store.opening import sqlite_errors
from docqa.store.sole_writer import lock_file, sole_writer

#: Takes the lock of an index, says so, and waits to be ended.
HOLDER = """
import sys, time
from pathlib import Path
from docqa.store.sole_writer import sole_writer
with sole_writer(Path(sys.argv[1]), "docqa index"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def corpus(folder, tmp_path, workers_here):
    """An index over the folder, open."""
    with docqa.open(tmp_path / "docqa.db") as opened:
        opened.index(folder)
        yield opened


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of docqa.db."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "docqa.db")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


class TestTwoWriters:
    def test_the_second_is_told_for_whom_it_waits_and_who_still_writes(self, corpus, folder, holder):
        told = []
        with pytest.raises(IndexLockedError) as caught:
            corpus.index(folder, wait=0.2, on_wait=lambda who, seconds: told.append((who, seconds)))
        ((who, seconds),) = told
        assert (who.process, who.work, seconds) == (holder.pid, "docqa index", 0.2)
        said = str(caught.value)
        assert re.search(
            rf"process {holder.pid} on {re.escape(who.host)} \(docqa index, since \d{{4}}-\d\d-\d\d ", said
        )
        assert "--wait SECONDS" in said

    def test_the_second_goes_on_when_the_first_is_done(self, corpus, folder, tmp_path):
        waiting, done = threading.Event(), []
        with sole_writer(tmp_path / "docqa.db", "docqa index"):
            second = threading.Thread(
                target=lambda: done.append(corpus.index(folder, on_wait=lambda who, seconds: waiting.set()))
            )
            second.start()
            assert waiting.wait(60)
            assert not done
        second.join()
        assert len(done[0].unchanged) == 3

    def test_a_repair_is_a_writer_too(self, corpus, holder):
        with pytest.raises(IndexLockedError, match=f"process {holder.pid} on "):
            corpus.repair(wait=0)

    def test_others_read_meanwhile(self, corpus, holder):
        assert corpus.search("treaty")
        assert corpus.check().sound

    def test_a_process_that_was_killed_holds_nothing(self, corpus, folder, holder, tmp_path):
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert lock_file(tmp_path / "docqa.db").exists()
        told = []
        corpus.index(folder, wait=0, on_wait=lambda who, seconds: told.append(who))
        assert not told
        assert not lock_file(tmp_path / "docqa.db").exists()

    def test_what_a_dead_process_wrote_is_not_told_of_another_that_has_not_written_yet(
        self, corpus, folder, holder, tmp_path, monkeypatch
    ):
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        monkeypatch.setattr(lock, "_record", lambda *arguments: None)
        with (
            sole_writer(tmp_path / "docqa.db", "docqa index"),
            pytest.raises(IndexLockedError, match="by another process;"),
        ):
            corpus.index(folder, wait=0)

    @pytest.mark.parametrize(
        "record", ["", "{", "[]", '{"process": 1}', '{"process": "x", "host": 1, "work": 2, "since": 3}']
    )
    def test_a_record_that_says_nothing_is_another_process(self, corpus, folder, tmp_path, record):
        with sole_writer(tmp_path / "docqa.db", "docqa index"):
            lock_file(tmp_path / "docqa.db").write_text(record)
            with pytest.raises(IndexLockedError, match="by another process;"):
                corpus.index(folder, wait=0)

    def test_a_holder_of_another_user_or_on_another_host_is_believed(self, corpus, folder, tmp_path, monkeypatch):
        def not_mine(process, number):
            raise PermissionError

        with sole_writer(tmp_path / "docqa.db", "docqa index"):
            monkeypatch.setattr(os, "kill", not_mine)
            with pytest.raises(IndexLockedError, match=f"process {os.getpid()} on"):
                corpus.index(folder, wait=0)
            record = {
                "process": 2**22 + 1,
                "host": "elsewhere",
                "work": "docqa index",
                "since": "2026-01-02T03:04:05+00:00",
            }
            lock_file(tmp_path / "docqa.db").write_text(json.dumps(record))
            with pytest.raises(IndexLockedError, match=f"process {2**22 + 1} on elsewhere"):
                corpus.index(folder, wait=0)

    def test_the_one_before_may_remove_the_file_just_before_it_is_locked(self, tmp_path, monkeypatch):
        taken = lock._lock

        def remove_first(descriptor):
            monkeypatch.setattr(lock, "_lock", taken)
            lock_file(tmp_path / "docqa.db").unlink()
            return taken(descriptor)

        monkeypatch.setattr(lock, "_lock", remove_first)
        with sole_writer(tmp_path / "docqa.db", "docqa index"):
            assert json.loads(lock_file(tmp_path / "docqa.db").read_text())["process"] == os.getpid()

    def test_a_lock_that_another_made_is_not_removed(self, tmp_path):
        with sole_writer(tmp_path / "docqa.db", "docqa index"):
            lock_file(tmp_path / "docqa.db").unlink()
            lock_file(tmp_path / "docqa.db").write_text("another's")
        assert lock_file(tmp_path / "docqa.db").read_text() == "another's"

    def test_an_index_named_by_a_link_has_the_lock_of_the_file(self, corpus, folder, tmp_path):
        (tmp_path / "link.db").symlink_to(tmp_path / "docqa.db")
        with (
            sole_writer(tmp_path / "link.db", "docqa index"),
            pytest.raises(IndexLockedError),
        ):
            corpus.index(folder, wait=0)

    def test_a_link_in_the_place_of_the_lock_is_not_followed(self, corpus, folder, tmp_path):
        (tmp_path / "precious.txt").write_text("precious")
        lock_file(tmp_path / "docqa.db").symlink_to(tmp_path / "precious.txt")
        with pytest.raises(IndexFileError, match="cannot be written to"):
            corpus.index(folder)
        assert (tmp_path / "precious.txt").read_text() == "precious"

    @pytest.mark.parametrize("fault", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.ENOLCK])
    def test_where_no_lock_can_be_had_the_sentence_says_why(self, corpus, folder, monkeypatch, fault):
        def refuse(descriptor):
            raise OSError(fault, os.strerror(fault))

        monkeypatch.setattr(lock, "_lock", refuse)
        with pytest.raises(IndexFileError, match=f"cannot be written to: {os.strerror(fault)} in the folder"):
            corpus.index(folder)

    def test_where_no_record_can_be_written_the_sentence_says_why(self, corpus, folder, monkeypatch, tmp_path):
        def full(descriptor, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(lock.os, "write", full)
        with pytest.raises(IndexFileError, match="No space left"):
            corpus.index(folder)
        assert not lock_file(tmp_path / "docqa.db").exists()

    def test_the_command_says_so_in_one_line_and_waits_as_long_as_it_is_told(self, corpus, call, folder, holder):
        code, out, err = call("index", folder, "--wait", "0")
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert f"process {holder.pid} on " in err
        code, out, err = call("index", folder, "--wait", "0.1")
        assert code == 2
        assert re.match(rf"docqa\.db is being written to by process {holder.pid} .+; waiting for up to 0\.1 s\.\n", err)


class TestVanishedUnderAProcess:
    """Files of the index that go or change while they are open."""

    @pytest.mark.parametrize("part", ["", "-wal", "-shm"])
    @pytest.mark.parametrize("replaced", [False, True])
    def test_a_reader_says_so_and_answers_nothing_more(self, corpus, tmp_path, part, replaced):
        assert corpus.search("treaty")
        gone = tmp_path / f"docqa.db{part}"
        if replaced:
            shutil.copy(gone, tmp_path / "copy")
        gone.unlink()
        if replaced:
            (tmp_path / "copy").rename(gone)
        for use in (lambda: corpus.search("treaty"), corpus.documents, corpus.info, corpus.check, corpus.verify):
            with pytest.raises(IndexNotFoundError, match=r"replaced.+docqa index FOLDER"):
                use()

    @pytest.mark.parametrize("part", ["", "-wal", "-shm"])
    def test_a_writer_commits_nothing_that_would_be_lost(self, corpus, folder, tmp_path, part):
        (folder / "new.txt").write_text("The mole is new.")
        (folder / "next.txt").write_text("The mole is old.")

        def delete(done, total, name):
            (tmp_path / f"docqa.db{part}").unlink(missing_ok=True)

        with pytest.raises(IndexNotFoundError, match="The documents are untouched"):
            corpus.index(folder, on_progress=delete)
        corpus.close()
        with docqa.open(tmp_path / "docqa.db") as again:
            assert again.check().sound
            assert len(again.documents()) == (4 if part else 0)

    def test_an_index_is_still_there_when_the_current_folder_is_another(self, corpus, folder, tmp_path, monkeypatch):
        assert corpus.search("treaty")
        monkeypatch.chdir(folder)
        assert corpus.search("treaty")

    @pytest.mark.parametrize("overwritten", ["cut short", "garbage"])
    def test_a_file_that_is_overwritten_is_damaged(self, corpus, tmp_path, overwritten):
        corpus.close()
        with docqa.open(tmp_path / "docqa.db", create=False) as reader:
            size = (tmp_path / "docqa.db").stat().st_size
            if overwritten == "cut short":
                os.truncate(tmp_path / "docqa.db", 9000)
            else:
                with (tmp_path / "docqa.db").open("r+b") as file:
                    file.seek(4096)
                    file.write(b"\xa5" * (size - 4096))
            with pytest.raises(DamagedIndexError):
                reader.search("treaty")

    def test_documents_stay_when_their_folder_vanishes_while_they_are_read(self, corpus, folder, tmp_path, monkeypatch):
        for file in folder.glob("*.txt"):
            file.write_text("The mole is new.")

        class Vanishing(run.Workers):
            def read(self, paths):
                folder.rename(tmp_path / "elsewhere")
                yield from super().read(paths)

        monkeypatch.setattr(run, "Workers", Vanishing)
        before = {document.path: document.sha256 for document in corpus.documents()}
        (failure,) = corpus.index(folder).failed
        assert (failure.path, failure.code) == ("documents/report.txt", "FILE-UNREADABLE")
        assert "its document stays" in failure.sentence
        assert {document.path: document.sha256 for document in corpus.documents()} == before
        assert corpus.search("lighthouse")


class TestDamage:
    """What SQLite does not notice."""

    def spoil(self, corpus, statement, *values):
        corpus._db.conn.execute(statement, values)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE pages SET text = replace(text, 'Marta Olsen', 'Carla Olsen')",
            "UPDATE paragraphs SET text = replace(text, 'Marta Olsen', 'Carla Olsen')",
            "UPDATE paragraphs SET runs = zeroblob(length(runs))||x'01'",
            "UPDATE paragraphs SET headings = '{'",
            "UPDATE paragraphs SET page = 77",
            "DELETE FROM paragraphs",
            "DELETE FROM pages",
            "UPDATE fresh SET data = 7",
        ],
    )
    def test_no_answer_is_given_from_text_that_contradicts_itself(self, corpus, statement):
        from docqa.answers.ask import AskOptions, find
        from docqa.retrieval.analyzer import Analyzer
        from docqa.retrieval.bm25 import Parameters

        self.spoil(corpus, "PRAGMA foreign_keys = OFF")
        self.spoil(corpus, statement)
        with pytest.raises(DamagedIndexError, match=r"`docqa check`|malformed"), sqlite_errors(corpus.path):
            find(
                corpus._db,
                corpus.path,
                "Who signed the treaty?",
                AskOptions(),
                analyzer=Analyzer(),
                parameters=Parameters(),
            )

    def test_text_that_is_no_text_any_more_is_damage(self, corpus):
        self.spoil(corpus, "UPDATE paragraphs SET text = CAST(x'fffe' AS TEXT)")
        with pytest.raises(DamagedIndexError, match="Could not decode to UTF-8 column 'text'\\)"):
            corpus.search("treaty")


class TestFullDisk:
    def fill(self, folder, files=40):
        for number in range(files):
            (folder / f"{number}.txt").write_text(f"The keeper of harbour {number} was paid in silver. " * 20)

    def test_what_was_committed_stays_and_the_next_run_does_the_rest(self, corpus, folder, tmp_path):
        self.fill(folder)
        told = []
        (pages,) = corpus._db.conn.execute("PRAGMA page_count").fetchone()
        corpus._db.conn.execute(f"PRAGMA max_page_count = {pages + 20}")
        with pytest.raises(IndexFileError, match="is full; free some space"):
            corpus.index(folder, on_progress=lambda done, total, name: told.append(name))
        assert corpus.check().sound
        assert {document.path for document in corpus.documents()} >= set(told) != set()
        corpus._db.conn.execute("PRAGMA max_page_count = 1000000")
        assert len(corpus.index(folder).added) == 40 - len(told)
        assert corpus.check().sound

    @pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="there is no such limit here")
    def test_a_limit_on_the_size_of_files_is_told(self, folder, tmp_path):
        self.fill(folder)
        limited = (
            "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
            "from docqa.cli import main; main(sys.argv[1:])"
        )
        outcome = subprocess.run(
            [sys.executable, "-c", limited, "index", str(folder), "--workers", "1"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.returncode == 2
        assert re.fullmatch(r"docqa: [^\n]+a limit on the size of files was met[^\n]+\n", outcome.stderr)
        with docqa.open(tmp_path / "docqa.db", create=False) as corpus:
            assert corpus.check().sound
            assert corpus.documents()

    def test_an_error_of_a_disk_without_space_is_told_as_that(self, corpus, tmp_path, monkeypatch):
        import sqlite3
        from types import SimpleNamespace

        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
        with pytest.raises(IndexFileError, match="is full"), sqlite_errors(tmp_path / "docqa.db"):
            raise sqlite3.OperationalError("disk I/O error")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="workers are found in /proc")
class TestKills:
    @pytest.fixture
    def faults(self, monkeypatch):
        """The benchmark, of which this is a short run."""
        monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "benchmarks"))
        import faults

        return faults

    def test_a_dozen_kills_lose_nothing_and_give_no_wrong_answer(self, faults, tmp_path, workers_here):
        # Files for comparison are read in this process.
        rounds, last = faults.kill_again_and_again(tmp_path, 12, seed=7, files=12)
        counts = [*rounds.counts.values(), last]
        assert sum(count.rounds for count in counts) == 13
        assert [sentence for count in counts for sentence in count.said] == []
        assert rounds.asked

        # What it looks for it finds.
        spoilt = faults.Count()
        told = [document for document in rounds.held() if document.endswith(".txt")]
        with docqa.open(rounds.index) as corpus:
            corpus._db.conn.execute("UPDATE paragraphs SET text = 'silver ' || text")
            corpus._db.conn.execute("UPDATE documents SET sha256 = 'x' WHERE path = ?", [told[0]])
        rounds.look(spoilt, rounds.held() | {told[0]: "y"}, told)
        assert (spoilt.lost > 0, spoilt.wrong > 0, spoilt.unsound > 0) == (True, True, True)
