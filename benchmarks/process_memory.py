"""The memory that a process and all that it started hold together, looked up again and again in /proc."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROC = Path("/proc")
SECONDS_BETWEEN = 0.05


def peak_memory_mb(command: Sequence[str]) -> float | None:
    """Run a command and return the most megabytes that its processes held at once; None where there is no /proc.

    A page that several processes share counts once in all: each process has its share of it (the kernel calls the sum
    the proportional set size). Looking costs time, so a run that is looked at is not one to time. What comes and
    goes between two looks is missed.
    """
    code, peak, said = watched(command)
    # 1 says that some file could not be read, which is no failure of the command.
    if code not in {0, 1}:
        sys.exit(f"{' '.join(command)} ended with {code}: {said}")
    return peak


def watched(command: Sequence[str], seconds: float | None = None) -> tuple[int, float | None, str]:
    """Run a command; its exit code, the most megabytes that its processes held at once, and the end of what it said.

    It is ended when it takes longer than so many seconds; the code is -9 then.
    """
    begun, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            peak = max(peak, sum(_held_kb(number) for number in _tree(process.pid)))
            time.sleep(SECONDS_BETWEEN)
            if seconds is not None and time.perf_counter() - begun > seconds:
                process.kill()
        said.seek(0)
        return process.returncode, peak / 1024 if peak else None, said.read().decode(errors="replace")[-2000:]


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir() if PROC.is_dir() else []:
        if folder.name.isdigit() and (parent := _parent(folder)) is not None:
            children.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def _parent(folder: Path) -> int | None:
    try:
        # The name in brackets may hold blanks and brackets itself; the parent is the second word after it.
        return int((folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def _held_kb(number: int) -> int:
    try:
        lines = (PROC / str(number) / "smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        # The process has ended since it was found.
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
