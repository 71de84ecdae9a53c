"""Checking an index against itself, and repairing it: each kind of damage is found, named, and mended where it can be."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import docqa
from conftest import REPORT, TREATY, OpenIndex, WorkersHere
from docqa.checking.check import check_index
from docqa.checking.repair import repair_index
from docqa.documents.document import Document, Page
from docqa.errors import DamagedIndexError
from docqa.indexing import run
from docqa.paragraphs.paragraph import Run
from docqa.paragraphs.running_lines import without_running_lines
from docqa.paragraphs.segment import segment
from docqa.retrieval import segments
from docqa.retrieval.analyzer import indexed_text
from docqa.retrieval.fresh import add_postings
from docqa.retrieval.packed import pack, packed, unpack
from docqa.retrieval.postings import Postings, generation
from docqa.retrieval.segments import settle
from docqa.store.documents import FileState, add_document
from docqa.store.offsets import pack_runs, unpack_ranges
from docqa.store.opening import writing

TEXTS = ("documents/report.txt", "documents/treaty.md")


@pytest.fixture
def indexed(index, folder, workers_here):
    """An index of the folder: everything in one segment."""
    index.update(folder)
    with writing(index.db):
        settle(index.db, everything=True)
    return index


@pytest.fixture
def fresh_one(index, folder, workers_here):
    """An index of the folder, whose documents are fresh."""
    index.update(folder)
    return index


def checked(index):
    return check_index(index.db, index.path, analyzer=index.analyzer)


def repaired(index):
    return repair_index(index.db, index.path, analyzer=index.analyzer)


def run_sql(index, *statements):
    """Does damage on purpose, past every rule of the tables."""
    index.db.conn.execute("PRAGMA foreign_keys = OFF")
    for statement in statements:
        assert index.db.conn.execute(statement).rowcount > 0
    index.db.conn.execute("PRAGMA foreign_keys = ON")


def found(index):
    return {(finding.kind, finding.path) for finding in checked(index).findings}


def postings_of_all_three(index):
    return {("postings", path) for path in index.documents()}


class TestSound:
    def test_an_empty_index_is_sound(self, index):
        report = checked(index)
        assert report.sound
        assert (report.documents, report.paragraphs) == (0, 0)

    def test_a_fresh_one_and_a_settled_one_are_sound(self, fresh_one):
        assert checked(fresh_one).findings == ()
        with writing(fresh_one.db):
            settle(fresh_one.db, everything=True)
        report = checked(fresh_one)
        assert report.findings == ()
        assert report.documents == 3
        assert report.paragraphs == fresh_one.db["paragraphs"].count

    def test_documents_that_could_not_be_read_and_ones_without_terms_are_sound(self, index, folder, workers_here):
        (folder / "broken.pdf").write_bytes(b"no PDF")
        (folder / "stops.txt").write_text("the of and\n")
        (folder / "dots.txt").write_text("... --- ...\n")
        index.update(folder)
        assert checked(index).sound
        with writing(index.db):
            settle(index.db, everything=True)
        assert checked(index).sound

    def test_an_index_of_the_sample_documents_is_sound(self, index, sample, workers_here):
        index.update(sample)
        assert checked(index).findings == ()
        with writing(index.db):
            settle(index.db, everything=True)
        assert checked(index).findings == ()

    def test_progress_is_told_for_every_document(self, indexed):
        said = []
        check_index(
            indexed.db,
            indexed.path,
            analyzer=indexed.analyzer,
            on_progress=lambda done, total, name: said.append((done, total, name)),
        )
        assert said == [(number, 3, path) for number, path in enumerate(sorted(indexed.documents()), start=1)]

    def test_batches_of_postings_may_end_anywhere(self, indexed, monkeypatch):
        for together in (1, 7, 40):
            monkeypatch.setattr("docqa.checking.postings.TOGETHER", together)
            assert checked(indexed).findings == ()

    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("write"), st.sampled_from("abcdef"), st.sampled_from([TREATY, REPORT, "Red sea.\n"])),
                st.tuples(st.just("remove"), st.sampled_from("abcdef"), st.none()),
                st.tuples(st.just("rename"), st.sampled_from("abcdef"), st.sampled_from("ghij")),
                st.tuples(st.just("settle"), st.booleans(), st.none()),
            ),
            min_size=1,
            max_size=10,
        )
    )
    @settings(max_examples=25, deadline=None)
    def test_after_any_changes_an_index_is_sound(self, steps):
        with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
            patch.setattr(run, "Workers", WorkersHere)
            patch.setattr(segments, "FRESH_DOCUMENTS", 1)
            patch.setattr(segments, "FAN", 2)
            folder = Path(name) / "documents"
            folder.mkdir()
            patch.chdir(name)
            index = OpenIndex(Path(name) / "docqa.db")
            for what, first, second in steps:
                file = folder / f"{first}.txt"
                if what == "write":
                    file.write_text(second)
                elif what == "remove":
                    file.unlink(missing_ok=True)
                elif what == "rename" and file.exists():
                    file.rename(folder / f"{second}.txt")
                elif what == "settle":
                    with writing(index.db):
                        settle(index.db, everything=first)
                index.update(folder)
                assert checked(index).findings == ()
            before = index.contents()
            repaired(index)
            assert index.contents() == before
            assert checked(index).findings == ()
            index.close()


#: Damage to the inverted index of the folder in one segment, and what has to be found, as kinds and paths.
DAMAGE = {
    "a posting's occurrences": (
        (
            "UPDATE postings SET data = CAST(substr(data, 1, 12 + 2 * count) || x'09' || substr(data, 14 + 2 * count) "
            "AS BLOB) WHERE term = (SELECT id FROM terms WHERE term = 'petroleum')"
        ),
        {("postings", TEXTS[0]), ("postings", None)},
    ),
    "a row of postings": (
        "DELETE FROM postings WHERE term = (SELECT id FROM terms WHERE term = 'petroleum')",
        {("postings", TEXTS[0]), ("postings", None)},
    ),
    "a row's bytes": (
        "UPDATE postings SET data = x'00' WHERE term = (SELECT id FROM terms WHERE term = 'petroleum')",
        {("postings", TEXTS[0]), ("postings", None)},
    ),
    "another paragraph": (
        (
            "UPDATE postings SET data = CAST(x'ffffff00' || substr(data, 5) AS BLOB) "
            "WHERE term = (SELECT id FROM terms WHERE term = 'petroleum')"
        ),
        {("postings", TEXTS[0]), ("postings", None)},
    ),
    "a row's count": ("UPDATE postings SET count = count + 1 WHERE term = 1", {("postings", None)}),
    "a row's gone": ("UPDATE postings SET gone = 1 WHERE term = 1", {("postings", None)}),
    "a row's most": ("UPDATE postings SET most = most + 1 WHERE term = 1", {("postings", None)}),
    "a row's shortest": ("UPDATE postings SET shortest = 0 WHERE term = 1", {("postings", None)}),
    "a segment's entries": ("UPDATE segments SET entries = entries - 1", {("postings", None)}),
    "a term": (
        "UPDATE terms SET term = 'petroleumx' WHERE term = 'petroleum'",
        {("postings", TEXTS[0])},
    ),
    "a term that is gone": (
        "DELETE FROM terms WHERE term = 'petroleum'",
        {("postings", TEXTS[0]), ("rows", None)},
    ),
    "where a document is settled": (
        f"DELETE FROM settled WHERE document = (SELECT id FROM documents WHERE path = '{TEXTS[0]}')",
        {("postings", TEXTS[0]), ("postings", None)},
    ),
    "a paragraph marked as removed": (
        (
            "INSERT INTO removed SELECT 1, paragraphs.id FROM paragraphs JOIN documents ON documents.id = document "
            f"WHERE path = '{TEXTS[0]}'"
        ),
        {("postings", TEXTS[0]), ("postings", None)},
    ),
    "statistics": ("UPDATE statistics SET paragraphs = 0, terms = 9", {("statistics", None)}),
    "no statistics": ("DELETE FROM statistics", {("statistics", None)}),
    "a length": (
        f"UPDATE paragraphs SET terms = 1 WHERE document = (SELECT id FROM documents WHERE path = '{TEXTS[0]}')",
        {("statistics", TEXTS[0]), ("statistics", None)},
    ),
    "a length beyond all": (
        (
            f"UPDATE paragraphs SET terms = 9223372036854775807 WHERE document IN "
            f"(SELECT id FROM documents WHERE path LIKE '%.md' OR path = '{TEXTS[0]}')"
        ),
        {("statistics", TEXTS[0]), ("statistics", TEXTS[1]), ("statistics", None)},
    ),
    "a copy of no document": (
        "INSERT INTO copies VALUES ('documents/z.txt', 99, 1.0)",
        {("rows", None), ("rows", "documents/z.txt")},
    ),
    "a document that is its own copy": (
        f"INSERT INTO copies SELECT path, id, 1.0 FROM documents WHERE path = '{TEXTS[0]}'",
        {("rows", TEXTS[0])},
    ),
    "a copy of another kind": (
        f"INSERT INTO copies SELECT 'documents/z.pdf', id, 1.0 FROM documents WHERE path = '{TEXTS[0]}'",
        {("rows", "documents/z.pdf")},
    ),
    "a copy that comes before its document": (
        f"INSERT INTO copies SELECT 'documents/a.txt', id, 1.0 FROM documents WHERE path = '{TEXTS[0]}'",
        {("rows", "documents/a.txt")},
    ),
    "a copy that cannot be read": (
        f"INSERT INTO copies SELECT CAST(x'61ff' AS TEXT), id, 1.0 FROM documents WHERE path = '{TEXTS[0]}'",
        {("rows", None)},
    ),
    "a page of no document": ("INSERT INTO pages (document, number, text) VALUES (99, 1, 'lost')", {("rows", None)}),
    "a paragraph of no document": (
        (
            'INSERT INTO paragraphs (id, document, number, page, start, "end", text, headings, runs, terms) '
            'SELECT 999, 99, number, page, start, "end", text, headings, runs, terms FROM paragraphs LIMIT 1'
        ),
        {("rows", None), ("statistics", None)},
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_of_the_inverted_index_is_found_named_and_mended(indexed, name):
    before, generation_before = indexed.contents(), generation(indexed.db)
    statement, expected = DAMAGE[name]
    run_sql(indexed, statement)
    assert found(indexed) == expected
    assert all(finding.remedy == "repair" for finding in checked(indexed).findings)
    report = repaired(indexed)
    assert report.read_again == ()
    assert (report.documents, report.paragraphs) == (3, indexed.db["paragraphs"].count)
    assert checked(indexed).findings == ()
    assert indexed.contents() == before
    assert generation(indexed.db) == (1 if name == "no statistics" else generation_before + 1)


@pytest.mark.parametrize(
    "statement",
    [
        f"DELETE FROM fresh WHERE document = (SELECT id FROM documents WHERE path = '{TEXTS[0]}')",
        (
            f"UPDATE fresh SET data = zeroblob(length(data)) WHERE document = "
            f"(SELECT id FROM documents WHERE path = '{TEXTS[0]}')"
        ),
        f"UPDATE fresh SET entries = 1 WHERE document = (SELECT id FROM documents WHERE path = '{TEXTS[0]}')",
        f"UPDATE fresh SET data = 'x' WHERE document = (SELECT id FROM documents WHERE path = '{TEXTS[0]}')",
    ],
)
def test_damage_of_a_fresh_document_is_found_named_and_mended(fresh_one, statement):
    before = fresh_one.contents()
    run_sql(fresh_one, statement)
    assert ("postings", TEXTS[0]) in found(fresh_one)
    assert found(fresh_one) <= {("postings", TEXTS[0]), ("postings", None)}
    repaired(fresh_one)
    assert checked(fresh_one).findings == ()
    assert fresh_one.contents() == before


def test_a_document_that_is_fresh_and_settled_is_found(indexed):
    run_sql(indexed, "INSERT INTO fresh SELECT document, 0, x'' FROM settled")
    assert postings_of_all_three(indexed) <= found(indexed)
    repaired(indexed)
    assert checked(indexed).sound


def test_postings_of_a_removed_document_that_are_no_longer_marked_are_found(indexed, folder):
    (folder / "report.txt").unlink()
    indexed.update(folder)
    assert checked(indexed).sound
    run_sql(indexed, "DELETE FROM removed")
    sentences = [finding.sentence for finding in checked(indexed).findings]
    assert any("of paragraphs that are not there" in sentence for sentence in sentences)
    assert any("rows of postings are not what they say" in sentence for sentence in sentences)


PARAGRAPH = f"WHERE document = (SELECT id FROM documents WHERE path = '{TEXTS[0]}') AND number = 0"
#: Damage to the text of a document, and words of the sentence about it.
CONTRADICTIONS = {
    "a paragraph's text": (
        f"UPDATE paragraphs SET text = replace(text, 'brick', 'stone') {PARAGRAPH}",
        "the text is not what stands at its offsets on page 1",
    ),
    "more text": (f"UPDATE paragraphs SET text = text || ' more' {PARAGRAPH}", "leave out some of its text"),
    "runs": (
        f"UPDATE paragraphs SET runs = CAST(substr(runs, 1, 4) || x'ffffff7f' || substr(runs, 9) AS BLOB) {PARAGRAPH}",
        "out of order or lead out",
    ),
    "a range": (f'UPDATE paragraphs SET "end" = "end" - 1 {PARAGRAPH}', "its range of characters"),
    "a page's text": (
        (
            f"UPDATE pages SET text = replace(text, 'brick', 'stone') WHERE document = "
            f"(SELECT id FROM documents WHERE path = '{TEXTS[0]}')"
        ),
        "the text is not what stands at its offsets on page 1",
    ),
    "more of a page": (
        (
            f"UPDATE pages SET text = text || ' more' WHERE document = "
            f"(SELECT id FROM documents WHERE path = '{TEXTS[0]}')"
        ),
        "Some text of page 1 is in no paragraph, or in two",
    ),
    "a page": (
        f"DELETE FROM pages WHERE document = (SELECT id FROM documents WHERE path = '{TEXTS[0]}')",
        "It has 0 stored pages and should have 1",
    ),
    "the number of pages": (f"UPDATE documents SET pages = 7 WHERE path = '{TEXTS[0]}'", "should have 7"),
    "the number of paragraphs": (f"UPDATE documents SET paragraphs = 7 WHERE path = '{TEXTS[0]}'", "should have 7"),
    "the order": (f"UPDATE paragraphs SET number = 70 {PARAGRAPH}", "not numbered one after the other"),
    "unreadable headings": (f"UPDATE paragraphs SET headings = '[1' {PARAGRAPH}", "cannot be read"),
    "unreadable runs": (f"UPDATE paragraphs SET runs = x'0102' {PARAGRAPH}", "cannot be read"),
    "bytes that are no text": (
        f"UPDATE paragraphs SET text = CAST(x'ff' || CAST(text AS BLOB) AS TEXT) {PARAGRAPH}",
        "cannot be read",
    ),
    "a label that is no text": (
        (
            f"UPDATE pages SET label = CAST(x'ff' AS TEXT) WHERE document = "
            f"(SELECT id FROM documents WHERE path = '{TEXTS[0]}')"
        ),
        "Page 1 cannot be read",
    ),
    "a page that is no text": (
        (
            f"UPDATE pages SET text = CAST(x'ff' || CAST(text AS BLOB) AS TEXT) WHERE document = "
            f"(SELECT id FROM documents WHERE path = '{TEXTS[0]}')"
        ),
        "Page 1 cannot be read",
    ),
}


#: Pages under running lines, of which the first goes on with a broken word, and the second with its sentence.
PAGES = (
    "The pilot waits outside the har-",
    "bour until the o\ufb03ce of the",
    "council lets him in.",
    "The keeper sleeps.",
)


@pytest.fixture
def paged(index, tmp_path):
    """An index of one document of several pages."""
    texts = [f"The annual report\n{text}\nPage {number}" for number, text in enumerate(PAGES, start=1)]
    pages = without_running_lines([Page(number, text) for number, text in enumerate(texts, start=1)])
    paragraphs = segment(pages)
    analyzer = index.analyzer
    texts = [indexed_text("a.pdf", "", "", paragraph.headings, paragraph.text) for paragraph in paragraphs]
    counts = [Counter(analyzer.terms(text)) for text in texts]
    state = FileState("a.pdf", "ab" * 32, 1, 1.0)
    with writing(index.db):
        lengths = [sum(count.values()) for count in counts]
        number, ids = add_document(index.db, state, Document(pages, "", "pypdf", "7"), paragraphs, lengths)
        add_postings(index.db, number, ids, counts)
    return index


def test_page_breaks_broken_words_ligatures_and_what_is_left_out_are_sound(paged):
    rows = paged.db.conn.execute("SELECT end_page, runs_before FROM paragraphs WHERE end_page IS NOT NULL").fetchall()
    assert [end_page for end_page, _ in rows] == [2]
    assert [len(unpack_ranges(data)) for (data,) in paged.db.conn.execute("SELECT left_out FROM pages")] == [1, 2, 2, 2]
    assert checked(paged).findings == ()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE pages SET left_out = NULL WHERE number = 2", "Some text of page 2 is in no paragraph, or in two"),
        ("UPDATE pages SET left_out = x'0000000001000000' WHERE number = 2", "Some text of page 2"),
        ("UPDATE pages SET left_out = x'00000000ffff0000' WHERE number = 2", "Some text of page 2"),
        ("UPDATE pages SET left_out = x'00' WHERE number = 2", "Page 2 cannot be read"),
        ("UPDATE paragraphs SET end_page = 3 WHERE end_page = 2", "it goes on from page 1 on page 3"),
        ("UPDATE paragraphs SET runs_before = runs_before + 1 WHERE end_page = 2", "offsets"),
        ("UPDATE paragraphs SET runs_before = runs_before - 1 WHERE end_page = 2", "its offsets"),
        ("UPDATE paragraphs SET runs_before = 99 WHERE end_page = 2", "cannot be read"),
        ("UPDATE paragraphs SET end_page = NULL WHERE end_page = 2", "cannot be read"),
        ("UPDATE paragraphs SET runs_before = 'x' WHERE end_page = 2", "cannot be read"),
        ("UPDATE pages SET text = replace(text, 'har-', 'har+') WHERE number = 1", "Some text of page 1"),
        ("UPDATE pages SET text = replace(text, '\ufb03', '\ufb00') WHERE number = 2", "the text is not what stands"),
        ("UPDATE pages SET text = replace(text, '\ufb03', 'x') WHERE number = 2", "the text is not what stands"),
    ],
)
def test_damage_to_page_breaks_and_to_what_is_left_out_is_found(paged, statement, words):
    run_sql(paged, statement)
    assert any(words in finding.sentence for finding in checked(paged).findings)


def test_a_hyphen_that_is_lost_in_the_middle_of_a_line_is_found(index, folder, workers_here):
    (folder / "report.txt").write_text("The well-known keeper.\n")
    index.update(folder)
    runs = pack_runs([Run(0, 0, 8), Run(8, 9, 13)])
    index.db.conn.execute(f"UPDATE paragraphs SET text = 'The wellknown keeper.', runs = x'{runs.hex()}' {PARAGRAPH}")
    assert any("Some text of page 1" in finding.sentence for finding in checked(index).findings)


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_text_that_contradicts_itself_is_found_named_marked_and_read_again(fresh_one, folder, name, settled):
    if settled:
        with writing(fresh_one.db):
            settle(fresh_one.db, everything=True)
    before = fresh_one.contents()
    statement, words = CONTRADICTIONS[name]
    run_sql(fresh_one, statement)
    texts = [finding for finding in checked(fresh_one).findings if finding.kind == "text"]
    assert {(finding.path, finding.remedy) for finding in texts} == {(TEXTS[0], "repair")}
    assert any(words in finding.sentence for finding in texts)
    assert repaired(fresh_one).read_again == (TEXTS[0],)
    left = checked(fresh_one).findings
    assert {(finding.kind, finding.path, finding.remedy) for finding in left} == {("text", TEXTS[0], "index")}
    if settled:
        with writing(fresh_one.db):
            settle(fresh_one.db, everything=True)
    assert fresh_one.update(folder).changed == (TEXTS[0],)
    assert checked(fresh_one).findings == ()
    assert fresh_one.contents() == before


def test_paragraphs_in_the_wrong_order_are_indexed_in_that_of_their_ids(index, folder, workers_here):
    (folder / "long.txt").write_text("\n\n".join(f"The wind of hour {number}. " * 40 for number in range(4)))
    index.update(folder)
    before = index.scores("wind hour 2")
    run_sql(
        index,
        "UPDATE paragraphs SET number = -number WHERE document = (SELECT document FROM paragraphs WHERE number = 3)",
    )
    assert found(index) == {("text", "documents/long.txt")}
    repaired(index)
    assert [(finding.kind, finding.remedy) for finding in checked(index).findings] == [("text", "index")]
    assert index.scores("wind hour 2") == before


def test_a_repair_that_fails_leaves_everything_as_it_was(indexed, monkeypatch):
    run_sql(indexed, "UPDATE statistics SET paragraphs = 0")
    before = list(indexed.db.conn.iterdump())

    def fail(*arguments):
        raise MemoryError

    monkeypatch.setattr("docqa.checking.repair.set_terms", fail)
    with pytest.raises(MemoryError):
        repaired(indexed)
    assert list(indexed.db.conn.iterdump()) == before
    assert indexed.db.conn.text_factory is str


@pytest.mark.skipif(os.name == "nt", reason="needs kill -9")
def test_a_repair_that_is_killed_leaves_everything_as_it_was(indexed):
    run_sql(indexed, "UPDATE statistics SET paragraphs = 0")
    before = list(indexed.db.conn.iterdump())
    code = (
        "import docqa, os, signal, sys\n"
        "with docqa.open(sys.argv[1]) as corpus:\n"
        "    corpus.repair(on_progress=lambda done, *_: done == 2 and os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(indexed.path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert list(indexed.db.conn.iterdump()) == before
    repaired(indexed)
    assert checked(indexed).sound


def test_a_repair_settles_when_fresh_postings_pile_up(indexed, monkeypatch):
    before = indexed.contents()
    monkeypatch.setattr("docqa.checking.repair.SETTLE_EVERY", 1)
    monkeypatch.setattr("docqa.checking.repair.LARGEST", 1)
    monkeypatch.setattr(segments, "FRESH_ENTRIES", 1)
    repaired(indexed)
    assert indexed.db["segments"].count == 3
    assert checked(indexed).findings == ()
    assert indexed.contents() == before


def test_reading_goes_on_while_an_index_is_repaired(indexed, open_index):
    reader = open_index()
    before = reader.scores("harbour treaty")
    seen = []
    run_sql(indexed, "UPDATE postings SET most = 0")
    repair_index(
        indexed.db,
        indexed.path,
        analyzer=indexed.analyzer,
        on_progress=lambda *_: seen.append(reader.scores("harbour treaty")),
    )
    assert seen == [before] * 3


@pytest.mark.parametrize("column", ["path", "title", "sha256", "error", "extractor"])
def test_a_row_of_a_document_that_cannot_be_read_asks_for_a_new_index(indexed, column):
    run_sql(indexed, f"UPDATE documents SET {column} = CAST(x'ff41' AS TEXT) WHERE id = 1")
    assert {(finding.kind, finding.remedy) for finding in checked(indexed).findings} == {("file", "anew")}
    with pytest.raises(DamagedIndexError, match="cannot be repaired"):
        repaired(indexed)


def test_every_posting_that_is_changed_changes_the_sums(indexed):
    # Each number of each posting of a row, one after the other, up by one.
    (term, data) = indexed.db.conn.execute(
        "SELECT term, data FROM postings ORDER BY length(data) DESC LIMIT 1"
    ).fetchone()
    part = unpack([packed(data)])
    for column in ("frequencies", "lengths"):
        for place in range(len(part)):
            arrays = {name: np.array(values) for name, values in vars(part).items()}
            arrays[column][place] += 1
            changed = pack(Postings(**arrays))
            with writing(indexed.db):
                indexed.db.conn.execute("UPDATE postings SET data = ? WHERE term = ?", (changed, term))
            assert any(path for kind, path in found(indexed) if kind == "postings")


class TestFile:
    @pytest.fixture
    def closed(self, indexed):
        """The file of an index with several pages, closed."""
        for number in range(40):
            (indexed.path.parent / "documents" / f"{number}.txt").write_text(f"{REPORT}\n{number} " * 9)
        indexed.update("documents")
        indexed.close()
        return indexed.path

    def test_a_file_that_was_cut_short_or_overwritten_cannot_be_used(self, closed, call):
        data = closed.read_bytes()
        for broken in (data[:60], data[:5000], data[: len(data) // 2], data[:4096] + b"\xa5" * (len(data) - 4096)):
            closed.write_bytes(broken)
            code, out, err = call("check", "--index", closed)
            assert (code, out) == (2, "")
            assert "is damaged" in err
            assert "index the documents again" in err

    def test_one_damaged_page_is_named_and_not_repaired(self, closed, call):
        with closing(sqlite3.connect(closed)) as connection:
            (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'postings'").fetchone()
            (size,) = connection.execute("PRAGMA page_size").fetchone()
        data = bytearray(closed.read_bytes())
        data[(root - 1) * size : (root - 1) * size + 200] = b"\xa5" * 200
        closed.write_bytes(data)
        code, out, err = call("check", "--index", closed, "--repair")
        assert code == 1
        assert "SQLite finds the file damaged" in out
        assert "delete it" in err
        assert closed.read_bytes() == data
        with docqa.open(closed) as corpus, pytest.raises(DamagedIndexError, match="cannot be repaired"):
            corpus.repair()

    def test_no_index_and_another_file_cannot_be_used(self, tmp_path, call):
        assert call("check", "--index", tmp_path / "none.db")[0] == 2
        (tmp_path / "text.db").write_text("no index")
        assert call("check", "--index", tmp_path / "text.db")[0] == 2


class TestCommand:
    def test_a_sound_index_exits_with_0_and_is_left_as_it_is(self, indexed, call):
        before = list(indexed.db.conn.iterdump())
        code, out, err = call("check", "--repair")
        assert (code, err) == (0, "")
        assert "3 documents" in out
        assert "all sound" in out
        assert list(indexed.db.conn.iterdump()) == before

    def test_faults_exit_with_1_and_say_what_to_do_and_a_repair_makes_it_0(self, indexed, call):
        run_sql(indexed, "DELETE FROM postings WHERE term = (SELECT id FROM terms WHERE term = 'petroleum')")
        code, out, err = call("check")
        assert code == 1
        assert TEXTS[0] in out
        assert "docqa check --repair" in err
        code, out, err = call("check", "--repair")
        assert (code, err) == (0, "")
        assert "Repaired: 3 documents" in out
        assert "all sound" in out
        assert call("check")[0] == 0

    def test_a_document_to_read_again_is_named_and_indexing_makes_it_0(self, indexed, call):
        run_sql(indexed, f"UPDATE paragraphs SET text = 'other' {PARAGRAPH}")
        code, out, err = call("check", "--repair")
        assert code == 1
        assert f"{TEXTS[0]}  will be read again" in out
        assert "Run `docqa index`" in err
        assert "Run `docqa check --repair`" not in err
        assert call("index", "documents", "--workers", "1")[0] == 0
        assert call("check")[0] == 0

    def test_the_json_has_every_finding_and_what_was_repaired(self, indexed, call):
        code, out, _ = call("check", "--json")
        assert (code, json.loads(out)) == (
            0,
            {
                "schema": "docqa.check/1",
                "path": "docqa.db",
                "sound": True,
                "documents": 3,
                "paragraphs": indexed.db["paragraphs"].count,
                "findings": [],
            },
        )
        run_sql(indexed, "UPDATE statistics SET paragraphs = 1, terms = 2")
        code, out, _ = call("check", "--json")
        report = json.loads(out)
        assert (code, report["sound"]) == (1, False)
        (finding,) = report["findings"]
        assert (finding["kind"], finding["path"], finding["remedy"]) == ("statistics", None, "repair")
        assert finding["sentence"].startswith("The statistics have 1 paragraphs and 2 terms")
        code, out, _ = call("check", "--json", "--repair")
        report = json.loads(out)
        assert (code, report["sound"], report["findings"]) == (0, True, [])
        assert report["repaired"]["findings"] == [finding]
        assert report["repaired"]["read_again"] == []

    def test_the_python_api_gives_what_the_command_shows(self, indexed):
        indexed.close()
        with docqa.open("docqa.db") as corpus:
            assert corpus.check() == docqa.CheckReport("docqa.db", 3, len(corpus.paragraph_texts()))
            assert isinstance(corpus.repair(), docqa.RepairReport)
            assert corpus.check().sound
            assert corpus.search("petroleum")

    def test_many_findings_are_cut_short_for_people(self, indexed, call, monkeypatch):
        monkeypatch.setattr(sys.modules["docqa.cli.check"], "SHOWN", 1)
        run_sql(indexed, "DELETE FROM postings")
        _, out, _ = call("check")
        assert "more; --json has all" in out
