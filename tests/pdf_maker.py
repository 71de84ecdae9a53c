"""Makes small real PDFs from the texts of their pages."""

import io

import pypdf
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

FONT = DictionaryObject(
    {
        NameObject("/Type"): NameObject("/Font"),
        NameObject("/Subtype"): NameObject("/Type1"),
        NameObject("/BaseFont"): NameObject("/Helvetica"),
        NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
    }
)


def make_pdf(*pages, title=None, author=None, language=None, labels=(), password=None, pictures=None, annotations=None):
    """The bytes of a PDF whose pages show `pages`, a line of the page for each line of the text.

    A page of bytes is a content stream of its own (the font is /F1, see `place`). `labels` are (first page index, last
    page index, style, number to start with); `password` encrypts the file; `pictures` are (width, height, gray pixels)
    that fill pages, by index; `annotations` are lists of dictionaries of PDF objects, by page index.
    """
    writer = PdfWriter()
    for index, text in enumerate(pages):
        page = writer.add_blank_page(612, 792)
        content = text if isinstance(text, bytes) else _show(text).encode("cp1252") if text else b""
        resources = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F1"): FONT})})
        if index in (pictures or {}):
            content += b"\nq 612 0 0 792 0 0 cm /Im1 Do Q"
            picture = writer._add_object(_picture(*pictures[index]))
            resources[NameObject("/XObject")] = DictionaryObject({NameObject("/Im1"): picture})
        if content:
            stream = DecodedStreamObject()
            stream.set_data(content)
            page[NameObject("/Contents")] = writer._add_object(stream)
        page[NameObject("/Resources")] = resources
        if index in (annotations or {}):
            page[NameObject("/Annots")] = ArrayObject(
                writer._add_object(annotation) for annotation in annotations[index]
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


def annotation(kind, rectangle=(0, 0, 10, 10), **entries):
    """An annotation; of the entries, words that begin with "/" are names, other ones strings, lists are lists."""
    found = {"Subtype": f"/{kind}", "Rect": list(rectangle), **entries}
    return DictionaryObject({NameObject(f"/{key}"): _object(value) for key, value in found.items()})


def place(*lines, size=12, together=False):
    """A content stream of (left, height, text), in text objects of their own or `together` in one."""
    moves = [f"/F1 {size} Tf 1 0 0 1 {left} {height} Tm ({_escaped(text)}) Tj" for left, height, text in lines]
    joint = "\n" if together else " ET\nBT "
    return f"BT {joint.join(moves)} ET".encode("cp1252")


def scanned(data):
    """The bytes of a PDF of pictures of the pages of another one. Needs pypdfium2."""
    pictures = pictures_of(data)
    return make_pdf(*[""] * len(pictures), pictures=pictures)


def pictures_of(data, scale=3):
    """Pictures of the pages of a PDF, by page index, as `make_pdf` takes them. Needs pypdfium2."""
    import pypdfium2

    pictures = {}
    document = pypdfium2.PdfDocument(data)
    for index in range(len(document)):
        bitmap = document[index].render(scale=scale, grayscale=True)
        pixels = bytes(bitmap.buffer)
        rows = [pixels[start : start + bitmap.width] for start in range(0, len(pixels), bitmap.stride)]
        pictures[index] = (bitmap.width, bitmap.height, b"".join(rows))
    document.close()
    return pictures


def page_texts(data):
    """The texts of the pages as pypdf extracts them."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def second_pages_fail(monkeypatch):
    """The second page of every PDF fails in pypdf."""
    extract = pypdf.PageObject.extract_text

    def fail_on_the_second(page, **visitors):
        if page.page_number == 1:
            raise ZeroDivisionError("division by zero")
        return extract(page, **visitors)

    monkeypatch.setattr(pypdf.PageObject, "extract_text", fail_on_the_second)


def _picture(width, height, pixels):
    stream = DecodedStreamObject()
    stream.set_data(pixels)
    for key, value in {"Type": "/XObject", "Subtype": "/Image", "ColorSpace": "/DeviceGray"}.items():
        stream[NameObject(f"/{key}")] = NameObject(value)
    for key, number in {"Width": width, "Height": height, "BitsPerComponent": 8}.items():
        stream[NameObject(f"/{key}")] = NumberObject(number)
    return stream.flate_encode()


def _object(value):
    if isinstance(value, list):
        return ArrayObject(map(_object, value))
    if isinstance(value, int):
        return NumberObject(value)
    if isinstance(value, str):
        return NameObject(value) if value.startswith("/") else TextStringObject(value)
    return value


def _escaped(text):
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _show(text):
    lines = "".join(f"({line}) Tj T*\n" for line in _escaped(text).split("\n"))
    return f"BT /F1 12 Tf 14 TL 72 720 Td\n{lines}ET"
