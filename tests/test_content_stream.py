"""The operators of a page are read as pypdf reads them, or left to it."""

import io

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf.generic import ArrayObject, ContentStream, DecodedStreamObject, NameObject

from docqa.documents.content_stream import KEPT, MOST, operations_of, read_quickly
from docqa.documents.page_stream import text_of
from pdf_maker import make_pdf


def as_pypdf_reads(data):
    """The operators that concern text; None where pypdf refuses the stream."""
    given_stream = DecodedStreamObject()
    given_stream.set_data(data)
    try:
        operations = ContentStream(given_stream, None, "bytes").operations
    except Exception:  # noqa: BLE001 - whatever it raises
        return None
    return [(operands, operator) for operands, operator in operations if operator in KEPT]


def kinds(operations):
    """Which operands are names, which strings, which arrays, and of what: the text of a page hangs on it."""

    def kind(operand):
        if isinstance(operand, ArrayObject):
            return [kind(part) for part in operand]
        return next((of for of in (NameObject, str, bytes, int | float) if isinstance(operand, of)), type(operand))

    return [[kind(operand) for operand in operands] for operands, _ in operations]


def assert_same_or_left(data):
    try:
        read = operations_of(data)
    except ValueError:
        return False
    expected = as_pypdf_reads(data)
    assert read == expected
    assert kinds(read) == kinds(expected)
    return True


USUAL = st.sampled_from(
    b"BT|ET|q|Q|Tj|TJ|Td|TD|T*|Tm|Tf|'|\"|Do|cm|re|f|f*|m|l|S|BMC|BDC|EMC|gs|rg|0|1|-12|.5|-.25|7.|+3|612.004|/F1|/Im0|/P|"
    b"/A.b-c_d|(word)|(two words)|()|(a\\(b\\)c)|(\\101\\12x)|(a(b)c)|(\xe9\x00\x80)|(line\nline)|<48656C6c6F>|<48 6>|<>|"
    b"[(A) -20 (B)]|[]|[(A)-20.5<42>(\\))]|[ 3 0 ]|<</MCID 0>>|<< /A (x) /B /C /D <00> >>".split(b"|")
)
UNUSUAL = st.sampled_from(
    b"%|% comment\n|BI|ID|EI|R|true|null|--5|1.2.3|1,5|5-3|+|.|(|)|[|]|<|>|<<|>>|{|}|/|/a#20b|\\|(\\x)|(\\\n)|(\\8)|(\\400)|"
    b"[[1]]|[/N]|[1.2.3]|<4G>|<</A>>|<</A <</B 1>>>>|\x00|\x0b|\x0c|\xff|Tjj|endstream|longoperator".split(b"|")
)
BETWEEN = st.sampled_from((b" ", b"\n", b"\r\n", b"\t", b"  ", b""))


def streams(tokens):
    return st.lists(st.tuples(tokens, BETWEEN), max_size=30).map(lambda parts: b"".join(sum(parts, ())))


@settings(max_examples=400, deadline=None)
@given(streams(USUAL | UNUSUAL))
def test_whatever_stands_in_a_stream_is_read_as_pypdf_reads_it_or_left_to_it(data):
    assert_same_or_left(data)


@settings(max_examples=200, deadline=None)
@given(st.lists(USUAL, max_size=40).map(b" ".join))
def test_what_is_written_by_the_rules_is_not_left_to_pypdf(data):
    # A dictionary before an operator of text is against the rules, and a reference is none in a content stream.
    assert assert_same_or_left(data) or b"<<" in data


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_as_pypdf_reads_them_or_left_to_it(data):
    assert_same_or_left(data)


@pytest.mark.parametrize("opening", [b"(", b"[(", b"<", b"<<", b"[1 ", b"(\\", b"((", b"/", b"1" * 20 + b"."])
def test_a_stream_that_never_closes_what_it_opens_takes_time_in_proportion_to_its_length(opening):
    # As long as is read at all: were anything tried again and again, this would not end in a day.
    with pytest.raises(ValueError, match=" at "):
        operations_of((opening * MOST)[: MOST - 1] + b"\xff")


def test_the_stream_of_a_page_is_its_own_again_afterwards():
    page = pypdf.PdfReader(io.BytesIO(make_pdf("The harbour of Bergen."))).pages[0]
    before = page.raw_get("/Contents")
    with read_quickly(page):
        assert page.raw_get("/Contents") is not before
    assert page.raw_get("/Contents") is before


def test_a_page_reads_as_by_pypdf():
    page = pypdf.PdfReader(io.BytesIO(make_pdf("The harbour of Bergen (1702)."))).pages[0]
    assert text_of(page) == page.extract_text() == "The harbour of Bergen (1702).\n"
