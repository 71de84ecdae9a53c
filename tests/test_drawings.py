"""Charts, diagrams, comments, headers and footers of office documents, made on the spot by the libraries that read them."""

import io

import pytest

from docqa.documents import drawings
from docqa.documents.formats import read_document
from read_back import text_of

DIAGRAM = (
    '<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><dgm:ptLst>'
    "<dgm:pt><dgm:t><a:p><a:r><a:t>Draw up</a:t></a:r><a:br/><a:r><a:t>the contract</a:t></a:r></a:p></dgm:t></dgm:pt>"
    '<dgm:pt type="pres"/><dgm:pt><dgm:t><a:p/><a:p><a:r><a:t>Sign it</a:t></a:r></a:p></dgm:t></dgm:pt>'
    "</dgm:ptLst></dgm:dataModel>"
)
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData"
KIND = "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"


def saved(document):
    stored = io.BytesIO()
    document.save(stored)
    return stored.getvalue()


class TestPptx:
    @pytest.fixture
    def pptx(self):
        return pytest.importorskip("pptx")

    @pytest.fixture
    def presentation(self, pptx):
        presentation = pptx.Presentation()
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = "Sales"
        slide.notes_slide.notes_text_frame.text = "Say this."
        return presentation

    def add_chart(self, presentation, kind, data):
        return presentation.slides[0].shapes.add_chart(kind, 0, 0, 9, 9, data).chart

    def test_a_chart_says_for_each_category_the_value_of_each_series(self, presentation):
        from pptx.chart.data import CategoryChartData
        from pptx.enum.chart import XL_CHART_TYPE

        data = CategoryChartData()
        data.categories = ["1_000", "Q2", "Q3"]
        data.add_series("Norway", [0.1 + 0.2, 5, None])
        data.add_series("Share", [0.125, 0.5, 0.25], number_format="0.0%")
        chart = self.add_chart(presentation, XL_CHART_TYPE.COLUMN_CLUSTERED, data)
        chart.has_title = True
        chart.chart_title.text_frame.text = "By quarter"
        chart.value_axis.has_title = True
        chart.value_axis.axis_title.text_frame.text = "million"
        assert text_of("a.pptx", saved(presentation)).split("\n\n") == [
            "Sales",
            "By quarter",
            "million",
            "1_000, Norway: 0.3, Share: 12.5%.",
            "Q2, Norway: 5, Share: 50.0%.",
            "Q3, Share: 25.0%.",
            "Say this.",
        ]

    def test_a_category_is_said_with_the_wider_ones_that_it_is_part_of(self, presentation):
        from pptx.chart.data import CategoryChartData
        from pptx.enum.chart import XL_CHART_TYPE

        data = CategoryChartData()
        for country, cities in {"Norway": ["Bergen", "Oslo"], "Spain": ["Vigo"]}.items():
            category = data.add_category(country)
            for city in cities:
                category.add_sub_category(city)
        data.add_series("Ships", [3, 4, 5])
        self.add_chart(presentation, XL_CHART_TYPE.BAR_CLUSTERED, data)
        text = text_of("a.pptx", saved(presentation))
        assert "Bergen Norway, Ships: 3.\n\nOslo Norway, Ships: 4.\n\nVigo Spain, Ships: 5." in text

    def test_series_with_places_of_their_own_are_not_put_together(self, presentation):
        from pptx.chart.data import XyChartData
        from pptx.enum.chart import XL_CHART_TYPE

        data = XyChartData()
        for name, across in (("Depth", 1.5), ("Salt", 2.5)):
            data.add_series(name).add_data_point(across, 40)
        self.add_chart(presentation, XL_CHART_TYPE.XY_SCATTER, data)
        assert "1.5, Depth: 40.\n\n2.5, Salt: 40." in text_of("a.pptx", saved(presentation))

    def test_points_of_a_scatter_chart_are_pairs(self, presentation):
        from pptx.chart.data import XyChartData
        from pptx.enum.chart import XL_CHART_TYPE

        data = XyChartData()
        data.add_series("Depth").add_data_point(1.5, 40)
        self.add_chart(presentation, XL_CHART_TYPE.XY_SCATTER, data)
        assert "1.5, Depth: 40." in text_of("a.pptx", saved(presentation)).split("\n\n")

    @pytest.mark.parametrize(("data", "lines"), [(DIAGRAM, ["Draw up the contract", "Sign it"]), ("<broken", [])])
    def test_a_diagram_says_its_points_and_a_damaged_one_costs_nothing_else(self, presentation, data, lines):
        from pptx.opc.package import Part
        from pptx.opc.packuri import PackURI

        part = presentation.slides[0].part
        part.relate_to(Part(PackURI("/ppt/diagrams/data1.xml"), KIND, part.package, data.encode()), RELATION)
        document = read_document("a.pptx", saved(presentation))
        assert document.pages[0].text.split("\n\n") == ["Sales", *lines, "Say this."]
        assert [note.split(" (")[0] for note in document.notes] == [
            "A drawing on slide 1 could not be read" for _ in ("damaged",) if not lines
        ]


