"""Kinds of documents besides PDF, text and Markdown: what of them becomes text, headings and titles, and what is refused."""

import gzip
import importlib.metadata
import logging
import re
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from docqa.documents import compressed, foreign, plugins
from docqa.documents.document import Document, Heading, Page
from docqa.documents.formats import READERS, is_readable_kind, read_document
from docqa.documents.table import row_line
from docqa.errors import DocumentError
from docqa.paragraphs.segment import segment
from docqa.store.documents import StoredDocument
from read_back import headings_of, refusal, text_of

BODY = (
    "It is a long sentence about the sea, with as many words as a paragraph needs to stand alone in an index of them."
)


class TestHtml:
    @pytest.fixture(autouse=True)
    def _lxml(self):
        pytest.importorskip("lxml")

    def test_the_text_stands_in_blocks_without_menus_and_scripts(self):
        page = (
            b"<html><head><title>The  Sea &amp; more</title><style>p{}</style></head><body>"
            b"<nav><a href=/>Home</a></nav><div>Loose <b>bold</b>, <a href=x>linked</a>.<p>It is blue&nbsp;and<br>wide."
            b"</div><!-- no --><script>x()</script><ul><li>one<li>two</ul><pre>a\n  b</pre>tail<footer>imprint</footer>"
        )
        document = read_document("a.html", page)
        assert document.pages[0].text == (
            "Loose bold, linked.\n\nIt is blue and\nwide.\n\n- one\n\n- two\n\na\n  b\n\ntail"
        )
        assert document.title == "The Sea & more"
        assert document.extractor == "lxml"

    def test_headings_are_indexed_with_each_paragraph(self):
        page = f"<h1>The <i>Sea</i></h1><p>{BODY}</p><h2>Depth</h2><p>{BODY}</p><h2>Salt</h2><p>{BODY}</p>"
        document = read_document("a.htm", page.encode())
        assert headings_of(document) == [("The Sea",), ("The Sea", "Depth"), ("The Sea", "Salt")]
        assert document.title == "The Sea"

    def test_number_signs_are_no_headings_there(self):
        (found,) = headings_of(read_document("a.html", f"<h1>One</h1><p># {BODY}</p>".encode()))
        assert found == ("One",)

    def test_without_headings_they_are_told_by_their_look(self):
        assert read_document("a.html", b"<p>text").pages[0].headings is None

    def test_the_main_element_is_the_page(self):
        page = b"<div>Log in</div><main><h1>Sea</h1><p>Blue.</p></main><div>Cookies</div>"
        assert text_of("a.html", page) == "Sea\n\nBlue."
        assert text_of("a.html", b"<main></main><p>outside") == "outside"

    def test_short_links_in_a_list_are_a_menu_and_others_are_text(self):
        menu = "<ul>" + "<li><a href=x>Short</a>" * 6 + "</ul>"
        titles = "<ul>" + "<li><a href=x>A report on the depth of the sea</a>" * 6 + "</ul>"
        assert text_of("a.html", f"{menu}<p>text</p>".encode()) == "text"
        assert text_of("a.html", titles.encode()).count("A report") == 6

    def test_rows_of_a_table_say_the_names_of_their_columns(self):
        table = b"<table><tr><th>City<th>Founded<tr><td>Bonn<td>11 BC<tr><td>Rome<td></table>"
        assert text_of("a.html", table) == "City: Bonn, Founded: 11 BC.\n\nCity: Rome"
        assert (
            text_of("a.html", b"<table><tr><th>Born:<td>1815<tr><th>Died<td>1852</table>") == "Born: 1815\n\nDied: 1852"
        )
        assert text_of("a.html", b"<table><tr><td>a<br>b<td>c</table>") == "a b, c."

    def test_names_of_columns_that_no_row_says_are_kept(self):
        form = b"<table><tr><th>Name<th>Date<th>Signature<tr><td>Ada<td><td><tr><td><td><td></table>"
        assert text_of("a.html", form) == "Date, Signature.\n\nName: Ada"
        other = b"<table><tr><th>Name<th>Date<tr><td colspan=3>none</table>"
        assert text_of("a.html", other) == "Name, Date.\n\nnone"

    @pytest.mark.parametrize(
        "first",
        [
            "<tr><td><b>City</b><td><strong>Founded</strong>",
            "<tr><td><p><b>Ci</b><b>ty</b></p><td> <b>Founded</b> ",
            "<thead><tr><td>City<td>Founded</thead>",
        ],
    )
    def test_a_first_row_that_stands_out_names_the_columns(self, first):
        table = f"<table>{first}<tr><td>Bonn<td>11 BC<tr><td>Rome<td></table>"
        assert text_of("a.html", table.encode()) == "City: Bonn, Founded: 11 BC.\n\nCity: Rome"

    def test_a_corner_may_be_empty_above_names_and_a_bold_column_names_nothing(self):
        table = b"<table><tr><td><th>Sales<th>Costs<tr><th>Q1<td>8.2<td>4.1</table>"
        assert text_of("a.html", table) == "Q1, Sales: 8.2, Costs: 4.1."
        assert text_of("a.html", b"<table><tr><td><b>Born</b><td>1815<tr><td><b>Died</b><td>1852</table>") == (
            "Born, 1815.\n\nDied, 1852."
        )
        assert text_of("a.html", b"<table><tr><td><b>x</b> y<td><b>z</b><tr><td>1<td>2</table>") == "x y, z.\n\n1, 2."

    def test_a_table_that_arranges_a_page_is_no_data(self):
        assert text_of("a.html", b"<table><tr><td><h1>A</h1>x<td><ul><li>b</ul></table>") == "A\n\nx\n\n- b"

    def test_the_declared_encoding_counts_where_it_fits(self):
        assert text_of("a.html", '<meta charset="koi8-r"><p>Мир'.encode("koi8-r")) == "Мир"
        assert text_of("a.html", '<meta charset="utf-8"><p>naïve café'.encode("cp1252")) == "naïve café"
        assert text_of("a.html", "<meta charset=nonsense><p>é".encode()) == "é"
        assert text_of("a.html", "<p>Зима".encode("utf-16")) == "Зима"

    def test_xhtml_elements_may_be_closed_where_they_begin(self):
        page = b'<?xml version="1.0" encoding="utf-8"?><html><head><title/><script src="x"/></head><body><a id="p"/><p>x</p>'
        assert text_of("a.xhtml", page) == "x"

    def test_what_is_never_closed_takes_no_time(self):
        blanks = b" " * 1_000_000
        assert text_of("a.html", b"<p>text<a" + blanks) == "text"
        assert text_of("a.org", b"* a" + blanks + b"b").endswith("b")

    def test_deep_nesting_is_read_or_refused_but_never_cut(self):
        assert text_of("a.html", b"<div>" * 1500 + b"deep" + b"</div>" * 1500 + b"<p>after") == "deep\n\nafter"
        assert refusal("a.html", b"<p>before" + b"<div>" * 5000 + b"deep").code == "DOC-DAMAGED"

    def test_nothing_is_fetched_and_no_entity_is_expanded(self, tmp_path):
        secret = tmp_path / "secret.txt"
        secret.write_text("secret")
        page = f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y "yyyy">]><p>a &x; &y;'
        assert "secret" not in text_of("a.html", page.encode())

    @pytest.mark.parametrize(("data", "code"), [(b"", "TXT-EMPTY"), (b"<p></p>", "DOC-NO-TEXT")])
    def test_a_page_without_text_is_refused(self, data, code):
        assert refusal("a.html", data).code == code

    @given(st.binary(max_size=300) | st.text(st.sampled_from("<>/abph1td ='\"&;!-#x\n"), max_size=200).map(str.encode))
    @settings(max_examples=150, deadline=None)
    def test_any_bytes_give_a_document_that_can_be_stored_or_a_refusal(self, data):
        try:
            document = read_document("a.html", data)
        except DocumentError:
            return
        headings_of(document)
        assert "\0" not in document.pages[0].text
        document.pages[0].text.encode()


