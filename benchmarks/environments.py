"""Environments of peers: each its own, with its own versions of everything, built the first time it is asked for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def peer_python(folder: Path, packages: Sequence[str]) -> str | None:
    """The Python of an environment in `folder`, which is built when it is not there.

    The packages are installed one after the other, so that an exact version of torch, which is the build without CUDA,
    is there before what asks for any. Without a network there is no environment: that is said, and None returned.
    """
    python = folder / "bin" / "python"
    if python.exists():
        return str(python)
    try:
        _run(sys.executable, "-m", "venv", str(folder))
        for package in packages:
            _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        print(f"left out: {' and '.join(packages)} cannot be installed ({reason})", file=sys.stderr)
        return None
    return str(python)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
