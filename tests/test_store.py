"""The index file: its marks, its errors, its transactions."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.documents.document import Document, Page
from docqa.errors import (
    DamagedIndexError,
    IndexFileError,
    IndexLockedError,
    IndexNotFoundError,
    NewerIndexError,
    NotAnIndexError,
)
from docqa.indexing.changes import find_changes
from docqa.paragraphs.paragraph import PageBreak, Paragraph, Run, SpelledRun
from docqa.store import opening
from docqa.store.documents import (
    FileState,
    add_document,
    add_failure,
    documents_by_id,
    get_setting,
    move_document,
    remove_document,
    set_setting,
    stored_documents,
)
from docqa.store.offsets import pack_runs, unpack_runs
from docqa.store.opening import index_path, open_database, reading, sqlite_errors, writing
from docqa.store.paragraphs import page_of, pages_of, paragraphs_by_id, paragraphs_of, set_terms
from docqa.store.schema import APPLICATION_ID, SCHEMA_VERSION

STATE = FileState("sea/tides.pdf", "ab" * 32, 1234, 1700000000.5)
DOCUMENT = Document(
    (Page(1, "High  tide\n", "i"), Page(2, "Low tide.", None)), "Tides", "pypdf", "7.1", ("Page 3 could not be read.",)
)
PARAGRAPHS = (
    Paragraph(1, "High tide", (Run(0, 0, 4), Run(5, 6, 4)), ("Tides", "The “sea”")),
    Paragraph(2, "Low tide.", (Run(0, 0, 9),)),
)
#: A document of one paragraph that goes on over its page break, under a running header.
BROKEN = Document((Page(1, "High"), Page(2, "Tides\n tide", left_out=((0, 5),))), "", "pypdf", "7.1")
GOES_ON = Paragraph(1, "High tide", (Run(0, 0, 4), Run(5, 7, 4)), (), PageBreak(1, 2))


@pytest.fixture
def opened(tmp_path):
    """Opens the index tides.db, and closes what was opened."""
    databases = []

    def open_one(*, create=True):
        databases.append(open_database(tmp_path / "tides.db", create=create))
        return databases[-1]

    yield open_one
    for db in databases:
        db.close()


def add(db, state=STATE):
    with writing(db):
        return add_document(db, state, DOCUMENT, PARAGRAPHS, [2, 2])


def add_page_of_no_document(db):
    # Deferred, so that it is the commit that fails.
    db.conn.execute("PRAGMA defer_foreign_keys = ON")
    db["pages"].insert({"document": 99, "number": 1, "text": "lost"})


def foreign_file(path, *, journal="delete"):
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.execute("INSERT INTO recipes VALUES ('soup')")
    connection.commit()
    return connection


def everything_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class TestMarks:
    def test_a_new_index_is_marked_as_docqas_and_in_wal_mode(self, opened):
        db = opened()
        pragmas = {
            name: db.conn.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "journal_mode", "foreign_keys")
        }
        assert pragmas == {
            "application_id": APPLICATION_ID,
            "user_version": SCHEMA_VERSION,
            "journal_mode": "wal",
            "foreign_keys": 1,
        }

    def test_the_mark_says_docq_in_the_files_header(self, opened, tmp_path):
        opened()
        assert (tmp_path / "tides.db").read_bytes()[68:72] == b"docq"

    def test_migrations_are_recorded_by_name(self, opened):
        names = [row["name"] for row in opened()["_sqlite_migrations"].rows]
        assert names == [
            "m001_documents_pages_paragraphs",
            "m002_postings",
            "m003_segments",
            "m004_page_breaks",
            "m005_copies",
            "m006_metadata",
            "m007_page_extractor",
            "m008_packed_postings",
        ]

    def test_opening_again_changes_nothing(self, opened, tmp_path):
        opened().close()
        before = (tmp_path / "tides.db").read_bytes()
        opened().close()
        opened(create=False).close()
        assert (tmp_path / "tides.db").read_bytes() == before

    def test_an_empty_file_becomes_an_index(self, opened, tmp_path):
        (tmp_path / "tides.db").touch()
        assert stored_documents(opened()) == []

    def test_there_is_no_pickle_in_the_file(self, opened):
        db = opened()
        add(db)
        columns = {row["type"] for table in db.tables for row in db.query(f"PRAGMA table_info([{table.name}])")}
        assert columns <= {"INTEGER", "TEXT", "FLOAT", "REAL", "BLOB"}
        assert pack_runs([Run(1, 2, 3)]) == b"\1\0\0\0\2\0\0\0\3\0\0\0"

    def test_several_at_once_may_make_the_same_index(self, tmp_path):
        for attempt in range(5):
            path = tmp_path / f"{attempt}.db"
            start = threading.Barrier(4)
            outcomes = []

            def make(path=path, start=start, outcomes=outcomes):
                start.wait()
                db = open_database(path, create=True)
                outcomes.append(db["documents"].count)
                db.close()

            threads = [threading.Thread(target=make) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert outcomes == [0, 0, 0, 0]


class TestRefusals:
    def refusal(self, path, kind, *, create):
        with pytest.raises(IndexFileError) as caught:
            open_database(path, create=create).close()
        assert type(caught.value) is kind
        assert "\n" not in str(caught.value)
        return str(caught.value)

    def test_a_missing_index_is_named_with_the_command_that_makes_one(self, tmp_path):
        path = tmp_path / "tides.db"
        assert self.refusal(path, IndexNotFoundError, create=False) == (
            f"There is no index at {path}; make one with `docqa index FOLDER`, or name another with --index."
        )
        assert not path.exists()

    def test_the_folder_of_a_new_index_must_be_there(self, tmp_path):
        assert self.refusal(tmp_path / "no" / "tides.db", IndexFileError, create=True) == (
            f"The folder of the index, {tmp_path / 'no'}, does not exist; make it first."
        )

    @pytest.mark.parametrize("create", [True, False])
    def test_a_folder_is_no_index(self, tmp_path, create):
        assert self.refusal(tmp_path, NotAnIndexError, create=create) == (
            f"{tmp_path} is a folder, not an index; name a file, such as {tmp_path / 'docqa.db'}."
        )

    @pytest.mark.parametrize("create", [True, False])
    def test_a_pipe_is_no_index_and_is_not_waited_for(self, tmp_path, create):
        path = tmp_path / "pipe"
        os.mkfifo(path)
        assert "is not a file" in self.refusal(path, NotAnIndexError, create=create)

    @pytest.mark.parametrize("create", [True, False])
    @pytest.mark.parametrize("data", [b"%PDF-1.7\n...", b"x"])
    def test_a_pdf_is_no_index_and_is_left_as_it_is(self, tmp_path, data, create):
        path = tmp_path / "tides.pdf"
        path.write_bytes(data)
        assert self.refusal(path, NotAnIndexError, create=create) == (
            f"{path} is not an index of docqa; it is left as it is. Name another file with --index."
        )
        assert everything_in(tmp_path) == {"tides.pdf": data}

    def test_an_empty_file_is_no_index_to_read_from(self, tmp_path):
        path = tmp_path / "tides.db"
        path.touch()
        self.refusal(path, NotAnIndexError, create=False)
        assert everything_in(tmp_path) == {"tides.db": b""}

    @pytest.mark.parametrize("create", [True, False])
    def test_another_programs_sqlite_file_is_left_as_it_is(self, tmp_path, create):
        path = tmp_path / "recipes.db"
        foreign_file(path).close()
        before = everything_in(tmp_path)
        assert self.refusal(path, NotAnIndexError, create=create) == (
            f"{path} is an SQLite file of another program; it is left as it is. Name another file with --index."
        )
        assert everything_in(tmp_path) == before

    @pytest.mark.parametrize("create", [True, False])
    def test_another_programs_unfinished_wal_file_is_left_as_it_is(self, tmp_path, create):
        source, copy = tmp_path / "source", tmp_path / "copy"
        source.mkdir()
        copy.mkdir()
        connection = foreign_file(source / "recipes.db", journal="wal")
        for name, data in everything_in(source).items():
            if not name.endswith("-shm"):
                (copy / name).write_bytes(data)
        connection.close()
        before = everything_in(copy)
        assert before["recipes.db-wal"]
        self.refusal(copy / "recipes.db", NotAnIndexError, create=create)
        assert everything_in(copy) == before

    @pytest.mark.parametrize("create", [True, False])
    def test_an_index_of_a_newer_version_is_refused(self, opened, tmp_path, create):
        db = opened()
        db.conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        db.close()
        path = tmp_path / "tides.db"
        before = everything_in(tmp_path)
        assert self.refusal(path, NewerIndexError, create=create) == (
            f"The index {path} was written by a newer docqa (version {SCHEMA_VERSION + 1} of its tables, this one "
            f"knows {SCHEMA_VERSION}); update docqa, or index the documents into another file."
        )
        assert everything_in(tmp_path) == before

    @pytest.mark.parametrize("create", [True, False])
    @pytest.mark.parametrize("length", [20, 60, 80, 500, 4096, 10000])
    def test_a_truncated_index_is_called_damaged(self, opened, tmp_path, length, create):
        db = opened()
        add(db)
        db.close()
        path = tmp_path / "tides.db"
        path.write_bytes(path.read_bytes()[:length])
        sentence = self.refusal(path, DamagedIndexError, create=create)
        assert sentence.startswith(f"The index {path} is damaged (")
        assert sentence.endswith("delete it and index the documents again, they are untouched.")

    def test_damage_met_later_is_called_damage_too(self, opened, tmp_path):
        db = opened()
        for number in range(200):
            add(db, FileState(f"{number}.pdf", "", 0, 0.0))
        db.close()
        path = tmp_path / "tides.db"
        data = bytearray(path.read_bytes())
        data[4096:] = b"\xa5" * (len(data) - 4096)
        path.write_bytes(data)
        db = opened(create=False)
        with pytest.raises(DamagedIndexError), sqlite_errors(path):
            stored_documents(db)

    @pytest.mark.parametrize("create", [True, False])
    def test_a_name_that_is_too_long_is_refused_with_the_systems_words(self, tmp_path, create):
        path = tmp_path / ("x" * 300)
        assert self.refusal(path, IndexFileError, create=create) == (
            f"The index {path} cannot be opened: File name too long."
        )

    @pytest.mark.parametrize(
        ("faults", "patience", "outcome"),
        [
            ([sqlite3.SQLITE_BUSY] * 3, 30, None),
            ([sqlite3.SQLITE_BUSY] * 3, -1, sqlite3.SQLITE_BUSY),
            ([sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR], 30, sqlite3.SQLITE_IOERR),
        ],
    )
    def test_a_new_index_waits_for_another_process_that_makes_it_too(self, monkeypatch, faults, patience, outcome):
        class Connection:
            def execute(self, statement):
                if faults:
                    error = sqlite3.OperationalError("database is locked")
                    error.sqlite_errorcode = faults.pop(0)
                    raise error

        monkeypatch.setattr(opening, "LOCK_SECONDS", patience)
        monkeypatch.setattr(opening.time, "sleep", lambda seconds: None)
        if outcome is None:
            opening._begin_wal(Connection())
            assert not faults
        else:
            with pytest.raises(sqlite3.OperationalError) as caught:
                opening._begin_wal(Connection())
            assert caught.value.sqlite_errorcode == outcome

    def test_an_index_that_was_begun_and_not_finished_asks_to_be_completed(self, opened, tmp_path):
        connection = sqlite3.connect(tmp_path / "tides.db")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.close()
        assert "run `docqa index FOLDER` to complete it" in self.refusal(
            tmp_path / "tides.db", IndexNotFoundError, create=False
        )
        assert stored_documents(opened()) == []

    def test_a_second_writer_gives_up_after_a_while(self, opened, tmp_path, monkeypatch):
        monkeypatch.setattr(opening, "LOCK_SECONDS", 0.05)
        first, second = opened(), opened()
        with (
            writing(first),
            pytest.raises(IndexLockedError, match="Another process has been writing"),
            sqlite_errors(tmp_path / "tides.db"),
            writing(second),
        ):
            pass

    @pytest.mark.parametrize(
        ("message", "words"),
        [
            ("database or disk is full", "is full; free some space"),
            ("attempt to write a readonly database", "check the permissions of its folder"),
            ("unable to open database file", "check the permissions of its folder"),
            ("no such table: pages", "SQLite says 'no such table: pages'"),
        ],
    )
    def test_other_errors_of_sqlite_become_a_sentence(self, tmp_path, message, words):
        with pytest.raises(IndexFileError, match=words), sqlite_errors(tmp_path / "tides.db"):
            raise sqlite3.OperationalError(message)


class TestTransactions:
    def test_a_writer_commits_all_or_nothing(self, opened):
        db = opened()
        with pytest.raises(ValueError, match="argument 10 is longer"), writing(db):
            add_document(db, STATE, DOCUMENT, PARAGRAPHS, [2, 2, 2])
        counts = [db[name].count for name in ("documents", "pages", "paragraphs")]
        assert counts == [0, 0, 0]
        assert not db.conn.in_transaction

    def test_a_commit_that_fails_leaves_no_transaction_open(self, opened):
        db = opened()
        with pytest.raises(sqlite3.IntegrityError), writing(db):
            add_page_of_no_document(db)
        assert not db.conn.in_transaction
        add(db)

    def test_a_reader_sees_the_last_committed_state_while_a_writer_writes(self, opened):
        writer, reader = opened(), opened(create=False)
        add(writer)
        with writing(writer):
            add_failure(writer, FileState("b.pdf", "", 0, 0.0), "PDF-EMPTY", "The file is empty.")
            assert [document.path for document in stored_documents(reader)] == [STATE.path]
        assert [document.path for document in stored_documents(reader)] == ["b.pdf", STATE.path]

    def test_a_reader_sees_one_state_through_a_whole_transaction(self, opened):
        writer, reader = opened(), opened(create=False)
        with reading(reader):
            before = stored_documents(reader)
            add(writer)
            assert stored_documents(reader) == before
            with reading(reader):
                assert stored_documents(reader) == before
            assert reader.conn.in_transaction
        assert len(stored_documents(reader)) == 1
        assert not reader.conn.in_transaction

    def test_another_process_reads_while_one_writes(self, opened, tmp_path):
        writer = opened()
        add(writer)
        code = (
            "import sys; from pathlib import Path; from docqa.store.opening import open_database; "
            "print(open_database(Path(sys.argv[1]), create=False)['documents'].count)"
        )
        with writing(writer):
            remove_document(writer, 1)
            result = subprocess.run(
                [sys.executable, "-c", code, str(tmp_path / "tides.db")], capture_output=True, text=True, check=True
            )
        assert result.stdout == "1\n"


class TestDocuments:
    def test_a_document_is_read_back_as_it_was_stored(self, opened):
        db = opened()
        number, ids = add(db)
        (stored,) = stored_documents(db)
        assert (stored.path, stored.sha256, stored.size, stored.modified) == (
            STATE.path,
            STATE.sha256,
            STATE.size,
            STATE.modified,
        )
        assert (stored.id, stored.title, stored.pages, stored.paragraphs) == (number, "Tides", 2, 2)
        assert (stored.status, stored.code, stored.error) == ("partial", "PAGES-FAILED", "Page 3 could not be read.")
        assert (stored.extractor, stored.extractor_version) == ("pypdf", "7.1")
        assert pages_of(db, number) == list(DOCUMENT.pages)
        assert page_of(db, number, 2) == DOCUMENT.pages[1]
        entries = paragraphs_of(db, number)
        assert tuple(entry.paragraph for entry in entries) == PARAGRAPHS
        assert [(entry.id, entry.document, entry.number) for entry in entries] == [
            (ids[0], number, 0),
            (ids[1], number, 1),
        ]
        assert paragraphs_by_id(db, [ids[1]]) == {ids[1]: entries[1]}
        assert documents_by_id(db, [number, number]) == {number: stored}

    def test_pages_are_stored_with_every_character_they_have(self, opened):
        db = opened()
        text = "\0 \r\n\u2028 \ufeff\U0001f600 e\u0301\n\n"
        with writing(db):
            number, _ = add_document(db, STATE, Document((Page(1, text),), "", "text", "1"), [], [])
        assert page_of(db, number, 1).text == text

    def test_asking_for_nothing_gives_nothing(self, opened):
        db = opened()
        assert paragraphs_by_id(db, []) == {}
        assert documents_by_id(db, []) == {}

    def test_documents_come_in_the_order_of_their_paths(self, opened):
        db = opened()
        for path in ("b.txt", "a/c.txt", "B.txt"):
            add(db, FileState(path, "", 0, 0.0))
        assert [document.path for document in stored_documents(db)] == ["B.txt", "a/c.txt", "b.txt"]

    def test_a_removed_document_leaves_nothing_behind(self, opened):
        db = opened()
        number, _ = add(db)
        other, _ = add(db, FileState("other.pdf", "", 0, 0.0))
        with writing(db):
            remove_document(db, number)
        assert [document.id for document in stored_documents(db)] == [other]
        assert pages_of(db, number) == []
        assert paragraphs_of(db, number) == []
        assert len(paragraphs_of(db, other)) == 2

    def test_a_document_with_postings_cannot_be_removed(self, opened):
        db = opened()
        number, _ = add(db)
        db["fresh"].insert({"document": number, "entries": 0, "data": b""})
        with pytest.raises(sqlite3.IntegrityError), writing(db):
            remove_document(db, number)
        assert len(stored_documents(db)) == 1

    def test_a_path_can_be_in_the_index_only_once(self, opened):
        db = opened()
        add(db)
        with pytest.raises(sqlite3.IntegrityError), writing(db):
            add_failure(db, STATE, "PDF-EMPTY", "The file is empty.")

    @pytest.mark.parametrize(("code", "kept"), [("DOC-LIBRARY", ""), ("DOC-PLUGIN", ""), ("DOC-DAMAGED", STATE.sha256)])
    def test_what_is_mended_outside_the_file_is_tried_again(self, opened, code, kept):
        db = opened()
        with writing(db):
            add_failure(db, STATE, code, "It is missing.")
        (stored,) = stored_documents(db)
        assert stored.sha256 == kept
        assert bool(find_changes([STATE], [stored], [STATE.path]).read) is (kept == "")

    def test_a_moved_document_keeps_all_but_its_path(self, opened):
        db = opened()
        number, _ = add(db)
        before = paragraphs_of(db, number)
        with writing(db):
            move_document(db, number, FileState("new.pdf", STATE.sha256, STATE.size, 5.0))
        (stored,) = stored_documents(db)
        assert (stored.id, stored.path, stored.modified, stored.sha256) == (number, "new.pdf", 5.0, STATE.sha256)
        assert paragraphs_of(db, number) == before

    def test_the_number_of_terms_can_be_set(self, opened):
        db = opened()
        _, ids = add(db)
        with writing(db):
            set_terms(db, {ids[0]: 7})
        assert [row["terms"] for row in db["paragraphs"].rows] == [7, 2]

    def test_a_failure_is_in_the_ledger(self, opened):
        db = opened()
        with writing(db):
            add_failure(db, STATE, "PDF-EMPTY", "The file is empty.")
        (stored,) = stored_documents(db)
        assert (stored.status, stored.code, stored.error) == ("failed", "PDF-EMPTY", "The file is empty.")
        assert (stored.pages, stored.paragraphs, stored.extractor) == (0, 0, None)

    def test_page_breaks_and_what_pages_leave_out_are_read_back(self, opened):
        db = opened()
        with writing(db):
            number, _ = add_document(db, STATE, BROKEN, [GOES_ON], [2])
        assert pages_of(db, number) == list(BROKEN.pages)
        assert [entry.paragraph for entry in paragraphs_of(db, number)] == [GOES_ON]
        row = db.conn.execute('SELECT page, start, end_page, "end", runs_before FROM paragraphs').fetchone()
        assert row == (1, 0, 2, 11, 1)

    def test_settings_are_kept_and_replaced(self, opened):
        db = opened()
        assert get_setting(db, "base") is None
        with writing(db):
            set_setting(db, "base", "..")
            set_setting(db, "base", ".")
        assert get_setting(db, "base") == "."

    @given(
        st.lists(
            st.builds(
                lambda kind, *places: kind(*places),
                st.sampled_from([Run, SpelledRun]),
                *[st.integers(0, 2**32 - 1)] * 2,
                st.integers(0, 2**31 - 1),
            )
        )
    )
    @settings(max_examples=60, deadline=None)
    def test_offset_maps_are_read_back_as_they_were_packed(self, runs):
        assert unpack_runs(pack_runs(runs)) == tuple(runs)


class TestWhichIndex:
    def test_the_one_given_comes_before_the_environment_and_the_current_folder(self, monkeypatch):
        monkeypatch.delenv("DOCQA_INDEX", raising=False)
        assert index_path(None) == Path("docqa.db")
        monkeypatch.setenv("DOCQA_INDEX", "environment.db")
        assert index_path(None) == Path("environment.db")
        assert index_path("given.db") == Path("given.db")
        monkeypatch.setenv("DOCQA_INDEX", "")
        assert index_path(None) == Path("docqa.db")
