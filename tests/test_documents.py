"""Reading files into pages, and finding them."""

import codecs
import os
import zlib
from pathlib import PurePosixPath

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.documents.discovery import find_files
from docqa.documents.document import Page
from docqa.documents.foreign import reason
from docqa.documents.formats import Kind, check_pdf_extractor, kind_of, read_document
from docqa.documents.pdf import read_pdf
from docqa.documents.pdfium import read_pdf_by_pdfium
from docqa.documents.text import decode, read_markdown, read_text
from docqa.errors import DocumentError, PathError, UsageError
from docqa.paragraphs.running_lines import without_running_lines
from docqa.paragraphs.segment import segment
from pdf_maker import make_pdf, page_texts
from read_back import assert_true_to_pages

MIXED = "Straße, café, naïve – the price is 5 €.\nSecond line.\n"


def _is_utf_8(data):
    try:
        return bool(data.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def refusal(read, data):
    with pytest.raises(DocumentError) as caught:
        read(data)
    return caught.value


class TestTextEncodings:
    @pytest.mark.parametrize(
        "data",
        [
            MIXED.encode("utf-8"),
            MIXED.encode("utf-8-sig"),
            codecs.BOM_UTF16_LE + MIXED.encode("utf-16-le"),
            codecs.BOM_UTF16_BE + MIXED.encode("utf-16-be"),
            MIXED.encode("utf-16-le"),
            MIXED.encode("utf-16-be"),
            codecs.BOM_UTF32_LE + MIXED.encode("utf-32-le"),
            codecs.BOM_UTF32_BE + MIXED.encode("utf-32-be"),
            MIXED.encode("utf-32-le"),
            MIXED.encode("utf-32-be"),
            MIXED.encode("cp1252"),
        ],
        ids="utf8 utf8-bom 16le-bom 16be-bom 16le 16be 32le-bom 32be-bom 32le 32be cp1252".split(),
    )
    def test_text_is_the_same_in_every_encoding(self, data):
        assert read_text(data).pages == (Page(1, MIXED),)

    @pytest.mark.parametrize("text", ["café", "Müller & Söhne", "Señor Peña vivió en España."])
    def test_latin_1_is_read_as_such_even_when_there_is_little_of_it(self, text):
        assert decode(text.encode("latin-1")) == text

    def test_text_in_another_alphabet_is_detected(self):
        text = "Война и мир — роман Льва Толстого, описывающий русское общество в эпоху войн против Наполеона. " * 5
        assert decode(text.encode("cp1251")) == text

    def test_line_ends_are_kept_as_they_are(self):
        assert decode(b"one\r\ntwo\rthree\n") == "one\r\ntwo\rthree\n"

    @pytest.mark.parametrize("data", [b"", b" \r\n\t", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
    def test_a_file_without_text_is_refused(self, data):
        assert refusal(read_text, data).code == "TXT-EMPTY"

    @pytest.mark.parametrize(
        "data",
        [
            bytes(range(256)) * 20,
            bytes(range(1, 256)) * 20,
            zlib.compress(MIXED.encode() * 50),
            b"\x7fELF" + bytes(200),
        ],
        ids="every-byte no-nul compressed mostly-nul".split(),
    )
    def test_binary_data_is_refused(self, data):
        error = refusal(read_text, data)
        assert error.code == "TXT-BINARY"
        assert str(error) == "The file is not text: it holds binary data."

    def test_a_single_nul_in_a_text_does_not_make_it_binary(self):
        data = b"A text of some length, with one NUL \0 in it." + b" More of it." * 10
        assert decode(data) == data.decode().replace("\0", "\ufffd")

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be", "utf-32"])
    @pytest.mark.parametrize(
        "text",
        [
            "Война и мир — роман Льва Толстого.\r\nВторая строка.\r\n",
            "Ο ναύτης είδε τη θάλασσα.\nΉταν γαλάζια.\n",
            "海は青い。\n船は白い。\n",
            "ים כחול ושמים כחולים.\n",
        ],
        ids="russian greek japanese hebrew".split(),
    )
    def test_wide_encodings_of_other_alphabets_need_no_mark(self, text, encoding):
        assert decode(text.encode(encoding)) == text

    @given(
        st.lists(st.text("abcdefghijklmnopqrstuvwxyzäöüéñß.,'0123456789", min_size=1, max_size=9), min_size=1),
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]),
        st.sampled_from(["\n", "\r\n", "\r"]),
    )
    @settings(max_examples=100, deadline=None)
    def test_lines_of_text_are_the_same_in_every_unicode_encoding(self, words, encoding, line_end):
        text = "The sea" + line_end + " ".join(words) + line_end
        assert decode(text.encode(encoding)) == text

    @given(st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), max_size=20))
    @settings(max_examples=60, deadline=None)
    def test_cp1252_is_read_back_exactly(self, word):
        text = f"The sea is blue – and it is a wide sea, wider than any other sea there is, they say. {word}\n" * 2
        data = text.encode("cp1252")
        if not _is_utf_8(data):
            assert decode(data) == text

    def test_no_page_holds_a_nul_for_sqlite_would_end_the_text_there(self):
        assert read_text(b"one\0two " + b"words " * 50).pages[0].text.startswith("one\ufffdtwo ")

    @given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), st.sampled_from(["\n", "\r\n", "\t"]))
    @settings(max_examples=60, deadline=None)
    def test_utf_8_is_read_back_exactly(self, text, blank):
        text = f"a{blank}{text}{blank}"
        assert decode(text.encode()) == text

    @given(st.binary(max_size=200))
    @settings(max_examples=60, deadline=None)
    def test_any_bytes_give_text_that_can_be_stored_or_a_refusal(self, data):
        try:
            text = decode(data)
        except DocumentError:
            return
        assert text.encode("utf-8").decode("utf-8") == text


