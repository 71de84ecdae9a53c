"""From text to terms: the same for paragraphs and questions, and stored with the index."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

#: Letters and digits; an apostrophe inside a word ends it, so "Hay's" gives "hay" and "s".
WORD = re.compile(r"[^\W_]+")

#: Function words of English that say nothing about what a paragraph is about.
STOP_WORDS = frozenset(
    """
    a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it its
    may me my no not of on or our s she should so some such t than that the their them then there these they this those
    to was we were what when where which who whom whose why will with would you your
    """.split()
)


@dataclass(frozen=True)
class Analyzer:
    """How text becomes terms: lower case without accents, stemmed, with or without function words.

    >>> Analyzer().terms("The Countess's diamonds, 1,200 of them")
    ['countess', 'diamond', '1', '200']
    """

    version: int = 1
    stemmer: str = "english"
    stop_words: bool = True

    def terms(self, text: str) -> list[str]:
        """The terms of a text in its order, repeated ones repeated."""
        words = WORD.findall(_plain(text))
        if self.stop_words:
            words = [word for word in words if word not in STOP_WORDS]
        return self._stem.stemWords(words) if self.stemmer else words

    @cached_property
    def _stem(self) -> Any:
        import Stemmer

        return Stemmer.Stemmer(self.stemmer)

    def to_json(self) -> str:
        """The analyzer as stored with the index."""
        return json.dumps(asdict(self), sort_keys=True)


def _plain(text: str) -> str:
    lowered = text.lower()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFKD", lowered)
    # A text has few different characters, so asking about each of these once is quicker than going through all.
    marks = {ord(character): None for character in set(decomposed) if unicodedata.combining(character)}
    return decomposed.translate(marks) if marks else decomposed


def indexed_text(name: str, title: str, headings: tuple[str, ...], text: str) -> str:
    r"""What is indexed of a paragraph: its text after its document's name and title and its headings.

    Headings that stand in the text already are not repeated.

    >>> indexed_text("treaty.pdf", "The Treaty", ("Article 1",), "It is signed.")
    'treaty.pdf\nThe Treaty\nArticle 1\nIt is signed.'
    """
    context = [part for part in dict.fromkeys((name, title, *headings)) if part and part not in text]
    return "\n".join([*context, text])
