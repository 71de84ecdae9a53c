"""What a worker does to itself before it reads files that strangers wrote: it gives up memory and time."""

from __future__ import annotations

import signal
import sys

from docqa.documents.limits import MEGABYTE, Limits

#: A worker whose parent is gone ends by itself so many seconds after the time of a file is over.
GRACE = 10


def confine(limits: Limits) -> None:
    """Bound the memory of this process for good, and leave no core of it when it dies."""
    try:
        import resource
    except ImportError:
        # Windows: there are no such limits there.
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Elsewhere the limit is not kept, or counts what was merely reserved.
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = limits.memory * MEGABYTE
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))


def end_in_time(limits: Limits) -> None:
    """End this process when the file it begins now takes too long, even if nobody is left to end it."""
    # The alarm ends a process that hangs in C code too, where no Python code runs.
    if hasattr(signal, "alarm"):
        signal.alarm(int(limits.seconds) + GRACE)


def take_your_time() -> None:
    """Waiting for the next file is not reading."""
    if hasattr(signal, "alarm"):
        signal.alarm(0)