class TestTitles:
    def test_a_short_first_line_is_the_title_of_a_text(self):
        assert read_text(b"\n  The  Sea \n\nIt is blue.").title == "The Sea"

    def test_a_long_first_line_is_no_title(self):
        assert read_text(b"word " * 16).title == ""

    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("# The Sea #\n\nBlue.", "The Sea"),
            ("Blue.\n\n## The Sea\n", "The Sea"),
            ("# The Sea #\r\n\r\nBlue.\r\n", "The Sea"),
            ("---\nlayout: page\ntitle: The Sea\n---\n# Another\n", "The Sea"),
            ("# The Sea\rBlue.\rWide.\r", "The Sea"),
            ("---\rtitle: The Sea\r---\rBlue.\r", "The Sea"),
            ("---\r\ntitle: 'The Sea'\r\n---\r\n# Another\r\n", "The Sea"),
            ('---\nTitle: "The Sea"\n---\n', "The Sea"),
            ("---\ntitle:\n---\n# The Sea\n", "The Sea"),
            ("---\n# a comment\nlayout: page\n---\n# The Sea\n", "The Sea"),
            ("---\nlayout: page\n---\n# The Sea\n\ntitle: no title\n\n---\n", "The Sea"),
            ("#no heading\n", ""),
            ("Only text.\n", ""),
        ],
    )
    def test_markdown_states_its_title_in_front_matter_or_a_heading(self, text, title):
        assert read_markdown(text.encode()).title == title

    def test_markdown_is_kept_as_written(self):
        text = "---\ntitle: T\n---\n# H\n\n*text*\n"
        assert read_markdown(text.encode()).pages == (Page(1, text),)