class TestTables:
    def test_a_row_says_the_names_of_its_columns(self):
        data = b'\xef\xbb\xbfCity,Founded,Note\r\nBonn,11 BC,"on the\nRhine"\r\n\r\nRome,,\r\n'
        assert text_of("a.csv", data) == "City: Bonn, Founded: 11 BC, Note: on the Rhine.\n\nCity: Rome"

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_the_delimiter_is_found(self, delimiter):
        data = delimiter.join(["a", "b"]) + "\n" + delimiter.join(["1", "2"]) + "\n"
        assert text_of("a.csv", data.encode()) == "a: 1, b: 2."

    def test_tabs_part_the_cells_of_tsv(self):
        assert text_of("a.tsv", b"a\tb, c\n1\t2, 3") == "a: 1, b, c: 2, 3."

    def test_cells_without_a_name_and_a_single_row_are_kept(self):
        assert text_of("a.csv", b"a,b\n1,2,3\n") == "a: 1, b: 2, 3."
        assert text_of("a.csv", b"a,b\n") == "a, b."
        assert text_of("a.csv", b"a,b,c\n1,,\n2,,\n") == "a: 1\n\na: 2\n\nb, c."

    def test_no_row_is_a_heading(self):
        document = read_document("a.csv", b"Name,Of\n" + b"Chapter,One\n" * 3 + b"A much longer name than that,B\n")
        assert set(headings_of(document)) == {()}

    def test_a_quotation_mark_that_is_never_closed_is_told(self, monkeypatch):
        monkeypatch.setattr("docqa.documents.table.LONGEST_CELL", 1000)
        error = refusal("a.csv", b'a,b\n"1,2\n' + b"3,4\n" * 1000)
        assert error.code == "DOC-DAMAGED"
        assert "quotation mark" in str(error)

    @pytest.mark.parametrize(("data", "code"), [(b"", "TXT-EMPTY"), (bytes(range(256)) * 9, "TXT-BINARY")])
    def test_what_is_no_text_is_refused(self, data, code):
        assert refusal("a.csv", data).code == code

    @given(
        st.lists(
            st.lists(st.text("ab1 ,\"\n'", min_size=1, max_size=6), min_size=2, max_size=4), min_size=2, max_size=5
        )
    )
    @settings(max_examples=60, deadline=None)
    def test_every_value_of_every_row_stands_in_its_line(self, rows):
        quoted = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [["x", "y"], *rows])
        lines = [line for row in rows if (line := row_line(["x", "y"], row))]
        empty = [name for place, name in enumerate(["x", "y"]) if not any(row[place].strip() for row in rows)]
        assert text_of("a.csv", quoted.encode()) == "\n\n".join([*lines, *filter(None, [row_line([], empty)])])


