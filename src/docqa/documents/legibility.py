"""Whether the text of a page can be read: some PDFs give codes of glyphs for letters, or words without blanks."""

from __future__ import annotations

import re
import unicodedata

#: Another extractor is asked where so large a share of a page's characters mean nothing.
GARBAGE_SHARE = 0.1
#: A page is unreadable when so large a share of it is.
UNREADABLE_SHARE = 0.5
#: Categories of characters that mean nothing in a text: controls, surrogates, private and unassigned ones.
MEANINGLESS = frozenset({"Cc", "Cs", "Co", "Cn"})
#: What is neither blank nor printable ASCII: only there can be characters that mean nothing.
ODD = re.compile(r"[^\x20-\x7e\s]")
#: Names and numbers of glyphs as extractors write them where a font does not say which characters they are.
#: Paths and addresses look like some of them, but go on from a word or from another slash.
GLYPH_CODE = re.compile(
    r"\(cid:\d+\)|(?<![\w/])(?:/(?:uni[\dA-Fa-f]{4,6}|[A-Za-z]{1,3}\d[\dA-Fa-f]{0,4}|[a-z]+\.[a-z]+)(?![A-Za-z]))+"
)
#: Letters of scripts that put blanks between words: Latin, Greek, Cyrillic.
SPACED_LETTERS = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff]+")
#: No word is longer; words of German and Finnish come near it.
LONGEST_WORD = 40
#: With fewer letters than this, a page may be one long name, or a few abbreviations. Vowels are counted among different
#: words, because a table can hold a few abbreviations over and over.
ENOUGH_LETTERS = 200
VOWELS = "aeiouy"
#: In every language written in Latin letters more letters than this are vowels.
FEWEST_VOWELS = 0.15


def is_blank(text: str) -> bool:
    """Whether there is nothing on a page but blanks."""
    return not text.strip()


def is_garbage(text: str) -> bool:
    r"""Whether a page's text is worth asking another extractor.

    >>> is_garbage("Caf\xe9"), is_garbage("\x01\x02\ue003 x"), is_garbage(" ")
    (False, True, False)
    """
    return _lost(text) >= GARBAGE_SHARE or _has_no_words(text)


def is_unreadable(text: str) -> bool:
    r"""Whether nobody can read a page's text: half of it is codes or characters that mean nothing, or no words at all.

    >>> is_unreadable("(cid:12)(cid:7) of"), is_unreadable("\uf023\uf024 a"), is_unreadable("Gnd Pwr D22 " * 80)
    (True, True, False)
    >>> is_unreadable("withoutanyblank" * 20), is_unreadable("a/b1 and http://x.org/a.b"), is_unreadable("")
    (True, False, False)
    """
    return _lost(text) >= UNREADABLE_SHARE or _has_no_words(text)


def _lost(text: str) -> float:
    """The share of a page's characters that mean nothing or are part of a glyph's code."""
    lost = sum(letter == "\ufffd" or unicodedata.category(letter) in MEANINGLESS for letter in ODD.findall(text))
    lost += sum(map(len, GLYPH_CODE.findall(text)))
    return lost / sum(map(len, text.split())) if lost else 0.0


def _has_no_words(text: str) -> bool:
    """Whether most letters stand in a row without a blank, or hardly any is a vowel."""
    runs = SPACED_LETTERS.findall(text)
    letters = sum(map(len, runs))
    if letters < ENOUGH_LETTERS:
        return False
    if sum(len(run) for run in runs if len(run) > LONGEST_WORD) > UNREADABLE_SHARE * letters:
        return True
    plain = "".join(dict.fromkeys("\n".join(runs).lower().split("\n")))
    if not plain.isascii():
        plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if letter.isascii())
    # Greek and Cyrillic have vowels of their own.
    latin = len(plain)
    return latin >= ENOUGH_LETTERS and sum(map(plain.count, VOWELS)) < FEWEST_VOWELS * latin
