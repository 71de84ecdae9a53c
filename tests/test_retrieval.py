"""The retriever: terms, BM25 as rank_bm25 computes it, and what it finds."""

import math
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25L, BM25Okapi, BM25Plus

from conftest import SAMPLE, OpenIndex, all_postings
from docqa.documents.document import Document, Page
from docqa.errors import AnalyzerMismatchError
from docqa.paragraphs.paragraph import Paragraph, Run
from docqa.retrieval import numbered as numbered_module
from docqa.retrieval.analyzer import WORD, Analyzer, indexed_text
from docqa.retrieval.best import top
from docqa.retrieval.fresh import add_postings, paragraph_lengths, term_ids
from docqa.retrieval.numbered import TermNumbering, numbered
from docqa.retrieval.postings import MOST, corpus_statistics, generation, next_generation, term_numbers
from docqa.retrieval.search import check_analyzer
from docqa.retrieval.segments import remove_postings
from docqa.store.documents import FileState, add_document, remove_document
from docqa.store.opening import writing

REFERENCE = {"plus": BM25Plus, "l": BM25L, "okapi": BM25Okapi}

QUERIES = [
    "Who becomes president when the president dies?",
    "quartering of soldiers in time of peace",
    "Cessna 170B accident at Alton, New Hampshire",
    "How do I report a security incident?",
    "president president president vice",
    "the of and",
    "Anna Pávlovna's reception",
    "xylophone",
    "travel xylophone overtime",
]


@pytest.fixture(scope="module")
def sample_index(tmp_path_factory):
    """An index over most of the sample documents."""
    if not SAMPLE.is_dir():
        pytest.skip("data/sample is not there")
    index = OpenIndex(tmp_path_factory.mktemp("sample") / "docqa.db")
    folders = [path for path in sorted(SAMPLE.iterdir()) if path.is_dir() and path.name != "reports"]
    index.update(*folders, SAMPLE / "reports" / "ntsb-alton-2007.pdf", workers=1)
    yield index
    index.close()


def stored_terms(index):
    """The terms of each paragraph of an index, by paragraph id in ascending order."""
    documents = {document.id: document for document in index.documents().values()}
    terms = {}
    for path in index.documents():
        for entry in index.paragraphs(path):
            document = documents[entry.document]
            text = indexed_text(
                PurePosixPath(document.path).name,
                document.title,
                document.author,
                entry.paragraph.headings,
                entry.paragraph.text,
            )
            terms[entry.id] = index.analyzer.terms(text)
    return dict(sorted(terms.items()))


def add_texts(index, *texts, path="a.txt"):
    """Index texts as the paragraphs of one document, without its name."""
    pages = tuple(Page(number, text) for number, text in enumerate(texts, start=1))
    paragraphs = [Paragraph(page.number, page.text, (Run(0, 0, len(page.text)),)) for page in pages]
    counts = [Counter(index.analyzer.terms(text)) for text in texts]
    with writing(index.db):
        number, ids = add_document(
            index.db,
            FileState(path, "", 0, 0.0),
            Document(pages, "", "text", "1"),
            paragraphs,
            [sum(count.values()) for count in counts],
        )
        add_postings(index.db, number, ids, counts)
    return ids


def assert_parity(index, terms, query, variant, **constants):
    """The stored scores are the reference's less a constant, and 0 for paragraphs without a word of the query."""
    query_terms = index.analyzer.terms(query)
    reference = REFERENCE[variant](list(terms.values()), **constants).get_scores(query_terms)
    scores = index.scores(query, variant=variant, **constants)
    stored = np.array([scores.get(number, 0.0) for number in terms])
    assert set(scores) == {number for number, words in terms.items() if set(words) & set(query_terms)}
    rounding = np.finfo(np.float32).eps * max(1.0, np.abs(reference).max())
    without = [place for place, number in enumerate(terms) if number not in scores]
    constant = reference[without[0]] if without else (reference - stored).mean()
    np.testing.assert_allclose(stored, reference - constant, rtol=0, atol=rounding)
    return reference


