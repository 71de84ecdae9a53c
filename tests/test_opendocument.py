"""OpenDocument texts and presentations, made on the spot part by part."""

import io
import zipfile

import pytest

from docqa.documents.formats import read_document
from read_back import headings_of, refusal, text_of

pytest.importorskip("lxml")

SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "presentation": "presentation",
        "meta": "meta",
        "chart": "chart",
        "style": "style",
    }.items()
)
SPACES += ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
SPACES += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
BODY = (
    "It is a long sentence about the sea, with as many words as a paragraph needs to stand alone in an index of them."
)


def content(body):
    return f"<office:document-content {SPACES}><office:body>{body}</office:body></office:document-content>"


def archive_of(body, **more):
    stored = io.BytesIO()
    parts = {"META-INF/manifest.xml": "<m/>", "content.xml": content(body), **more}
    with zipfile.ZipFile(stored, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stored.getvalue()


def text(body, **more):
    return text_of("a.odt", archive_of(f"<office:text>{body}</office:text>", **more))


def cell(words):
    return f"<table:table-cell><text:p>{words}</text:p></table:table-cell>"


def row(*cells):
    return f"<table:table-row>{''.join(map(cell, cells))}</table:table-row>"


class TestOdt:
    def test_paragraphs_lists_and_headings_are_read_in_their_order(self):
        body = (
            '<text:h text:outline-level="1">The <text:span>Sea</text:span></text:h>'
            f"<text:p>{BODY}</text:p>"
            '<text:section><text:h text:outline-level="2">Depth</text:h>'
            "<text:list><text:list-item><text:p>one</text:p></text:list-item>"
            "<text:list-item><text:p>two</text:p></text:list-item></text:list></text:section>"
            f"<text:p>{BODY}</text:p>"
        )
        document = read_document("a.odt", archive_of(f"<office:text>{body}</office:text>"))
        assert document.pages[0].text == f"The Sea\n\n{BODY}\n\nDepth\n\none\n\ntwo\n\n{BODY}"
        assert headings_of(document)[-1] == ("The Sea", "Depth")
        assert document.title == "The Sea"

    def test_blanks_are_those_that_the_file_says(self):
        assert (
            text('<text:p>a\n   b<text:s text:c="2"/>c<text:tab/>d<text:line-break/>e<text:s/>f</text:p>')
            == "a b  c d\ne f"
        )

    def test_what_was_deleted_and_tables_of_contents_are_left_out(self):
        assert (
            text(
                "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>"
                "</text:changed-region></text:tracked-changes>"
                "<text:table-of-content><text:p>Depth 3</text:p></text:table-of-content>"
                "<text:p>It is <text:change-start/>blue<text:change-end/>.</text:p>"
            )
            == "It is blue."
        )

    def test_notes_and_comments_come_last_and_boxes_after_their_paragraph(self):
        note = "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>{}</text:p></text:note-body></text:note>"
        assert text(
            f"<text:p>Deep{note.format('In metres.')} and<office:annotation><dc:creator>Ada</dc:creator>"
            "<text:p>Is it?</text:p></office:annotation> wide."
            "<draw:frame><draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame></text:p>"
            "<text:p>The end.</text:p>"
        ).split("\n\n") == ["Deep and wide.", "In a box.", "The end.", "In metres.", "Is it?"]

    def test_rows_of_a_table_say_the_names_of_their_columns_where_it_has_some(self):
        table = "<table:table>{}</table:table>"
        rows = row("Bonn", "11 BC") + row("Rome", "")
        assert text(table.format(row("City", "Founded") + rows)) == "City, Founded.\n\nBonn, 11 BC.\n\nRome"
        header = f"<table:table-header-rows>{row('City', 'Founded')}</table:table-header-rows>"
        assert text(table.format(header + rows)) == "City: Bonn, Founded: 11 BC.\n\nCity: Rome"
        assert text(table.format(header + row("Bonn", ""))) == "Founded\n\nCity: Bonn"
        inner = table.format(row("in", "side"))
        outer = f"<table:table-row><table:table-cell>{inner}</table:table-cell>{cell('x')}</table:table-row>"
        assert text(table.format(outer)) == "in side, x."
        covered = (
            '<table:table-row><table:table-cell table:number-columns-repeated="2"><text:p>y</text:p></table:table-cell>'
        )
        covered += "<table:covered-table-cell><text:p>hidden</text:p></table:covered-table-cell></table:table-row>"
        assert text(table.format(covered)) == "y, y."

    @pytest.mark.parametrize(
        ("first", "is_header"),
        [
            ('<text:p text:style-name="Heading">{}</text:p>', True),
            ('<text:p text:style-name="P1">{}</text:p>', True),
            ('<text:p text:style-name="P2">{}</text:p>', False),
            ('<text:p><text:span text:style-name="T1">{}</text:span></text:p>', True),
            (
                '<text:p text:style-name="P2"><text:a><text:span text:style-name="T1">{}</text:span></text:a></text:p>',
                True,
            ),
            ('<text:p text:style-name="P1"><text:span text:style-name="T2">{}</text:span></text:p>', False),
            ('<text:p><text:span text:style-name="T1">{}</text:span> more</text:p>', False),
            ("<text:p>{}</text:p>", False),
            ('<text:p text:style-name="Circle">{}</text:p>', False),
        ],
    )
    def test_a_first_row_that_alone_is_bold_names_the_columns(self, first, is_header):
        def style(name, family, weight="", base=""):
            told = f'<style:text-properties fo:font-weight="{weight}"/>' if weight else ""
            return f'<style:style style:name="{name}" style:family="{family}" style:parent-style-name="{base}">{told}</style:style>'

        common = style("Heading", "paragraph", "bold") + style("Circle", "paragraph", base="Circle")
        own = style("P1", "paragraph", base="Heading") + style("P2", "paragraph", "normal", "Heading")
        own += style("T1", "text", "700") + style("T2", "text", "400")
        styles = f"<office:document-styles {SPACES}>{common}</office:document-styles>"
        names = "".join(f"<table:table-cell>{first.format(name)}</table:table-cell>" for name in ("City", "Founded"))
        table = f"<table:table><table:table-row>{names}</table:table-row>{row('Bonn', '11 BC')}</table:table>"
        body = f"<office:automatic-styles>{own}</office:automatic-styles>{table}"
        assert text(body, **{"styles.xml": styles}).endswith("City: Bonn, Founded: 11 BC.") == is_header

    def test_a_chart_is_read_from_its_own_part_once(self):
        header = f"<table:table-header-rows>{row('', 'Norway')}</table:table-header-rows>"
        chart = content(
            "<office:chart><chart:chart><chart:title><text:p>Ships</text:p></chart:title>"
            f"<table:table>{header}<table:table-rows>{row('Q1', '12')}</table:table-rows></table:table></chart:chart>"
            '<draw:object xlink:href="."/></office:chart>'
        )
        frame = '<draw:frame><draw:object xlink:href="./Object 1"/><draw:object xlink:href="./gone"/></draw:frame>'
        body = f"<text:p>Before{frame}</text:p><text:p>After</text:p>"
        assert text(body, **{"Object 1/content.xml": chart}) == "Before\n\nAfter\n\nShips\n\nQ1, Norway: 12."

    def test_what_stands_above_and_below_all_pages_is_read_last_and_once(self):
        page = (
            "<style:header><text:p>Contract 7</text:p></style:header><style:footer><text:p>{}</text:p></style:footer>"
        )
        note = "<text:note><text:note-body><text:p>In euros.</text:p></text:note-body></text:note>"
        page = page.replace("Contract 7", f"Contract 7{note}", 1)
        styles = f"<office:document-styles {SPACES}>{page.format('Bergen')}{page.format('Oslo')}{page.format('7')}</office:document-styles>"
        assert (
            text("<text:p>The fee.</text:p>", **{"styles.xml": styles})
            == "The fee.\n\nContract 7\n\nBergen\n\nOslo\n\nIn euros."
        )

    def test_title_author_and_language_are_those_that_it_states(self):
        meta = (
            f"<office:document-meta {SPACES}><office:meta><dc:title>The  Sea</dc:title><dc:creator>Bo</dc:creator>"
            "<meta:initial-creator>Ada</meta:initial-creator><dc:language>en-GB</dc:language></office:meta></office:document-meta>"
        )
        data = archive_of("<office:text><text:p>x</text:p></office:text>", **{"meta.xml": meta})
        document = read_document("a.odt", data)
        assert (document.title, document.author, document.language) == ("The Sea", "Ada", "en-GB")

    def test_what_cannot_be_read_is_refused(self):
        assert refusal("a.odt", archive_of("<office:text/>")).code == "DOC-NO-TEXT"
        locked = "<m><manifest:encryption-data xmlns:manifest='urn:m'/></m>"
        assert refusal("a.odt", archive_of("", **{"META-INF/manifest.xml": locked})).code == "DOC-ENCRYPTED"
        assert refusal("a.odt", archive_of("<broken")).code == "DOC-DAMAGED"


class TestOdp:
    def test_a_slide_is_a_page_with_its_title_as_heading_and_its_notes_at_the_end(self):
        def slide(title, words):
            return (
                f'<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>{title}</text:p>'
                f"</draw:text-box></draw:frame><draw:g><draw:custom-shape><text:p>{words}</text:p></draw:custom-shape>"
                f"</draw:g><draw:frame><table:table>{row('Bonn', '11 BC')}</table:table></draw:frame>"
                '<presentation:notes><draw:frame presentation:class="header"><draw:text-box><text:p>no</text:p>'
                '</draw:text-box></draw:frame><draw:frame presentation:class="notes"><draw:text-box>'
                "<text:p>Say this.</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>"
            )

        body = f"<office:presentation>{slide('The Sea', BODY)}{slide('Depth', BODY)}</office:presentation>"
        document = read_document("a.odp", archive_of(body))
        assert [page.number for page in document.pages] == [1, 2]
        assert document.pages[1].text == f"Depth\n\n{BODY}\n\nBonn, 11 BC.\n\nSay this."
        assert headings_of(document) == [("The Sea",), ("Depth",)]
        assert document.title == "The Sea"

    @pytest.mark.parametrize(("told", "line"), [("true", "City: Bonn, Founded: 11 BC."), ("false", "Bonn, 11 BC.")])
    def test_a_first_row_that_is_shown_as_one_names_the_columns(self, told, line):
        table = f'<table:table table:use-first-row-styles="{told}">{row("City", "Founded")}{row("Bonn", "11 BC")}'
        body = f"<office:presentation><draw:page><draw:frame>{table}</table:table></draw:frame></draw:page></office:presentation>"
        assert text_of("a.odp", archive_of(body)).endswith(line)

    def test_a_presentation_without_text_is_refused(self):
        body = "<office:presentation><draw:page/></office:presentation>"
        assert refusal("a.odp", archive_of(body)).code == "DOC-NO-TEXT"
