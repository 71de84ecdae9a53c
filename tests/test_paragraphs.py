"""From pages to paragraphs, and from paragraphs back to pages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.documents.document import Heading, Page
from docqa.documents.formats import read_document
from docqa.paragraphs.characters import ODD, SPELLED
from docqa.paragraphs.paragraph import PageBreak, Paragraph, Place, Run, SpelledRun
from docqa.paragraphs.running_lines import without_running_lines
from docqa.paragraphs.segment import MOST_WORDS, segment, size_in_words
from docqa.paragraphs.sentences import sentence_ends
from read_back import assert_true_to_pages

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
            "e\ufb03cient o\ufb00-\nice ",
            "\ufb01" * 900,
            "co\u2010\nop co\u00adop co\u00ad\nop ",
            "a\u200bb\u200c\u06cc\u200cd\ufeff",
            "\ue000 1\ue0011\x00\x07",
            "COVID-\n19, Anglo-\nSaxon, two- \nand three-year ",
            "-\n",
        ]
    ),
    st.text(max_size=30),
)
PAGES = st.lists(PIECES, max_size=12).map("".join)
LINES = st.lists(
    st.text(st.sampled_from("abcdefghij  ,.-A1"), max_size=90).map(lambda text: text + "\n"), max_size=25
).map("".join)

#: Few characters, so that odd ones and blanks often stand beside each other.
ODDITIES = st.text(st.sampled_from("aB1.- \n\t\x01\x7f\u00a0\u00ad\u200b\ufb01\u2010\ue000"), max_size=40)


def texts(*pages, markdown=False):
    paragraphs = segment([Page(number, text) for number, text in enumerate(pages, start=1)], markdown=markdown)
    return [paragraph.text for paragraph in paragraphs]


def without_blanks(text):
    return "".join(text.split())


def shown(text):
    """What of a page's text is read: without what is not seen, ligatures spelled out, without any blanks and hyphens."""
    return without_blanks("".join(SPELLED.get(c, "" if ODD.match(c) else c) for c in text)).replace("-", "")


