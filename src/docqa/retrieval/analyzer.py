"""From text to terms: the same for paragraphs and questions, and stored with the index."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any

#: Letters and digits; an apostrophe inside a word ends it, so "Hay's" gives "hay" and "s".
WORD = re.compile(r"[^\W_]+")
#: A blank for each character of ASCII that is no letter and no digit.
BLANKS = {number: " " for number in range(128) if not chr(number).isalnum()}
NOT_ASCII = re.compile(r"[^\x00-\x7f]")

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
        words = find_words(text)
        if self.stop_words:
            words = [word for word in words if word not in STOP_WORDS]
        return self._stem.stemWords(words) if self.stemmer else words

    def term(self, word: str) -> str | None:
        """The term of one word as `find_words` gives it, None for a function word that is left out."""
        if self.stop_words and word in STOP_WORDS:
            return None
        return str(self._stem.stemWord(word)) if self.stemmer else word

    @cached_property
    def _stem(self) -> Any:
        import Stemmer

        return Stemmer.Stemmer(self.stemmer)

    def to_json(self) -> str:
        """The analyzer as stored with the index."""
        return json.dumps(asdict(self), sort_keys=True)


def find_words(text: str) -> list[str]:
    """The words of a text, in lower case and without accents.

    >>> find_words("Caf\u00e9s\u2019 \u00bd-litre_jug")
    ['cafes', '1', '2', 'litre', 'jug']
    """
    text = text.lower()
    # A text has few different characters outside ASCII, so putting others in the place of each of them is quick, and
    # then there are mostly none left, so that words are found without asking about each character what it is.
    if not text.isascii():
        for character in set(NOT_ASCII.findall(text)):
            text = text.replace(character, _plain(character))
    return text.translate(BLANKS).split() if text.isascii() else WORD.findall(text)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """A character without its accents, as the several it stands for; blanks for what is no letter and no digit."""
    parts = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)]
    return "".join(part if WORD.match(part) else " " for part in parts)


def indexed_text(name: str, title: str, author: str | None, headings: tuple[str, ...], text: str) -> str:
    r"""What is indexed of a paragraph: its text after its document's name, title and author and its headings.

    What stands in the text already is not repeated.

    >>> indexed_text("treaty.pdf", "The Treaty", "Ada Hay", ("Article 1",), "It is signed.")
    'treaty.pdf\nThe Treaty\nAda Hay\nArticle 1\nIt is signed.'
    """
    context = [part for part in dict.fromkeys((name, title, author, *headings)) if part and part not in text]
    return "\n".join([*context, text])
