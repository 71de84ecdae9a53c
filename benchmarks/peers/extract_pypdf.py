"""What benchmarks/ingestion.py compares with: the text of all pages of a folder's PDFs by pypdf, and nothing else.

python benchmarks/peers/extract_pypdf.py FOLDER
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

from pypdf import PdfReader


def main() -> None:
    """Extract, and print how many pages and characters there were."""
    # pypdf says much about files that are not as they should be.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pages = characters = 0
    for file in sorted(Path(sys.argv[1]).rglob("*.pdf")):
        try:
            for page in PdfReader(file).pages:
                characters += len(page.extract_text())
                pages += 1
        except Exception as error:  # noqa: BLE001 - damaged files make pypdf raise nearly everything there is
            print(f"{file.name}: {type(error).__name__}", file=sys.stderr)
    print(json.dumps({"pages": pages, "characters": characters}))


if __name__ == "__main__":
    main()
