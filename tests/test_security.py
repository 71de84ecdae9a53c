"""What docs/security.md says of indexes and names that strangers made, and of the limits."""

import json
import os
import re
import sqlite3
from pathlib import Path

import pytest

import docqa
from docqa.documents.limits import DEFAULT_LIMITS, LIMIT_OPTIONS
from docqa.reading.settings import ReaderSettings, load_settings
from docqa.store.opening import open_database
from tiny_reader import save_tiny_bert, save_word_finder

ROOT = Path(__file__).parent.parent
SQL = "x'); DROP TABLE documents; --\" OR 1=1"


@pytest.fixture
def indexed(folder, tmp_path):
    """The path of an index over the folder of documents."""
    with docqa.open(tmp_path / "docqa.db") as corpus:
        corpus.index(folder, workers=1)
    return tmp_path / "docqa.db"


@pytest.mark.parametrize("absolute", [False, True])
def test_a_stored_path_that_leads_elsewhere_is_printed_and_nothing_there_is_touched(
    indexed, folder, tmp_path, absolute, monkeypatch
):
    secret = tmp_path.parent / f"secret-{tmp_path.name}.md"
    secret.write_text("The secret harbour.")
    stored = str(secret) if absolute else f"documents/../../{secret.name}"
    db = open_database(indexed, create=False)
    with db.conn:
        db.conn.execute("UPDATE documents SET path = ? WHERE path LIKE '%treaty.md'", (stored,))
    db.close()
    opened = []
    real_open = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *rest, **named: opened.append(path) or real_open(path, *rest, **named)
    )
    with docqa.open(indexed) as corpus:
        hits = corpus.search("harbour treaty")
        assert stored in {hit.document.path for hit in hits}
        assert "secret" not in " ".join(hit.paragraph.paragraph.text for hit in hits)
        report = corpus.index(folder, workers=1)
    assert "documents/treaty.md" in {*report.added, *(new for _, new in report.moved)}
    assert secret.read_text() == "The secret harbour."
    assert secret.name not in {path.name for path in opened[:-1]}
    secret.unlink()


def test_names_texts_and_questions_that_look_like_sql_are_text(folder, tmp_path):
    (folder / "x'); DROP TABLE documents; --.txt").write_text(f"The harbour {SQL} is old.\n")
    with docqa.open(tmp_path / "docqa.db") as corpus:
        corpus.index(folder, workers=1)
        assert len(corpus.documents()) == 4
        for query in (SQL, f"harbour {SQL}"):
            corpus.search(query)
            corpus.search(query, path=SQL)
        assert len(corpus.documents()) == 4


def test_no_module_loads_pickles_runs_code_of_models_or_starts_a_shell():
    forbidden = re.compile(
        r"\b(import (pickle|marshal|shelve|dill)|torch\.load\(|trust_remote_code=True|shell=True|os\.system\(|yaml\.load\()"
    )
    for source in (ROOT / "src" / "docqa").rglob("*.py"):
        assert not forbidden.search(source.read_text(encoding="utf-8")), source


