"""HTML through lxml: the text of a page in blocks, its headings, its tables row by row, without menus and scripts.

lxml comes alone, and what is left out is said here. Libraries that guess the main text of web pages bring a dozen
packages with them, an HTTP client among them, and what they leave out by their guess can never be an answer.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from docqa.documents.document import Document
from docqa.documents.foreign import in_one_line, library, reason
from docqa.documents.html_table import is_data, table_lines
from docqa.documents.page_text import PageText
from docqa.documents.stated import Stated, author_line, language_tag
from docqa.documents.text import BYTE_ORDER_MARKS, decode
from docqa.documents.versions import installed_version
from docqa.errors import DocumentError

PACKAGE = "lxml"
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
#: Elements whose text is none of the page's.
SKIPPED = frozenset(
    "head script style noscript template svg object iframe canvas audio video map nav aside "
    "button select textarea input datalist dialog menu".split()
)
SKIPPED_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "menu", "dialog"})
#: Elements within a line of text; every other one begins a block.
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q rp rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr".split()
)
#: A list of so many links with so few words each, on average, and hardly anything else is a menu.
MENU_LINKS = 5
MENU_WORDS = 4
MENU_SHARE = 0.8

BLANKS_IN_LINE = re.compile(r" {2,}")
BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
AROUND_LINE_END = re.compile(r" *\n *")
DECLARED = re.compile(
    rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w:.-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w:.-]+)""", re.IGNORECASE
)
#: An XHTML element that is closed where it begins; HTML knows that of few.
CLOSED_AT_ONCE = re.compile(r"<([A-Za-z][\w:-]*)((?:\s[^<>]*)?)/>")
CLOSED_IN_HTML = frozenset("area base br col embed hr img input link meta source track wbr".split())


def read_html(data: bytes) -> Document:
    """Read an HTML page. Raises `DocumentError` when it is empty or holds no text, or when lxml is missing."""
    library("lxml.etree", PACKAGE)
    page = PageText()
    stated = add_html(page, decode_html(data))
    if page.is_empty:
        raise DocumentError("DOC-NO-TEXT", "The page holds no text; it may be filled by a script in a browser.")
    return Document(
        (page.finish(1, guess=True),),
        stated.title or page.first_heading,
        PACKAGE,
        lxml_version(),
        author=stated.author,
        language=stated.language,
    )


def decode_html(data: bytes) -> str:
    r"""The text of an HTML file, in the encoding it declares if that fits.

    >>> decode_html(b'<meta charset="koi8-r"><p>\xed\xc9\xd2')[-3:]
    'Мир'
    """
    declared = DECLARED.search(data[:4096])
    marked = any(data.startswith(mark) for mark, _ in BYTE_ORDER_MARKS)
    if declared and not marked and b"\0" not in data:
        try:
            return data.decode(codecs.lookup((declared[1] or declared[2]).decode("ascii")).name)
        except (LookupError, UnicodeError):
            pass
    return decode(data)


def add_html(page: PageText, text: str) -> Stated:
    """Add the blocks of an HTML text to a page. Returns what it states: title, `meta` authors, language of all."""
    html = library("lxml.html", PACKAGE)
    text = CLOSED_AT_ONCE.sub(_close, text).replace("\0", "\ufffd")
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except MemoryError:
        raise
    except Exception as error:
        # lxml raises ParserError, XMLSyntaxError, AssertionError and more on what is hardly HTML.
        raise DocumentError("DOC-DAMAGED", f"The HTML cannot be read ({reason(error)}).") from error
    if any("depth" in entry.message for entry in parser.error_log):
        # Whatever follows such a place is lost, so the rest would be half a document.
        raise DocumentError("DOC-DAMAGED", "Elements of the HTML are nested too deeply to be read.")
    main = root.xpath("//main | //*[@role='main']")
    walk = _Walk(page)
    for element in main or root.xpath("//body") or [root]:
        if not any(parent in main for parent in element.iterancestors()):
            walk.add(element)
    if page.is_empty and main:
        walk.add(root)
    return _stated(root)


