"""Brings an index up to date and says each document once it is committed: python index.py INDEX FOLDER WAIT LARGEST.

LARGEST is the number of pages of 4 kB beyond which the disk counts as full, 0 for none.
"""

from __future__ import annotations

import sys
from pathlib import Path

import docqa
from docqa.errors import DocqaError
from docqa.retrieval import segments

#: Few enough that folders of some ten files are settled into segments, and these joined.
segments.FRESH_DOCUMENTS, segments.FAN = 5, 3


def main() -> None:
    """Index; an error of docqa is one line on standard error and exit code 2."""
    index, folder, wait, largest = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])

    def tell(_done: int, _total: int, path: str) -> None:
        print(path, flush=True)

    try:
        with docqa.open(index) as corpus:
            print("open", flush=True)
            if largest:
                corpus._db.conn.execute(f"PRAGMA max_page_count = {largest}")  # noqa: SLF001 - no command sets it
            corpus.index(folder, workers=2, wait=wait, on_progress=tell)
        print("done", flush=True)
    except DocqaError as error:
        print(error, file=sys.stderr, flush=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
