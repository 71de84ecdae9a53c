"""What a fuzzer begins with: real files of each kind, and small ones made here of kinds of which there are none."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path

#: Larger files would make every step slow; so many of a kind are taken.
LARGEST, MOST = 200_000, 60

TEXT = "Harbour treaty\n\nThe treaty was signed by Marta Olsen on the third of May 1921.\n\n- one\n- two\n"
HTML = (
    "<!doctype html><html><head><title>Treaty</title></head><body><h1>Treaty</h1><p>Signed by <b>Marta</b> Olsen.</p>"
    "<table><tr><th>ship</th><td>lamp &amp; oil</td></tr></table><ul><li>one<li>two</ul><pre>a\n b</pre></body></html>"
)
TABLE = 'ship,harbour,"keeper, paid"\n"Ada","Bergen",silver\nBo,Skagen,"oil ""lamp"""\n'
CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
    '<dc:title>Treaty</dc:title></metadata><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
    '</manifest><spine><itemref idref="a"/></spine></package>'
)

OFFICE_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {"office": "office", "text": "text", "table": "table", "draw": "drawing"}.items()
)
OFFICE_TEXT = (
    '<text:h text:outline-level="1">Treaty</text:h><text:p>Signed by<text:s text:c="2"/>Marta Olsen<text:note>'
    "<text:note-body><text:p>In May.</text:p></text:note-body></text:note>.<draw:frame><draw:text-box><text:p>ship"
    "</text:p></draw:text-box></draw:frame></text:p><table:table><table:table-header-rows><table:table-row>"
    "<table:table-cell><text:p>ship</text:p></table:table-cell></table:table-row></table:table-header-rows>"
    '<table:table-row><table:table-cell table:number-columns-repeated="2"><text:p>Ada</text:p></table:table-cell>'
    "</table:table-row></table:table>"
)


def seeds_of(suffix: str, folders: Iterable[Path]) -> list[bytes]:
    """The files to begin with for a kind: those under the folders, and one made here."""
    found = _found(folders)[suffix]
    # Some of each size, for the smallest are mostly empty.
    return [made(suffix), *(file.read_bytes() for file in found[:: max(1, len(found) // MOST)][:MOST])]


def made(suffix: str) -> bytes:
    """A small sound file of a kind."""
    makers = {".docx": _docx, ".pptx": _pptx, ".epub": _epub, ".odt": _odt, ".odp": _odp, ".eml": _mail, ".pdf": _pdf}
    if suffix.endswith(".gz"):
        return gzip.compress(made(suffix.removesuffix(".gz")))
    if suffix in makers:
        return makers[suffix]()
    text = {".html": HTML, ".csv": TABLE, ".tsv": TABLE.replace(",", "\t")}.get(suffix, TEXT)
    return text.encode()


def _found(folders: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    for file in sorted(files, key=lambda file: (file.stat().st_size, file.name)):
        if file.stat().st_size <= LARGEST:
            found[file.suffix.lower()].append(file)
    return found


def _docx() -> bytes:
    import docx

    document = docx.Document()
    document.add_heading("Treaty")
    document.add_paragraph("Signed by Marta Olsen.")
    table = document.add_table(2, 2)
    table.cell(0, 0).text = "ship"
    return _saved(document)


def _pptx() -> bytes:
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text = "Treaty"
    slide.placeholders[1].text = "Signed by Marta Olsen."
    data = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["May", "June"]
    data.add_series("ships", [12, 0.5], number_format="0.0%")  # type: ignore[no-untyped-call]
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 9, 9, data)
    return _saved(slides)


def _epub() -> bytes:
    parts = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER, "book.opf": PACKAGE}
    parts["a.xhtml"] = HTML.replace("<!doctype html>", "").replace("<li>two", "</li><li>two</li>")
    return archive_of({name: text.encode() for name, text in parts.items()})


def _odt() -> bytes:
    return _opendocument(f"<office:text>{OFFICE_TEXT}</office:text>")


def _odp() -> bytes:
    return _opendocument(f"<office:presentation><draw:page>{OFFICE_TEXT}</draw:page></office:presentation>")


def _opendocument(body: str) -> bytes:
    content = f"<office:document-content {OFFICE_NAMES}><office:body>{body}</office:body></office:document-content>"
    return archive_of({"META-INF/manifest.xml": b"<m/>", "content.xml": content.encode()})


def archive_of(parts: dict[str, bytes]) -> bytes:
    """A ZIP archive of parts."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stored.getvalue()


def _mail() -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "Harbour treaty", "Marta Olsen <marta@example.org>"
    message.set_content(TEXT)
    message.add_alternative(HTML, subtype="html")
    return message.as_bytes()


def _pdf() -> bytes:
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(612, 792)
    stream = DecodedStreamObject()
    stream.set_data(b"BT /F1 12 Tf 72 720 Td (Signed by Marta Olsen.) Tj ET")
    name = NameObject
    page[name("/Contents")] = stream
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font_object = DictionaryObject({name(key): name(value) for key, value in font.items()})
    page[name("/Resources")] = DictionaryObject({name("/Font"): DictionaryObject({name("/F1"): font_object})})
    return _saved(writer, "write")


def _saved(document: object, how: str = "save") -> bytes:
    stored = io.BytesIO()
    getattr(document, how)(stored)
    return stored.getvalue()