class TestParity:
    @pytest.mark.parametrize("query", QUERIES)
    @pytest.mark.parametrize(
        ("variant", "constants"),
        [
            ("plus", {"k1": 1.2, "b": 0.75, "delta": 1.0}),
            ("plus", {"k1": 2.0, "b": 0.3, "delta": 0.5}),
            ("l", {"k1": 1.5, "b": 0.75, "delta": 0.5}),
            ("l", {"k1": 1.2, "b": 1.0, "delta": 1.0}),
        ],
    )
    def test_scores_on_real_text_are_those_of_rank_bm25_less_a_constant(self, sample_index, query, variant, constants):
        assert_parity(sample_index, stored_terms(sample_index), query, variant, **constants)

    @pytest.mark.parametrize("query", QUERIES)
    def test_okapi_scores_on_real_text_are_those_of_rank_bm25_where_no_idf_is_negative(self, sample_index, query):
        terms = stored_terms(sample_index)
        words = sample_index.analyzer.terms(query)
        assert all(sum(word in held for held in terms.values()) <= len(terms) / 2 for word in words)
        reference = assert_parity(sample_index, terms, query, "okapi", k1=1.5, b=0.75)
        scores = sample_index.scores(query, variant="okapi", k1=1.5, b=0.75)
        assert all(
            math.isclose(score, value, rel_tol=1e-6)
            for score, value in zip(scores.values(), reference[reference != 0], strict=True)
        )

    @given(
        st.lists(st.lists(st.sampled_from("red green blue sea ship".split()), max_size=8), min_size=1, max_size=7),
        st.lists(st.sampled_from("red green blue sea moon".split()), min_size=1, max_size=6),
        st.sampled_from(["plus", "l"]),
        st.floats(0.1, 3),
        st.floats(0, 0.9),
        st.floats(0, 2),
    )
    @settings(max_examples=60, deadline=None)
    def test_scores_and_results_for_any_small_corpus_are_those_of_rank_bm25(self, corpus, query, variant, k1, b, delta):
        assume(any(corpus))
        with tempfile.TemporaryDirectory() as folder:
            index = OpenIndex(Path(folder) / "docqa.db")
            ids = add_texts(index, *(" ".join(words) for words in corpus))
            terms = {number: index.analyzer.terms(" ".join(words)) for number, words in zip(ids, corpus, strict=True)}
            assert_parity(index, terms, " ".join(query), variant, k1=k1, b=b, delta=delta)
            found = {
                hit.paragraph.id for hit in index.search(" ".join(query), variant=variant, k1=k1, b=b, delta=delta)
            }
            assert found == {number for number, words in terms.items() if set(words) & set(query)}
            index.close()

    @pytest.mark.parametrize("variant", REFERENCE)
    def test_a_repeated_word_of_the_query_counts_as_often_as_it_stands_there(self, index, variant):
        first, *_ = add_texts(index, "red sea", "blue sky", "green ship", "old harbour")
        once, thrice = (index.scores(query, variant=variant)[first] for query in ("red", "red red red"))
        assert thrice == pytest.approx(3 * once)

    @pytest.mark.parametrize("query", QUERIES)
    def test_the_order_is_that_of_rank_bm25_with_ties_by_lower_id(self, sample_index, query):
        terms = stored_terms(sample_index)
        words = sample_index.analyzer.terms(query)
        reference = BM25Plus(list(terms.values()), k1=1.2, b=0.75, delta=1.0).get_scores(words)
        holding = [place for place, held in enumerate(terms.values()) if set(held) & set(words)]
        numbers = list(terms)
        expected = sorted(holding, key=lambda place: (-round(reference[place], 9), numbers[place]))[:20]
        hits = sample_index.search(query, limit=20, variant="plus", k1=1.2, b=0.75, delta=1.0)
        assert [hit.paragraph.id for hit in hits] == [numbers[place] for place in expected]


