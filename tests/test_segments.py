"""The inverted index in segments: however it grew, it is the same, and the best are found without scoring all."""

import sqlite3
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import OpenIndex, all_postings
from docqa.documents.document import Document, Page
from docqa.paragraphs.paragraph import Paragraph, Run
from docqa.retrieval import best, segments
from docqa.retrieval.best import best_paragraphs, top
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.fresh import Entries, add_postings, fresh_size, joined, unpack_entries
from docqa.retrieval.packed import pack, pack_rows, packed, unpack
from docqa.retrieval.postings import Postings, in_chains
from docqa.retrieval.segments import remove_postings, settle
from docqa.retrieval.terms import QueryTerm, Weights, query_terms
from docqa.store import opening
from docqa.store.documents import FileState, add_document, remove_document
from docqa.store.opening import open_database, writing
from docqa.store.rows import MalformedRowError

WORDS = "red green blue sea ship sky pilot lamp".split()
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join), min_size=1, max_size=4)


def add(index, path, texts):
    pages = tuple(Page(number, text) for number, text in enumerate(texts, start=1))
    paragraphs = [Paragraph(page.number, page.text, (Run(0, 0, len(page.text)),)) for page in pages]
    counts = [Counter(index.analyzer.terms(text)) for text in texts]
    with writing(index.db):
        lengths = [sum(count.values()) for count in counts]
        number, ids = add_document(
            index.db, FileState(path, "", 0, 0.0), Document(pages, "", "text", "1"), paragraphs, lengths
        )
        add_postings(index.db, number, ids, counts)


def remove(index, path):
    document = index.documents()[path]
    with writing(index.db):
        counts = {entry.id: Counter(index.analyzer.terms(entry.paragraph.text)) for entry in index.paragraphs(path)}
        remove_postings(index.db, document.id, lambda: counts)
        remove_document(index.db, document.id)


def by_place(index):
    """Postings by term, path and number of the paragraph, and scores likewise."""
    places = {entry.id: (path, entry.number) for path in index.documents() for entry in index.paragraphs(path)}
    postings = {(term, *places[number]): counts for (term, number), counts in all_postings(index.db).items()}
    scores = {
        (query, *places[number]): score
        for query in ("red sea", "green", "pilot lamp sky red")
        for number, score in index.scores(query).items()
    }
    return postings, scores


@pytest.fixture
def small(monkeypatch):
    """Segments are made and joined as soon as there are two of anything."""
    monkeypatch.setattr(segments, "FRESH_DOCUMENTS", 1)
    monkeypatch.setattr(segments, "FAN", 2)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.sampled_from("abcdef"), TEXTS),
            st.tuples(st.just("remove"), st.sampled_from("abcdef"), st.none()),
            st.tuples(st.just("settle"), st.booleans(), st.none()),
        ),
        max_size=14,
    )
)
@settings(max_examples=40, deadline=None)
def test_an_index_that_grew_by_any_steps_is_the_same_as_a_fresh_one(steps):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "FRESH_DOCUMENTS", 1)
        patch.setattr(segments, "FAN", 2)
        grown, fresh = OpenIndex(Path(folder) / "grown.db"), OpenIndex(Path(folder) / "fresh.db")
        present = {}
        for what, name, texts in steps:
            if what == "settle":
                with writing(grown.db):
                    settle(grown.db, everything=name)
                continue
            if name in present:
                remove(grown, name)
                del present[name]
            if what == "add":
                add(grown, name, texts)
                present[name] = texts
        for name, texts in present.items():
            add(fresh, name, texts)
        grown_postings, grown_scores = by_place(grown)
        fresh_postings, fresh_scores = by_place(fresh)
        assert grown_postings == fresh_postings
        assert grown_scores == pytest.approx(fresh_scores, abs=1e-12)
        grown.close()
        fresh.close()


