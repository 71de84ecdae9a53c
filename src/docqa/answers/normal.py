"""The normal form in which answers are compared."""

from __future__ import annotations

import re
import string

ARTICLE = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


def normal_form(text: str) -> str:
    """Lower case, without punctuation, articles and double blanks (Rajpurkar et al. 2016, section 6.1).

    >>> normal_form("The  United States' Trustee.")
    'united states trustee'
    """
    return " ".join(ARTICLE.sub(" ", text.lower().translate(PUNCTUATION)).split())
