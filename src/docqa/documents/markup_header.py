"""Who wrote a text in reStructuredText, Org, AsciiDoc or TeX, and in which language, by what stands at its head."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from docqa.documents.stated import Stated, author_line, language_tag

#: The head of a text is sought in so many of its first lines; below them, such marks are of something else.
HEAD_LINES = 60
FIELD = r"^:{}:[ \t]*(\S.*(?:\n[ \t]+\S.*)*)"
RST_AUTHOR = re.compile(FIELD.format("authors?"), re.MULTILINE | re.IGNORECASE)
RST_LANGUAGE = re.compile(FIELD.format("lang(?:uage)?"), re.MULTILINE | re.IGNORECASE)
ORG_AUTHOR = re.compile(r"^#\+author:(.*)$", re.MULTILINE | re.IGNORECASE)
ORG_LANGUAGE = re.compile(r"^#\+language:(.*)$", re.MULTILINE | re.IGNORECASE)
#: The line below the title names the authors, unless it is an attribute or a comment.
ASCIIDOC_AUTHORS = re.compile(r"^=[ \t]+\S.*\n([^\W\d_][^\n]*)$", re.MULTILINE)
ASCIIDOC_ATTRIBUTE = re.compile(r"^:authors?:(.*)$", re.MULTILINE)
ASCIIDOC_LANGUAGE = re.compile(r"^:lang:(.*)$", re.MULTILINE)
ADDRESS = re.compile(r"[ \t]*<[^<>\n]*>")
TEX_AUTHOR = re.compile(r"^[ \t]*\\author(?:\[[^\]\n]*\])?\{", re.MULTILINE)
TEX_COMMENT = re.compile(r"(?<!\\)%.*")
#: What stands beside the name of an author: notes below the page, and lines that follow the name.
TEX_NOTE = re.compile(r"\\(?:thanks|footnote|orcidlink|inst|email)\{[^{}]*\}|\\(?:inst|footnotemark)\b")
TEX_NEXT_LINE = re.compile(r"\\\\|\\newline\b")
TEX_NEXT_AUTHOR = re.compile(r"\\and\b|\\And\b|\\AND\b")
WITHOUT_BRACES = str.maketrans("", "", "{}")
#: No list of authors is longer; without its closing brace the whole text would be looked through.
LONGEST_AUTHORS = 10_000


def head_of_rst(text: str) -> Stated:
    r"""The fields `:Author:` and `:Language:` at the head of a text whose lines end as on Unix.

    >>> head_of_rst("Tides\n=====\n\n:Author: Ada Hay\n:Language: en\n")
    Stated(title='', author='Ada Hay', language='en')
    """
    return _stated(_head(text), RST_AUTHOR, RST_LANGUAGE)


def head_of_org(text: str) -> Stated:
    """The keywords `#+author:` and `#+language:`, likewise."""
    return _stated(_head(text), ORG_AUTHOR, ORG_LANGUAGE)


def head_of_asciidoc(text: str) -> Stated:
    r"""The line of authors below the title, or the attribute `:author:`; the attribute `:lang:`.

    >>> head_of_asciidoc("= Tides\nAda Hay <ada@example.org>; Bo Li\n:lang: en\n").author
    'Ada Hay; Bo Li'
    """
    # A blank line ends the header.
    head = _head(text.lstrip("\ufeff\n")).partition("\n\n")[0]
    line = ASCIIDOC_AUTHORS.search(head) or ASCIIDOC_ATTRIBUTE.search(head)
    # An underscore joins the parts of one name there.
    names = ADDRESS.sub("", line[1]).replace("_", " ").split(";") if line else []
    return Stated(author=author_line(names), language=_language(head, ASCIIDOC_LANGUAGE))


def head_of_tex(text: str) -> Stated:
    r"""The names in `\author{...}`, without thanks and what stands below each name. TeX names no language by a tag.

    >>> head_of_tex(r"\author{Ada Hay\thanks{of Hull} \\ Hull \and Bo~Li}").author
    'Ada Hay; Bo Li'
    """
    return Stated(author=author_line(_tex_names(text)))


#: Name of an extractor to what reads the head of its texts.
HEADS: dict[str, Callable[[str], Stated]] = {
    "restructuredtext": head_of_rst,
    "org": head_of_org,
    "asciidoc": head_of_asciidoc,
    "tex": head_of_tex,
}


def _stated(head: str, author: re.Pattern[str], language: re.Pattern[str]) -> Stated:
    return Stated(author=author_line(author.findall(head)), language=_language(head, language))


def _language(head: str, pattern: re.Pattern[str]) -> str:
    found = pattern.search(head)
    return language_tag(found[1]) if found else ""


def _head(text: str) -> str:
    return "\n".join(text.split("\n", HEAD_LINES)[:HEAD_LINES])


def _tex_names(text: str) -> Iterator[str]:
    for command in TEX_AUTHOR.finditer(text):
        inside = TEX_NOTE.sub("", TEX_COMMENT.sub("", _braced(text, command.end()))).translate(WITHOUT_BRACES)
        for author in TEX_NEXT_AUTHOR.split(inside):
            yield TEX_NEXT_LINE.split(author.strip(), maxsplit=1)[0].replace("~", " ").strip(" ,")


def _braced(text: str, start: int) -> str:
    """What stands up to the brace that closes the one before `start`; nothing when none does."""
    depth = 1
    for place in range(start, min(len(text), start + LONGEST_AUTHORS)):
        if text[place] in "{}" and text[place - 1] != "\\":
            depth += 1 if text[place] == "{" else -1
            if not depth:
                return text[start:place]
    return ""