@given(
    st.lists(TEXTS, min_size=1, max_size=8),
    st.lists(st.sampled_from([*WORDS, "moon"]), min_size=1, max_size=5),
    st.integers(0, 12),
    st.sampled_from(["plus", "l", "okapi"]),
    st.sampled_from([0, 1, 8]),
)
@settings(max_examples=100, deadline=None)
def test_the_best_are_those_of_scoring_everything_number_for_number(documents, query, limit, variant, looked_up):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "FRESH_DOCUMENTS", 1)
        # As it is these indexes are too small for looking ahead; with 0 every term looks up, with 1 some do.
        patch.setattr(best, "LOOKED_UP", looked_up)
        patch.setattr(best, "AHEAD", max(1, looked_up // 2))
        index = OpenIndex(Path(folder) / "docqa.db")
        for number, texts in enumerate(documents):
            add(index, f"{number}", texts)
            if number % 3 == 2:
                with writing(index.db):
                    settle(index.db)
        parameters = Parameters(variant=variant)
        numbers, scores = best_paragraphs(query_terms(index.db, " ".join(query), index.analyzer, parameters), limit, 99)
        found = [(int(numbers[place]), float(scores[place])) for place in top(numbers, scores, limit)]
        every = index.scores(" ".join(query), variant=variant)
        expected = sorted(
            ((number, score) for number, score in every.items() if score > 0), key=lambda e: (-e[1], e[0])
        )
        assert found == expected[:limit]
        index.close()


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 9))
def test_about_as_many_as_asked_for_of_the_best_are_found_by_a_sample(seed, count, kinds):
    scores = np.random.default_rng(seed).integers(0, 10**kinds, 5000).astype(float)
    places = best._best(scores, count)
    assert len(set(places.tolist())) == len(places)
    assert count / 2 <= len(places) <= 2 * count
    if len(places) == count:
        return
    others = np.delete(scores, places)
    assert scores[places].min() > others.max()


def test_common_words_are_looked_up_only_where_they_can_matter(index, monkeypatch):
    add(index, "a", ["pilot pilot pilot"] * 3 + ["sea"] * 400)
    with writing(index.db):
        settle(index.db, everything=True)
    terms = query_terms(index.db, "pilot sea", index.analyzer, Parameters())
    numbers, _ = best_paragraphs(terms, 3, 403)
    assert len(numbers) == 3


def test_a_term_never_adds_more_than_its_highest(index):
    add(index, "a", ["red " * 9, "red sea and ship", "red " * 3 + "sky"])
    for variant in ("plus", "l", "okapi"):
        for term in query_terms(index.db, "red sea", index.analyzer, Parameters(variant=variant)):
            assert term.all()[1].max() <= term.highest * (1 + 1e-12)


PART = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 9), st.integers(1, 600)), max_size=20)


@given(PART, st.integers(1, 4), st.floats(-1, 4), st.lists(st.integers(1, 60)), st.sampled_from(["plus", "l", "okapi"]))
def test_a_term_is_looked_up_and_left_out_by_what_it_adds(held, parts, least, wanted, variant):
    held = list({paragraph: (paragraph, frequency, length) for paragraph, frequency, length in held}.values())
    # What a part holds may lie between what another one does.
    dealt = [sorted(held[part::parts]) for part in range(parts)]
    term = QueryTerm(
        1.7,
        Weights(90.0, Parameters(variant=variant)),
        most=max((frequency for _, frequency, _ in held), default=1),
        shortest=min((length for _, _, length in held), default=1),
        parts=[
            Postings(
                *(np.array([row[column] for row in rows], kind) for column, kind in enumerate(("<u4", "<u2", "<u2")))
            )
            for rows in dealt
        ],
    )
    assert len(term) == len(held)
    adds = dict(zip(*(column.tolist() for column in term.all()), strict=True))
    assert sorted(adds) == sorted(paragraph for paragraph, _, _ in held)
    some = dict(zip(*(column.tolist() for column in term.adding(least)), strict=True))
    assert some.items() <= adds.items()
    assert {number for number, added in adds.items() if added >= least} <= set(some)
    numbers = np.array(sorted(set(wanted)), np.int64)
    assert term.of(numbers).tolist() == [adds.get(number, 0.0) for number in numbers.tolist()]


def test_a_count_that_a_damaged_index_states_too_low_changes_no_score():
    part = as_postings([(1, 200, 600), (2, 130, 40), (3, 2, 40)])
    weights = Weights(90.0, Parameters())
    stated = [QueryTerm(1.7, weights, most, 1, [part]).all()[1].tolist() for most in (1, 200)]
    assert stated[0] == stated[1]


def test_a_large_part_stays_apart(monkeypatch):
    monkeypatch.setattr("docqa.retrieval.postings.APART", 3)
    parts = [as_postings([(number, 1, 1) for number in held]) for held in ([7], [1, 2, 3], [8, 9], [])]
    assert [chain.paragraphs.tolist() for chain in in_chains(parts)] == [[7, 8, 9], [1, 2, 3]]