class TestPdf:
    def test_pages_are_numbered_from_1_with_their_text_as_extracted(self):
        data = make_pdf("First page.\nTwo lines.", "", "Third page, café.")
        pages = read_pdf(data).pages
        assert [page.number for page in pages] == [1, 2, 3]
        assert [page.text for page in pages] == page_texts(data)
        assert pages[0].text.split("\n")[:2] == ["First page.", "Two lines."]
        assert "café" in pages[2].text

    def test_printed_labels_are_kept(self):
        data = make_pdf("preface", "contents", "start", "end", labels=[(0, 1, "/r", 1), (2, 3, "/D", 1)])
        assert [page.label for page in read_pdf(data).pages] == ["i", "ii", "1", "2"]

    def test_a_file_without_labels_has_none(self):
        assert [page.label for page in read_pdf(make_pdf("one", "two")).pages] == [None, None]

    def test_the_title_is_the_stated_one_without_superfluous_blanks(self):
        assert read_pdf(make_pdf("text", title=" The\n  Sea ")).title == "The Sea"
        assert read_pdf(make_pdf("text")).title == ""

    def test_the_extractor_and_its_version_are_noted(self):
        document = read_pdf(make_pdf("text"))
        assert (document.extractor, document.extractor_version) == ("pypdf", pypdf.__version__)

    def test_a_file_encrypted_with_the_empty_password_opens(self):
        assert read_pdf(make_pdf("No secret at all.", password="")).pages[0].text.strip() == "No secret at all."

    def test_a_file_that_needs_a_password_is_refused(self):
        error = refusal(read_pdf, make_pdf("A secret.", password="swordfish"))
        assert error.code == "PDF-ENCRYPTED"
        assert str(error) == "The PDF is encrypted and needs a password."

    def test_an_empty_file_is_refused(self):
        error = refusal(read_pdf, b"")
        assert error.code == "PDF-EMPTY"
        assert str(error) == "The file is empty (0 bytes)."

    def test_a_file_that_is_no_pdf_is_refused(self):
        assert refusal(read_pdf, b"<html>Not found</html>").code == "PDF-NOT"

    def test_a_few_bytes_before_the_pdf_do_no_harm(self):
        assert read_pdf(b"\r\n" + make_pdf("text")).pages[0].text.strip() == "text"

    @pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
    def test_a_file_cut_short_is_refused_with_one_sentence(self, share):
        data = make_pdf("One page.", "Another page.")
        error = refusal(read_pdf, data[: int(len(data) * share)])
        assert error.code == "PDF-DAMAGED"
        assert "\n" not in str(error)

    def test_a_file_of_images_alone_is_refused(self):
        error = refusal(read_pdf, make_pdf("", "", ""))
        assert error.code == "PDF-NO-TEXT"
        assert "3 pages" in str(error)

    def test_a_page_that_fails_costs_that_page_only(self, monkeypatch):
        extract = pypdf.PageObject.extract_text

        def fail_on_the_second(page, **visitors):
            if page.page_number == 1:
                raise ZeroDivisionError("float division\nby zero")
            return extract(page, **visitors)

        monkeypatch.setattr(pypdf.PageObject, "extract_text", fail_on_the_second)
        document = read_pdf(make_pdf("first", "second", "third"))
        assert [page.text.strip() for page in document.pages] == ["first", "", "third"]
        assert document.notes == ("Page 2 could not be read (ZeroDivisionError: float division by zero).",)

    def test_a_file_of_which_every_page_fails_is_refused(self, monkeypatch):
        def fail(page, **visitors):
            raise RecursionError

        monkeypatch.setattr(pypdf.PageObject, "extract_text", fail)
        error = refusal(read_pdf, make_pdf("first", "second"))
        assert error.code == "PDF-DAMAGED"
        assert "RecursionError" in str(error)

    @pytest.mark.parametrize("broken", ["page_labels", "metadata"])
    def test_damaged_labels_or_metadata_do_not_cost_the_text(self, monkeypatch, broken):
        def fail(reader):
            raise KeyError(broken)

        monkeypatch.setattr(pypdf.PdfReader, broken, property(fail))
        document = read_pdf(make_pdf("text", labels=[(0, 0, "/r", 1)], title="title"))
        assert document.pages[0].text.strip() == "text"

    def test_lone_surrogates_are_replaced_one_for_one_so_that_offsets_stay(self, monkeypatch):
        monkeypatch.setattr(pypdf.PageObject, "extract_text", lambda page, **visitors: "a\ud835b")
        assert read_pdf(make_pdf("text")).pages[0].text == "a?b"

    def test_sample_pdfs_are_read_as_pypdf_extracts_them(self, sample):
        path = sample / "reports" / "ntsb-alton-2007.pdf"
        data = path.read_bytes()
        document = read_document(path.name, data)
        assert [page.text for page in document.pages] == page_texts(data)
        assert document.notes == ()