class TestEveryPage:
    @given(st.one_of(PAGES, LINES, ODDITIES), st.booleans())
    @settings(max_examples=250, deadline=None)
    def test_every_non_blank_character_is_in_exactly_one_paragraph_and_runs_are_slices_of_the_page(
        self, page, markdown
    ):
        pages = [Page(1, page)]
        assert_true_to_pages(segment(pages, markdown=markdown), pages)

    @given(st.one_of(PAGES, LINES), st.booleans())
    @settings(max_examples=60, deadline=None)
    def test_no_paragraph_is_longer_than_the_limits(self, page, markdown):
        for paragraph in segment([Page(1, page)], markdown=markdown):
            assert size_in_words(paragraph.text) <= MOST_WORDS
            assert len(paragraph.text.split()) <= 200
            assert len(paragraph.text) < 8 * 201

    @given(st.one_of(PAGES, LINES), st.data())
    @settings(max_examples=100, deadline=None)
    def test_a_span_is_the_same_on_the_page_up_to_blanks_hyphens_and_ligatures(self, page, data):
        for paragraph in segment([Page(1, page)]):
            start = data.draw(st.integers(0, len(paragraph.text) - 1))
            end = data.draw(st.integers(start + 1, len(paragraph.text)))
            (place,) = paragraph.places(start, end)
            whole = slice(*paragraph.whole(start, end))
            words = paragraph.text[start:end]
            assert shown(page[place.start : place.end]) == shown(paragraph.text[whole])
            if words.strip():
                assert whole.start <= start + len(words) - len(words.lstrip())
                assert whole.stop >= end - len(words) + len(words.rstrip())

    @given(st.lists(st.one_of(PAGES, LINES), max_size=5), st.booleans())
    @settings(max_examples=120, deadline=None)
    def test_nothing_is_lost_or_doubled_over_page_breaks_and_under_running_lines(self, texts, running):
        if running:
            texts = [f"The annual report\n{text}\nPage {number}" for number, text in enumerate(texts, start=1)]
        pages = without_running_lines([Page(number, text) for number, text in enumerate(texts, start=1)])
        if running and len(texts) >= 3:
            assert all(len(page.left_out) >= 1 + (page.number > 1) for page in pages)
        assert_true_to_pages(segment(pages), pages)

    @given(st.lists(st.one_of(PAGES, LINES), min_size=2, max_size=4), st.data())
    @settings(max_examples=100, deadline=None)
    def test_a_span_over_a_page_break_is_the_same_on_both_pages(self, texts, data):
        texts = [f"{text} goes on, and" if number % 2 else f"so it goes {text}" for number, text in enumerate(texts, 1)]
        for paragraph in segment([Page(number, text) for number, text in enumerate(texts, start=1)]):
            start = data.draw(st.integers(0, len(paragraph.text) - 1))
            end = data.draw(st.integers(start + 1, len(paragraph.text)))
            places = paragraph.places(start, end)
            cited = "".join(texts[place.page - 1][place.start : place.end] for place in places)
            assert shown(cited) == shown(paragraph.text[slice(*paragraph.whole(start, end))])
            assert [place.page for place in places] in ([paragraph.page], [paragraph.end_page], [
                paragraph.page, paragraph.end_page
            ])  # fmt: skip

    def test_the_sample_documents_are_covered_character_for_character(self, sample):
        paths = [*sorted(sample.rglob("*.md")), *sorted(sample.rglob("*.txt")), *sorted(sample.rglob("ntsb*.pdf"))]
        assert paths
        for path in paths:
            pages = without_running_lines(read_document(path.name, path.read_bytes()).pages)
            paragraphs = segment(pages, markdown=path.suffix == ".md")
            assert_true_to_pages(paragraphs, pages)
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
        assert self.PARAGRAPH.places(*span) == (Place(1, *page),)

    @pytest.mark.parametrize("span", [(-1, 2), (2, 2), (3, 2), (0, 14)])
    def test_an_empty_span_or_one_outside_is_refused(self, span):
        with pytest.raises(ValueError, match="no range of a text of 13"):
            self.PARAGRAPH.places(*span)

    def test_start_and_end_are_those_on_the_page(self):
        assert (self.PARAGRAPH.start, self.PARAGRAPH.end, self.PARAGRAPH.end_page) == (10, 29, 1)

    @pytest.mark.parametrize(
        ("span", "places"),
        [
            ((0, 3), [(1, 90, 93)]),
            ((0, 5), [(1, 90, 93), (2, 7, 8)]),
            ((2, 9), [(1, 92, 93), (2, 7, 12)]),
            ((4, 7), [(2, 7, 10)]),
            ((3, 7), [(2, 7, 10)]),
            ((2, 4), [(1, 92, 93)]),
        ],
    )
    def test_spans_over_a_page_break_have_two_places(self, span, places):
        broken = Paragraph(1, "one three", (Run(0, 90, 3), Run(4, 7, 5)), (), PageBreak(1, 2))
        assert broken.places(*span) == tuple(Place(*place) for place in places)
        assert (broken.start, broken.end, broken.end_page) == (90, 12, 2)


class TestLines:
    def test_wrapped_lines_become_running_text(self):
        assert texts("The ship left the harbour in\nthe early morning, before\nanyone was awake.") == [
            "The ship left the harbour in the early morning, before anyone was awake."
        ]

    def test_a_dash_at_the_line_end_is_followed_by_a_blank(self):
        assert texts("It was late -\nvery late.") == ["It was late - very late."]

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