class TestFlawsOfTheReferenceThatUsersDoNotMeet:
    @pytest.mark.parametrize("variant", ["plus", "l"])
    def test_a_word_in_one_of_two_documents_counts(self, index, variant):
        first, second = add_texts(index, "the red sea", "the blue sky")
        assert BM25Okapi([["red", "sea"], ["blue", "sky"]]).get_scores(["red"]).max() == 0
        assert [hit.paragraph.id for hit in index.search("red", variant=variant)] == [first]
        assert index.scores("red", variant=variant)[first] > 0
        assert [hit.paragraph.id for hit in index.search("blue", variant=variant)] == [second]

    @pytest.mark.parametrize("variant", ["plus", "l"])
    def test_a_word_in_two_of_three_documents_counts(self, index, variant):
        first, second, _ = add_texts(index, "red sea", "red red sky", "blue ship")
        assert {hit.paragraph.id for hit in index.search("red", variant=variant)} == {first, second}
        assert min(index.scores("red", variant=variant).values()) > 0

    @pytest.mark.parametrize("variant", ["plus", "l"])
    def test_a_word_in_every_document_still_finds_them(self, index, variant):
        ids = add_texts(index, "red sea", "red sky", "red ship and much more text")
        assert {hit.paragraph.id for hit in index.search("red", variant=variant)} == set(ids)

    def test_an_okapi_score_is_never_negative(self, index):
        add_texts(index, "red sea", "red sky", "red ship")
        assert min(index.scores("red sea", variant="okapi").values()) >= 0

    @pytest.mark.parametrize("variant", REFERENCE)
    def test_an_empty_index_finds_nothing(self, index, variant):
        assert index.search("red", variant=variant) == []

    def test_an_index_of_documents_without_words_finds_nothing(self, index):
        add_texts(index, "* * *", "- 	 -")
        assert corpus_statistics(index.db) == (2, 0.0)
        assert index.search("red") == []

    @pytest.mark.parametrize("query", ["yellow", "the", "", "?!", "\ud800"])
    def test_a_query_without_a_word_of_the_index_finds_nothing(self, index, query):
        add_texts(index, "the red sea", "the blue sky")
        assert index.search(query) == []


class TestSearch:
    def test_a_hit_has_its_paragraph_and_its_document(self, index):
        add_texts(index, "red sea", path="seas.txt")
        (number,) = add_texts(index, "blue sky", path="skies/day.txt")
        (hit,) = index.search("blue")
        assert (hit.paragraph.id, hit.paragraph.paragraph.text, hit.document.path) == (
            number,
            "blue sky",
            "skies/day.txt",
        )
        assert hit.score == index.scores("blue")[number]

    def test_ties_are_broken_by_the_lower_paragraph_id(self, index):
        first = add_texts(index, *["red sea"] * 5, path="z.txt")
        second = add_texts(index, *["red sea"] * 5, path="a.txt")
        hits = index.search("red", limit=7)
        assert [hit.paragraph.id for hit in hits] == [*first, *second][:7]
        assert len({hit.score for hit in hits}) == 1

    def test_a_limit_gives_the_beginning_of_the_whole_list(self, sample_index):
        every = [hit.paragraph.id for hit in sample_index.search("president of the senate", limit=10_000)]
        assert len(every) > 20
        for limit in (0, 1, 2, 5, 20, len(every)):
            hits = sample_index.search("president of the senate", limit=limit)
            assert [hit.paragraph.id for hit in hits] == every[:limit]

    def test_scores_descend(self, sample_index):
        scores = [hit.score for hit in sample_index.search("shall be the supreme law", limit=50)]
        assert scores == sorted(scores, reverse=True)

    @pytest.mark.parametrize(
        ("pattern", "found"),
        [
            (None, ["a.txt", "law/b.md", "law/old/c.pdf"]),
            ("law", ["law/b.md", "law/old/c.pdf"]),
            ("law/", ["law/b.md", "law/old/c.pdf"]),
            ("law/*", ["law/b.md", "law/old/c.pdf"]),
            ("*.md", ["law/b.md"]),
            ("law/b.md", ["law/b.md"]),
            ("?.txt", ["a.txt"]),
            ("[ab]*", ["a.txt"]),
            ("LAW/*", []),
            ("la", []),
        ],
    )
    def test_a_path_limits_the_documents_and_not_the_statistics(self, index, pattern, found):
        for path in ("a.txt", "law/b.md", "law/old/c.pdf"):
            add_texts(index, "red sea", "blue sky", path=path)
        everywhere = {hit.paragraph.id: hit.score for hit in index.search("red")}
        hits = index.search("red", path=pattern)
        assert [hit.document.path for hit in hits] == found
        assert all(hit.score == everywhere[hit.paragraph.id] for hit in hits)

    def test_a_path_applies_before_the_limit(self, index):
        add_texts(index, *["red"] * 10, path="a.txt")
        add_texts(index, "red sea and much more", path="b.txt")
        assert [hit.document.path for hit in index.search("red", limit=1, path="b.txt")] == ["b.txt"]

    @given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 2.5]), max_size=12), st.integers(0, 14))
    @settings(max_examples=60, deadline=None)
    def test_the_best_are_the_head_of_the_sorted_list(self, scores, limit):
        numbers = np.arange(len(scores)) * 3
        expected = sorted((place for place, score in enumerate(scores) if score > 0), key=lambda i: (-scores[i], i))
        assert top(numbers, np.array(scores), limit) == expected[:limit]


