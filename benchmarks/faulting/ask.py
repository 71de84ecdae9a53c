"""Asks an index again and again until it is ended: python ask.py INDEX QUERY...

Prints a line of JSON for each query: the hits as (path, SHA-256, text of the paragraph, what the page has there). Where
the index cannot be used it prints the sentence and opens it anew.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import docqa
from docqa.answers.ask import AskOptions, find
from docqa.answers.citation import quotation
from docqa.errors import DocqaError
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters

#: Between two rounds of questions, in seconds: this is about right answers, not about load.
PAUSE = 0.2


def main() -> None:
    """Ask for ever."""
    index, queries = Path(sys.argv[1]), sys.argv[2:]
    analyzer, parameters = Analyzer(), Parameters()
    while True:
        try:
            with docqa.open(index, create=False) as corpus:
                # Some rounds with one connection, then a new one.
                for _ in range(20):
                    for query in queries:
                        found = find(
                            corpus._db,  # noqa: SLF001 - what `ask` takes from an index, without a reader
                            index,
                            query,
                            AskOptions(),
                            analyzer=analyzer,
                            parameters=parameters,
                        )
                        hits = []
                        for hit in found.hits:
                            paragraph = hit.paragraph.paragraph
                            pages = found.pages[hit.document.id]
                            cited = quotation(paragraph, 0, len(paragraph.text), pages).text
                            hits.append((hit.document.path, hit.document.sha256, paragraph.text, cited))
                        print(json.dumps({"query": query, "hits": hits}), flush=True)
                    time.sleep(PAUSE)
        except DocqaError as error:
            print(json.dumps({"error": str(error)}), flush=True)
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
