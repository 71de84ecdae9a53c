"""One process at a time writes to an index, and the others can say which one it is.

A lock of the operating system on a file beside the index, FILE-lock: it goes with the process that holds it, however
that ends, so what a dead process left there neither blocks anybody nor is taken for a holder.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from docqa.errors import IndexFileError, IndexLockedError

#: How long a writer waits for another one before it gives up, in seconds.
WAIT_SECONDS = 30.0
#: How often it looks whether the other one is done, in seconds.
LOOK_SECONDS = 0.1
#: A record is read up to so many bytes, whatever somebody put there.
LONGEST_RECORD = 10_000
#: A link that somebody put there is not followed: what it leads to would be written to.
FLAGS = os.O_RDWR | os.O_CREAT | sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_BINARY"))


@dataclass(frozen=True)
class Holder:
    """The process that writes to an index: its number, its host, what it does, and since when."""

    process: int
    host: str
    work: str
    since: datetime

    def __str__(self) -> str:
        since = self.since.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        return f"process {self.process} on {self.host} ({self.work}, since {since})"


#: Hears once who writes, None when that cannot be told, and how many seconds will be waited.
OnWait = Callable[[Holder | None, float], None]


@contextmanager
def sole_writer(
    index_file: Path,
    work: str,
    *,
    wait: float = WAIT_SECONDS,
    on_wait: OnWait = lambda holder, seconds: None,
) -> Iterator[None]:
    """Nobody else writes to the index meanwhile; `work` is what others are told that this process does.

    Where another process writes, `on_wait` hears once who it is (None when that cannot be told) and how many seconds
    this one will wait; then `IndexLockedError` is raised. Raises `IndexFileError` where no lock can be had at all.
    """
    file = lock_file(index_file)
    descriptor = _wait_for(index_file, file, wait, on_wait)
    try:
        _record(index_file, descriptor, work)
        yield
    finally:
        # Before the lock is given up, and not what another made after somebody removed this one's. Windows removes no
        # open file.
        with suppress(OSError):
            if _is_at(descriptor, file):
                file.unlink()
        os.close(descriptor)


def lock_file(index_file: Path) -> Path:
    """The file that is locked: beside the index itself, also when that is named by a link."""
    return Path(os.path.realpath(index_file) + "-lock")


def _wait_for(index_file: Path, file: Path, wait: float, on_wait: OnWait) -> int:
    deadline = time.monotonic() + wait
    told = False
    while True:
        descriptor, holder = _try(index_file, file)
        if descriptor is not None:
            return descriptor
        left = deadline - time.monotonic()
        if left <= 0:
            who = str(holder) if holder else "another process"
            waited = f", and still was after {wait:g} s" if wait else ""
            raise IndexLockedError(
                f"The index {index_file} is being written to by {who}{waited}; run the command again when that is "
                "done, or let `docqa index --wait SECONDS` wait longer."
            )
        if not told:
            on_wait(holder, wait)
            told = True
        time.sleep(min(LOOK_SECONDS, left))


def _try(index_file: Path, file: Path) -> tuple[int | None, Holder | None]:
    """The locked file's descriptor, or who holds the lock."""
    try:
        while True:
            descriptor = os.open(file, FLAGS, 0o666)
            try:
                if not _lock(descriptor):
                    holder = _holder(descriptor)
                    os.close(descriptor)
                    return None, holder
                # The one before may have removed the file between the opening and the locking.
                if _is_at(descriptor, file):
                    return descriptor, None
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
    except OSError as error:
        raise _unwritable(index_file, error) from error


def _is_at(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False


def _record(index_file: Path, descriptor: int, work: str) -> None:
    record = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "work": work,
        "since": datetime.now(UTC).isoformat(),
    }
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(record).encode("ascii"))
    except OSError as error:
        raise _unwritable(index_file, error) from error


def _holder(descriptor: int) -> Holder | None:
    """What the holder wrote; None when it has not yet, and what is there is of a process that is no more."""
    try:
        record = json.loads(os.read(descriptor, LONGEST_RECORD))
        holder = Holder(
            int(record["process"]),
            str(record["host"]),
            str(record["work"]),
            datetime.fromisoformat(record["since"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return holder if _may_live(holder) else None


def _may_live(holder: Holder) -> bool:
    # Windows ends a process that is asked in this way.
    if holder.host != socket.gethostname() or sys.platform == "win32":
        return True
    try:
        os.kill(holder.process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _unwritable(index_file: Path, error: OSError) -> IndexFileError:
    folder = lock_file(index_file).parent
    return IndexFileError(
        f"The index {index_file} cannot be written to: {error.strerror or error} in the folder {folder}; check its "
        "permissions and the space on its disk, or name another file with --index."
    )


if sys.platform == "win32":
    import msvcrt

    #: Locked bytes cannot be read by others, so one is locked where nothing is ever written.
    FAR = 1 << 30

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
