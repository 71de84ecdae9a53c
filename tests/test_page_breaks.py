"""Paragraphs that go on over the end of a page, and what is left out at the edges of pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.documents.document import Heading, Page
from docqa.paragraphs.running_lines import without_running_lines
from docqa.paragraphs.segment import MOST_WORDS, segment, size_in_words

BODY = (
    "Ships wait outside the mole until the pilot waves.",
    "The keeper of the lighthouse hears the wind each hour.",
    "The council meets in the town hall each winter.",
    "The lamp burned rapeseed oil for many years.",
    "The pilot is paid in silver by the council.",
    "The record of the third summer is in the town hall.",
    "A letter came from the north with the first ship.",
    "Nobody knows who built the bridge of stone.",
)


def pages_of(*texts):
    return [Page(number, text) for number, text in enumerate(texts, start=1)]


def left_out(*texts):
    """What each page leaves out."""
    return [[page.text[start:end] for start, end in page.left_out] for page in without_running_lines(pages_of(*texts))]


def framed(top, bottom, count=6):
    """Pages with a line above and one below, made for each page number."""
    return [
        "\n".join(part for part in (top(number), BODY[number - 1], bottom(number)) if part)
        for number in range(1, count + 1)
    ]


def nothing(number):
    return ""


class TestRunningLines:
    def test_headers_and_page_numbers_are_left_out_but_for_the_first_header(self):
        found = left_out(*framed(lambda number: "Report No. 47/2021", str))
        assert found == [["1"], *[["Report No. 47/2021", str(number)] for number in range(2, 7)]]

    def test_what_stands_in_headers_alone_is_still_in_a_paragraph_once(self):
        pages = without_running_lines(pages_of(*framed(lambda number: "Report No. 47/2021", str)))
        texts = [paragraph.text for paragraph in segment(pages)]
        assert sum("47/2021" in text for text in texts) == 1
        assert all(any(body in text for text in texts) for body in BODY[:6])

    @pytest.mark.parametrize(
        "number",
        [
            str,
            lambda page: str(page + 40),
            lambda page: str(page + 1136),
            lambda page: f"- {page} -",
            lambda page: f"Page {page} of 17",
            lambda page: f"Page {page}",
            lambda page: ("i", "ii", "iii", "iv", "v", "vi")[page - 1],
            lambda page: ("XXXIX", "XL", "XLI", "XLII", "XLIII", "XLIV")[page - 1],
        ],
    )
    @pytest.mark.parametrize("at_the_top", [False, True])
    def test_page_numbers_of_many_kinds_are_left_out_on_every_page(self, number, at_the_top):
        sides = (number, nothing) if at_the_top else (nothing, number)
        assert left_out(*framed(*sides)) == [[number(page)] for page in range(1, 7)]

    def test_left_and_right_pages_may_differ(self):
        def line(page):
            return f"{page} The annual report" if page % 2 == 0 else f"Chapter on harbour dues {page}"

        found = left_out(*framed(line, nothing, count=8))
        assert found == [[], [], *[[line(page)] for page in range(3, 9)]]

    def test_headers_of_chapters_are_left_out_from_their_second_page_on(self):
        found = left_out(*framed(lambda page: "The harbour" if page <= 4 else "The lighthouse", str, count=8))
        assert found == [
            [f"{page}"] if page in {1, 5} else ["The harbour" if page <= 4 else "The lighthouse", f"{page}"]
            for page in range(1, 9)
        ]

    def test_a_page_without_its_header_is_put_up_with(self):
        found = left_out(*framed(lambda page: "" if page == 3 else "The annual report", nothing))
        assert found == [[], ["The annual report"], [], *[["The annual report"]] * 3]

    def test_a_document_of_two_pages_leaves_nothing_out(self):
        assert left_out(*framed(lambda number: "Report", str, count=2)) == [[], []]

    @pytest.mark.parametrize(
        "line",
        [
            lambda page: f"Article {page}",
            lambda page: f"Invoice No. {1000 + page}",
            lambda page: f"The number of this order is {1000 + page}",
            lambda page: f"{2014 + page}",
            lambda page: f"{page * 7} {page * 100} {page * 3}",
            lambda page: f"{page} {page + 1} {page + 2}",
            lambda page: "0",
            lambda page: f"Sales of {page * page} ships in the year",
            lambda page: BODY[-page],
        ],
    )
    def test_headings_numbers_and_rows_that_look_alike_are_kept(self, line):
        for sides in ((line, nothing), (nothing, line)):
            assert left_out(*framed(*sides)) == [[]] * 6

    def test_rows_that_stand_in_the_middle_of_pages_as_well_are_kept(self):
        rows = ["Year Ships Dues", *BODY[:4]] * 3 + ["Year Ships Dues"]
        pages = ["\n".join([BODY[number], *rows]) for number in range(1, 6)]
        assert left_out(*pages) == [[]] * 5

    def test_what_repeats_in_the_middle_of_pages_is_kept(self):
        pages = ["\n".join((*BODY[:3], "Year Ships Dues", f"{number} 2 3", *BODY[4:7])) for number in (7, 2, 9, 4)]
        assert not any("Year" in line for lines in left_out(*pages) for line in lines)

    def test_a_sign_for_numbers_in_a_line_is_no_number(self):
        # Prompts of a shell begin with it.
        assert (
            left_out("1 make install\nIt rains.", "# make install\nIt snows.", "3 make install\nIt is dry.") == [[]] * 3
        )
        assert left_out(*framed(lambda number: "# of ships", str))[1:] == [["# of ships", str(n)] for n in range(2, 7)]

    @given(st.lists(st.lists(st.text("# 1ix.a\n\0", max_size=6), max_size=4), max_size=6))
    def test_lines_of_signs_and_numbers_can_be_told_apart(self, pages):
        texts = ["\n".join(lines) for lines in pages]
        assert len(left_out(*texts)) == len(texts)

    def test_nothing_is_left_out_behind_a_line_that_is_kept(self):
        pages = [f"{BODY[number]}\nThe annual report\n{BODY[-number]}\n{BODY[-number - 1]}" for number in range(1, 5)]
        assert left_out(*pages) == [[]] * 4

    def test_headings_that_the_file_states_are_no_running_lines(self):
        pages = [Page(n, f"Agenda\n{BODY[n]}", None, (Heading(0, 6, 1, "Agenda"),)) for n in range(1, 5)]
        assert [page.left_out for page in without_running_lines(pages)] == [()] * 4

    def test_a_paragraph_never_holds_what_is_left_out(self):
        pages = without_running_lines(pages_of(*framed(lambda number: "The annual report", str)))
        texts = [paragraph.text for paragraph in segment(pages)]
        assert sum("annual report" in text for text in texts) == 1
        assert not any(text.endswith(("1", "2", "3", "4", "5", "6")) for text in texts)


class TestPageBreaks:
    def joined(self, *texts, **options):
        return [(entry.text, entry.page, entry.end_page) for entry in segment(pages_of(*texts), **options)]

    @pytest.mark.parametrize(
        ("first", "second", "text"),
        [
            ("The treaty was signed in the", "town hall.", "The treaty was signed in the town hall."),
            ("The treaty was signed by", "Marta Olsen.", "The treaty was signed by Marta Olsen."),
            ("It was signed in Bergen,", "Norway.", "It was signed in Bergen, Norway."),
            ("It was signed in the har-", "bour.", "It was signed in the harbour."),
            ("It was signed in the har\u00ad", "bour.", "It was signed in the harbour."),
            ("He was a well-", "known man.", "He was a well-known man."),
        ],
    )
    def test_a_sentence_that_goes_on_is_one_paragraph(self, first, second, text):
        assert self.joined(first, second) == [(text, 1, 2)]

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("The treaty was signed.", "it was read."),
            ("We need:", "a rope"),
            ("The treaty was signed in town", "The council met."),
            ("The treaty was signed in the", "- a rope"),
            ("The treaty was signed in the", ""),
            ("", "town hall."),
            ("This line is as long as most lines are.\nThis line is as long as most lines are.\nTotal", "of ships"),
        ],
    )
    def test_what_does_not_go_on_stays_apart(self, first, second):
        assert all(page == end for _, page, end in self.joined(first, second))

    def test_the_rest_of_the_next_page_is_its_own(self):
        assert self.joined("It was signed in the", "town hall.\n\nThe council met.") == [
            ("It was signed in the town hall.", 1, 2),
            ("The council met.", 2, 2),
        ]

    def test_no_paragraph_goes_on_over_two_page_breaks(self):
        assert self.joined("It was signed in the", "old town", "hall.") == [
            ("It was signed in the old town", 1, 2),
            ("hall.", 3, 3),
        ]

    def test_a_page_between_that_is_blank_or_missing_ends_a_paragraph(self):
        assert [entry.end_page for entry in segment([Page(1, "signed in the"), Page(3, "town hall.")])] == [1, 3]
        assert self.joined("It was signed in the", " ", "town hall.")[0] == ("It was signed in the", 1, 1)

    def test_slides_and_chapters_do_not_go_on(self):
        pages = [Page(1, "Cheaper ships in the", None, ()), Page(2, "faster harbour", None, ())]
        assert [entry.page_break for entry in segment(pages)] == [None, None]

    def test_running_lines_between_them_are_not_in_the_way(self):
        texts = [f"The annual report\n{text}\n{number}" for number, text in enumerate(
            ("It was signed in the", "town hall by", "Marta Olsen and", "read by nobody."), start=1)]  # fmt: skip
        found = [entry.text for entry in segment(without_running_lines(pages_of(*texts)))]
        assert found == ["The annual report\nIt was signed in the town hall by", "Marta Olsen and read by nobody."]

    def test_a_long_paragraph_is_cut_on_both_sides_of_the_break(self):
        sentence = "Each harbour keeps a record of the ships that enter it and sends a copy to the council. "
        found = segment(pages_of(sentence * 20 + "It is read in the", "town hall. " + sentence * 20))
        assert sum(entry.page_break is not None for entry in found) == 1
        assert {entry.page for entry in found} == {1, 2}
        assert all(size_in_words(entry.text) <= MOST_WORDS for entry in found)
        (broken,) = [entry for entry in found if entry.page_break]
        assert "in the town hall" in broken.text