class TestAnalyzer:
    @pytest.mark.parametrize(
        ("text", "terms"),
        [
            ("Ships, SHIP; ship's", ["ship", "ship", "ship"]),
            ("Café Müller", ["cafe", "muller"]),
            ("cafe\u0301", ["cafe"]),
            ("the of and", []),
            ("1,200.50 x_y", ["1", "200", "50", "x", "y"]),
            ("ﬁve", ["five"]),
            ("Привет, мир", ["привет", "мир"]),
            ("", []),
        ],
    )
    def test_words_are_lower_case_without_accents_and_stemmed(self, text, terms):
        assert Analyzer().terms(text) == terms

    def test_function_words_can_be_kept_and_stemming_left_out(self):
        assert Analyzer(stemmer="", stop_words=False).terms("The ships") == ["the", "ships"]

    @given(st.text())
    @settings(max_examples=60, deadline=None)
    def test_terms_are_never_empty_and_can_be_stored(self, text):
        for term in Analyzer().terms(text):
            assert term
            term.encode("utf-8")

    @pytest.mark.parametrize(
        ("written", "asked"), [("ﬁles", "file"), ("oﬃces", "office"), ("ﬂew", "flew"), ("ﬆop", "stop")]
    )
    def test_ligatures_are_found_by_their_letters(self, written, asked):
        assert Analyzer().terms(written) == Analyzer().terms(asked)

    @given(st.text(st.characters(codec="utf-8")) | st.text(st.sampled_from("aé\u0301ﬁÅ\u0327 ñ")))
    @settings(max_examples=100, deadline=None)
    def test_accents_are_taken_off_wherever_they_stand(self, text):
        decomposed = unicodedata.normalize("NFKD", text.lower())
        plain = "".join(character for character in decomposed if not unicodedata.combining(character))
        assert Analyzer(stemmer="", stop_words=False).terms(text) == WORD.findall(plain)

    def test_a_new_index_notes_its_analyzer_and_another_one_is_refused(self, index):
        check_analyzer(index.db, Analyzer(), store=True)
        check_analyzer(index.db, Analyzer(), store=False)
        with pytest.raises(AnalyzerMismatchError, match="index the documents into a new file"):
            check_analyzer(index.db, Analyzer(stemmer="german"), store=True)

    def test_nothing_is_noted_when_only_reading(self, index):
        check_analyzer(index.db, Analyzer(), store=False)
        check_analyzer(index.db, Analyzer(stemmer="german"), store=False)

    def test_a_heading_that_stands_in_the_text_is_not_indexed_twice(self):
        assert indexed_text("a.md", "Law", "", ("Law", "Fees"), "Fees\nNone.") == "a.md\nLaw\nFees\nNone."


class TestPostings:
    def test_a_posting_has_paragraph_frequency_and_length(self, index):
        ids = add_texts(index, "red red sea", "blue sky", "red")
        assert {key: value for key, value in all_postings(index.db).items() if key[0] == "red"} == {
            ("red", ids[0]): (2, 3),
            ("red", ids[2]): (1, 1),
        }
        assert corpus_statistics(index.db) == (3, 2.0)

    def test_a_document_leaves_no_trace_in_the_scores(self, index):
        add_texts(index, "red sea", "blue sky", path="a.txt")
        before = index.scores("red blue sea")
        ids = add_texts(index, "red red red", "sea and ship", path="b.txt")
        with writing(index.db):
            remove_postings(index.db, index.documents()["b.txt"].id, dict)
            remove_document(index.db, index.documents()["b.txt"].id)
        assert index.scores("red blue sea") == before
        assert not set(ids) & set(index.scores("ship red"))
        assert corpus_statistics(index.db) == (2, 2.0)

    def test_counts_beyond_the_largest_that_can_be_stored_stop_there(self, index):
        (number,) = add_texts(index, "red " * (MOST + 10))
        assert all_postings(index.db) == {("red", number): (MOST, MOST)}

    def test_more_terms_than_sqlite_takes_in_one_statement_are_indexed(self, index):
        words = [f"word{number}" for number in range(1200)]
        (number,) = add_texts(index, " ".join(words))
        assert all_postings(index.db) == {(word, number): (1, 1200) for word in words}

    def test_changes_are_counted(self, index):
        assert generation(index.db) == 0
        with writing(index.db):
            next_generation(index.db)
        assert generation(index.db) == 1