def test_parts_that_follow_one_another_become_one():
    def part(*paragraphs):
        return Postings(np.array(paragraphs, "<u4"), *(np.ones(len(paragraphs), "<u2") for _ in range(2)))

    chains = in_chains([part(7, 9), part(3, 12), part(), part(1, 2), part(10, 11)])
    assert [chain.paragraphs.tolist() for chain in chains] == [[1, 2, 3, 12], [7, 9, 10, 11]]


@pytest.mark.usefixtures("small")
def test_many_fresh_documents_become_a_segment_and_many_segments_one(index):
    for number in range(6):
        add(index, f"{number}", ["red sea", "blue sky"])
        with writing(index.db):
            settle(index.db)
    assert index.db["segments"].count <= 2
    assert fresh_size(index.db)[0] <= 1
    assert len(all_postings(index.db)) == 24


def test_large_segments_are_left_alone_and_smaller_ones_joined_beside_them(index, monkeypatch):
    monkeypatch.setattr(segments, "FAN", 3)
    monkeypatch.setattr(segments, "LARGEST", 12)
    for number, texts in enumerate([["red sea", "blue sky"] * 3, *[["red lamp"]] * 3]):
        add(index, f"{number}", texts)
        with writing(index.db):
            settle(index.db, everything=True)
    assert index.db.conn.execute("SELECT entries FROM segments ORDER BY entries").fetchall() == [(6,), (12,)]
    assert len(all_postings(index.db)) == 18


def test_many_small_documents_fill_segments_of_the_largest_size(index, monkeypatch):
    monkeypatch.setattr(segments, "LARGEST", 10)
    for number in range(9):
        add(index, f"{number}", ["red sea", "blue sky"])
    with writing(index.db):
        settle(index.db, everything=True)
    assert index.db.conn.execute("SELECT entries FROM segments ORDER BY id").fetchall() == [(12,), (12,), (12,)]
    assert fresh_size(index.db) == (0, 0)


def test_documents_without_terms_are_settled_too(index):
    for name in "abc":
        add(index, name, ["the of and", "..."])
    with writing(index.db):
        settle(index.db, everything=True)
    assert index.db.conn.execute("SELECT entries, paragraphs FROM segments").fetchall() == [(0, 0)]
    assert fresh_size(index.db) == (0, 0)


def test_a_settled_row_says_what_its_postings_are(index):
    add(index, "a", ["red red red sea", "red sky"])
    add(index, "b", ["the red lamp of the ship"])
    with writing(index.db):
        settle(index.db, everything=True)
    rows = index.db.conn.execute("SELECT count, most, shortest, data FROM postings").fetchall()
    assert len(rows) == 5
    for count, most, shortest, data in rows:
        part = unpack([packed(data)])
        assert (count, most, shortest) == (len(part), part.frequencies.max(), part.lengths.min())


@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 9), st.integers(0, 30)), max_size=12, unique=True), min_size=1, max_size=4
    )
)
@settings(max_examples=60, deadline=None)
def test_entries_are_joined_in_order_whether_or_not_their_documents_follow_one_another(parts):
    # A paragraph that is in two parts would be one posting twice, which cannot be.
    seen = set()
    parts = [sorted(pair for pair in part if not (pair in seen or seen.add(pair))) for part in parts]
    made = [
        Entries(
            np.array([term for term, _ in part], np.uint32),
            Postings(
                np.array([paragraph for _, paragraph in part], np.uint32),
                np.array([term + paragraph for term, paragraph in part], np.uint16),
                np.array([paragraph for _, paragraph in part], np.uint16),
            ),
        )
        for part in parts
    ]
    entries = joined(made)
    expected = sorted(pair for part in parts for pair in part)
    columns = (entries.terms, entries.postings.paragraphs, entries.postings.frequencies, entries.postings.lengths)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == [
        (term, paragraph, term + paragraph, paragraph) for term, paragraph in expected
    ]


def test_only_settling_leaves_deleted_bytes_in_the_file(index):
    index.db.conn.execute("PRAGMA secure_delete = ON")
    add(index, "a", ["red sea"])
    with writing(index.db):
        settle(index.db, everything=True)
    assert index.db.conn.execute("PRAGMA secure_delete").fetchone() == (1,)


