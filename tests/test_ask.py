"""Asking, end to end: folders of documents, questions, answers with their sources."""

import functools
import json
import re
import unicodedata
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pypdf
import pytest

import docqa
from docqa.answers.ask import assemble, find
from docqa.answers.cascade import CandidateReadings
from docqa.reading.reader import ParagraphReading, Span
from docqa.reading.settings import SPAN_RANKING, Calibration
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.store.opening import open_database
from pdf_maker import make_pdf
from tiny_reader import exact_reader, real_reader, save_tiny_bert, save_word_finder

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "docs" / "answer.schema.json").read_text(encoding="utf-8"))
SAMPLE_QUESTIONS = [
    json.loads(line)
    for line in (ROOT / "data" / "sample-questions.jsonl").read_text(encoding="utf-8").splitlines()
    if line.strip()
]
SHOWPIECES = {
    "How many pretrained models are available in Transformers?": "over 32+",
    "What do Transformers provide?": "general-purpose architectures",
    "Transformers provide interoperability between which frameworks?": "TensorFlow 2.0 and PyTorch",
}

TREATY = """# The Harbour Treaty

The treaty was signed by Marta Olsen on the third of
May 1921 in the town hall of “Bergen” — café. The keeper hears
the wind each winter.\r\n\r\n
## Pay

The pilot is paid in silver. The ship is paid in sil-
ver too, says the council.
"""
REPORT = "The lighthouse\n\n  The keeper of the lighthouse   wrote down\tthe wind each hour.\n\nThe lamp burned oil.\n"
PAGES = (
    "How to enter the harbour.\nShips wait outside until the pilot waves.",
    "The pilot is paid in silver,\nand the ship in oil each winter.",
)
QUESTIONS = [
    "Who signed the treaty?",
    "What is the pilot paid in?",
    "When does the keeper hear the wind?",
    "What did the lamp of the lighthouse burn?",
    "How does a ship enter the harbour?",
    "pilot keeper lighthouse treaty harbour winter",
]


def write_documents(folder):
    """A Markdown file, a text and a PDF with printed page numbers."""
    folder.mkdir()
    (folder / "treaty.md").write_bytes(TREATY.encode())
    (folder / "old report.txt").write_bytes(REPORT.encode())
    (folder / "guide #1.pdf").write_bytes(make_pdf(*PAGES, title="Pilot guide", labels=[(0, 1, "/r", 4)]))
    return folder


@functools.cache
def pdf(path):
    return pypdf.PdfReader(path)


@functools.cache
def text_of_page(path, page):
    """The text of a page read from the file itself, past the index."""
    if path.suffix == ".pdf":
        return pdf(path).pages[page - 1].extract_text()
    assert page == 1
    return path.read_bytes().decode("utf-8")


def cited(source, base):
    """The characters that a source cites, taken from its file past the index."""
    return "\n".join(text_of_page(base / source.path, part.page)[part.start : part.end] for part in source.parts)


def letters(text):
    """What is the same in a text and in its form for people."""
    return re.sub(r"[\s\u00ad\u2010-]", "", unicodedata.normalize("NFKC", text))


def assert_every_source_is_verbatim(answers, base):
    for answer in answers:
        assert answer.sources
        assert answer.sources[0].text == answer.text
        assert answer.display == " ".join(answer.display.split())
        for source in answer.sources:
            assert cited(source, base) == source.text
            assert letters(source.text) == letters(answer.text) == letters(answer.display)
            first, last = source.parts[0], source.parts[-1]
            assert (first.page, first.start, last.page, last.end) == (
                source.page,
                source.start,
                source.end_page,
                source.end,
            )
            assert source.context[source.context_start : source.context_end] == source.text
            assert source.context == source.context.strip()
            if source.page == source.end_page:
                assert text_of_page(base / source.path, source.page)[source.start : source.end] == source.text
            assert letters(source.context_display) == letters(source.context)
            shown = source.context_display[source.display_start : source.display_end]
            assert letters(shown) == letters(answer.display)
            assert shown == " ".join(shown.split())
            assert (base / unquote(source.link.split("#")[0])).is_file()


