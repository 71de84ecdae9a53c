"""The machine that figures were measured on, as it is stored beside them; `python benchmarks/machine.py` prints it."""

from __future__ import annotations

import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

#: Instruction sets that decide how fast a reader reads, as Linux names them.
INSTRUCTIONS = (
    "avx2",
    "fma",
    "avx_vnni",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_int8",
    "amx_bf16",
    "asimd",
    "bf16",
    "i8mm",
    "sve",
)
PACKAGES = ("torch", "transformers", "pypdf", "numpy")


def describe_machine() -> dict[str, Any]:
    """Processor, cores, instruction sets, memory and versions; what cannot be found out is None or left out."""
    said = _processor()
    flags = set((said.get("flags") or said.get("Features") or "").split())
    return {
        "processor": said.get("model name") or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "instructions": [name for name in INSTRUCTIONS if name in flags],
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS"),
    }


def describe_in_words(machine: dict[str, Any]) -> str:
    """The machine in one line.

    >>> describe_in_words({"processor": "X", "cores": 2, "instructions": [], "memory_gb": 24.0, "system": "Linux",
    ...     "python": "3.11", "packages": {"torch": "2"}, "omp_num_threads": None})
    'X, 2 cores, no instruction set of those that matter, 24 GB, Linux; Python 3.11, torch 2'
    """
    instructions = ", ".join(machine["instructions"]) or "no instruction set of those that matter"
    memory = "memory unknown" if machine["memory_gb"] is None else f"{machine['memory_gb']:.0f} GB"
    versions = "".join(f", {name} {version}" for name, version in machine["packages"].items())
    threads = f"; OMP_NUM_THREADS={machine['omp_num_threads']}" if machine["omp_num_threads"] else ""
    return (
        f"{machine['processor']}, {machine['cores']} cores, {instructions}, {memory}, {machine['system']}; "
        f"Python {machine['python']}{versions}{threads}"
    )


def _processor() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    except (ValueError, OSError, AttributeError):
        return None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    print(json.dumps(describe_machine(), indent=2))
