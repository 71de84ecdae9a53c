"""Makes small real PDFs from the texts of their pages."""

import io

from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

FONT = DictionaryObject(
    {
        NameObject("/Type"): NameObject("/Font"),
        NameObject("/Subtype"): NameObject("/Type1"),
        NameObject("/BaseFont"): NameObject("/Helvetica"),
        NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
    }
)


def make_pdf(*pages, title=None, author=None, language=None, labels=(), password=None):
    """The bytes of a PDF whose pages show `pages`, a line of the page for each line of the text.

    `labels` are (first page index, last page index, style, number to start with); `password` encrypts the file.
    """
    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(612, 792)
        if text:
            stream = DecodedStreamObject()
            stream.set_data(_show(text).encode("cp1252"))
            page[NameObject("/Contents")] = writer._add_object(stream)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): FONT})}
        )
    for name, value in (("/Title", title), ("/Author", author)):
        if value is not None:
            writer.add_metadata({name: value})
    if language is not None:
        writer.root_object[NameObject("/Lang")] = language
    for first, last, style, start in labels:
        writer.set_page_label(first, last, style=style, start=start)
    if password is not None:
        writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


def page_texts(data):
    """The texts of the pages as pypdf extracts them."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def _show(text):
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    lines = "".join(f"({line}) Tj T*\n" for line in escaped.split("\n"))
    return f"BT /F1 12 Tf 14 TL 72 720 Td\n{lines}ET"
