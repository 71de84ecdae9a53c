"""What docs/security.md says of indexes and names that strangers made, and of the limits."""

import os
import re
from pathlib import Path

import pytest

import docqa
from docqa.documents.limits import DEFAULT_LIMITS, LIMIT_OPTIONS
from docqa.store.opening import open_database

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
