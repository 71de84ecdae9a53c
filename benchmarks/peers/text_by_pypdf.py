"""Whether pypdf alone gets text from PDFs: a line for each file given, 1 or 0, as soon as it is known."""

import logging
import sys

import pypdf


def has_text(path: str) -> bool:
    """Whether some page has text; a page that fails has none."""
    try:
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted:
            reader.decrypt("")
        pages = range(len(reader.pages))
    except Exception:  # noqa: BLE001 - a foreign parser
        return False
    for number in pages:
        try:
            if reader.pages[number].extract_text().strip():
                return True
        except Exception:  # noqa: BLE001 - a foreign parser
            continue
    return False


logging.disable(logging.CRITICAL)
sys.setrecursionlimit(2_000)
for file in sys.argv[1:]:
    print(int(has_text(file)), flush=True)