def assert_no_place_is_shown_twice(answers):
    sources = [source for answer in answers for source in answer.sources]
    places = sorted((s.path, part.page, part.start, part.end) for s in sources for part in s.parts)
    for one, other in pairwise(places):
        assert one[:2] != other[:2] or one[3] <= other[2]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A tiny random BERT, exact, so that every span comes first for some question."""
    return exact_reader(save_tiny_bert(tmp_path_factory.mktemp("tiny")), window_tokens=48, overlap_tokens=12)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A folder that holds the folder documents and its index."""
    folder = tmp_path_factory.mktemp("base")
    write_documents(folder / "documents")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with docqa.open("docqa.db") as corpus:
            corpus.index("documents", workers=1)
    return folder


@pytest.fixture
def corpus(base, tiny):
    """The index of it, open, with the tiny reader."""
    with docqa.open(base / "docqa.db", reader=tiny) as opened:
        yield opened


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """An index of the sample documents, to be asked with the reader that ships."""
    folder = tmp_path_factory.mktemp("sample")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        with docqa.open(folder / "sample.db", reader=real_reader()) as opened:
            opened.index("data/sample")
            yield opened


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_stands_word_for_word_at_every_source(corpus, base, question):
    answers = corpus.ask(question, docqa.AskOptions(top_k=20))
    assert len(answers) > 5
    assert_every_source_is_verbatim(answers, base)
    assert_no_place_is_shown_twice(answers)


@pytest.mark.parametrize("entry", SAMPLE_QUESTIONS, ids=lambda entry: entry["question"])
def test_every_answer_in_the_sample_documents_stands_word_for_word_at_every_source(sample, entry):
    answers = sample.ask(entry["question"], docqa.AskOptions(threshold=0.0))
    assert answers
    assert_every_source_is_verbatim(answers, ROOT)
    assert_no_place_is_shown_twice(answers)
    jsonschema.validate(answers.to_dict(), SCHEMA)


@pytest.mark.parametrize(("question", "expected"), SHOWPIECES.items())
def test_questions_about_transformers_are_answered_exactly(sample, question, expected):
    best = sample.ask(question).best
    assert best is not None
    assert best.text == expected
    assert best.sources[0].path == "data/sample/notes/transformers-library.md"


def test_the_answers_as_json_have_the_published_form(corpus):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for explain in (False, True):
        given = json.loads(json.dumps(corpus.ask(QUESTIONS[0]).to_dict(explain=explain)))
        jsonschema.validate(given, SCHEMA)
        assert ("ranking_score" in given["answers"][0]["sources"][0]) == explain
    jsonschema.validate(corpus.ask("zebra?").to_dict(), SCHEMA)


def test_the_published_form_refuses_what_the_design_rules_out(corpus):
    given = corpus.ask(QUESTIONS[1]).to_dict()
    for change in (
        {"schema": "docqa.answer/2"},
        {"answers": [{**given["answers"][0], "sources": []}]},
        {"answers": [{**given["answers"][0], "probability": 1.5}]},
        {"no_answer_probability": "high"},
        {"more": 1},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**given, **change}, SCHEMA)


def test_the_object_answers_names_question_index_and_reader(corpus, base, tiny):
    answers = corpus.ask("  Who signed\n the treaty? ")
    assert answers.question == "Who signed the treaty?"
    assert answers.index == corpus.info()
    assert answers.index.documents == 3
    assert answers.index.path == str(base / "docqa.db")
    assert answers.reader == tiny.name
    assert answers.best == next(iter(answers))
    assert len(answers) == 3
    assert not answers.partial