def test_few_fresh_documents_stay_as_they_are(index):
    add(index, "a", ["red sea"])
    with writing(index.db):
        settle(index.db)
    assert fresh_size(index.db) == (1, 2)
    assert index.db["segments"].count == 0


def test_a_segment_that_lost_much_is_written_anew(index):
    for name in "abc":
        add(index, name, ["red sea", "blue sky"])
    with writing(index.db):
        settle(index.db, everything=True)
    remove(index, "b")
    assert index.db["removed"].count == 2
    with writing(index.db):
        settle(index.db)
    assert index.db["removed"].count == 0
    assert index.db.conn.execute("SELECT entries, paragraphs FROM segments").fetchall() == [(8, 4)]


def test_paragraphs_without_a_term_are_not_missed_where_they_are_removed(index, monkeypatch):
    monkeypatch.setattr(segments, "FAN", 2)
    add(index, "a", ["red sea", "the of and", "..."])
    add(index, "b", ["blue sky", "the"])
    with writing(index.db):
        settle(index.db, everything=True)
    remove(index, "a")
    assert index.db["removed"].count == 1
    add(index, "c", ["red lamp"])
    with writing(index.db):
        settle(index.db, everything=True)
    assert index.db.conn.execute("SELECT sum(paragraphs) FROM segments").fetchall() == [(2,)]


def test_a_document_may_come_back_under_its_old_paragraph_ids(index):
    add(index, "a", ["red sea"])
    (entry,) = index.paragraphs("a")
    with writing(index.db):
        settle(index.db, everything=True)
        remove_postings(index.db, 1, lambda: {entry.id: {"red": 1, "sea": 1}})
        add_postings(index.db, 1, [entry.id], [{"red": 2, "sky": 1}])
    assert all_postings(index.db) == {("red", entry.id): (2, 3), ("sky", entry.id): (1, 3)}
    with writing(index.db):
        settle(index.db, everything=True)
    assert all_postings(index.db) == {("red", entry.id): (2, 3), ("sky", entry.id): (1, 3)}


ROWS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 200_000), st.integers(0, 2**32 - 1)),
        st.one_of(st.integers(1, 4), st.integers(0, 65535)),
        st.one_of(st.integers(1, 90), st.integers(250, 260), st.integers(0, 65535)),
    ),
    max_size=30,
    unique_by=lambda row: row[0],
).map(sorted)


def as_postings(rows):
    return Postings(*(np.array([row[place] for row in rows], kind) for place, kind in enumerate(("<u4", "<u2", "<u2"))))


def as_rows(postings):
    return list(
        zip(postings.paragraphs.tolist(), postings.frequencies.tolist(), postings.lengths.tolist(), strict=True)
    )


@given(ROWS)
def test_fresh_entries_that_were_packed_are_unpacked(rows):
    postings = as_postings(rows)
    assert as_rows(unpack_entries(Entries(postings.paragraphs, postings).pack()).postings) == rows


@given(st.lists(ROWS.filter(bool), max_size=5))
def test_rows_that_were_packed_together_are_unpacked_one_by_one_and_together(terms):
    ends = np.cumsum([len(rows) for rows in terms], dtype=np.intp)
    every = [row for rows in terms for row in rows]
    packed_rows = list(pack_rows(as_postings(every), ends - [len(rows) for rows in terms], ends)) if terms else []
    assert packed_rows == [pack(as_postings(rows)) for rows in terms]
    together = [packed(data) for data in packed_rows]
    assert [as_rows(unpack([row])) for row in together] == terms
    assert as_rows(unpack(together)) == every
    assert [row.size for row in together] == [len(rows) for rows in terms]
    assert [(row.first, row.last) for row in together] == [(rows[0][0], rows[-1][0]) for rows in terms]


def test_a_posting_takes_four_bytes_unless_a_number_is_large():
    near = [(7, 1, 90), (65_542, 255, 254)]
    assert len(pack(as_postings(near))) == 12 + 2 * 4
    assert len(pack(as_postings([*near, (65_543, 1, 1)]))) == 12 + 4 + 3 * 4
    assert len(pack(as_postings([*near, (200_000, 1, 1)]))) == 12 + 3 * 6
    assert len(pack(as_postings([(7, 256, 90), (8, 1, 1)]))) == 12 + 2 * 5
    assert len(pack(as_postings([*near, (65_542, 1, 255)]))) == 12 + 3 * 4 + 2