class TestBrokenWords:
    def test_a_word_is_joined_without_its_hyphen(self):
        (paragraph,) = segment([Page(1, "An exam-\nple of it.")])
        assert paragraph.text == "An example of it."
        assert paragraph.runs == (Run(0, 0, 7), Run(7, 9, 10))
        assert paragraph.places(3, 10) == (Place(1, 3, 12),)

    @pytest.mark.parametrize(
        ("page", "text"),
        [
            ("It is risk-\nbased. Risk-based it is.", "It is risk-based. Risk-based it is."),
            ("The email came. Each e-\nmail came.", "The email came. Each email came."),
            (
                "Each e-\nmail is an e-mail, not an email or e-mail.",
                "Each e-mail is an e-mail, not an email or e-mail.",
            ),
            ("We co-\noperate and co-operate; they cooperate.", "We co-operate and co-operate; they cooperate."),
            ("An o\ufb03ce, this of-\nfice.", "An office, this office."),
            ("NATIONAL TRANSPORTATION, TRANSPORTA-\nTION SAFETY", "NATIONAL TRANSPORTATION, TRANSPORTATION SAFETY"),
        ],
    )
    def test_what_else_the_document_says_decides_whether_the_hyphen_stays(self, page, text):
        assert texts(page) == [text]

    def test_other_pages_count_as_well(self):
        assert texts("A multi-\nyear plan.", "Each multi-year plan is good.")[0] == "A multi-year plan."

    @pytest.mark.parametrize(
        ("page", "text"),
        [
            ("a well-\nknown man", "a well-known man"),
            ("a state-of-the-\nart ship", "a state-of-the-art ship"),
            ("the Anglo-\nSaxon king", "the Anglo-Saxon king"),
            ("pages 2019-\n2020 and COVID-\n19", "pages 2019-2020 and COVID-19"),
            ("two-\nand three-year plans", "two- and three-year plans"),
            ("a water-\nproof coat; proof of water", "a water-proof coat; proof of water"),
            ("an in-\nformal talk", "an informal talk"),
            ("co\u2010\nop and co\u2010op", "co-op and co-op"),
            ("a har\u00ad\nbour and a har\u00adbour", "a harbour and a harbour"),
            ("(see-\n(it) there", "(see- (it) there"),
        ],
    )
    def test_without_other_evidence_the_rules_decide(self, page, text):
        assert texts(page) == [text]

    def test_what_is_broken_says_nothing_about_other_words(self):
        assert texts("An exam-\nple, and another exam-\nple: exam, exam.") == [
            "An example, and another example: exam, exam."
        ]

    def test_nobody_breaks_words_by_hand_in_markdown_and_where_headings_are_stated(self):
        assert texts("paid in sil-\nver", markdown=True) == ["paid in sil-ver"]
        assert [entry.text for entry in segment([Page(1, "paid in sil-\nver", None, ())])] == ["paid in sil-ver"]
        assert texts("paid in sil-\nver, so silver", markdown=True) == ["paid in silver, so silver"]


class TestCharacters:
    @pytest.mark.parametrize(
        ("page", "text", "runs"),
        [
            ("o\ufb03ce", "office", (Run(0, 0, 1), SpelledRun(1, 1, 3), Run(4, 2, 2))),
            ("a\u00a0b\u202fc", "a b c", (Run(0, 0, 1), Run(2, 2, 1), Run(4, 4, 1))),
            ("har\u00adbour", "harbour", (Run(0, 0, 3), Run(3, 4, 4))),
            ("\ufeffa\u200bb\u2060c", "abc", (Run(0, 1, 1), Run(1, 3, 1), Run(2, 5, 1))),
            ("5\ue0006 \x00\ud8007", "5 6   7", None),
            ("\x01 \x01s", "s", (Run(0, 3, 1),)),
            (" \u00adx \x7f ", "x", (Run(0, 2, 1),)),
            ("\uf0b7 a point", "a point", (Run(0, 2, 7),)),
            ("co\u2011op", "co-op", (Run(0, 0, 2), SpelledRun(2, 2, 1), Run(3, 3, 2))),
            ("man\u200dage", "manage", (Run(0, 0, 3), Run(3, 4, 3))),
            ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648", (Run(0, 0, 5),)),
            ("\U0001f468\u200d\U0001f469 a", "\U0001f468\u200d\U0001f469 a", None),
        ],
    )
    def test_what_is_read_is_clean_and_leads_to_the_characters_of_the_page(self, page, text, runs):
        (paragraph,) = segment([Page(1, page)])
        assert paragraph.text == text
        assert runs is None or paragraph.runs == runs

    def test_a_span_that_begins_or_ends_inside_a_ligature_takes_all_of_it(self):
        (paragraph,) = segment([Page(1, "an e\ufb03cient o\ufb03ce")])
        assert paragraph.text == "an efficient office"
        assert paragraph.places(5, 11) == (Place(1, 4, 9),)
        assert paragraph.places(5, 15) == (Place(1, 4, 13),)
        assert paragraph.text[slice(*paragraph.whole(5, 15))] == "fficient offi"

    def test_a_line_of_nothing_that_is_read_is_blank(self):
        assert texts("One.\n\u200b\ufeff\nTwo.") == ["One.\nTwo."]
        assert texts("\ue000\u00ad") == []

    def test_headings_that_the_file_states_are_clean_as_well(self):
        text = "The\u00a0har\u00adbour\n\nIt is deep."
        (paragraph,) = segment([Page(1, text, None, (Heading(0, 12, 1, text[:12]),))])
        assert (paragraph.text, paragraph.headings) == ("The harbour\nIt is deep.", ("The harbour",))


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

    def test_what_counts_pages_is_no_heading(self):
        for line, headings in (("Page 1 of 4", ()), ("The council", ("The council",))):
            (paragraph,) = segment([Page(1, f"{line}\n\n{self.BODY}\n\n{self.BODY}")])
            assert paragraph.headings == headings

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