def test_the_first_answer_is_the_best_span_of_every_paragraph_by_the_ranking(corpus, tiny):
    question = QUESTIONS[-1]
    hits = corpus.search(question, 100)
    assert len(hits) > 4
    weight = tiny.settings.ranking.retriever
    totals = [
        (reading.spans[0].score + weight * hit.score, hit.document.path, hit.paragraph.id)
        for hit in hits
        for reading in tiny.read_paragraphs(question, [hit.paragraph.paragraph.text], spans=1)
    ]
    best = corpus.ask(question, docqa.AskOptions(candidates=100)).best.sources[0]
    assert best.ranking_score == pytest.approx(max(totals)[0], abs=1e-3)
    assert (best.path, best.paragraph) == max(totals)[1:]


def test_ranking_by_the_span_alone_gives_the_order_of_the_raw_scores(corpus):
    options = docqa.AskOptions(top_k=20, ranking=SPAN_RANKING)
    scores = [answer.score for answer in corpus.ask(QUESTIONS[-1], options)]
    assert scores == sorted(scores, reverse=True)


def test_the_order_in_which_candidates_are_read_changes_no_answer(base, tiny):
    db = open_database(base / "docqa.db", create=False)
    try:
        options = docqa.AskOptions(top_k=5)
        found = find(db, base / "docqa.db", QUESTIONS[-1], options, analyzer=Analyzer(), parameters=Parameters())
        texts = [hit.paragraph.paragraph.text for hit in found.hits]
        readings = tiny.read_paragraphs(QUESTIONS[-1], texts, spans=10)
        backwards = type(found)(found.hits[::-1], found.pages, found.index)
        numbers = tuple(range(len(readings)))
        straight, _ = assemble(found, CandidateReadings(numbers, tuple(readings)), tiny, options)
        turned, _ = assemble(backwards, CandidateReadings(numbers, tuple(readings[::-1])), tiny, options)
        assert [answer.text for answer in straight] == [answer.text for answer in turned]
    finally:
        db.close()


def test_files_without_pages_are_page_1_and_pdfs_are_cited_by_page_and_printed_label(corpus):
    sources = [
        source
        for question in QUESTIONS
        for answer in corpus.ask(question, docqa.AskOptions(top_k=20))
        for source in answer.sources
    ]
    plain = [source for source in sources if not source.path.endswith(".pdf")]
    paged = [source for source in sources if source.path.endswith(".pdf")]
    assert {source.page for source in plain} == {1}
    assert all("#" not in source.link and source.page_label is None for source in plain)
    assert {"documents/old%20report.txt"} < {source.link for source in plain}
    assert {source.page for source in paged} == {1, 2}
    assert {source.link for source in paged} == {
        "documents/guide%20%231.pdf#page=1",
        "documents/guide%20%231.pdf#page=2",
    }
    assert {(source.page, source.page_label) for source in paged} == {(1, "iv"), (2, "v")}
    assert {source.title for source in paged} == {"Pilot guide"}


@pytest.mark.parametrize(
    ("glob", "paths"),
    [
        ("*.pdf", {"documents/guide #1.pdf"}),
        ("documents/t*", {"documents/treaty.md"}),
        ("documents", {"documents/guide #1.pdf", "documents/treaty.md", "documents/old report.txt"}),
        ("*.doc", set()),
    ],
)
def test_only_documents_that_match_the_glob_are_asked(corpus, glob, paths):
    answers = corpus.ask(QUESTIONS[-1], docqa.AskOptions(top_k=50, path=glob))
    assert {source.path for answer in answers for source in answer.sources} == paths


def test_more_candidates_are_read_when_asked_for(corpus):
    few = corpus.ask(QUESTIONS[-1], docqa.AskOptions(top_k=50, candidates=1))
    assert len({source.paragraph for answer in few for source in answer.sources}) == 1