def test_links_that_lead_out_of_a_folder_are_not_followed(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.txt").write_text("Far away.")
    os.symlink(tmp_path / "elsewhere" / "far.txt", folder / "near.txt")
    os.symlink(tmp_path / "elsewhere", folder / "linked")
    with docqa.open(tmp_path / "docqa.db") as corpus:
        report = corpus.index(folder, workers=1)
    assert not any("near" in path or "linked" in path for path in report.added)
    assert len(report.added) == 3


def test_the_page_on_security_has_every_limit_with_its_default_and_its_option():
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    for code, option in LIMIT_OPTIONS.items():
        default = getattr(DEFAULT_LIMITS, option.split("-")[2])
        assert re.search(
            rf"\| {default:,.0f} [^|]*\| `{option}` \| `{code}` \||\| {default:,.0f} \| `{option}` \| `{code}` \|", page
        )


def test_what_the_page_on_security_points_to_is_there():
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    for name in set(
        re.findall(r"`((?:tests|indexing|cli|store|retrieval|reading|benchmarks)/[a-z_/]*(?:\.py)?)`", page)
    ):
        assert (ROOT / name).exists() or (ROOT / "src" / "docqa" / name).exists(), name


#: What somebody may have put into an index: statements of SQL by what they do.
TAMPERINGS = {
    "a path with a NUL": "UPDATE documents SET path = 'a' || char(0) || 'b' WHERE id = 1",
    "a path of bytes": "UPDATE documents SET path = x'ff00' WHERE id = 1",
    "a path of elsewhere": "UPDATE documents SET path = '../../../etc/passwd' WHERE id = 1",
    "an absolute path": "UPDATE documents SET path = '/etc/passwd' WHERE id = 1",
    "a path without an end": "UPDATE documents SET path = printf('%.*c', 100000, 'a') WHERE id = 1",
    "a title of bytes": "UPDATE documents SET title = x'ff00'",
    "an author of bytes": "UPDATE documents SET author = x'ff'",
    "numbers that are none": "UPDATE documents SET pages = 'a', paragraphs = 'b', size = 'c'",
    "a ledger of bytes": "UPDATE documents SET status = 'failed', code = 5, error = x'ff', indexed_at = x'00'",
    "another column": "ALTER TABLE documents ADD COLUMN other TEXT",
    "a page of bytes": "UPDATE pages SET text = x'ff', label = x'ff'",
    "another text of the pages": "UPDATE pages SET text = 'Other words than those that were read, so that nothing fits.'",
    "no pages": "DELETE FROM pages",
    "no documents": "PRAGMA foreign_keys = OFF; DELETE FROM documents",
    "offsets out of the page": "UPDATE paragraphs SET runs = x'00000000ffffff7fffffff7f'",
    "offsets elsewhere on the page": "UPDATE paragraphs SET runs = x'000000000300000010000000'",
    "offsets cut short": "UPDATE paragraphs SET runs = x'0000'",
    "no offsets": "UPDATE paragraphs SET runs = x''",
    "a number for offsets": "UPDATE paragraphs SET runs = 99999999999",
    "a number for headings": "UPDATE paragraphs SET headings = '5'",
    "headings without an end": "UPDATE paragraphs SET headings = printf('%.*c', 100000, '[')",
    "a base elsewhere": "UPDATE settings SET value = '/etc' WHERE key = 'base'",
    "a base with a NUL": "UPDATE settings SET value = 'a' || char(0) WHERE key = 'base'",
    "a base of bytes": "UPDATE settings SET value = x'ff' WHERE key = 'base'",
    "a base of SQL": "UPDATE settings SET value = '''); DROP TABLE documents; --' WHERE key = 'base'",
    "a tokenizer that steers the terminal": "UPDATE settings SET value = char(27) || '[31m' WHERE key = 'analyzer'",
    "no statistics": "DELETE FROM statistics",
    "negative statistics": "UPDATE statistics SET paragraphs = -5, terms = -5",
    "statistics of words": "UPDATE statistics SET paragraphs = 'x', terms = 'y', generation = 'z'",
    "words for postings": "UPDATE fresh SET data = 'abc'",
    "a view for a table": "ALTER TABLE pages RENAME TO kept; CREATE VIEW pages AS SELECT * FROM kept",
}


@pytest.fixture(scope="module")
def finder(tmp_path_factory):
    """A reader that finds the word harbour."""
    return save_word_finder(tmp_path_factory.mktemp("finder") / "finder", "harbour")


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_whatever_an_index_holds_ends_in_a_sentence_or_is_harmless(indexed, folder, finder, call, statement):
    connection = sqlite3.connect(indexed)
    connection.executescript(statement)
    connection.close()
    before = indexed.read_bytes()
    for command in (
        ("status", "--json"),
        ("status", "--documents"),
        ("status", "--documents", "--json"),
        ("status", "--failed"),
        ("search", "harbour", "--json"),
        ("search", "harbour", "--path", "documents"),
        ("ask", "Which harbour?", "--reader", finder),
        ("ask", "Which harbour?", "--reader", finder, "--json"),
        ("verify",),
        ("check",),
        ("index", folder, "--workers", "1"),
        ("check", "--repair"),
    ):
        code, out, err = call(*command)
        assert code in {0, 1, 2}
        assert "unexpected" not in err, (command, err)
        assert "\x1b" not in out + err
        assert "root:" not in out + err
        if code == 2:
            assert err.startswith("docqa: ")
        if command[0] == "ask" and "--json" in command and code == 0:
            assert json.loads(out)["answers"][0]["text"].lower() == "harbour"
        if command[0] not in {"index", "check"}:
            assert indexed.read_bytes() == before


def test_answers_are_refused_when_the_page_does_not_say_what_was_read(indexed, finder, call):
    connection = sqlite3.connect(indexed)
    connection.executescript(TAMPERINGS["another text of the pages"])
    connection.close()
    code, out, err = call("ask", "Which harbour?", "--reader", finder)
    assert (code, out) == (2, "")
    assert "contradicts itself (of a paragraph of documents/" in err


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_no_code_of_a_reader_is_run_whatever_its_configuration_names(tmp_path, file, monkeypatch, folder):
    reader = save_tiny_bert(tmp_path / "reader")
    marker = tmp_path / "was run"
    (reader / "evil.py").write_text(f"open({str(marker)!r}, 'w')\nclass Evil: pass\n")
    stored = json.loads((reader / file).read_text())
    hooks = dict.fromkeys(("AutoConfig", "AutoModelForQuestionAnswering"), "evil.Evil") | {
        "AutoTokenizer": ["evil.Evil", "evil.Evil"]
    }
    monkeypatch.chdir(reader)
    said = []
    for changed in ({"auto_map": hooks}, {"auto_map": hooks, "model_type": "evil", "tokenizer_class": "Evil"}):
        (reader / file).write_text(json.dumps({**stored, **changed, "trust_remote_code": True}))
        try:
            docqa.Reader.load(str(reader))
        except docqa.ReaderError as error:
            said.append(str(error))
        assert not marker.exists()
    assert not any("\n" in sentence for sentence in said)


def test_a_pickle_of_weights_is_not_opened(tmp_path):
    reader = save_tiny_bert(tmp_path / "reader")
    (reader / "model.safetensors").unlink()
    marker = tmp_path / "was run"
    # What unpickling it would do: open a file for writing.
    opening = f"cbuiltins\nopen\n(V{marker}\nVw\ntR.".encode()
    for name in ("pytorch_model.bin", "model.bin", "model.pt"):
        (reader / name).write_bytes(opening)
    with pytest.raises(docqa.ReaderError, match="safetensors"):
        docqa.Reader.load(str(reader))
    assert not marker.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window_tokens", 1e999),
        ("window_tokens", -1),
        ("window_tokens", "384"),
        ("answer_tokens", 10**30),
        ("overlap_tokens", True),
        ("ranking", {"null": "x"}),
        ("ranking", {"null": float("nan")}),
        ("ranking", {"other": 1}),
        ("ranking", [1, 2]),
        ("calibration", "abc"),
        ("calibration", {"right": "abcde", "no_answer": "abcde"}),
        ("calibration", {"right": [10**400] * 5, "no_answer": [0] * 5}),
        ("threshold", None),
        ("threshold", float("inf")),
        ("stop", "never"),
        ("scout", "docqa-small"),
        ("scout", {"reader": ["docqa-small"], "constant": 0, "score": 1, "null": 0, "retriever": 0, "margin": 1}),
        ("scout", {"reader": "docqa-small", "constant": "0", "score": 1, "null": 0, "retriever": 0, "margin": 1}),
        ("scout", {"reader": "docqa-small"}),
    ],
    ids=ascii,
)
def test_odd_settings_of_a_reader_are_refused_in_a_sentence(tmp_path, name, value):
    good = ReaderSettings().to_dict()
    (tmp_path / "docqa.json").write_text(json.dumps({**good, name: value}).replace("Infinity", "1e999"))
    with pytest.raises(docqa.ReaderError, match=r"docqa\.json are damaged"):
        load_settings(tmp_path)


@pytest.mark.parametrize("text", ["[]", "null", "5", "{", "[" * 100_000, "\0", '{"window_tokens": 9'])
def test_settings_that_are_no_object_are_refused_in_a_sentence(tmp_path, text):
    (tmp_path / "docqa.json").write_text(text)
    with pytest.raises(docqa.ReaderError, match=r"docqa\.json are damaged"):
        load_settings(tmp_path)