def lxml_version() -> str:
    """The version of lxml."""
    return installed_version(PACKAGE) or ""


def _stated(root: Any) -> Stated:
    authors = (meta.get("content") for meta in root.iter("meta") if meta.get("name", "").lower() == "author")
    return Stated(
        title=in_one_line(root.findtext(".//title")),
        author=author_line(authors),
        language=language_tag(root.get("lang") or root.get("xml:lang")),
    )


def _close(match: re.Match[str]) -> str:
    name = match[1]
    return match[0] if name.lower() in CLOSED_IN_HTML else f"<{name}{match[2]}></{name}>"


class _Walk:
    """Goes through an element in order and hands its text to a page, block by block.

    It does not call itself for what is nested: pages of the web are nested deeper than Python's stack.
    """

    def __init__(self, page: PageText) -> None:
        self._page = page
        self._line: list[str] = []
        self._heading: Any = None

    def add(self, top: Any) -> None:
        """Add all of an element that is the page's own text."""
        steps = library("lxml.etree", PACKAGE).iterwalk(top, events=("start", "end"))
        skipped: Any = None
        for event, element in steps:
            if skipped is None and event == "start":
                if self._begin(element, is_top=element is top):
                    self._text(element.text)
                else:
                    skipped = element
                    steps.skip_subtree()
            elif event == "end":
                if skipped is None:
                    self._end(element)
                elif element is skipped:
                    skipped = None
                if skipped is None and element is not top:
                    self._text(element.tail)
        self._close_line()

    def _begin(self, element: Any, *, is_top: bool) -> bool:
        """Begin an element; whether its text is still to be added."""
        tag = element.tag
        if not isinstance(tag, str) or (not is_top and _is_skipped(element)):
            return False
        if self._heading is not None:
            self._line.append("" if tag in INLINE else " ")
            return True
        if _is_within_line(element):
            return True
        self._close_line()
        if tag == "pre":
            self._page.add("".join(element.itertext()).replace("\r\n", "\n"))
            return False
        if tag == "table" and is_data(element):
            for line in table_lines(element):
                self._page.add(line)
            return False
        if tag in HEADINGS:
            self._heading = element
        elif tag == "li":
            self._line.append("- ")
        return True

    def _end(self, element: Any) -> None:
        if element is self._heading:
            self._page.add_heading(self._take_line(), HEADINGS[element.tag])
            self._heading = None
        elif element.tag == "br":
            self._line.append("\n")
        elif self._heading is None and not _is_within_line(element):
            self._close_line()

    def _text(self, text: str | None) -> None:
        if text:
            self._line.append(BLANKS.sub(" ", text).replace("\xad", ""))

    def _take_line(self) -> str:
        line = AROUND_LINE_END.sub("\n", BLANKS_IN_LINE.sub(" ", "".join(self._line))).strip()
        self._line = []
        return line

    def _close_line(self) -> None:
        line = self._take_line()
        if line != "-":
            self._page.add(line)


def _is_within_line(element: Any) -> bool:
    if element.tag == "br":
        return True
    return element.tag in INLINE and all(child.tag in INLINE or child.tag == "br" for child in element.iter("*"))


def _is_skipped(element: Any) -> bool:
    tag = element.tag
    if tag in SKIPPED or element.get("role") in SKIPPED_ROLES or "hidden" in element.attrib:
        return True
    if tag == "footer":
        return not any(parent.tag in {"article", "section", "main", "blockquote"} for parent in element.iterancestors())
    return tag in {"ul", "ol"} and _is_menu(element)


def _is_menu(element: Any) -> bool:
    links = [" ".join("".join(link.itertext()).split()) for link in element.iter("a") if link.get("href")]
    words = sum(len(link.split()) for link in links)
    whole = len(" ".join("".join(element.itertext()).split()))
    return (
        len(links) >= MENU_LINKS
        and words <= MENU_WORDS * len(links)
        and sum(map(len, links)) >= MENU_SHARE * max(1, whole - len(links))
    )