def test_a_reader_without_calibration_gives_no_probabilities(corpus):
    answers = corpus.ask(QUESTIONS[0])
    assert answers.no_answer_probability is None
    assert {answer.probability for answer in answers} == {None}
    with pytest.raises(docqa.UsageError, match="threshold"):
        corpus.ask(QUESTIONS[0], docqa.AskOptions(threshold=0.5))


@pytest.fixture
def calibrated(base, tmp_path):
    """The index, open, with a reader whose probability is the answer's share of the softmax."""
    weights = Calibration(
        right=(2.0, 1.0, 0.0, 0.0, 0.0), other=(2.0, 1.0, 0.0, 0.0, 0.0), no_answer=(-2.0, -1.0, 0.0, 0.0, 0.0)
    )
    reader = exact_reader(save_tiny_bert(tmp_path / "calibrated"), calibration=weights, threshold=0.0)
    with docqa.open(base / "docqa.db", reader=reader) as opened:
        yield opened


def test_only_answers_that_reach_the_threshold_asked_for_are_given(calibrated):
    everything = calibrated.ask(QUESTIONS[0], docqa.AskOptions(top_k=20, threshold=0.0))
    chances = [answer.probability for answer in everything]
    assert chances == sorted(chances, reverse=True)
    assert 0 < chances[-1] < chances[0] < 1
    kept = calibrated.ask(QUESTIONS[0], docqa.AskOptions(top_k=20, threshold=chances[3]))
    assert [answer.probability for answer in kept] == [chance for chance in chances if chance >= chances[3]]
    nothing = calibrated.ask(QUESTIONS[0], docqa.AskOptions(threshold=1.0))
    assert nothing.best is None
    assert nothing.no_answer_probability == everything.no_answer_probability
    jsonschema.validate(nothing.to_dict(), SCHEMA)


def test_the_threshold_of_the_reader_says_whether_anything_was_found(base, tmp_path):
    weights = Calibration(
        right=(2.0, 1.0, 0.0, 0.0, 0.0), other=(2.0, 1.0, 0.0, 0.0, 0.0), no_answer=(-2.0, -1.0, 0.0, 0.0, 0.0)
    )
    folder = save_tiny_bert(tmp_path / "strict")
    with docqa.open(base / "docqa.db", reader=exact_reader(folder, calibration=weights, threshold=0.999)) as corpus:
        assert corpus.ask(QUESTIONS[0]).best is None
        assert corpus.ask(QUESTIONS[0], docqa.AskOptions(threshold=0.0)).best is not None


def test_a_question_of_words_that_stand_nowhere_has_no_answer_for_sure(calibrated):
    answers = calibrated.ask("zebra giraffe?")
    assert answers.best is None
    assert answers.no_answer_probability == 1.0


