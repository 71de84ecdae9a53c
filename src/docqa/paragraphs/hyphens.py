"""Words broken at the end of a line: whether the hyphen is part of the word, by what else the document says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from docqa.paragraphs.lines import Line

#: The part of a word before a hyphen at the end of a line, and the part that the next line begins with.
LEFT = re.compile(r"[^\W_]+(?:-[^\W_]+)*$")
RIGHT = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
#: Whole words, compound ones too; and the rest of a broken one, which is no word.
WORD = re.compile(r"(?<![\w\u2010-])[^\W\d_]++(?:[-\u2010\u2011][^\W\d_]++)*+(?![\w\u2010-])")
BROKEN = re.compile(r"[-\u2010\u00ad][ \t]*[\r\n]\s*[^\W_]+")
#: "two- and three-year" is no broken word.
SUSPENDED = frozenset({"and", "or", "to", "nor", "but"})
#: First parts of compounds that are written with a hyphen.
FIRST_PARTS = frozenset("all cross ex full half high long low part self short well".split())
#: Two words of so many letters each that stand in the document by themselves make a compound.
LONG = 4
#: No word has more characters.
LONGEST = 100


class BrokenWords:
    """Decides how lines are joined; owns the words of the document, which are counted when they are first needed."""

    def __init__(self, texts: Sequence[str], *, typeset: bool) -> None:
        self._texts = texts
        # Nobody breaks words by hand: what was not typeset was broken after a hyphen that the word has.
        self._typeset = typeset

    def joint(self, before: Line, line: Line) -> tuple[bool, str]:
        """Whether the last character of `before` is a hyphen that goes, and what stands between it and `line`.

        A word that stands elsewhere in the document as one, or with its hyphen, is written as it is there more often,
        with the hyphen when both are as frequent. Of others the hyphen stays before a capital or a digit, in compounds
        of three parts, after `FIRST_PARTS`, between two long words that stand elsewhere, and in what was not typeset;
        else it goes.
        """
        if before.ends_softly:
            return False, "" if line.text[0].isalnum() else " "
        if not before.text.endswith("-"):
            return False, " "
        end = len(before.text) - 1
        left, right = LEFT.search(before.text, max(0, end - LONGEST), end), RIGHT.match(line.text, 0, LONGEST)
        if left is None or right is None:
            return False, " "
        goes = self._goes(left[0], right[0])
        return (False, " ") if goes is None else (goes, "")

    def _goes(self, left: str, right: str) -> bool | None:
        """Whether the hyphen between two parts goes; None where the parts are two words."""
        if left[-1].isdigit() or right[0].isdigit():
            return False
        one, two = left.casefold(), right.casefold()
        whole, compound = self._words[one + two], self._words[f"{one}-{two}"]
        if whole or compound:
            return whole > compound
        if right in SUSPENDED:
            return None
        stays = (
            not self._typeset
            or not right[0].islower()
            or "-" in left
            or one in FIRST_PARTS
            or (min(len(one), len(two)) >= LONG and self._words[one] > 0 and self._words[two] > 0)
        )
        return not stays

    @cached_property
    def _words(self) -> Counter[str]:
        words: Counter[str] = Counter()
        for text in self._texts:
            # The rest of a broken word is taken away, and the hyphen left, after which its beginning is no word either.
            seen = BROKEN.sub("-", text.casefold()).replace("\u00ad", "")
            words.update(word.replace("\u2010", "-").replace("\u2011", "-") for word in WORD.findall(seen))
        return words
