"""What documents say of themselves: author and language, from each kind of file to the index, searches and answers."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf.generic import ArrayObject, DictionaryObject, NumberObject, TextStringObject

import docqa
from docqa.answers.answer import Answer, Answers, IndexInfo, Source, Timings
from docqa.documents import pdf_metadata
from docqa.documents.formats import PDF_EXTRACTORS, read_document
from docqa.documents.front_matter import read_front_matter
from docqa.documents.limits import DEFAULT_LIMITS
from docqa.documents.markup_header import HEADS
from docqa.documents.stated import author_line, language_tag
from docqa.paragraphs.paragraph import Place
from docqa.store.opening import open_database
from docqa.store.schema import SCHEMA_VERSION
from pdf_maker import make_pdf
from test_archives import PACKAGE, book, saved
from test_formats import MAIL

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "answer.schema.json").read_text(encoding="utf-8"))


def stated(name, data):
    document = read_document(name, data.encode() if isinstance(data, str) else data)
    return document.author, document.language


class TestForms:
    @pytest.mark.parametrize(
        ("value", "tag"),
        [
            ("en", "en"),
            ("zh-Hant-TW", "zh-Hant-TW"),
            ("  en_US ", "en-US"),
            ("gsw", "gsw"),
            ("", ""),
            (None, ""),
            ("und", ""),
            ("English", ""),
            ("e", ""),
            ("en-", ""),
            ("de, fr", ""),
            ("x-default", ""),
            ("en-\u0661", ""),
            ("en\x1b[31m", ""),
        ],
    )
    def test_a_language_is_a_tag_as_it_is_stated_or_nothing(self, value, tag):
        assert language_tag(value) == tag

    def test_authors_stand_in_one_line_each_once_in_their_order(self):
        assert author_line(["Hay,\n Ada", "", None, "Bo\0", "Hay, Ada"]) == "Hay, Ada; Bo\ufffd"

    def test_the_name_of_a_program_is_no_author(self):
        assert author_line(["python-docx"]) == ""

    @given(st.text())
    def test_whatever_is_stated_can_be_stored(self, text):
        assert "\n" not in author_line([text]).encode("utf-8").decode()
        assert language_tag(text).isascii()


class TestPdf:
    @pytest.fixture(params=sorted(PDF_EXTRACTORS))
    def read(self, request):
        pytest.importorskip(request.param)
        return lambda data: PDF_EXTRACTORS[request.param](data, DEFAULT_LIMITS, ())

    def test_the_author_and_the_language_of_the_catalog_are_read(self, read):
        document = read(make_pdf("text", author=" Ada\n Hay\u00e9 ", language=TextStringObject("en-GB")))
        assert (document.author, document.language) == ("Ada Hay\u00e9", "en-GB")

    def test_a_file_that_states_none_has_none(self, read):
        document = read(make_pdf("text"))
        assert (document.author, document.language) == ("", "")

    @pytest.mark.parametrize(
        "odd", [NumberObject(7), DictionaryObject(), ArrayObject([NumberObject(1)]), TextStringObject("a b")]
    )
    def test_what_is_no_language_costs_nothing(self, read, odd):
        document = read(make_pdf("The text.", language=odd))
        assert document.language == ""
        assert "The text." in document.pages[0].text

    def test_a_damaged_dictionary_costs_nothing_but_itself(self):
        class Damaged:
            @property
            def metadata(self):
                raise AttributeError("damaged")

            root_object = metadata

        read = pdf_metadata.author_and_language(Damaged())
        assert (read.author, read.language) == ("", "")

    def test_a_pdfium_that_does_not_tell_the_language_gives_none(self, monkeypatch):
        raw = pytest.importorskip("pypdfium2").raw
        monkeypatch.delattr(raw, "FPDFCatalog_GetLanguage", raising=False)
        data = make_pdf("text", author="Ada Hay", language=TextStringObject("en-GB"))
        document = PDF_EXTRACTORS["pypdfium2"](data, DEFAULT_LIMITS, ())
        assert (document.author, document.language) == ("Ada Hay", "")


class TestWebAndMail:
    @pytest.fixture(autouse=True)
    def _lxml(self):
        pytest.importorskip("lxml")

    @pytest.mark.parametrize(
        ("page", "expected"),
        [
            ('<html lang="de-AT"><meta name=Author content=" Ada  Hay"><p>x', ("Ada Hay", "de-AT")),
            ('<meta name="author" content="Ada"><meta name="author" content="Bo"><p>x', ("Ada; Bo", "")),
            ('<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr"><body><p>x</p></body></html>', ("", "fr")),
            ('<meta name=author><meta content=x><html lang=""><p lang="de">x', ("", "")),
        ],
    )
    def test_html_states_authors_by_meta_and_the_language_of_the_whole(self, page, expected):
        assert stated("a.html", page) == expected

    def test_a_book_states_its_creators_and_first_language(self):
        more = (
            "<dc:creator>Ada  Hay</dc:creator><dc:creator>Bo Li</dc:creator>"
            "<dc:language>en_GB</dc:language><dc:language>fr</dc:language></metadata>"
        )
        package = PACKAGE.replace("</metadata>", more)
        assert stated("a.epub", book({"OEBPS/book.opf": package})) == ("Ada Hay; Bo Li", "en-GB")
        assert stated("a.epub", book()) == ("", "")

    def test_no_entity_is_expanded_in_the_name_of_a_creator(self):
        more = "<dc:creator>&b;</dc:creator></metadata>"
        bomb = '<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + PACKAGE.replace("</metadata>", more)
        assert stated("a.epub", book({"OEBPS/book.opf": bomb})) == ("", "")

    def test_a_message_is_by_its_senders(self):
        assert stated("a.eml", MAIL + b"Content-Language: en-GB\r\n\r\nBlue.") == ("Ada Hay", "en-GB")
        assert stated("a.eml", b"From: a@example.org, Bo <b@example.org>\n\nBlue.") == ("a@example.org; Bo", "")
        assert stated("a.eml", b"Subject: Sea\nContent-Language: de, fr\n\nBlue.") == ("", "")

    def test_a_sender_that_cannot_be_parsed_costs_nothing(self):
        author, _ = stated("a.eml", b"From: =?utf-8?q?=00=?= <<@[\nSubject: Sea\n\nBlue.")
        assert isinstance(author, str)


class TestOffice:
    @pytest.mark.parametrize(("module", "name"), [("docx", "a.docx"), ("pptx", "a.pptx")])
    def test_core_properties_state_author_and_language(self, module, name):
        document = getattr(pytest.importorskip(module), {"docx": "Document", "pptx": "Presentation"}[module])()
        if module == "docx":
            document.add_paragraph("Blue.")
        else:
            document.slides.add_slide(document.slide_layouts[0]).shapes.title.text = "Blue."
        assert stated(name, saved(document)) == ("", "")
        document.core_properties.author = "Ada  Hay"
        document.core_properties.language = "en_GB"
        assert stated(name, saved(document)) == ("Ada Hay", "en-GB")


class TestMarkup:
    @pytest.mark.parametrize(
        ("front", "expected"),
        [
            ("author: Ada Hay\nlang: en", ("Ada Hay", "en")),
            ('Author: "Hay, Ada"\nlanguage: "pt_BR"', ("Hay, Ada", "pt-BR")),
            ("authors: [Ada Hay, 'Bo Li']", ("Ada Hay; Bo Li", "")),
            ("authors:\n  - Ada Hay\n  - 'Bo Li'\nlang: en", ("Ada Hay; Bo Li", "en")),
            ("authors:\n- Ada Hay\n- Bo Li", ("Ada Hay; Bo Li", "")),
            ("author:\n  - name: Ada Hay\n    email: ada@example.org\n  - name: Bo Li", ("Ada Hay; Bo Li", "")),
            ("author:\n  name: Ada Hay\n  email: ada@example.org", ("Ada Hay", "")),
            ("author: {name: Ada Hay}", ("", "")),
            ("author: >\n  Ada Hay", ("", "")),
            ("author: &anchor Ada", ("", "")),
            ("author:\nlayout: page", ("", "")),
            ("site:\n  author: Somebody else", ("", "")),
        ],
    )
    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
    def test_front_matter_states_authors_and_language(self, front, expected, line_end):
        text = f"---\ntitle: T\n{front}\n---\nauthor: not he\n".replace("\n", line_end)
        assert stated("a.md", text) == expected

    @pytest.mark.parametrize(
        ("name", "text", "expected"),
        [
            ("a.rst", "Sea\n===\n\n:Author: Ada Hay\n:Date: today\n:Language: en\n\nBlue.\n", ("Ada Hay", "en")),
            ("a.rst", ":Authors: Ada Hay,\n  Bo Li\n\nBlue.\n", ("Ada Hay, Bo Li", "")),
            ("a.rst", ".. note::\n   :author: Somebody\n\nBlue.\n", ("", "")),
            ("a.rst", "Blue.\n" * 80 + ":Author: Somebody\n", ("", "")),
            (
                "a.org",
                "#+TITLE: Sea\n#+AUTHOR: Ada Hay\n#+author: Bo Li\n#+LANGUAGE: de\nBlue.\n",
                ("Ada Hay; Bo Li", "de"),
            ),
            (
                "a.adoc",
                "= Sea\nAda_Ann Hay <a@example.org>; Bo Li\nv1.0\n:lang: en\n\nBlue.\n",
                ("Ada Ann Hay; Bo Li", "en"),
            ),
            ("a.adoc", "= Sea\n:author: Ada Hay\n\nBlue.\n", ("Ada Hay", "")),
            ("a.adoc", "= Sea\n// comment\n\nBlue.\n\n:author: Somebody\n", ("", "")),
            ("a.adoc", "== Sea\n\nBlue.\n", ("", "")),
            ("a.tex", "\\author{Ada Hay}\nBlue.\n", ("Ada Hay", "")),
            (
                "a.tex",
                "\\author[AH]{Ada {Hay}\\thanks{of Hull} \\\\ Hull % home\n \\and Bo~Li\\footnote{x}}\nBlue.\n",
                ("Ada Hay; Bo Li", ""),
            ),
            ("a.tex", "\\author{Ada Hay}\\author{Bo Li}\n", ("Ada Hay", "")),
            ("a.tex", "\\author{Ada Hay}\n\\author{Bo Li}\n", ("Ada Hay; Bo Li", "")),
            ("a.tex", "\\author{never closed\n", ("", "")),
        ],
    )
    def test_the_head_of_a_text_states_its_authors(self, name, text, expected):
        assert stated(name, text) == expected
        assert stated(name, text.replace("\n", "\r\n")) == expected

    @pytest.mark.parametrize("name", ["a.txt", "a.log", "a.csv"])
    def test_kinds_that_have_no_place_for_it_state_none(self, name):
        assert stated(name, ":Author: Ada\nauthor: Ada\nBlue, wide\n") == ("", "")

    @given(st.text("-:author\\{}[]'\"\n #=+;<>name", max_size=200), st.sampled_from(sorted(HEADS)))
    def test_any_head_is_read(self, text, kind):
        for said in (
            HEADS[kind](text),
            HEADS[kind](f"\\author{{{text}"),
            read_front_matter(f"---\nauthor:{text}\n---")[0],
        ):
            assert "\n" not in said.author

    def test_what_is_never_closed_takes_no_time(self):
        for kind in HEADS:
            HEADS[kind]("\\author{" * 50_000)
            HEADS[kind](":author: a\n" + " \n" * 200_000)
        read_front_matter("---\n" + "author:\n" * 100_000)
        read_front_matter("---\nauthors:\n" + "  - a: b\n" * 100_000 + "---\n")


class TestIndex:
    @pytest.fixture
    def authored(self, folder):
        (folder / "tides.pdf").write_bytes(self.tides())
        return folder

    def tides(self, *more):
        return make_pdf("The sea rises twice a day.", *more, author="Ada Hay", language=TextStringObject("en"))

    def test_both_are_stored_and_empty_where_a_file_states_none(self, index, authored, workers_here):
        (authored / "bad.pdf").write_bytes(b"none")
        index.update(authored)
        found = {path: (row.author, row.language) for path, row in index.documents().items()}
        assert found["documents/tides.pdf"] == ("Ada Hay", "en")
        assert found["documents/report.txt"] == ("", "")
        assert found["documents/bad.pdf"] == (None, None)

    def test_a_document_is_found_by_its_author_also_after_it_moved(self, index, authored, workers_here):
        index.update(authored)
        assert [hit.document.path for hit in index.search("who is Hay")] == ["documents/tides.pdf"]
        (authored / "tides.pdf").rename(authored / "waters.pdf")
        assert index.update(authored).moved == (("documents/tides.pdf", "documents/waters.pdf"),)
        assert [hit.document.path for hit in index.search("Hay")] == ["documents/waters.pdf"]
        (authored / "waters.pdf").unlink()
        index.update(authored)
        assert index.search("Hay") == []

    def test_an_index_from_before_they_were_kept_is_not_read_again_only_for_them(self, tmp_path, authored, call):
        index_file = tmp_path / "docqa.db"
        with docqa.open(index_file) as corpus:
            corpus.index(authored, workers=1)
        db = open_database(index_file, create=False)
        for column in ("author", "language"):
            db.conn.execute(f"ALTER TABLE documents DROP COLUMN {column}")
        db.conn.execute("DELETE FROM _sqlite_migrations WHERE name = 'm006_metadata'")
        db.conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION - 1}")
        db.close()
        with docqa.open(index_file) as corpus:
            # As that version left it: the inverted index without the author.
            corpus.repair()
            assert {document.author for document in corpus.documents()} == {None}
            report = corpus.index(authored, workers=1)
            assert len(report.unchanged) == 4
            assert corpus.search("Hay") == []
            assert corpus.check().findings == ()
            (authored / "tides.pdf").write_bytes(self.tides("It falls twice."))
            corpus.index(authored, workers=1)
            assert [hit.document.author for hit in corpus.search("Hay")] == ["Ada Hay", "Ada Hay"]
        assert call("check")[0] == 0

    def test_status_lists_what_documents_state(self, authored, call):
        (authored / "bad.pdf").write_bytes(b"none")
        call("index", authored, "--workers", "1")
        code, out, err = call("status", "--documents")
        assert (code, err) == (0, "")
        assert "documents/tides.pdf  1 page\n    by Ada Hay · en" in "\n".join(
            line.rstrip() for line in out.splitlines()
        )
        assert "bad.pdf" not in out
        held = {row["path"]: row for row in json.loads(call("status", "--documents", "--json")[1])["contents"]}
        assert (held["documents/tides.pdf"]["author"], held["documents/tides.pdf"]["language"]) == ("Ada Hay", "en")
        assert held["documents/guide.pdf"]["title"] == "Pilot guide"
        assert "contents" not in json.loads(call("status", "--json")[1])

    def test_status_of_an_empty_index_says_what_to_do(self, tmp_path, monkeypatch, call):
        monkeypatch.chdir(tmp_path)
        docqa.open("docqa.db").close()
        code, out, err = call("status", "--documents")
        assert (code, out) == (0, "")
        assert "docqa index FOLDER" in err

    def test_searches_name_the_author_only_when_one_is_stated(self, authored, call):
        call("index", authored, "--workers", "1")
        (hit,) = json.loads(call("search", "Hay", "--json")[1])["hits"]
        assert hit["author"] == "Ada Hay"
        (hit, *_) = json.loads(call("search", "lighthouse", "--json")[1])["hits"]
        assert "author" not in hit


@pytest.mark.parametrize(("author", "named"), [("Ada Hay", {"author": "Ada Hay"}), ("", {})])
def test_a_source_names_its_author_only_when_one_is_stated(author, named):
    jsonschema = pytest.importorskip("jsonschema")
    source = Source(
        path="a.md",
        sha256="0" * 64,
        title="T",
        page=1,
        start=0,
        end=3,
        page_label=None,
        paragraph=1,
        context="The sea.",
        context_start=0,
        context_end=3,
        retriever_score=1.0,
        score=2.0,
        null_score=0.0,
        ranking_score=2.0,
        link="a.md",
        context_display="The sea.",
        display_start=0,
        display_end=3,
        headings=(),
        text="The",
        end_page=1,
        parts=(Place(1, 0, 3),),
        author=author,
    )
    answers = Answers(
        "Who?",
        (Answer("The", 2.0, 0.5, (source,), "The"),),
        0.1,
        Timings(0.0, 0.0, 0.0),
        IndexInfo("docqa.db", 1, 1, 1),
        "docqa-base",
    )
    row = answers.to_dict()
    (stored,) = row["answers"][0]["sources"]
    assert {key: value for key, value in stored.items() if key == "author"} == named
    jsonschema.validate(row, SCHEMA)