class TestPdfium:
    """What holds for the other extractor too."""

    def test_pages_are_numbered_from_1_with_their_text_labels_and_title(self):
        data = make_pdf("preface", "start", labels=[(0, 0, "/r", 1), (1, 1, "/D", 1)], title=" The\n Sea ")
        document = read_pdf_by_pdfium(data)
        assert [(page.number, page.text.strip(), page.label) for page in document.pages] == [
            (1, "preface", "i"),
            (2, "start", "1"),
        ]
        assert document.title == "The Sea"
        assert (document.extractor, document.extractor_version.count(".") > 0) == ("pypdfium2", True)

    def test_the_empty_password_is_tried_and_another_one_asked_for(self):
        assert read_pdf_by_pdfium(make_pdf("No secret.", password="")).pages[0].text.strip() == "No secret."
        assert refusal(read_pdf_by_pdfium, make_pdf("A secret.", password="swordfish")).code == "PDF-ENCRYPTED"

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "PDF-EMPTY"),
            (b"<html>Not found</html>", "PDF-NOT"),
            (b"%PDF-1.7 and nothing else", "PDF-DAMAGED"),
            (make_pdf("", ""), "PDF-NO-TEXT"),
        ],
    )
    def test_a_file_that_cannot_be_read_is_refused_with_its_reason(self, data, code):
        assert refusal(read_pdf_by_pdfium, data).code == code

    def test_a_page_that_fails_costs_that_page_only(self, monkeypatch):
        import pypdfium2

        get = pypdfium2.PdfDocument.get_page

        def fail_on_the_second(document, index):
            if index == 1:
                raise pypdfium2.PdfiumError("Failed to load page.")
            return get(document, index)

        monkeypatch.setattr(pypdfium2.PdfDocument, "__getitem__", fail_on_the_second)
        document = read_pdf_by_pdfium(make_pdf("first", "second", "third"))
        assert [page.text.strip() for page in document.pages] == ["first", "", "third"]
        assert document.notes == ("Page 2 could not be read (PdfiumError: Failed to load page.).",)

    def test_paragraphs_of_real_pdfs_stand_on_their_pages_word_for_word(self, sample):
        for path in sorted((sample / "reports").glob("*.pdf")):
            document = read_document(path.name, path.read_bytes(), "pypdfium2")
            pages = without_running_lines(document.pages)
            assert_true_to_pages(segment(pages), pages)

    def test_an_extractor_that_is_unknown_or_not_installed_is_named_in_a_sentence(self, monkeypatch):
        with pytest.raises(UsageError, match="there are pypdf and pypdfium2"):
            check_pdf_extractor("tika")
        monkeypatch.setattr("docqa.documents.formats.is_installed", lambda: False)
        assert check_pdf_extractor("pypdf") == "pypdf"
        with pytest.raises(UsageError, match="pip install pypdfium2"):
            check_pdf_extractor("pypdfium2")


