"""Opening regular files and nothing else: opening a pipe can wait for ever, and opening a device can do things."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

#: What opening must not do: wait for the other end of a pipe, take a terminal over, change the ends of lines.
FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))


def open_regular(path: Path) -> BinaryIO:
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


def _check(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file")
