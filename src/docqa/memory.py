"""Memory between passes and searches: what one gives up, the next one takes, without the system in between.

A pass of a reader makes and gives up megabytes at each layer, a search of a large index as much for each term. The C
library of most Linux systems returns such blocks at once, and the system fills each page with zeros before it hands it
out again, which takes up to a third of a small reader's time and a fifth of a long search's.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

#: The parameters of glibc's mallopt (malloc.h): up to what size blocks come from the heap, and how much that is free at
#: its end is kept.
BLOCKS_FROM_HEAP, KEPT_AT_END = -3, -1
#: As many bytes as passes of training take; and what older versions allow at most for blocks.
ENOUGH, ALLOWED = 1 << 30, 1 << 25
#: Who sets these has chosen.
CHOSEN = ("GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


@cache
def keep_freed_memory() -> bool:
    """Let this process keep up to 1 GiB that it has given up; whether it does, which only glibc can be asked for.

    The process stays as large as its largest pass or search. Nothing changes where the environment has a choice of its
    own, one of `CHOSEN`. It is asked for once, however often this is called.
    """
    if sys.platform != "linux" or any(name in os.environ for name in CHOSEN):
        return False
    library = ctypes.CDLL(None)
    # Others have a mallopt too, which does something else or nothing.
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    mallopt = library.mallopt
    kept = mallopt(KEPT_AT_END, ENOUGH)
    return bool(kept and (mallopt(BLOCKS_FROM_HEAP, ENOUGH) or mallopt(BLOCKS_FROM_HEAP, ALLOWED)))
