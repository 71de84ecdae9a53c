"""Documents that are archives: DOCX, PPTX and EPUB, made on the spot, damaged, locked and blown up."""

import contextlib
import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.documents import pptx as slides
from docqa.documents.formats import read_document
from docqa.errors import DocumentError
from read_back import headings_of, refusal, text_of

BODY = (
    "It is a long sentence about the sea, with as many words as a paragraph needs to stand alone in an index of them."
)


def archive_of(parts):
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stored.getvalue()


def saved(document):
    stored = io.BytesIO()
    document.save(stored)
    return stored.getvalue()


CONTAINER = "<container xmlns='urn:oasis'><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>"
OF_XHTML = 'media-type="application/xhtml+xml"'
PACKAGE = f"""<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>The  Sea</dc:title></metadata><manifest><item id="n" href="nav.xhtml" properties="nav" {OF_XHTML}/>
<item id="b" href="text/two%20b.xhtml" {OF_XHTML}/><item id="p" href="p.png" media-type="image/png"/>
<item id="a" href="text/one.xhtml" {OF_XHTML}/></manifest>
<spine><itemref idref="n"/><itemref idref="a"/><itemref idref="b"/><itemref idref="gone"/></spine></package>"""
XHTML = (
    "<?xml version='1.0' encoding='utf-8'?><html xmlns='http://www.w3.org/1999/xhtml'>"
    "<head><title/></head><body>{}</body></html>"
)
ONE, TWO = "OEBPS/text/one.xhtml", "OEBPS/text/two b.xhtml"
ENCRYPTION = "META-INF/encryption.xml"
OPEN_DOCUMENT = (
    '<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"><o:body>{}</o:body></o:document-content>'
)
OPEN_DOCUMENTS = {"a.odt": "<o:text>{}</o:text>", "a.odp": "<o:presentation><draw:page>{}</draw:page></o:presentation>"}


def book(changed=None):
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": PACKAGE,
        "OEBPS/nav.xhtml": XHTML.format("<a>contents</a>"),
        ONE: XHTML.format(f"<h1>Depth</h1><p>{BODY}&#160;Deep.</p>"),
        TWO: XHTML.format(f"<p>{BODY}</p><h2>Salt</h2><p>{BODY}</p>"),
    }
    parts.update(changed or {})
    return archive_of({name: data for name, data in parts.items() if data is not None})


class TestEpub:
    @pytest.fixture(autouse=True)
    def _lxml(self):
        pytest.importorskip("lxml")

    def test_each_file_of_the_book_is_a_page_in_the_order_of_the_book(self):
        document = read_document("a.epub", book())
        assert [page.text for page in document.pages] == [f"Depth\n\n{BODY} Deep.", f"{BODY}\n\nSalt\n\n{BODY}"]
        assert document.title == "The Sea"
        assert document.notes == ()
        assert headings_of(document) == [("Depth",), ("Depth",), ("Depth", "Salt")]

    def test_a_chapter_that_cannot_be_read_costs_no_other(self):
        document = read_document("a.epub", book({ONE: None}))
        assert [bool(page.text) for page in document.pages] == [False, True]
        (note,) = document.notes
        assert note.startswith("Chapter 1 could not be read: The file lacks its part OEBPS/text/one.xhtml.")

    def test_a_page_without_text_is_no_failure(self):
        assert read_document("a.epub", book({ONE: XHTML.format("<img src='x'/>")})).notes == ()

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"META-INF/container.xml": None}, "DOC-NOT"),
            ({"META-INF/container.xml": "<container/>"}, "DOC-DAMAGED"),
            ({"OEBPS/book.opf": "<package"}, "DOC-DAMAGED"),
            ({"OEBPS/book.opf": None}, "DOC-DAMAGED"),
            ({"OEBPS/book.opf": "<package/>"}, "DOC-NO-TEXT"),
            ({ONE: None, TWO: None}, "DOC-DAMAGED"),
            ({ENCRYPTION: f"<e><CipherReference URI='{ONE}'/></e>"}, "DOC-ENCRYPTED"),
        ],
    )
    def test_a_book_that_cannot_be_read_is_refused(self, changed, code):
        assert refusal("a.epub", book(changed)).code == code

    def test_disguised_fonts_are_no_protection(self):
        assert read_document("a.epub", book({ENCRYPTION: "<e><CipherReference URI='f.ttf'/></e>"})).pages

    def test_no_entity_is_expanded(self):
        bomb = '<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + PACKAGE.replace("The  Sea", "&b;")
        assert "aaaa" not in read_document("a.epub", book({"OEBPS/book.opf": bomb})).title