MAIL = (
    b"From: Ada Hay <ada@example.org>\r\nTo: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\nSubject: The\r\n sea\r\n"
    b"Date: Mon, 1 Jan 2024 10:00:00 +0100\r\nMIME-Version: 1.0\r\n"
)


class TestMail:
    HEAD = (
        "Subject: The sea\n\nFrom: Ada Hay <ada@example.org>\n\nTo: Jürgen <j@example.org>\n\n"
        "Date: Mon, 01 Jan 2024 10:00:00 +0100"
    )

    def test_an_encoding_whose_name_cannot_be_one_is_guessed(self):
        data = b'From: Ada\r\nContent-Type: text/plain; charset="utf\x00-8"\r\n\r\nThe pilot waits.\r\n'
        assert text_of("a.eml", data).endswith("The pilot waits.")

    def test_who_wrote_what_to_whom_and_when_stands_first(self):
        document = read_document("a.eml", MAIL + b"\r\nIt is blue.\r\n")
        assert document.pages[0].text.replace("\r\n", "\n") == f"{self.HEAD}\n\nIt is blue."
        assert document.title == "The sea"
        assert headings_of(document) == [()]

    def test_the_text_part_is_read_rather_than_the_html_part_and_attachments(self):
        parts = (
            b"--b\r\nContent-Type: text/html\r\n\r\n<p>as HTML\r\n"
            b"--b\r\nContent-Type: text/plain; charset=latin-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9\r\n"
        )
        data = MAIL + b"Content-Type: multipart/alternative; boundary=b\r\n\r\n" + parts + b"--b--\r\n"
        assert text_of("a.eml", data) == f"{self.HEAD}\n\ncafé"

    def test_the_html_part_is_read_when_there_is_no_other(self):
        pytest.importorskip("lxml")
        data = MAIL + b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>It is <b>blue</b>.<script>x</script>"
        assert text_of("a.eml", data) == f"{self.HEAD}\n\nIt is blue."

    def test_a_text_in_several_parts_is_read_whole_and_attached_files_are_not(self):
        parts = [
            b"Content-Type: text/plain\r\n\r\nThe contract is attached.",
            b"Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: inline\r\n\r\n%PDF",
            b"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nattached",
            b"Content-Type: text/csv\r\n\r\na,b",
            b"Content-Type: text/plain\r\n\r\nPlease sign it in May.",
        ]
        data = MAIL + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        data += b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
        assert text_of("a.eml", data) == f"{self.HEAD}\n\nThe contract is attached.\n\nPlease sign it in May."

    def test_a_message_within_another_is_read_with_its_own_head(self):
        inner = b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\nFrom: Bo\r\nSubject: Fee\r\n\r\nIt is due."
        data = (
            MAIL
            + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n--b\r\n"
            + inner
            + b"\r\n--b--\r\n"
        )
        document = read_document("a.eml", data)
        assert document.pages[0].text == f"{self.HEAD}\n\nSee below.\n\nSubject: Fee\n\nFrom: Bo\n\nIt is due."
        assert (document.title, document.author) == ("The sea", "Ada Hay")

    def test_html_is_read_where_the_plain_part_is_blank(self):
        pytest.importorskip("lxml")
        related = b"Content-Type: multipart/related; boundary=c\r\n\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>It is blue.\r\n--c--\r\n"
        data = (
            MAIL
            + b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n \r\n--b\r\n"
            + related
            + b"--b--\r\n"
        )
        assert text_of("a.eml", data) == f"{self.HEAD}\n\nIt is blue."

    def test_a_part_that_cannot_be_read_costs_no_other(self, monkeypatch):
        data = MAIL + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nIt is blue.\r\n"
        html = b"--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n"

        def missing(module):
            raise ModuleNotFoundError(module)

        monkeypatch.setattr(foreign.importlib, "import_module", missing)
        document = read_document("a.eml", data + html + b"--b--\r\n")
        assert document.pages[0].text == f"{self.HEAD}\n\nIt is blue."
        (note,) = document.notes
        assert "`pip install lxml`" in note
        assert document.code == "DOC-LIBRARY"
        assert refusal("a.eml", MAIL + b"Content-Type: text/html\r\n\r\n<p>x\r\n").code == "DOC-LIBRARY"

    def test_a_message_without_the_lines_between_its_parts_keeps_its_text(self):
        data = MAIL + b"Content-Type: multipart/mixed\r\n\r\nIt is blue.\r\n"
        assert text_of("a.eml", data) == f"{self.HEAD}\n\nIt is blue."

    def test_messages_within_messages_end_somewhere(self):
        data = b"It is blue."
        for _ in range(60):
            data = MAIL + b"Content-Type: message/rfc822\r\n\r\n" + data
        assert refusal("a.eml", data).code == "DOC-DAMAGED"
        mixed = MAIL + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n--b\r\n"
        document = read_document("a.eml", mixed + data.replace(MAIL, b"", 1) + b"\r\n--b--\r\n")
        assert "See below." in document.pages[0].text
        assert (len(document.notes), document.code) == (1, "DOC-DAMAGED")

    def test_an_unknown_charset_is_detected(self):
        data = MAIL + b"Content-Type: text/plain; charset=nonsense\r\n\r\n" + "naïve".encode("cp1252")
        assert text_of("a.eml", data).endswith("naïve")

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "DOC-EMPTY"),
            (b"Only a text.\n", "DOC-NOT"),
            (bytes(range(256)), "DOC-NOT"),
            (b"MIME-Version: 1.0\n\n", "DOC-NO-TEXT"),
            (MAIL + b'Content-Type: multipart/encrypted; boundary="b"\r\n\r\n--b--', "DOC-ENCRYPTED"),
        ],
    )
    def test_what_is_no_readable_message_is_refused(self, data, code):
        assert refusal("a.eml", data).code == code

    @given(st.text(st.sampled_from('ab<>@,;:=?"\\() \n-'), max_size=80), st.binary(max_size=60))
    @settings(max_examples=100, deadline=None)
    def test_any_header_and_body_give_a_document_or_a_refusal(self, header, body):
        try:
            document = read_document("a.eml", b"From: " + header.encode() + b"\nTo: x\n\n" + body)
        except DocumentError:
            return
        headings_of(document)


