"""Opening the index file, and saying in a sentence why it cannot be used."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from docqa.errors import (
    DamagedIndexError,
    IndexFileError,
    IndexLockedError,
    IndexNotFoundError,
    NewerIndexError,
    NotAnIndexError,
)
from docqa.store.schema import APPLICATION_ID, SCHEMA_VERSION, migrations
from docqa.store.unmoved import IndexConnection, check_files

logger = logging.getLogger(__name__)

#: How an SQLite file begins, how long its header is, and where the application id stands in it, big-endian.
SQLITE_HEADER = b"SQLite format 3\0"
HEADER_LENGTH = 100
APPLICATION_ID_AT = slice(68, 72)
#: How long a writer waits for another one before it gives up.
LOCK_SECONDS = 30.0
#: With less space on the disk, in bytes, SQLite cannot even begin; it calls that an error of the disk.
SPACE_NEEDED = 1 << 16
#: Bringing an older index of so many bytes up to date takes some seconds, which somebody who waits is told.
LARGE = 1 << 28


def open_database(path: Path, *, create: bool) -> Database:
    """Open an index, or make a new one when `create` is set and nothing is there.

    WAL mode lets readers go on while one writer writes. Raises a subclass of `IndexFileError` when there is no
    index, or the file is not one, is newer than this docqa, is damaged or cannot be opened.
    """
    fresh = _check_file(path, create=create)
    with sqlite_errors(path):
        # Transactions are begun and ended by name, never by the driver.
        connection = sqlite3.connect(
            path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False, factory=IndexConnection
        )
        try:
            # Plug-ins of sqlite-utils are for its own command; looking for them takes as long as a search.
            db = Database(connection, execute_plugins=False)
            connection.execute("PRAGMA foreign_keys = ON")
            if not fresh:
                _check_version(path, connection, create=create)
            # An index of an older docqa is brought up to date by whoever opens it first.
            if create or _version(connection) < SCHEMA_VERSION:
                _prepare(connection, db)
            connection.note_files(path)
        except BaseException:
            connection.close()
            raise
    return db


@contextmanager
def writing(db: Database) -> Iterator[Database]:
    """A write transaction: all of it is committed at the end, or nothing of it.

    Raises `IndexNotFoundError` when the file was deleted or replaced since it was opened.
    """
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        check_files(db.conn)
        yield db
        check_files(db.conn)
        db.conn.execute("COMMIT")
    except BaseException:
        db.conn.rollback()
        raise


@contextmanager
def without_wiping(db: Database) -> Iterator[None]:
    """What is deleted meanwhile leaves its bytes in free pages, also where SQLite was built to overwrite them."""
    (before,) = db.conn.execute("PRAGMA secure_delete").fetchone()
    db.conn.execute("PRAGMA secure_delete = OFF")
    try:
        yield
    finally:
        db.conn.execute(f"PRAGMA secure_delete = {('OFF', 'ON', 'FAST')[before]}")


@contextmanager
def reading(db: Database) -> Iterator[Database]:
    """A read transaction: everything inside sees one committed state of the index.

    Raises `IndexNotFoundError` when the file was deleted or replaced since it was opened.
    """
    if db.conn.in_transaction:
        yield db
        return
    db.conn.execute("BEGIN")
    try:
        check_files(db.conn)
        yield db
    finally:
        db.conn.rollback()


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into a sentence that says what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _translated(path, error) from error


def _translated(path: Path, error: sqlite3.DatabaseError) -> IndexFileError:
    message = str(error)
    if "locked" in message or "busy" in message:
        return IndexLockedError(
            f"Another process has been writing to {path} for over {LOCK_SECONDS:.0f} seconds; "
            "wait until it is done and try again."
        )
    if any(words in message for words in ("malformed", "not a database", "corrupt", "Could not decode")):
        return _damaged(path, message.partition(" with text ")[0])
    if "full" in message or ("disk I/O" in message and _is_full(path)):
        return IndexFileError(
            f"The disk that holds {path} is full; free some space and run the command again. What was committed stays."
        )
    if "disk I/O" in message:
        return IndexFileError(
            f"The disk that holds {path} could not be read or written ({_name(error)}): it is failing or was taken "
            "away, a limit on the size of files was met, or the file was cut short. See that it is there and run "
            "`docqa check`."
        )
    if "readonly" in message or "read-only" in message or "unable to open" in message:
        return IndexFileError(
            f"The index {path} cannot be opened ({message}): even reading it writes files beside it; check the "
            "permissions of its folder, or copy the index to one that can be written to and name that with --index."
        )
    return IndexFileError(f"The index {path} cannot be used: SQLite says {message!r}.")


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.absolute().parent).free < SPACE_NEEDED
    except OSError:
        return False


def _name(error: sqlite3.DatabaseError) -> str:
    return getattr(error, "sqlite_errorname", None) or str(error)


def _damaged(path: Path, reason: str) -> DamagedIndexError:
    return DamagedIndexError(
        f"The index {path} is damaged ({reason}); delete it and index the documents again, they are untouched."
    )


def _check_file(path: Path, *, create: bool) -> bool:
    """Whether a new index is to be made. SQLite, which may write when it opens a file, opens none but ours."""
    try:
        if not path.exists():
            _check_missing(path, create=create)
            return True
        if path.is_dir():
            raise NotAnIndexError(f"{path} is a folder, not an index; name a file, such as {path / 'docqa.db'}.")
        if not path.is_file():
            raise NotAnIndexError(f"{path} is not a file, so it can be no index; name another file with --index.")
        with path.open("rb") as file:
            header = file.read(HEADER_LENGTH)
    except OSError as error:
        raise IndexFileError(f"The index {path} cannot be opened: {error.strerror or error}.") from error
    if not header and create:
        return True
    _check_header(path, header)
    return False


def _check_missing(path: Path, *, create: bool) -> None:
    if not create:
        raise IndexNotFoundError(
            f"There is no index at {path}; make one with `docqa index FOLDER`, or name another with --index."
        )
    if not path.absolute().parent.is_dir():
        raise IndexFileError(f"The folder of the index, {path.absolute().parent}, does not exist; make it first.")


def _check_header(path: Path, header: bytes) -> None:
    if not header.startswith(SQLITE_HEADER):
        raise NotAnIndexError(f"{path} is not an index of docqa; it is left as it is. Name another file with --index.")
    if len(header) < HEADER_LENGTH:
        raise _damaged(path, "cut short")
    if int.from_bytes(header[APPLICATION_ID_AT], "big") != APPLICATION_ID:
        raise NotAnIndexError(
            f"{path} is an SQLite file of another program; it is left as it is. Name another file with --index."
        )


def _check_version(path: Path, connection: sqlite3.Connection, *, create: bool) -> None:
    version = _version(connection)
    if version > SCHEMA_VERSION:
        raise NewerIndexError(
            f"The index {path} was written by a newer docqa (version {version} of its tables, this one knows "
            f"{SCHEMA_VERSION}); update docqa, or index the documents into another file."
        )
    if version == 0 and not create:
        raise IndexNotFoundError(f"The index {path} is not finished; run `docqa index FOLDER` to complete it.")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _size(connection: sqlite3.Connection) -> int:
    pages, page = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size"))
    return pages * page


def _prepare(connection: sqlite3.Connection, db: Database) -> None:
    # A commit is on the disk when it returns, so that even a power cut loses none.
    connection.execute("PRAGMA synchronous = FULL")
    if _version(connection) == SCHEMA_VERSION:
        return
    # Before WAL begins, so that the mark stands in the file itself from its first byte on.
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    _begin_wal(connection)
    # All in one transaction: of two processes that make the same index, the second finds it made.
    with writing(db):
        if 0 < _version(connection) < SCHEMA_VERSION and _size(connection) >= LARGE:
            logger.warning("The index is of an older docqa and is brought up to date, once; this can take a minute.")
        migrations.apply(db)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _begin_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait here for others, who are making the same index at the same moment.
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def index_path(given: str | os.PathLike[str] | None) -> Path:
    """The index to use: the one given, else the environment's DOCQA_INDEX, else docqa.db in the current folder."""
    return Path(given or os.environ.get("DOCQA_INDEX") or "docqa.db")