class TestDocx:
    @pytest.fixture
    def docx(self):
        return pytest.importorskip("docx")

    def test_headings_are_indexed_with_each_paragraph(self, docx):
        from docx.enum.style import WD_STYLE_TYPE

        document = docx.Document()
        document.add_heading("The Sea", 0)
        document.add_paragraph(BODY)
        document.add_heading("Depth", 1)
        document.add_paragraph(BODY)
        own = document.styles.add_style("Own", WD_STYLE_TYPE.PARAGRAPH)
        own.base_style = document.styles["Heading 2"]
        document.add_paragraph("Salt", "Own")
        document.add_paragraph(BODY)
        read = read_document("a.docx", saved(document))
        assert read.pages[0].text == f"The Sea\n\n{BODY}\n\nDepth\n\n{BODY}\n\nSalt\n\n{BODY}"
        assert headings_of(read) == [("The Sea",), ("The Sea", "Depth"), ("The Sea", "Depth", "Salt")]
        assert read.title == "The Sea"
        assert read.extractor == "python-docx"

    def test_the_title_that_the_file_states_goes_first(self, docx):
        document = docx.Document()
        document.core_properties.title = "The Sea"
        document.add_heading("Depth", 1)
        assert read_document("a.docx", saved(document)).title == "The Sea"

    def test_tables_are_read_row_by_row_where_they_stand(self, docx):
        from docx.oxml import OxmlElement

        document = docx.Document()
        document.add_paragraph("before")
        table = document.add_table(2, 2)
        for row, values in zip(table.rows, [("City", "Founded"), ("Bonn", "11 BC")], strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
        table.cell(1, 1).add_table(1, 1).cell(0, 0).text = "inner"
        document.add_paragraph("after\twards")
        assert text_of("a.docx", saved(document)) == "before\n\nCity, Founded.\n\nBonn, 11 BC inner.\n\nafter wards"
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        assert "City: Bonn, Founded: 11 BC inner." in text_of("a.docx", saved(document))
        table.cell(1, 1)._tc.clear_content()
        assert text_of("a.docx", saved(document)) == "before\n\nFounded\n\nCity: Bonn\n\nafter wards"

    ROWS = (("City", "Founded", "Twin"), ("Bonn", "11 BC", "Oxford"), ("Rome", "753 BC", "Paris"))

    def table(self, document, style=None, rows=ROWS):
        table = document.add_table(len(rows), len(rows[0]), style)
        for row, values in zip(table.rows, rows, strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.paragraphs[0].add_run(value)
        return table

    def named(self, document):
        return text_of("a.docx", saved(document)).startswith("City: Bonn, Founded: 11 BC")

    def test_a_first_row_in_bold_names_the_columns_though_it_is_not_said_to_be_a_header(self, docx):
        document = docx.Document()
        table = self.table(document)
        assert not self.named(document)
        for cell in table.rows[0].cells:
            cell.paragraphs[0].runs[0].bold = True
        assert self.named(document)
        table.cell(0, 2).paragraphs[0].runs[0].bold = False
        assert not self.named(document)

    def test_bold_rows_below_and_a_bold_column_name_nothing(self, docx):
        document = docx.Document()
        table = self.table(document)
        for row in table.rows:
            row.cells[0].paragraphs[0].runs[0].bold = True
        assert not self.named(document)
        for row in table.rows:
            for cell in row.cells:
                cell.paragraphs[0].runs[0].bold = True
        assert not self.named(document)

    def test_a_style_sets_words_in_bold_too_also_one_that_rests_on_it(self, docx):
        from docx.enum.style import WD_STYLE_TYPE

        document = docx.Document()
        strong = document.styles.add_style("Strong Words", WD_STYLE_TYPE.PARAGRAPH)
        strong.font.bold = True
        name = document.styles.add_style("Column Name", WD_STYLE_TYPE.PARAGRAPH)
        name.base_style = strong
        table = self.table(document)
        for cell in table.rows[0].cells:
            cell.paragraphs[0].style = name
        assert self.named(document)
        name.font.bold = False
        assert not self.named(document)

    def test_a_table_style_with_a_bold_first_row_names_the_columns_where_the_table_uses_that(self, docx):
        from docx.oxml.ns import qn

        document = docx.Document()
        table = self.table(document, "Light Grid Accent 1")
        assert self.named(document)
        look = table._tbl.tblPr.find(qn("w:tblLook"))
        look.set(qn("w:firstRow"), "0")
        assert not self.named(document)
        del look.attrib[qn("w:firstRow")]
        assert self.named(document)
        look.set(qn("w:val"), "0480")
        assert not self.named(document)

    def test_a_table_style_says_nothing_of_two_columns_which_may_be_keys_and_values(self, docx):
        document = docx.Document()
        self.table(document, "Light Grid Accent 1", (("Name", "Ada"), ("Born", "1815")))
        assert text_of("a.docx", saved(document)) == "Name, Ada.\n\nBorn, 1815."

    def test_styles_that_rest_on_each_other_in_a_circle_set_nothing_apart(self, docx):
        from docx.enum.style import WD_STYLE_TYPE

        document = docx.Document()
        one, other = (document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH) for name in ("One", "Other"))
        one.base_style, other.base_style = other, one
        table = self.table(document)
        for cell in table.rows[0].cells:
            cell.paragraphs[0].style = one
        assert not self.named(document)

    def test_what_was_inserted_is_read_and_what_was_deleted_is_not(self, docx):
        from docx.oxml import parse_xml

        document = docx.Document()
        paragraph = document.add_paragraph("It is ")
        namespace = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        for xml in (
            f"<w:ins {namespace}><w:r><w:t>blue</w:t></w:r></w:ins>",
            f"<w:del {namespace}><w:r><w:delText>green</w:delText></w:r></w:del>",
            f"<w:sdt {namespace}><w:sdtContent><w:r><w:t> and wide</w:t></w:r></w:sdtContent></w:sdt>",
        ):
            paragraph._p.append(parse_xml(xml))
        assert text_of("a.docx", saved(document)) == "It is blue and wide"

    @pytest.mark.parametrize("part", ["word/document.xml", "[Content_Types].xml", "word/styles.xml"])
    def test_a_damaged_document_is_refused(self, docx, part):
        document = docx.Document()
        document.add_paragraph("text")
        with zipfile.ZipFile(io.BytesIO(saved(document))) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts[part] = parts[part][:100]
        assert refusal("a.docx", archive_of(parts)).code == "DOC-DAMAGED"

    def test_a_document_without_text_is_refused(self, docx):
        assert refusal("a.docx", saved(docx.Document())).code == "DOC-NO-TEXT"


class TestPptx:
    @pytest.fixture
    def pptx(self):
        return pytest.importorskip("pptx")

    def presentation(self, pptx):
        presentation = pptx.Presentation()
        for title in ("The Sea", "Depth"):
            slide = presentation.slides.add_slide(presentation.slide_layouts[1])
            slide.shapes.title.text = title
            slide.placeholders[1].text = BODY + "\nNext."
        box = slide.shapes.add_group_shape().shapes.add_textbox(0, 0, 9, 9)
        box.text_frame.text = "in a group"
        table = slide.shapes.add_table(2, 2, 0, 0, 9, 9).table
        for number, value in enumerate(["City", "Founded", "Bonn", "11 BC"]):
            table.cell(number // 2, number % 2).text = value
        slide.notes_slide.notes_text_frame.text = "Say this."
        return presentation

    def test_a_slide_is_a_page_with_its_title_as_heading(self, pptx):
        document = read_document("a.pptx", saved(self.presentation(pptx)))
        assert [page.number for page in document.pages] == [1, 2]
        assert document.pages[0].text == f"The Sea\n\n{BODY}\n\nNext."
        assert document.pages[1].text == (
            f"Depth\n\n{BODY}\n\nNext.\n\nin a group\n\nCity: Bonn, Founded: 11 BC.\n\nSay this."
        )
        assert headings_of(document) == [("The Sea",), ("Depth",)]
        assert document.title == "The Sea"

    def test_a_table_without_values_keeps_the_names_of_its_columns(self, pptx):
        presentation = pptx.Presentation()
        slide = presentation.slides.add_slide(presentation.slide_layouts[6])
        table = slide.shapes.add_table(2, 2, 0, 0, 9, 9).table
        table.cell(0, 0).text, table.cell(0, 1).text = "Name", "Signature"
        assert text_of("a.pptx", saved(presentation)) == "Name, Signature."

    def test_a_slide_that_cannot_be_read_costs_no_other(self, pptx, monkeypatch):
        data, add = saved(self.presentation(pptx)), slides._add_shapes

        def fail(page, shapes):
            if page.first_heading == "Depth":
                raise KeyError("rId9")
            add(page, shapes)

        monkeypatch.setattr(slides, "_add_shapes", fail)
        document = read_document("a.pptx", data)
        assert [bool(page.text) for page in document.pages] == [True, False]
        assert document.notes == ("Slide 2 could not be read (KeyError: 'rId9').",)

    def test_a_presentation_without_text_is_refused(self, pptx):
        assert refusal("a.pptx", saved(pptx.Presentation())).code == "DOC-NO-TEXT"


@pytest.mark.parametrize(
    ("name", "module", "part"),
    [
        ("a.docx", "docx", "word/document.xml"),
        ("a.pptx", "pptx", "ppt/presentation.xml"),
        ("a.epub", "lxml", "META-INF/container.xml"),
        ("a.odt", "lxml", "META-INF/manifest.xml"),
        ("a.odp", "lxml", "META-INF/manifest.xml"),
    ],
    ids="docx pptx epub odt odp".split(),
)
class TestArchives:
    @pytest.fixture(autouse=True)
    def _installed(self, module):
        pytest.importorskip(module)

    def test_what_is_no_archive_of_this_kind_is_refused(self, name, part):
        assert refusal(name, b"").code == "DOC-EMPTY"
        assert refusal(name, b"plain text").code == "DOC-NOT"
        assert refusal(name, archive_of({"a.txt": "text"})).code == "DOC-NOT"
        assert refusal(name, archive_of({part: "text " * 99})[:-30]).code == "DOC-DAMAGED"
        assert refusal(name, archive_of({part: "no XML"})).code == "DOC-DAMAGED"

    def test_a_password_is_told(self, name, part):
        wrapped = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99)
        assert refusal(name, wrapped + "EncryptedPackage".encode("utf-16-le")).code == "DOC-ENCRYPTED"
        assert refusal(name, wrapped).code == "DOC-NOT"
        data = bytearray(archive_of({part: "text"}))
        data[data.rindex(b"PK\x01\x02") + 8] |= 1
        assert refusal(name, bytes(data)).code == "DOC-ENCRYPTED"

    def test_a_bomb_is_told_before_any_part_is_read(self, name, part, monkeypatch):
        data = archive_of({part: "text", "bomb": bytes(130 * 1024 * 1024)})
        monkeypatch.setattr(zipfile.ZipFile, "open", lambda *arguments: pytest.fail("a part was read"))
        assert refusal(name, data).code == "DOC-TOO-LARGE"

    def test_parts_that_overlap_are_refused(self, name, part):
        data = bytearray(archive_of({part: "text"}))
        sizes = data.rindex(b"PK\x01\x02") + 20
        data[sizes : sizes + 8] = struct.pack("<II", 10_000_000, 10_000_000)
        assert refusal(name, bytes(data)).code == "DOC-DAMAGED"

    @pytest.mark.parametrize("part_of", range(8))
    def test_damage_anywhere_gives_a_document_or_a_refusal(self, name, part, part_of, whole):
        for place in range(part_of, len(whole), 8 * 211):
            data = bytearray(whole)
            data[place : place + 3] = b"\xff\x00<"
            with contextlib.suppress(DocumentError):
                headings_of(read_document(name, bytes(data)))
        assert read_document(name, whole).pages

    @pytest.fixture
    def whole(self, name, module):
        if name in OPEN_DOCUMENTS:
            content = OPEN_DOCUMENT.format(
                OPEN_DOCUMENTS[name].format(f"<text:h>The Sea</text:h><text:p>{BODY}</text:p>")
            )
            return archive_of({"META-INF/manifest.xml": "<m/>", "content.xml": content})
        if module == "lxml":
            return book()
        library = pytest.importorskip(module)
        if module == "docx":
            document = library.Document()
            document.add_heading("The Sea", 1)
            document.add_paragraph(BODY)
            return saved(document)
        return saved(TestPptx().presentation(library))


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_bytes_after_the_mark_of_an_archive_are_refused(data):
    pytest.importorskip("lxml")
    assert refusal("a.epub", b"PK\x03\x04" + data).code in {"DOC-DAMAGED", "DOC-NOT"}


def test_running_out_of_memory_is_no_damage(monkeypatch):
    docx = pytest.importorskip("docx")

    def fail(stored):
        raise MemoryError

    data = saved(docx.Document())
    monkeypatch.setattr(docx, "Document", fail)
    with pytest.raises(MemoryError):
        read_document("a.docx", data)
