"""Memory between passes and searches: kept where glibc can be asked to, and left to who has chosen otherwise."""

import ctypes
import os
import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest

import docqa
from docqa.memory import CHOSEN, keep_freed_memory

#: Sixteen blocks of 2 MB have so many pages of 4 kB; for larger blocks numpy asks for larger pages.
PAGES = 16 * 512
#: Counts the pages that the system hands out while such blocks are made and given up a hundred times.
COUNT = """
import resource
import numpy as np
def make():
    return [np.full(1 << 18, number, float) for number in range(16)]
make()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    make()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
ASKED_FOR = "from docqa.memory import keep_freed_memory\nkeep_freed_memory()\n"
SEARCHED = "import docqa, sys\ndocqa.open(sys.argv[1]).search('harbour')\n"

on_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked to keep memory")


def pages_handed_out(after, *arguments, **chosen):
    environment = {name: value for name, value in os.environ.items() if name not in CHOSEN} | chosen
    command = [sys.executable, "-c", after + COUNT, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout)


@on_glibc
def test_blocks_given_up_are_used_again_without_asking_the_system():
    assert pages_handed_out("") > 50 * PAGES
    assert pages_handed_out(ASKED_FOR) < 10 * PAGES


@on_glibc
def test_a_process_that_searches_uses_blocks_again(tmp_path):
    (tmp_path / "notes.txt").write_text("The harbour was built in 1871.")
    with docqa.open(tmp_path / "docs.db") as corpus:
        corpus.index(tmp_path)
    assert pages_handed_out(SEARCHED, tmp_path / "docs.db") < 10 * PAGES


@on_glibc
def test_a_choice_in_the_environment_is_left_as_it_is():
    assert pages_handed_out(ASKED_FOR, MALLOC_TRIM_THRESHOLD_="131072") > 50 * PAGES


def test_other_c_libraries_are_left_alone(monkeypatch):
    other = SimpleNamespace(mallopt=lambda *_: pytest.fail("asked"))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: other)
    assert not keep_freed_memory.__wrapped__()
