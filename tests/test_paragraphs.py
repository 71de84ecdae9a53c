"""From pages to paragraphs, and from paragraphs back to pages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.documents.document import Page
from docqa.documents.formats import read_document
from docqa.paragraphs.paragraph import Paragraph, Run
from docqa.paragraphs.segment import MOST_WORDS, segment, size_in_words
from docqa.paragraphs.sentences import sentence_ends

#: Pieces of which pages are made: words, headings, lists, fences, blanks of many kinds, characters of many kinds.
PIECES = st.one_of(
    st.sampled_from(
        [
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "\f",
            "\u2028",
            "\x1c",
            "\x1f",
            "\x85",
            " ",
            "   ",
            "\t",
            "\u00a0",
            "\u3000",
            "# ",
            "### ",
            "```\n",
            "- ",
            "• ",
            "1. ",
            "(a) ",
            "A heading\n",
            "ARTICLE 7\n",
            "It ends here. ",
            "It goes on, ",
            "hyphen-\nated ",
            "a " * 250,
            "word " * 300,
            "x" * 2000,
            "。" * 30,
            "一二三四五" * 400,
            "Mr. Hay said: 'No!' ",
        ]
    ),
    st.text(max_size=30),
)
PAGES = st.lists(PIECES, max_size=12).map("".join)
LINES = st.lists(
    st.text(st.sampled_from("abcdefghij  ,.-A1"), max_size=90).map(lambda text: text + "\n"), max_size=25
).map("".join)


def texts(*pages, markdown=False):
    paragraphs = segment([Page(number, text) for number, text in enumerate(pages, start=1)], markdown=markdown)
    return [paragraph.text for paragraph in paragraphs]


def without_blanks(text):
    return "".join(text.split())


def assert_true_to_the_page(paragraphs, page):
    covered = [0] * len(page)
    for paragraph in paragraphs:
        assert paragraph.runs
        assert paragraph.text == paragraph.text.strip()
        in_runs = set()
        for run in paragraph.runs:
            assert run.length > 0
            part = slice(run.page_start, run.page_start + run.length)
            assert paragraph.text[run.text_start : run.text_start + run.length] == page[part]
            in_runs.update(range(run.text_start, run.text_start + run.length))
            for position in range(part.start, part.stop):
                covered[position] += 1
        outside = [character for place, character in enumerate(paragraph.text) if place not in in_runs]
        assert all(character.isspace() for character in outside)
        assert (paragraph.start, paragraph.end) == paragraph.to_page(0, len(paragraph.text))
    for count, character in zip(covered, page, strict=True):
        assert count <= 1
        assert count == 1 or character.isspace()
    starts = [paragraph.start for paragraph in paragraphs]
    assert starts == sorted(starts)


class TestEveryPage:
    @given(st.one_of(PAGES, LINES), st.booleans())
    @settings(max_examples=120, deadline=None)
    def test_every_non_blank_character_is_in_exactly_one_paragraph_and_runs_are_slices_of_the_page(
        self, page, markdown
    ):
        assert_true_to_the_page(segment([Page(1, page)], markdown=markdown), page)

    @given(st.one_of(PAGES, LINES), st.booleans())
    @settings(max_examples=60, deadline=None)
    def test_no_paragraph_is_longer_than_the_limits(self, page, markdown):
        for paragraph in segment([Page(1, page)], markdown=markdown):
            assert size_in_words(paragraph.text) <= MOST_WORDS
            assert len(paragraph.text.split()) <= 200
            assert len(paragraph.text) < 8 * 201

    @given(st.one_of(PAGES, LINES), st.data())
    @settings(max_examples=60, deadline=None)
    def test_a_span_is_the_same_on_the_page_up_to_blanks(self, page, data):
        for paragraph in segment([Page(1, page)]):
            places = [place for place, character in enumerate(paragraph.text) if not character.isspace()]
            start, end = sorted((data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places))))
            page_start, page_end = paragraph.to_page(start, end + 1)
            assert without_blanks(page[page_start:page_end]) == without_blanks(paragraph.text[start : end + 1])
            assert page[page_start] == paragraph.text[start]
            assert page[page_end - 1] == paragraph.text[end]

    @given(st.one_of(PAGES, LINES), st.data())
    @settings(max_examples=60, deadline=None)
    def test_blanks_at_the_ends_of_a_span_add_no_words(self, page, data):
        for paragraph in segment([Page(1, page)]):
            start = data.draw(st.integers(0, len(paragraph.text) - 1))
            end = data.draw(st.integers(start + 1, len(paragraph.text)))
            span = paragraph.text[start:end]
            if span.strip():
                page_start, page_end = paragraph.to_page(start, end)
                assert without_blanks(page[page_start:page_end]) == without_blanks(span)

    @given(st.lists(PAGES, max_size=4))
    @settings(max_examples=60, deadline=None)
    def test_paragraphs_are_in_the_order_of_pages_and_cross_no_page_break(self, pages):
        paragraphs = segment([Page(number, text) for number, text in enumerate(pages, start=1)])
        numbers = [paragraph.page for paragraph in paragraphs]
        assert numbers == sorted(numbers)
        for number, page in enumerate(pages, start=1):
            assert_true_to_the_page([paragraph for paragraph in paragraphs if paragraph.page == number], page)

    def test_the_sample_documents_are_covered_character_for_character(self, sample):
        paths = [*sorted(sample.rglob("*.md")), *sorted(sample.rglob("*.txt")), *sorted(sample.rglob("ntsb*.pdf"))]
        assert paths
        for path in paths:
            document = read_document(path.name, path.read_bytes())
            paragraphs = segment(document.pages, markdown=path.suffix == ".md")
            for page in document.pages:
                assert_true_to_the_page([entry for entry in paragraphs if entry.page == page.number], page.text)
            assert all(size_in_words(paragraph.text) <= MOST_WORDS for paragraph in paragraphs)

    @pytest.mark.parametrize("page", ["", " ", "\n\n \t\n", "\u3000\u00a0\x1f"])
    def test_a_blank_page_has_no_paragraphs(self, page):
        assert texts(page) == []


class TestOffsetMap:
    PARAGRAPH = Paragraph(1, "one two three", (Run(0, 10, 3), Run(4, 20, 9)))

    @pytest.mark.parametrize(
        ("span", "page"),
        [((0, 3), (10, 13)), ((0, 4), (10, 13)), ((3, 7), (20, 23)), ((2, 5), (12, 21)), ((0, 13), (10, 29))],
    )
    def test_spans_are_mapped_to_the_page(self, span, page):
        assert self.PARAGRAPH.to_page(*span) == page

    @pytest.mark.parametrize("span", [(-1, 2), (2, 2), (3, 2), (0, 14)])
    def test_an_empty_span_or_one_outside_is_refused(self, span):
        with pytest.raises(ValueError, match="no range of a text of 13"):
            self.PARAGRAPH.to_page(*span)

    def test_start_and_end_are_those_on_the_page(self):
        assert (self.PARAGRAPH.start, self.PARAGRAPH.end) == (10, 29)


class TestLines:
    def test_wrapped_lines_become_running_text(self):
        assert texts("The ship left the harbour in\nthe early morning, before\nanyone was awake.") == [
            "The ship left the harbour in the early morning, before anyone was awake."
        ]

    def test_a_word_broken_at_the_line_end_keeps_its_hyphen_and_gets_no_blank(self):
        assert texts("He is a well-\nknown man and was in the har-\nbour.") == [
            "He is a well-known man and was in the har-bour."
        ]

    def test_a_dash_at_the_line_end_is_followed_by_a_blank(self):
        assert texts("It was late -\nvery late, and the Anglo-\nSaxon king slept.") == [
            "It was late - very late, and the Anglo- Saxon king slept."
        ]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\f"])
    def test_lines_may_end_in_any_way(self, end):
        assert texts(f"one line{end}  and another{end}") == ["one line and another"]

    def test_a_blank_line_is_kept_as_a_line_break(self):
        assert texts("The first ends here.\n\n\n\nThe second as well.") == ["The first ends here.\nThe second as well."]

    def test_a_short_line_that_ends_a_sentence_ends_a_block(self):
        page = (
            "This line is as long as lines on this page are\nand ends.\nThe next paragraph begins with another line.\n"
        )
        assert texts(page)[0].split("\n")[0] == "This line is as long as lines on this page are and ends."


class TestLists:
    @pytest.mark.parametrize("mark", ["-", "*", "•", "–", "1.", "(2)", "b)", "iv."])
    def test_each_item_stands_in_a_line_of_its_own(self, mark):
        assert texts(f"We need:\n{mark} a rope\n{mark} a sail\n  of linen\n{mark} a mast") == [
            f"We need:\n{mark} a rope\n{mark} a sail of linen\n{mark} a mast"
        ]

    def test_a_number_in_running_text_is_no_item(self):
        assert texts("The house was built in the year\n1904. It was large and had\nmany rooms.")[0].count("\n") == 0


class TestHeadings:
    BODY = "The council meets each winter in the town hall of the city, and every harbour sends two members to it."

    def test_a_heading_is_joined_to_what_follows(self):
        assert texts(f"The council\n\n{self.BODY}") == [f"The council\n{self.BODY}"]

    def test_headings_with_nothing_between_them_stay_together(self):
        assert texts(f"# Part\n\n## Chapter\n\n{self.BODY}", markdown=True) == [f"# Part\n## Chapter\n{self.BODY}"]

    def test_a_new_section_begins_a_new_paragraph(self):
        first, second = f"## One\n\n{self.BODY} {self.BODY}", f"## Two\n\n{self.BODY}"
        assert texts(f"{first}\n\n{second}", markdown=True) == [
            f"## One\n{self.BODY} {self.BODY}",
            f"## Two\n{self.BODY}",
        ]

    def test_a_very_short_section_goes_on_into_the_next(self):
        assert len(texts(f"## One\n\nNothing.\n\n## Two\n\n{self.BODY}", markdown=True)) == 1

    def test_a_heading_is_never_the_end_of_a_paragraph(self):
        sections = "\n\n".join(f"## Section {number}\n\n{self.BODY}\n\n{self.BODY}" for number in range(8))
        found = texts(sections, markdown=True)
        assert len(found) > 1
        assert all(not text.split("\n")[-1].startswith("#") for text in found)

    def test_a_paragraph_knows_the_sections_it_is_in_outermost_first(self):
        long = "\n\n".join([self.BODY] * 4)
        page = f"# Law\n\n## Harbours\n\n{long}\n\n### Fees\n\n{long}\n\n## Ships\n\n{long}"
        headings = [paragraph.headings for paragraph in segment([Page(1, page)], markdown=True)]
        assert set(headings) == {("Law", "Harbours"), ("Law", "Harbours", "Fees"), ("Law", "Ships")}

    def test_sections_go_on_over_page_breaks(self):
        paragraphs = segment([Page(1, f"# Law\n\n{self.BODY}"), Page(2, self.BODY)], markdown=True)
        assert [paragraph.headings for paragraph in paragraphs] == [("Law",), ("Law",)]

    def test_a_number_sign_in_a_code_block_is_no_heading(self):
        (paragraph,) = segment([Page(1, "Text before it.\n\n```\n# comment\n```\n")], markdown=True)
        assert paragraph.headings == ()

    def test_number_signs_are_headings_in_markdown_only(self):
        (paragraph,) = segment([Page(1, f"# law\n\n{self.BODY}")])
        assert paragraph.headings == ()


class TestLongText:
    SENTENCES = " ".join(f"Sentence number {number} has just so many words in it." for number in range(100))

    def test_long_blocks_are_cut_at_sentence_ends(self):
        found = texts(self.SENTENCES)
        assert len(found) > 1
        assert all(text.startswith("Sentence") for text in found)
        assert all(text.endswith("in it.") for text in found)

    def test_the_pieces_are_of_about_the_same_size(self):
        sizes = [len(text.split()) for text in texts(self.SENTENCES)]
        assert min(sizes) > max(sizes) / 2

    def test_a_long_sentence_is_cut_between_words(self):
        words = [f"word{number}" for number in range(900)]
        found = texts(" ".join(words))
        assert [word for text in found for word in text.split()] == words

    def test_text_without_blanks_is_cut_too(self):
        found = texts("x" * 5000)
        assert "".join(found) == "x" * 5000
        assert len(found) > 3

    def test_short_blocks_are_put_together_until_there_are_enough_words(self):
        found = texts("\n\n".join(f"This is block number {number} of many." for number in range(50)))
        assert all(60 <= len(text.split()) <= 200 for text in found[:-1])


class TestSentences:
    @given(st.text(st.sampled_from("aB1 .!?…\n\"')。Mr"), max_size=80))
    @settings(max_examples=60, deadline=None)
    def test_ends_are_ascending_and_the_end_of_the_text_is_the_last(self, text):
        ends = sentence_ends(text)
        assert ends == sorted(set(ends))
        assert ends[-1] == len(text)

    @pytest.mark.parametrize(
        ("text", "sentences"),
        [
            ("He came. She left.", ["He came.", " She left."]),
            ('He said "Never." She left.', ['He said "Never."', " She left."]),
            ("Dr. J. Hay met Mr. Lee. They ate.", ["Dr. J. Hay met Mr. Lee.", " They ate."]),
            ("It cost 3.50 euros. Good.", ["It cost 3.50 euros.", " Good."]),
            ("What? Yes! Well… Good.", ["What?", " Yes!", " Well…", " Good."]),
            ("他来了。她走了。", ["他来了。", "她走了。"]),
            ("See e.g. Article 7. It holds.", ["See e.g. Article 7.", " It holds."]),
        ],
    )
    def test_abbreviations_do_not_end_sentences(self, text, sentences):
        ends = sentence_ends(text)
        assert [text[start:end] for start, end in zip([0, *ends], ends, strict=False)] == sentences
