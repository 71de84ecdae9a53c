"""Where sentences end."""

from __future__ import annotations

import re

SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]*_]*(?=\s+[\"'“‘(\[*_]*[A-Z0-9À-Þ])|[。！？]|\n")
ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Nos|Fig|Figs|Eq|Sec|Art|Vol|Inc|Ltd|Co|Corp|vs|cf|al|etc|approx|"
    r"e\.g|i\.e|U\.S|U\.K|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec))\.$"
)


def sentence_ends(text: str) -> list[int]:
    """Positions one past each sentence of a text, the end of the text last; line breaks end sentences too.

    >>> sentence_ends("Mr. Hay came. He saw.")
    [13, 21]
    """
    ends = [
        match.end()
        for match in SENTENCE_END.finditer(text)
        if not ABBREVIATION.search(text, max(0, match.start() - 8), match.start() + 1)
    ]
    return [*ends, len(text)] if not ends or ends[-1] < len(text) else ends
