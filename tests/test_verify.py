"""Whether files are still what was indexed: `docqa verify`, and the marks on the sources of answers."""

import json
import os
from pathlib import Path

import jsonschema
import pytest

import docqa
from pdf_maker import make_pdf
from tiny_reader import save_word_finder

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "answer.schema.json").read_text(encoding="utf-8"))
SILVER = "The pilot is paid in silver by the council.\n"


@pytest.fixture
def documents(tmp_path, monkeypatch, workers_here):
    """An indexed folder in the current one: a text, a PDF, and a file that cannot be read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOCQA_INDEX", raising=False)
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "pay.txt").write_text(SILVER, encoding="utf-8")
    (folder / "guide.pdf").write_bytes(make_pdf("The ship waits outside."))
    (folder / "broken.pdf").write_bytes(b"no PDF at all")
    with docqa.open("docqa.db") as corpus:
        corpus.index("documents")
    return folder


def verified(**options):
    with docqa.open("docqa.db", create=False) as corpus:
        return corpus.verify(**options)


@pytest.mark.parametrize("quick", [False, True])
def test_files_that_are_as_they_were_are_unchanged_and_failed_ones_still_failed(documents, quick):
    report = verified(quick=quick)
    assert report.unchanged == ("documents/guide.pdf", "documents/pay.txt")
    assert [(failure.path, failure.code) for failure in report.failed] == [("documents/broken.pdf", "PDF-NOT")]
    assert report.up_to_date


@pytest.mark.parametrize("quick", [False, True])
def test_other_content_a_missing_file_and_a_failed_file_that_is_another_now_are_told_apart(documents, quick):
    (documents / "pay.txt").write_text("Now in gold, and every week.\n", encoding="utf-8")
    (documents / "guide.pdf").unlink()
    (documents / "broken.pdf").write_bytes(make_pdf("Mended."))
    report = verified(quick=quick)
    assert (report.changed, report.missing) == (("documents/broken.pdf", "documents/pay.txt"), ("documents/guide.pdf",))
    assert (report.unchanged, report.failed, report.up_to_date) == ((), (), False)


def test_content_of_the_same_size_and_time_is_noticed_unless_quick(documents):
    file = documents / "pay.txt"
    before = file.stat()
    file.write_text(SILVER.replace("silver", "copper"), encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert verified().changed == ("documents/pay.txt",)
    assert verified(quick=True).changed == ()


def test_a_file_that_was_only_touched_is_changed_for_quick_alone(documents):
    os.utime(documents / "pay.txt", (1, 1))
    assert verified().up_to_date
    assert verified(quick=True).changed == ("documents/pay.txt",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_place_of_a_file_is_not_opened_and_counts_as_missing(documents):
    (documents / "pay.txt").unlink()
    os.mkfifo(documents / "pay.txt")
    assert verified().missing == ("documents/pay.txt",)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_file_whose_name_is_no_text_is_found_again(documents):
    name = os.fsdecode(b"caf\xe9.txt")
    (documents / name).write_text(SILVER, encoding="utf-8")
    with docqa.open("docqa.db") as corpus:
        corpus.index("documents")
    assert "documents/caf\\udce9.txt" in verified().unchanged
    (documents / name).unlink()
    assert verified().missing == ("documents/caf\\udce9.txt",)


def test_verify_changes_nothing_in_the_index(documents):
    (documents / "pay.txt").unlink()
    with docqa.open("docqa.db") as corpus:
        before = corpus.info(), corpus.documents()
        corpus.verify()
        assert (corpus.info(), corpus.documents()) == before


def test_the_command_exits_with_0_when_all_is_unchanged_1_when_not_and_2_without_an_index(documents, call, tmp_path):
    assert call("verify")[0] == 0
    (documents / "pay.txt").unlink()
    code, out, err = call("verify")
    assert code == 1
    assert "missing" in out
    assert "documents/pay.txt" in out
    assert "docqa index" in err
    assert call("verify", "--index", tmp_path / "none.db")[0] == 2


def test_the_json_of_verify_names_its_schema_and_every_file(documents, call):
    (documents / "pay.txt").write_text("Now in gold.\n", encoding="utf-8")
    code, out, _ = call("verify", "--json")
    report = json.loads(out)
    assert code == 1
    assert report["schema"] == "docqa.verify/1"
    assert report["up_to_date"] is False
    assert report["changed"] == ["documents/pay.txt"]
    assert report["unchanged"] == ["documents/guide.pdf"]
    assert [failure["code"] for failure in report["failed"]] == ["PDF-NOT"]


@pytest.fixture(scope="module")
def finder(tmp_path_factory):
    """The folder of a reader whose best answer is the word silver."""
    return save_word_finder(tmp_path_factory.mktemp("reader") / "finder", "silver")


def marks(answers):
    return {(source.path, source.changed, source.missing) for answer in answers for source in answer.sources}


def test_sources_are_marked_as_their_files_change_and_go_in_remembered_answers_too(documents, finder):
    file = documents / "pay.txt"
    question = "What is the pilot paid in?"
    with docqa.open("docqa.db", reader=str(finder)) as corpus:
        plain = corpus.ask(question)
        assert marks(plain) == {("documents/pay.txt", False, False)}
        assert all({"changed", "missing"}.isdisjoint(s) for a in plain.to_dict()["answers"] for s in a["sources"])
        file.write_text("Now in gold, and every week.\n", encoding="utf-8")
        changed = corpus.ask(question)
        assert marks(changed) == {("documents/pay.txt", True, False)}
        assert changed.to_dict()["answers"][0]["sources"][0]["changed"] is True
        jsonschema.validate(changed.to_dict(), SCHEMA)
        file.unlink()
        missing = corpus.ask(question)
        assert marks(missing) == {("documents/pay.txt", False, True)}
        jsonschema.validate(missing.to_dict(), SCHEMA)
        file.write_text(SILVER, encoding="utf-8")
        assert marks(corpus.ask(question)) == {("documents/pay.txt", False, False)}


def test_a_cited_file_of_the_same_size_and_another_time_is_judged_by_its_content(documents, finder):
    file = documents / "pay.txt"
    with docqa.open("docqa.db", reader=str(finder)) as corpus:
        os.utime(file, (1, 1))
        assert marks(corpus.ask("What is the pilot paid in?")) == {("documents/pay.txt", False, False)}
        file.write_text(SILVER.replace("silver", "copper"), encoding="utf-8")
        os.utime(file, (2, 2))
        assert marks(corpus.ask("What is the pilot paid in?")) == {("documents/pay.txt", True, False)}


def test_a_person_is_told_that_a_cited_file_changed_or_is_gone_and_what_to_do(documents, finder, call):
    asking = ("ask", "What is the pilot paid in?", "--reader", finder, "--threshold", "0")
    assert "!" not in call(*asking)[2]
    (documents / "pay.txt").write_text("Now in gold, and every week.\n", encoding="utf-8")
    assert "documents/pay.txt changed since it was indexed" in (said := call(*asking)[2])
    assert "docqa index documents/pay.txt" in said
    (documents / "pay.txt").unlink()
    assert "documents/pay.txt is gone" in call(*asking)[2]
