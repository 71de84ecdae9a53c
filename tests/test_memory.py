"""Memory between passes: kept where glibc can be asked to, and left to who has chosen otherwise."""

import os
import platform
import subprocess
import sys

import pytest

from docqa.reading.memory import CHOSEN, keep_freed_memory

#: A block of 8 MB has so many pages of 4 kB.
PAGES = 2048
#: Counts the pages that the system hands out while two hundred such blocks are made and given up.
COUNT = """
import resource, sys, torch
from docqa.reading.memory import keep_freed_memory
kept = keep_freed_memory()
def make():
    return torch.empty(2 << 20).fill_(1.0), torch.empty(2 << 20).fill_(2.0)
make()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    make()
print(int(kept), resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""

on_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked to keep memory")


def pages_handed_out(**chosen):
    environment = {name: value for name, value in os.environ.items() if name not in CHOSEN} | chosen
    done = subprocess.run(
        [sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    kept, pages = done.stdout.split()
    return bool(int(kept)), int(pages)


@on_glibc
def test_blocks_given_up_are_used_again_without_asking_the_system():
    kept, pages = pages_handed_out()
    assert kept
    assert pages < 20 * PAGES


@on_glibc
def test_a_choice_in_the_environment_is_left_as_it_is():
    kept, pages = pages_handed_out(MALLOC_TRIM_THRESHOLD_="131072")
    assert not kept
    assert pages > 100 * PAGES


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory()