class TestMarkup:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("a.rst", "=======\nThe Sea\n=======\n\n{0}\n\nDepth\n-----\n\n{0}\n\nSalt\n----\n\n{0}\n"),
            ("a.org", "#+TITLE: The Sea\n* The Sea\n{0}\n** Depth  :tag:\n{0}\n** Salt\n{0}\n"),
            ("a.adoc", "= The Sea\n\n{0}\n\n== Depth ==\n\n{0}\n\n== Salt\n\n{0}\n"),
            ("a.tex", "\\chapter{{The Sea}}\n{0}\n\\section*{{Depth}}\n{0}\n\\section{{Salt}}\\label{{s}}\n{0}\n"),
        ],
    )
    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
    def test_headings_are_indexed_with_each_paragraph_and_the_text_is_kept(self, name, text, line_end):
        text = text.format(BODY).replace("\n", line_end)
        document = read_document(name, text.encode())
        assert document.pages[0].text == text
        assert document.title == "The Sea"
        assert headings_of(document)[-3:] == [("The Sea",), ("The Sea", "Depth"), ("The Sea", "Salt")]

    def test_what_a_literal_block_holds_is_no_heading(self):
        assert read_document("a.adoc", b"= A\n\n----\n= b\n----\n").pages[0].headings == (Heading(0, 3, 1, "A"),)
        assert read_document("a.org", b"#+begin_src sh\n* b\n#+end_src\n").pages[0].headings is None

    def test_lines_of_signs_and_tables_are_no_headings(self):
        text = b"Text.\n\n------\n\n===== =====\nA     B\n===== =====\n1     2\n===== =====\n\n  set in\n  ------\n"
        assert read_document("a.rst", text).pages[0].headings is None

    def test_what_underlines_one_heading_overlines_no_other(self):
        document = read_document("a.rst", b"The sea\n=======\nThe sky\n=======\n\nBlue.\n")
        assert [(heading.start, heading.words) for heading in document.pages[0].headings] == [
            (0, "The sea"),
            (16, "The sky"),
        ]
        cited = "".join(paragraph.text for paragraph in segment(document.pages))
        assert cited.count("=======") == 2

    def test_no_line_of_a_log_is_a_heading(self):
        document = read_document(
            "a.log", b"Started\nNow it is working for a long while\nStopped\nIt is over, as it seems\n"
        )
        assert set(headings_of(document)) == {()}
        assert document.title == ""

    # A heading whose one word is its mark as well.
    @example("\r*\t*", "org")
    @example("\r=\t=\t\\", "adoc")
    @given(st.text("=-#*\\ab {}\n\r\t", max_size=120), st.sampled_from(["rst", "org", "adoc", "tex", "log"]))
    @settings(max_examples=150, deadline=None)
    def test_every_word_is_in_exactly_one_paragraph(self, text, suffix):
        document = read_document(f"a.{suffix}", f"x{text}".encode())
        headings_of(document)
        cited = "".join(paragraph.text for paragraph in segment(document.pages))
        # The hyphen of a broken word is in none.
        assert sorted("".join(cited.split()).replace("-", "")) == sorted("".join(f"x{text}".split()).replace("-", ""))