class TestFormats:
    @given(st.text("ab/.GZ\u00e9 ", min_size=1).filter(lambda name: not name.endswith((".", "/")) and ".." not in name))
    def test_the_kind_of_a_file_is_the_suffix_that_pathlib_sees(self, name):
        path = PurePosixPath(name)
        inner = PurePosixPath(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else ""
        assert kind_of(name) == (Kind(inner, is_compressed=True) if inner else Kind(path.suffix.lower()))

    def test_the_suffix_decides_in_any_case(self):
        assert read_document("A.PDF", make_pdf("text")).extractor == "pypdf"
        assert read_document("a.Md", b"# T").extractor == "markdown"
        assert read_document("a.txt", b"# T").extractor == "text"

    @pytest.mark.parametrize("name", ["photo.jpg", "README", ".txt"])
    def test_other_kinds_are_refused(self, name):
        with pytest.raises(DocumentError) as caught:
            read_document(name, b"data")
        assert caught.value.code == "KIND-UNKNOWN"


class TestDiscovery:
    def test_files_come_absolute_once_and_in_the_order_of_their_names(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name in ("b.txt", "a/z.md", "a/b/c.PDF", "a.txt", "a/photo.jpg"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        found = find_files([".", "a", "b.txt", tmp_path / "a" / ".." / "b.txt"])
        assert found == [tmp_path / name for name in ("a/b/c.PDF", "a/z.md", "a.txt", "b.txt")]

    def test_hidden_files_and_folders_are_left_out_unless_named(self, tmp_path):
        hidden = tmp_path / ".cache"
        hidden.mkdir()
        (hidden / "a.txt").touch()
        (tmp_path / ".b.txt").touch()
        assert find_files([tmp_path]) == []
        assert find_files([hidden, tmp_path / ".b.txt"]) == [tmp_path / ".b.txt", hidden / "a.txt"]

    def test_a_pipe_is_never_taken_for_a_file(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.txt")
        (tmp_path / "a.txt").touch()
        assert find_files([tmp_path]) == [tmp_path / "a.txt"]
        with pytest.raises(PathError, match="neither a file nor a folder"):
            find_files([tmp_path / "pipe.txt"])

    def test_links_in_a_folder_are_not_followed_and_what_is_inside_is_found_once(self, tmp_path):
        folder = tmp_path / "folder"
        folder.mkdir()
        (folder / "a.txt").touch()
        (folder / "link.txt").symlink_to(folder / "a.txt")
        (folder / "broken.txt").symlink_to(folder / "gone.txt")
        (folder / "up").symlink_to(tmp_path)
        assert find_files([folder]) == [folder / "a.txt"]
        passed = []
        find_files([folder], on_link=passed.append)
        assert sorted(passed) == [folder / "link.txt", folder / "up"]
        assert find_files([folder / "link.txt"]) == [folder / "link.txt"]
        assert find_files([folder / "up" / "folder"]) == [folder / "up" / "folder" / "a.txt"]

    def test_a_path_that_does_not_exist_is_refused_by_name(self, tmp_path):
        with pytest.raises(PathError, match=r"There is no file or folder at .*nowhere; check the path\."):
            find_files([tmp_path / "nowhere"])

    def test_a_path_below_a_file_is_refused(self, tmp_path):
        (tmp_path / "a.txt").touch()
        with pytest.raises(PathError, match="cannot be opened"):
            find_files([tmp_path / "a.txt" / "b.txt"])

    def test_a_file_of_another_kind_is_refused_with_the_kinds_that_are_read(self, tmp_path):
        (tmp_path / "photo.jpg").touch()
        with pytest.raises(
            PathError, match=r"does not read files like photo\.jpg; it reads \.adoc, .*\.md, .*\.pdf, .*\.txt, .*\."
        ):
            find_files([tmp_path / "photo.jpg"])

    def test_a_folder_that_cannot_be_listed_is_refused(self, tmp_path, monkeypatch):
        def refuse(folder):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "scandir", refuse)
        with pytest.raises(PathError, match="cannot be listed: Permission denied"):
            find_files([tmp_path])


def test_what_an_error_quotes_of_a_file_can_be_stored():
    said = reason(ValueError("the filter /Flate\0\n\ud800"))
    assert said == "ValueError: the filter /Flate\ufffd ?"
    said.encode("utf-8")
