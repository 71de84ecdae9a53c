"""What Word's XML says: the text of a paragraph or a cell, the rows of a table and the cells of a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: What stands for the text of a paragraph, and what of it was deleted or is said twice.
BLANKS = {f"{WORD}tab": " ", f"{WORD}br": "\n", f"{WORD}cr": "\n", f"{WORD}noBreakHyphen": "-"}
LEFT_OUT = {
    f"{WORD}del",
    f"{WORD}moveFrom",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}


def text_of(element: Any) -> str:
    """The text of a paragraph or a cell as it is shown, with what was inserted and without what was deleted."""
    parts: list[str] = []
    for child in element.iterchildren():
        if child.tag == f"{WORD}t":
            parts.append(child.text or "")
        elif child.tag in BLANKS:
            parts.append(BLANKS[child.tag])
        elif isinstance(child.tag, str) and child.tag not in LEFT_OUT:
            parts.append(text_of(child))
            if child.tag == f"{WORD}p":
                parts.append("\n")
    return "".join(parts)


def own(element: Any, tag: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row, without those of tables in its cells."""
    for child in element:
        if child.tag == tag:
            yield child
        elif isinstance(child.tag, str) and child.tag not in LEFT_OUT:
            yield from own(child, tag)
