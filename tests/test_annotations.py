"""What stands in forms and comments is part of a page's text, once, and in the order in which people see it."""

import pytest
from pypdf.generic import DictionaryObject, NameObject

from docqa.documents.formats import PDF_EXTRACTORS, read_document
from docqa.documents.pdf import read_pdf
from pdf_maker import annotation, make_pdf
from read_back import headings_of

PAGE = "An application to the council of the harbour."


def lines(*annotations, page=PAGE, read=read_pdf):
    """The lines that come after the text of a page with these annotations."""
    before = read_pdf(make_pdf(page, "")).pages[0].text if page else ""
    text = read(make_pdf(page, annotations={0: annotations})).pages[0].text
    assert text.startswith(before)
    return text[len(before) :].strip("\n").split("\n")


def field(kind, value=None, **entries):
    given = {"FT": f"/{kind}", **({} if value is None else {"V": value}), **entries}
    return annotation("Widget", **given)


class TestFields:
    @pytest.mark.parametrize("extractor", PDF_EXTRACTORS)
    def test_values_follow_the_text_of_the_page_whatever_reads_it(self, extractor):
        pytest.importorskip(extractor)
        data = make_pdf(PAGE, annotations={0: [field("Tx", "Marta Olsen", TU="Name of the owner")]})
        document = read_document("a.pdf", data, extractor)
        assert document.pages[0].text.split("\n")[-1] == "Name of the owner: Marta Olsen"
        assert document.notes == ()
        headings_of(document)

    def test_a_form_without_any_other_text_is_read(self):
        assert lines(field("Tx", "Marta Olsen"), page="") == ["Marta Olsen"]

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("Name", "Name: Ada"),
            ("Owner's name", "Owner's name: Ada"),
            ("Text7", "Ada"),
            ("f1_01[0]", "Ada"),
            ("first_name", "Ada"),
        ],
    )
    def test_the_name_of_a_field_is_said_where_it_is_one_for_people(self, name, line):
        assert lines(field("Tx", "Ada", T=name)) == [line]

    def test_the_lines_of_a_value_stay_lines(self):
        assert lines(field("Tx", "Quay 7\rBergen\r\nNorway")) == ["Quay 7", "Bergen", "Norway"]

    def test_a_choice_is_said_as_the_list_shows_it(self):
        assert lines(field("Ch", "no", Opt=[["dk", "Denmark"], ["no", "Norway"]], T="Country")) == ["Country: Norway"]
        assert lines(field("Ch", ["Cod", "Eel"], Opt=["Cod", "Crab", "Eel"])) == ["Cod, Eel"]

    def test_a_button_that_is_on_is_said_when_that_says_something(self):
        assert lines(field("Btn", AS="/Yes", T="Insured")) == ["Insured: Yes"]
        assert lines(field("Btn", AS="/Male")) == ["Male"]
        assert lines(field("Btn", AS="/1", Opt=["Sail", "Steam"], T="Driven by")) == ["Driven by: Steam"]
        for silent in (
            field("Btn", AS="/Off", T="Insured"),
            field("Btn", AS="/Yes"),
            field("Btn", AS="/2"),
            field("Btn", "/Send", Ff=1 << 16, T="Send"),
        ):
            assert lines(silent) == [""]

    def test_passwords_and_hidden_fields_are_not_read(self):
        assert lines(field("Tx", "swordfish", Ff=1 << 13), field("Tx", "hidden", F=2), field("Tx", "unseen", F=32)) == [
            ""
        ]

    def test_a_value_may_stand_in_the_field_that_a_box_is_a_part_of(self):
        above = field("Tx", "Ada", T="Name")
        assert lines(annotation("Widget", Parent=above)) == ["Name: Ada"]

    def test_fields_that_are_inside_each_other_end(self):
        ring = DictionaryObject({NameObject("/Subtype"): NameObject("/Widget")})
        ring[NameObject("/Parent")] = ring
        from docqa.documents.annotations import _of_field

        assert _of_field(ring) == ""


class TestComments:
    @pytest.mark.parametrize("kind", ["Text", "FreeText", "Highlight", "Stamp", "Link"])
    def test_they_are_read(self, kind):
        assert lines(annotation(kind, Contents="Paid in silver.")) == ["Paid in silver."]

    def test_popups_addresses_and_hidden_ones_are_not(self):
        assert lines(
            annotation("Popup", Contents="Paid."),
            annotation("Link", Contents="https://example.org/a"),
            annotation("Text", Contents="Paid.", F=2),
        ) == [""]

    def test_from_top_to_bottom_and_from_left_to_right(self):
        assert lines(
            annotation("Text", (300, 99, 380, 121), Contents="right"),
            annotation("Text", (50, 20, 90, 40), Contents="bottom"),
            annotation("Text", (50, 100, 90, 120), Contents="left"),
            annotation("Text", (50, 700, 90, 720), Contents="top"),
        ) == ["top", "left", "right", "bottom"]

    def test_what_the_page_says_already_is_not_said_again(self):
        assert lines(
            annotation("Highlight", Contents="the council of the harbour"),
            annotation("Text", Contents="council"),
            annotation("FreeText", Contents="council"),
            annotation("FreeText", Contents="A line\nof the page."),
            page=f"{PAGE}\nA line of the page.",
        ) == ["council"]

    @pytest.mark.parametrize("broken", [{"Contents": 7}, {"Contents": "x", "Rect": ["a", "b"]}, {"F": "/x"}])
    def test_a_damaged_one_costs_nothing_else(self, broken):
        found = annotation("Text", **broken)
        assert "sound" in lines(found, annotation("Text", Contents="sound"))

    def test_annotations_that_are_no_list_cost_nothing(self, monkeypatch):
        from docqa.documents import annotations

        def fail(page):
            raise AssertionError

        monkeypatch.setattr(annotations, "_remarks", fail)
        assert lines(annotation("Text", Contents="lost")) == [""]