class TestCompressed:
    def test_what_a_gzip_file_holds_is_read_by_its_name_without_gz(self):
        assert text_of("a.txt.gz", gzip.compress(b"The sea.")) == "The sea."
        assert text_of("a.CSV.GZ", gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n")) == "a: 1, b: 2."

    @pytest.mark.parametrize("name", ["a.gz", "a.tar.gz", "a.jpg.gz"])
    def test_other_compressed_files_are_not_read(self, name):
        assert not is_readable_kind(name)
        assert refusal(name, gzip.compress(b"x")).code == "KIND-UNKNOWN"

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "DOC-EMPTY"),
            (b"plain text", "DOC-NOT"),
            (gzip.compress(b"The sea. " * 99)[:-9], "DOC-DAMAGED"),
            (gzip.compress(b"The sea.")[:-8] + bytes(8), "DOC-DAMAGED"),
            (b"\x1f\x8b\x08" + bytes(20), "DOC-DAMAGED"),
            (gzip.compress(b""), "TXT-EMPTY"),
        ],
    )
    def test_what_cannot_be_expanded_is_refused(self, data, code):
        assert refusal("a.txt.gz", data).code == code

    def test_a_bomb_is_stopped_at_the_limit(self):
        packer = zlib.compressobj(9, wbits=31)
        million = bytes(1_000_000)
        bomb = b"".join([packer.compress(million) for _ in range(200)]) + packer.flush()
        error = refusal("a.txt.gz", bomb)
        assert error.code == "DOC-TOO-LARGE"
        assert "128 MiB" in str(error)
        assert compressed.expand(gzip.compress(b"12345"), most=5) == b"12345"


