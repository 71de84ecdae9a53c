"""Opening regular files and nothing else: opening a pipe can wait for ever, and opening a device can do things."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from docqa.documents.limits import MEGABYTE, Limits, too_large
from docqa.errors import DocumentError

#: What opening must not do: wait for the other end of a pipe, take a terminal over, change the ends of lines.
FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))


def open_regular(path: Path) -> BufferedReader:
    """A file, open for reading. Raises `OSError` when it cannot be opened or is no regular file."""
    _check(os.stat(path).st_mode)  # noqa: PTH116 - as the next line, which has no other way
    opened = os.open(path, FLAGS)
    try:
        # What stood there a moment ago may have been replaced since.
        _check(os.fstat(opened).st_mode)
        return os.fdopen(opened, "rb")
    except BaseException:
        os.close(opened)
        raise


def read_regular(path: Path, limits: Limits) -> tuple[bytes, os.stat_result]:
    """What a file holds, and its state, which was the same before it was read and after.

    One that changed meanwhile is read once more. Raises `OSError` as `open_regular` does, `DocumentError` when the file
    is too large or keeps changing.
    """
    for _ in range(2):
        with open_regular(path) as file:
            before = os.fstat(file.fileno())
            if before.st_size > limits.size * MEGABYTE:
                raise too_large(limits)
            # Not to its end, for a file can grow as quickly as it is read.
            data = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
        if (len(data), before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return data, after
    raise DocumentError("FILE-CHANGING", "The file was written to while it was read; index again when that is over.")


def _check(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file")