@given(ROWS.filter(bool), st.data())
def test_bytes_that_no_row_has_are_refused_or_say_something_else(rows, data):
    whole = pack(as_postings(rows))
    place, byte = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    changed = whole[:place] + bytes([byte]) + whole[place + 1 :]
    for other in (changed, whole[:place], whole + b"\0"):
        try:
            found = as_rows(unpack([packed(other)]))
        except MalformedRowError:
            continue
        assert (found == rows) == (other == whole)


@pytest.mark.parametrize("value", [None, "text", 7, b"", b"\0" * 10])
def test_what_is_no_row_of_postings_is_refused(value):
    with pytest.raises(MalformedRowError):
        packed(value)


def test_an_index_with_wider_postings_is_migrated_and_finds_the_same(tmp_path, index):
    for number in range(3):
        add(index, f"{number}", ["red sea " * 150, "blue sky", "red red ship"])
        with writing(index.db):
            settle(index.db, everything=True)
    expected, scores = all_postings(index.db), index.scores("red sea lamp")
    rows = index.db.conn.execute("SELECT term, segment, data FROM postings ORDER BY term, segment").fetchall()
    path = Path(index.db.conn.execute("PRAGMA database_list").fetchone()[2])
    index.close()
    connection = sqlite3.connect(path)
    for term, segment, data in rows:
        wide = b"".join(column.tobytes() for column in vars(unpack([packed(data)])).values())
        connection.execute("UPDATE postings SET data = ? WHERE term = ? AND segment = ?", (wide, term, segment))
    connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'm008_packed_postings'")
    connection.execute("PRAGMA user_version = 6")
    connection.commit()
    connection.close()
    again = OpenIndex(path)
    assert again.db.conn.execute("SELECT term, segment, data FROM postings ORDER BY term, segment").fetchall() == rows
    assert all_postings(again.db) == expected
    assert again.scores("red sea lamp") == scores
    again.close()


def test_an_index_of_the_first_version_is_migrated_and_finds_the_same(tmp_path, index):
    add(index, "a", ["red sea", "blue sky", "red red ship"])
    add(index, "b", ["red lamp"])
    expected, scores = all_postings(index.db), index.scores("red sea lamp")
    path = Path(index.db.conn.execute("PRAGMA database_list").fetchone()[2])
    index.close()
    as_the_first_version(path, expected)
    again = OpenIndex(path)
    assert all_postings(again.db) == expected
    assert again.scores("red sea lamp") == scores
    again.close()


def as_the_first_version(path, postings):
    """Put the tables of the first version in the place of those of today."""
    connection = sqlite3.connect(path)
    documents = dict(connection.execute("SELECT id, document FROM paragraphs"))
    terms = dict(connection.execute("SELECT term, id FROM terms"))
    for table in ("postings", "removed", "settled", "fresh", "segments"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute(
        "CREATE TABLE postings (term INTEGER NOT NULL REFERENCES terms(id), document INTEGER NOT NULL REFERENCES "
        "documents(id), data BLOB NOT NULL, PRIMARY KEY (term, document)) WITHOUT ROWID"
    )
    connection.execute('CREATE INDEX "idx_postings_document" ON postings (document)')
    rows = {}
    for (term, number), (frequency, length) in sorted(postings.items()):
        posting = np.array([(number, frequency, length)], [("p", "<u4"), ("f", "<u2"), ("l", "<u2")])
        key = (terms[term], documents[number])
        rows[key] = rows.get(key, b"") + posting.tobytes()
    connection.executemany("INSERT INTO postings VALUES (?, ?, ?)", [(*key, data) for key, data in rows.items()])
    connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'm003_segments'")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(("large", "said"), [(1, 1), (opening.LARGE, 0)])
def test_an_index_of_an_older_version_opened_for_reading_is_brought_up_to_date(index, large, said, monkeypatch, caplog):
    add(index, "a", ["red sea"])
    expected = all_postings(index.db)
    path = Path(index.db.conn.execute("PRAGMA database_list").fetchone()[2])
    index.close()
    as_the_first_version(path, expected)
    monkeypatch.setattr(opening, "LARGE", large)
    for _ in range(2):
        db = open_database(path, create=False)
        assert all_postings(db) == expected
        db.close()
    # Somebody who has to wait is told why, the one time.
    assert ["brought up to date" in record.message for record in caplog.records] == [True] * said