class TestPlugins:
    @pytest.fixture(autouse=True)
    def _afresh(self):
        yield
        plugins.find_plugins.cache_clear()

    def offer(self, monkeypatch, *offered):
        points = [importlib.metadata.EntryPoint(name, value, plugins.GROUP) for name, value in offered]
        monkeypatch.setattr(plugins, "entry_points", lambda group: points)
        plugins.find_plugins.cache_clear()

    def module(self, monkeypatch, tmp_path, source):
        (tmp_path / "docqa_odd.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(importlib.sys.modules, "docqa_odd", raising=False)

    def test_a_plug_in_reads_its_kind_compressed_too(self, monkeypatch, tmp_path):
        source = "from docqa import Document, Page\ndef read(data):\n    return Document((Page(1, data.decode()),), '', 'odd', '1')\n"
        self.module(monkeypatch, tmp_path, source.replace("docqa import", "docqa.documents.document import"))
        self.offer(monkeypatch, ("odd", "docqa_odd:read"))
        assert is_readable_kind("a.ODD")
        assert text_of("a.odd", b"sea") == "sea"
        assert text_of("a.odd.gz", gzip.compress(b"sea")) == "sea"

    def test_no_plug_in_is_loaded_before_its_kind_is_read(self, monkeypatch):
        self.offer(monkeypatch, (".odd", "no_such_module:read"))
        assert is_readable_kind("a.odd")
        assert text_of("a.txt", b"sea") == "sea"
        error = refusal("a.odd", b"sea")
        assert error.code == "DOC-PLUGIN"
        assert "no_such_module cannot be loaded (ModuleNotFoundError" in str(error)

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("def read(data):\n    raise ValueError('odd')", "docqa_odd failed on the file (ValueError: odd)"),
            ("def read(data):\n    return 'text'", "docqa_odd gave no document"),
            ("read = 1", "docqa_odd offers no function"),
            ("raise RuntimeError('odd')", "docqa_odd cannot be loaded (RuntimeError: odd)"),
        ],
    )
    def test_a_broken_plug_in_is_named(self, monkeypatch, tmp_path, source, said):
        self.module(monkeypatch, tmp_path, source)
        self.offer(monkeypatch, ("odd", "docqa_odd:read"))
        error = refusal("a.odd", b"sea")
        assert error.code == "DOC-PLUGIN"
        assert said in str(error)

    def test_a_refusal_by_a_plug_in_is_kept(self, monkeypatch, tmp_path):
        source = "from docqa.errors import DocumentError\ndef read(data):\n    raise DocumentError('ODD-EMPTY', 'No.')"
        self.module(monkeypatch, tmp_path, source)
        self.offer(monkeypatch, ("odd", "docqa_odd:read"))
        assert refusal("a.odd", b"sea").code == "ODD-EMPTY"

    def test_kinds_that_docqa_reads_cannot_be_taken_over(self, monkeypatch, caplog):
        self.offer(monkeypatch, ("TXT", "docqa_odd:read"), ("odd", "a:read"), ("odd", "b:read"))
        with caplog.at_level(logging.WARNING):
            assert text_of("a.txt", b"sea") == "sea"
            assert refusal("a.odd", b"sea").code == "DOC-PLUGIN"
        assert "The plug-in docqa_odd is not used for .txt" in caplog.text
        assert "The plug-in b is not used for .odd: a is." in caplog.text


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("a.docx", "python-docx"),
        ("a.pptx", "python-pptx"),
        *((name, "lxml") for name in ("a.epub", "a.odt", "a.odp", "a.html")),
    ],
)
def test_without_its_library_a_kind_says_what_to_install(name, package, monkeypatch):
    def missing(module):
        raise ModuleNotFoundError(module)

    monkeypatch.setattr(foreign.importlib, "import_module", missing)
    error = refusal(name, b"<p>x")
    assert error.code == "DOC-LIBRARY"
    assert f"`pip install {package}`" in str(error)


