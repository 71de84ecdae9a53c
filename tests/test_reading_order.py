"""Columns are read one after the other also where the file draws them in turn, and nothing else is put in another order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.documents.pdf import open_pdf, read_pdf
from docqa.documents.reading_order import (
    Shown,
    columns_of,
    drawn_in_turn,
    drawn_upwards,
    reading_order,
    rows_in_order,
)
from pdf_maker import make_pdf, page_texts, place

LEFT = [
    "The harbour of Bergen was built by merchants who",
    "came from the south with salt, cloth and beer, and",
    "who took dried fish home in the autumn. Their houses",
    "stood close together on the eastern shore, and each",
    "had a warehouse of its own behind it. In the fire of",
    "the year 1702 most of them burned down, but they were",
    "built again on the same plots and in the same way, so",
]
RIGHT = [
    "that a visitor still sees what was there before. The",
    "council of the town kept a record of every ship that",
    "entered, with the name of its master and the weight",
    "of its cargo. Some of these books are lost, and what",
    "is left was copied in the last century by a teacher",
    "of the cathedral school, who counted four thousand",
    "ships in the best of all years.",
]
TITLE, FOOTER = "The Books of the Harbour", "Page 7"


def columns(top=700, step=14):
    left = [(72, top - step * row, text) for row, text in enumerate(LEFT)]
    right = [(330, top - step * row, text) for row, text in enumerate(RIGHT)]
    return left, right


def in_turn():
    return [line for row in zip(*columns(), strict=True) for line in row]


def word_by_word(lines, width=4.6):
    """Each word shown by itself, about where it stands in its line."""
    shown = []
    for left, height, text in lines:
        at = 0
        for word in text.split():
            shown.append((round(left + width * at, 1), height, f"{word} "))
            at += len(word) + 1
    return shown


def lines_of(content):
    data = make_pdf(content)
    return [" ".join(line.split()) for line in read_pdf(data).pages[0].text.splitlines() if line.strip()]


class TestColumns:
    @pytest.mark.parametrize("together", [False, True])
    def test_lines_drawn_in_turn_are_read_column_by_column(self, together):
        assert lines_of(place(*in_turn(), size=10, together=together)) == LEFT + RIGHT

    def test_so_they_are_where_words_are_drawn_one_by_one(self):
        assert lines_of(place(*word_by_word(in_turn()), size=10)) == LEFT + RIGHT

    def test_a_title_over_both_comes_first_and_a_footer_last_wherever_they_are_drawn(self):
        title, footer = (200, 740, TITLE + " and of Those Who Kept Them"), (72, 40, FOOTER)
        assert lines_of(place(footer, *in_turn(), title, size=10)) == [title[2], *LEFT, *RIGHT, FOOTER]

    def test_columns_that_end_at_different_lines_are_read_to_their_ends(self):
        assert lines_of(place(*in_turn()[:-1], size=10)) == LEFT + RIGHT[:-1]

    def test_columns_drawn_one_after_the_other_stay_as_they_are(self):
        left, right = columns()
        data = make_pdf(place(*left, *right, size=10))
        assert [page.text for page in read_pdf(data).pages] == page_texts(data)


class TestUpwards:
    def test_lines_drawn_from_the_bottom_up_are_read_from_the_top_down(self):
        left, _ = columns()
        assert lines_of(place(*reversed(left), size=10)) == LEFT

    def test_so_are_columns(self):
        left, right = columns()
        assert lines_of(place(*reversed(left), *reversed(right), size=10)) == LEFT + RIGHT

    def test_labels_of_a_chart_stay_as_they_are(self):
        data = make_pdf(place(*((60, 100 + 14 * number, f"{number} %") for number in range(20))))
        assert [page.text for page in read_pdf(data).pages] == page_texts(data)


class TestRows:
    def test_cells_drawn_in_another_order_are_read_in_that_of_their_columns(self):
        rows = [((72, "Age"), (200, "64"), (300, "Height"), (400, "152.0")), ((72, "Room"), (200, "7"))]
        shown = [(left, 700 - 20 * row, text) for row, cells in enumerate(rows) for left, text in reversed(cells)]
        assert lines_of(place(*shown)) == ["Age 64 Height 152.0", "Room 7"]

    def test_cells_set_apart_by_the_distance_of_letters_are_told_apart(self):
        # Letters that belong together are brought back, as some programs do.
        content = b"BT 10 0 0 10 72 700 Tm 3 Tc /F1 1 Tf [(01) 3000 (0) 3000 (3) 3000 (,) 3000 (5)] TJ ET"
        assert lines_of(content) == ["0 103,5"]

    def test_letters_that_are_merely_spaced_stay_a_word(self):
        assert lines_of(b"BT 2 Tc /F1 12 Tf 72 700 Td (HARBOUR) Tj ET") == ["HARBOUR"]

    def test_a_row_printed_twice_to_look_bold_stays_as_it_is(self):
        row = [(72, 700, "Owner"), (200, 700, "Ship")]
        data = make_pdf(place(*row, *row))
        assert [page.text for page in read_pdf(data).pages] == page_texts(data)


class TestWhatStaysAsItIs:
    def test_rows_of_a_table_stay_rows(self):
        cells = [("Denmark", "Copenhagen"), ("Norway", "Oslo"), ("Sweden", "Stockholm")] * 4
        lines = [
            (x, 700 - 14 * row, cell) for row, pair in enumerate(cells) for x, cell in zip((72, 300), pair, strict=True)
        ]
        assert lines_of(place(*lines)) == [" ".join(pair) for pair in cells]

    def test_rows_of_long_cells_stay_rows(self):
        pairs = [(f"Article {n} of the treaty of the year 1921", f"Kept since {n} by the council") for n in range(12)]
        lines = [
            (x, 700 - 14 * row, cell) for row, pair in enumerate(pairs) for x, cell in zip((72, 330), pair, strict=True)
        ]
        assert lines_of(place(*lines, size=10)) == [" ".join(pair) for pair in pairs]

    def test_pages_in_order_come_out_as_pypdf_has_them(self, sample):
        others = set()
        for path in sorted((sample / "reports").glob("*.pdf")):
            data = path.read_bytes()
            for page, text in zip(read_pdf(data).pages, page_texts(data), strict=True):
                if page.text != text:
                    before, after = set(text.splitlines()), set(page.text.splitlines())
                    others.add((path.name, page.number, *(before - after), *(after - before)))
        # The cells of one row, the head of a table, are drawn in another order than they stand in.
        head = ("ungraded7 8 9 10 11 12", "7 8 9 10 11 12 ungraded")
        assert others == {("education-projections-2021.pdf", 4, *head)}

    def test_the_file_itself_is_not_changed_by_reading_it(self):
        from docqa.documents.page_stream import text_of

        page = open_pdf(make_pdf(place(*in_turn(), size=10))).pages[0]
        before = page.extract_text()
        assert text_of(page) != before
        assert page.extract_text() == before


PIECES = st.lists(
    st.builds(
        Shown,
        st.floats(0, 600) | st.sampled_from([72.0, 330.0]),
        st.floats(0, 800) | st.sampled_from([700.0, 686.0, 672.0]),
        st.sampled_from([0.0, 1.0, 10.0, 12.0]),
        st.integers(0, 90),
    ),
    max_size=40,
)


@given(PIECES, st.lists(st.floats(0, 600), max_size=3).map(sorted))
def test_an_order_has_each_piece_once(pieces, starts):
    assert sorted(reading_order(pieces, starts)) == list(range(len(pieces)))
    found = columns_of(pieces)
    assert found == sorted(found)
    assert drawn_upwards(pieces) in (True, False)
    assert drawn_in_turn(pieces, found) in (True, False)
    assert sorted(rows_in_order(pieces) or range(len(pieces))) == list(range(len(pieces)))
