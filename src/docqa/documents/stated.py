"""What a file says of itself: its title, its author and its language, in one form whatever the format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from docqa.documents.foreign import in_one_line

#: What joins several authors; a comma stands within the names of some.
BETWEEN_AUTHORS = "; "
#: What programs write where nobody gave a name; python-docx's stays when its file is saved as PDF.
NO_AUTHORS = frozenset({"", "python-docx"})
#: A tag by the grammar of BCP 47 (RFC 5646, section 2.1), but for tags that name no language or are kept for old use.
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*", re.IGNORECASE)
#: The tag that says that the language is not known.
UNDETERMINED = "und"


@dataclass(frozen=True)
class Stated:
    """The title, the author and the language that a file states, each in one line and empty when it states none."""

    title: str = ""
    author: str = ""
    language: str = ""


def author_line(names: Iterable[object]) -> str:
    """The authors of a file in one line, in its order, each once; empty when it names none.

    >>> author_line(["Ada  Hay", None, "Bo Li", "Ada Hay"])
    'Ada Hay; Bo Li'
    """
    return BETWEEN_AUTHORS.join(name for name in dict.fromkeys(map(in_one_line, names)) if name not in NO_AUTHORS)


def language_tag(value: object) -> str:
    """A language as a BCP 47 tag, as the file states it; empty when it states none or something else.

    >>> language_tag("en_GB"), language_tag("pt-BR"), language_tag("English"), language_tag("de, fr")
    ('en-GB', 'pt-BR', '', '')
    """
    # Programs that take the name from the system write it with an underscore.
    tag = in_one_line(value).replace("_", "-")
    return tag if LANGUAGE_TAG.fullmatch(tag) and tag.lower() != UNDETERMINED else ""