def test_the_plug_in_of_the_documentation_works():
    page = (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
    example = re.search(r"And in `subtitles.py`:\n\n((?:    .*\n|\n)+)", page)[1]
    offered = {}
    exec(compile("\n".join(line[4:] for line in example.splitlines()), "subtitles.py", "exec"), offered)
    data = b"WEBVTT\n\n00:01.000 --> 00:02.000\nIt is blue.\n"
    assert offered["read"](data).pages == (Page(1, "It is blue."),)


def test_every_kind_is_documented():
    page = (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
    for suffix in READERS:
        assert f"`{suffix}`" in page


def test_every_kind_refuses_an_empty_file():
    for suffix in READERS:
        assert refusal(f"a{suffix}", b"").code in {"PDF-EMPTY", "TXT-EMPTY", "DOC-EMPTY", "DOC-LIBRARY"}


def test_only_pdfs_have_links_to_pages_compressed_or_not():
    for name, has_links in [
        ("a.pdf", True),
        ("a.PDF", True),
        ("a.pptx", False),
        ("a.epub", False),
        ("a.pdf.gz", True),
        ("a.txt.gz", False),
    ]:
        row = dict.fromkeys(StoredDocument.__dataclass_fields__) | {"path": name}
        assert StoredDocument(**row).has_links_to_pages is has_links


def test_stated_headings_keep_their_lines_and_everything_else_is_text():
    text = "Title\n=====\n\nA Short Line\n\nA longer line that comes after the short one.\n"
    (paragraph,) = segment([Page(1, text, None, (Heading(0, 11, 1, "Title"),))])
    assert paragraph.headings == ("Title",)
    assert paragraph.text == "Title =====\nA Short Line\nA longer line that comes after the short one."


def test_a_document_is_what_a_reader_gives():
    assert isinstance(read_document("a.rst", b"x"), Document)
