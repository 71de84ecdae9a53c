"""The front matter of Markdown: lines of YAML at the top of a file that say its title, its authors, its language."""

from __future__ import annotations

import re

from docqa.documents.stated import Stated, author_line, language_tag

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"^title:(.*)$", re.MULTILINE | re.IGNORECASE)
LANGUAGE = re.compile(r"^lang(?:uage)?:(.*)$", re.MULTILINE | re.IGNORECASE)
#: One author on the line itself, or in a list of names between brackets, or on the lines below.
AUTHORS = re.compile(r"^authors?:(.*)((?:\n(?:[ \t]|-[ \t]).*)*)", re.MULTILINE | re.IGNORECASE)
#: A line below `author:` with a name: `- Ada Hay`, `- name: Ada Hay` or `name: Ada Hay`.
NAME_BELOW = re.compile(r"^[ \t]*(?:-[ \t]+(?=[^:]*$)|(?:-[ \t]+)?name:)(.+)$", re.MULTILINE | re.IGNORECASE)


def read_front_matter(text: str) -> tuple[Stated, int]:
    r"""What the front matter of a text states, and where the text below it begins: at 0 where there is none.

    Lines have to end as on Unix. What is more than a name or a list of names is no author here.

    >>> read_front_matter("---\ntitle: 'Tides'\nauthors: [Ada Hay, Bo Li]\nlang: en\n---\nText.")
    (Stated(title='Tides', author='Ada Hay; Bo Li', language='en'), 57)
    """
    front = FRONT_MATTER.match(text)
    if front is None:
        return Stated(), 0
    title, language = (pattern.search(front[1]) for pattern in (TITLE, LANGUAGE))
    return (
        Stated(
            title=_unquoted(title[1]) if title else "",
            author=author_line(_authors(front[1])),
            language=language_tag(_unquoted(language[1])) if language else "",
        ),
        front.end(),
    )


def _authors(front: str) -> list[str]:
    found = AUTHORS.search(front)
    if found is None:
        return []
    value, below = found[1].strip(), found[2]
    if value.startswith("[") and value.endswith("]"):
        names = value[1:-1].split(",")
    elif value.startswith(("{", "|", ">", "&", "*", "[")):
        names = []
    else:
        names = [value, *NAME_BELOW.findall(below)]
    return [_unquoted(name) for name in names]


def _unquoted(value: str) -> str:
    return value.strip().strip("'\"").strip()