def test_the_same_answer_in_several_places_is_one_answer_with_several_sources(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_documents(tmp_path / "documents")
    (tmp_path / "documents" / "copy.md").write_bytes(TREATY.encode())
    reader = docqa.Reader.load(str(save_word_finder(tmp_path / "finder", "silver")))
    with docqa.open("docqa.db", reader=reader) as corpus:
        corpus.index("documents", workers=1)
        answers = corpus.ask("What is the pilot paid in?")
    assert_every_source_is_verbatim(answers, tmp_path)
    assert answers.best.text == "silver"
    assert {(source.path, source.page) for source in answers.best.sources} == {
        ("documents/treaty.md", 1),
        ("documents/copy.md", 1),
        ("documents/guide #1.pdf", 2),
    }
    assert [answer.text for answer in answers].count("silver") == 1
    totals = [source.ranking_score for source in answers.best.sources]
    assert totals == sorted(totals, reverse=True)


@pytest.mark.parametrize(
    ("first", "second", "places"),
    [
        ("Council", "the Council", {("a.txt", 17, 24), ("b.txt", 4, 11)}),
        ("the Council", "Council", {("a.txt", 13, 24)}),
    ],
)
def test_a_source_says_the_answer_in_exactly_its_characters(tmp_path, monkeypatch, tiny, first, second, places):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("Signed it is the Council who paid.\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("the Council signed, says the record.\n", encoding="utf-8")
    (answer,) = answers_of("Who signed?", {"a.txt": first, "b.txt": second}, tiny).answers
    assert answer.text == first
    assert {(source.path, source.start, source.end) for source in answer.sources} == places
    assert_every_source_is_verbatim([answer], tmp_path)


def answers_of(question, words, reader):
    """The answers when the reader finds in each file, best first, just these words of its paragraphs."""
    with docqa.open("docqa.db") as corpus:
        corpus.index(".", workers=1)
    db = open_database(Path("docqa.db"), create=False)
    try:
        options = docqa.AskOptions(ranking=SPAN_RANKING)
        found = find(db, Path("docqa.db"), question, options, analyzer=Analyzer(), parameters=Parameters())
    finally:
        db.close()
    readings = []
    for hit in found.hits:
        sought, score = words[hit.document.path], -1.0 * list(words).index(hit.document.path)
        start = hit.paragraph.paragraph.text.find(sought)
        spans = (Span(start, start + len(sought), score),) if start >= 0 else ()
        readings.append(ParagraphReading(spans, 0.0, score))
    numbers = tuple(range(len(readings)))
    answers, _ = assemble(found, CandidateReadings(numbers, tuple(readings)), reader, options)
    given = docqa.Answers(question, tuple(answers), None, docqa.Timings(0, 0, 0), found.index, reader.name)
    jsonschema.validate(json.loads(json.dumps(given.to_dict())), SCHEMA)
    return given


def test_an_answer_over_a_page_break_says_where_both_of_its_parts_stand(tmp_path, monkeypatch, tiny):
    monkeypatch.chdir(tmp_path)
    pages = ("The treaty was signed in the old", "town hall of the council.", "Nobody read the treaty again.")
    framed = [f"The annual report\n{text}\nPage {number}" for number, text in enumerate(pages, start=1)]
    Path("a.pdf").write_bytes(make_pdf(*framed))
    answers = answers_of("Where was the treaty signed?", {"a.pdf": "the old town hall"}, tiny)
    assert_every_source_is_verbatim(answers, tmp_path)
    (source,) = answers.best.sources
    assert (answers.best.text, answers.best.display) == ("the old\ntown hall", "the old town hall")
    assert [part.page for part in source.parts] == [source.page, source.end_page] == [1, 2]
    assert source.context == "The treaty was signed in the old\ntown hall of the council."
    assert source.context_display == "The treaty was signed in the old town hall of the council."
    assert source.link == "a.pdf#page=1"
    (given,) = answers.to_dict()["answers"][0]["sources"]
    assert (given["end_page"], len(given["parts"])) == (2, 2)


def test_an_answer_after_a_page_break_is_cited_on_its_own_page(tmp_path, monkeypatch, tiny):
    monkeypatch.chdir(tmp_path)
    Path("a.pdf").write_bytes(make_pdf("The treaty was signed in the old", "town hall of the council."))
    answers = answers_of("Where was the treaty signed?", {"a.pdf": "the council"}, tiny)
    assert_every_source_is_verbatim(answers, tmp_path)
    (source,) = answers.best.sources
    assert (source.page, source.end_page, source.link) == (2, 2, "a.pdf#page=2")
    assert source.context == "The treaty was signed in the old\ntown hall of the council."
    (given,) = answers.to_dict()["answers"][0]["sources"]
    assert not {"end_page", "parts", "text"} & given.keys()


def test_a_word_broken_over_a_page_break_is_quoted_with_its_hyphen_and_shown_without(tmp_path, monkeypatch, tiny):
    monkeypatch.chdir(tmp_path)
    Path("a.pdf").write_bytes(make_pdf("The treaty was signed in the har-", "bour of the council."))
    answers = answers_of("Where was the treaty signed?", {"a.pdf": "the harbour of"}, tiny)
    assert_every_source_is_verbatim(answers, tmp_path)
    assert (answers.best.text, answers.best.display) == ("the har-\nbour of", "the harbour of")


def test_answers_that_differ_in_blanks_hyphens_and_ligatures_are_one_with_several_sources(tmp_path, monkeypatch, tiny):
    monkeypatch.chdir(tmp_path)
    texts = {
        "a.txt": "The treaty was signed in the postal office of the council.",
        "b.txt": "The treaty was signed in the postal\no\ufb03ce of the council.",
        "c.txt": "The treaty was signed in the postal of-\nfice of the council. It is no office.",
        "d.txt": "The treaty was signed in the pos\u00adtal\u00a0of\u00adfice of the council.",
    }
    for name, text in texts.items():
        Path(name).write_text(text, encoding="utf-8")
    answers = answers_of("Where was the treaty signed?", dict.fromkeys(texts, "postal office"), tiny)
    assert_every_source_is_verbatim(answers, tmp_path)
    (answer,) = answers
    assert answer.display == "postal office"
    assert {source.path: source.text for source in answer.sources} == {
        "a.txt": "postal office",
        "b.txt": "postal\no\ufb03ce",
        "c.txt": "postal of-\nfice",
        "d.txt": "pos\u00adtal\u00a0of\u00adfice",
    }
    given = {source["path"]: source.get("text") for source in answers.to_dict()["answers"][0]["sources"]}
    assert given["a.txt"] is None
    assert given["c.txt"] == "postal of-\nfice"


def test_a_source_says_the_headings_it_stands_under(corpus):
    sources = [source for answer in corpus.ask(QUESTIONS[1], docqa.AskOptions(top_k=20)) for source in answer.sources]
    assert {source.headings for source in sources if source.path.endswith(".md")} <= {
        ("The Harbour Treaty",),
        ("The Harbour Treaty", "Pay"),
    }
    assert ("The Harbour Treaty", "Pay") in {source.headings for source in sources}


def test_an_answer_across_a_line_break_keeps_the_break_of_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_bytes(
        b"The letter was signed by the first\r\nkeeper of the harbour, says the record.\r\n"
    )
    reader = exact_reader(save_tiny_bert(tmp_path / "tiny"))
    with docqa.open("docqa.db", reader=reader) as corpus:
        corpus.index("a.txt", workers=1)
        answers = corpus.ask("Who signed the letter?", docqa.AskOptions(top_k=50))
        # Every question gives other spans, so some cross the line.
        for word in ("winter", "harbour", "keeper", "first", "record", "signed"):
            answers = [*answers, *corpus.ask(f"letter {word}?", docqa.AskOptions(top_k=50))]
    assert_every_source_is_verbatim(answers, tmp_path)
    assert any("\r\n" in answer.text for answer in answers)


def test_an_empty_index_has_no_answers(tmp_path, tiny):
    with docqa.open(tmp_path / "empty.db", reader=tiny) as corpus:
        answers = corpus.ask("Who signed the treaty?")
    assert answers.best is None
    assert len(answers) == 0
    jsonschema.validate(answers.to_dict(), SCHEMA)


@pytest.mark.parametrize("question", ["", " \n ", "?!", "word " * 200, "x" * 5000])
def test_a_question_that_is_empty_or_far_too_long_is_refused(corpus, question):
    with pytest.raises(docqa.QuestionError):
        corpus.ask(question)
    with pytest.raises(docqa.QuestionError):
        corpus.search(question)


def test_half_characters_in_a_question_are_read_as_unknown_ones(corpus):
    assert corpus.ask("caf\udce9 treaty?").question == "caf? treaty?"


def test_results_cannot_be_changed(corpus):
    with pytest.raises(AttributeError):
        corpus.ask(QUESTIONS[0]).best.text = "other"