def counts_of(terms):
    """What numbered terms say of each paragraph: how often which term stands there."""
    numbers = iter(np.frombuffer(terms.numbers, np.uint32).tolist())
    names = [None, *terms.vocabulary.terms]
    counts = [Counter(names[next(numbers)] for _ in range(words)) for words in terms.words]
    assert next(numbers, None) is None
    for count in counts:
        del count[None]
    return counts


class TestNumberedTerms:
    TEXTS = st.lists(
        st.one_of(st.text(), st.lists(st.sampled_from(["the", "Ship", "ships", "\u00e9t\u00e9"])).map(" ".join))
    )

    @given(TEXTS, TEXTS)
    @settings(max_examples=60, deadline=None)
    def test_they_are_the_terms_of_the_texts_whatever_was_numbered_before(self, before, texts):
        numbering = TermNumbering(Analyzer())
        numbering.number(before)
        terms = numbering.number(texts)
        expected = [Counter(Analyzer().terms(text)) for text in texts]
        assert counts_of(terms) == expected
        assert paragraph_lengths(terms) == [count.total() for count in expected]

    def test_each_term_is_there_once_in_the_order_of_the_text(self):
        terms = TermNumbering(Analyzer()).number(["The ships", "", "a harbour: ship, harbours"])
        assert terms.vocabulary.terms == ["ship", "harbour"]
        assert terms.words == [2, 0, 4]
        assert np.frombuffer(terms.numbers, np.uint32).tolist() == [0, 1, 0, 2, 1, 2]

    @given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(1, 5))))
    @settings(max_examples=40, deadline=None)
    def test_counts_are_numbered_as_they_are(self, counts):
        assert counts_of(numbered(counts)) == counts

    def test_a_term_keeps_its_number_in_the_next_document(self):
        numbering = TermNumbering(Analyzer())
        before = numbering.number(["a red ship"])
        terms = numbering.number(["the ships", "a blue sea"])
        assert terms.vocabulary is before.vocabulary
        assert terms.vocabulary.terms == ["red", "ship", "blue", "sea"]
        assert np.frombuffer(terms.numbers, np.uint32).tolist() == [0, 2, 0, 3, 4]

    def test_a_vocabulary_that_has_grown_large_is_given_up_for_a_new_one(self, monkeypatch):
        monkeypatch.setattr(numbered_module, "REMEMBERED", 3)
        numbering = TermNumbering(Analyzer())
        for text in ("red sea ship", "red lamp pilot", "blue sky") * 3:
            terms = numbering.number([text])
            assert counts_of(terms) == [Counter(Analyzer().terms(text))]
            assert len(terms.vocabulary.terms) <= 6
            assert numbering.told <= len(terms.vocabulary.terms)
            numbering.told = len(terms.vocabulary.terms)

    def test_ids_of_terms_are_asked_for_once(self, index):
        asked = []

        def find(terms):
            asked.extend(terms)
            return {term: 100 + len(term) for term in terms if term != "sky"}

        numbering = TermNumbering(Analyzer())
        for text in ("the red ship", "ships, sky", "harbour: a sky"):
            terms = numbering.number([text])
            ids = term_ids(terms, find)
        assert ids[: len(terms.vocabulary.terms) + 1].tolist() == [0, 103, 104, 0, 107]
        assert terms.vocabulary.terms == ["red", "ship", "sky", "harbour"]
        assert asked == ["red", "ship", "sky", "sky", "harbour"]

    def test_new_terms_get_their_numbers_in_their_order_not_in_that_of_the_text(self, index):
        found = term_numbers(index.db, ["sea", "lamp", "red"])
        assert sorted(found, key=found.get) == ["lamp", "red", "sea"]

    def test_terms_beyond_what_is_stored_count_as_the_most(self, index):
        (number,) = add_texts(index, "ship " * (MOST + 5) + "sea")
        assert all_postings(index.db) == {("ship", number): (MOST, MOST), ("sea", number): (1, MOST)}
        assert corpus_statistics(index.db) == (1, MOST + 6)