class TestDocx:
    @pytest.fixture
    def docx(self):
        return pytest.importorskip("docx")

    def test_a_diagram_is_read_after_the_text(self, docx):
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part

        document = docx.Document()
        document.add_paragraph("How it goes.")
        part = Part(PackURI("/word/diagrams/data1.xml"), KIND, DIAGRAM.encode(), document.part.package)
        document.part.relate_to(part, RELATION)
        assert text_of("a.docx", saved(document)) == "How it goes.\n\nDraw up the contract\n\nSign it"

    def test_what_stands_above_and_below_all_pages_is_read_last_and_once(self, docx):
        document = docx.Document()
        document.add_paragraph("The fee is due in May.")
        for section in (document.sections[0], document.add_section()):
            section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
            section.header.paragraphs[0].text = "Contract 7"
            section.footer.paragraphs[0].text = "Phone 55 123"
        section.first_page_footer.paragraphs[0].text = "1"
        text = text_of("a.docx", saved(document))
        assert text.split("\n\n")[0] == "The fee is due in May."
        assert sorted(text.split("\n\n")[1:]) == ["Contract 7", "Phone 55 123"]

    def test_comments_are_read_last(self, docx):
        document = docx.Document()
        paragraph = document.add_paragraph("The fee is due in May.")
        document.add_comment(paragraph.runs, text="Ada asks for June.", author="Ada")
        document.add_paragraph("The end.")
        text = text_of("a.docx", saved(document))
        assert text == "The fee is due in May.\n\nThe end.\n\nAda asks for June."


@pytest.mark.parametrize(("marked", "day"), [("0", "2002-01-05"), ("1", "2006-01-06")])
def test_dates_count_from_the_day_that_the_chart_says(marked, day):
    etree = pytest.importorskip("lxml.etree")
    chart = etree.fromstring(
        f'<c:chartSpace xmlns:c="{drawings.CHART.strip("{}")}"><c:date1904 val="{marked}"/><c:ser><c:cat><c:numCache>'
        "<c:formatCode>yyyy</c:formatCode><c:pt idx='0'><c:v>37261</c:v></c:pt></c:numCache></c:cat></c:ser></c:chartSpace>"
    )
    assert "".join(drawings._of_chart(chart)) == day


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        ("0.30000000000000004", "General", "0.3"),
        ("0.125", "0%", "13%"),
        ("1e99", "0%", "1e+99"),
        ("NaN", "0%", "NaN"),
        ("12", "#,##0.00", "12"),
        ("n/a", "0%", "n/a"),
        ("37261", "m/d/yyyy", "2002-01-05"),
        ("37261.5", "mmm-yy", "2002-01-05"),
        ("9e99", "m/d/yyyy", "9e+99"),
        ("7", '0 "days"', "7"),
        ("7", "[Red]0", "7"),
    ],
)
def test_numbers_are_shown_as_people_see_them(value, code, shown):
    assert drawings._shown(value, code) == shown
