"""The command line: exit codes, one sentence for each mistake, JSON, and what reaches the terminal."""

import importlib.metadata
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import click
import jsonschema
import pytest

import docqa
from docqa.cli import COMMANDS, commands, main
from docqa.cli.ask import _place as place
from docqa.cli.ask import _section as section
from docqa.cli.ask import _show as show
from docqa.documents import plugins
from docqa.documents.formats import READERS
from pdf_maker import make_pdf
from tiny_reader import save_word_finder

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "docs" / "answer.schema.json").read_text(encoding="utf-8"))
#: What a terminal obeys, or what turns the direction of writing.
OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
EVIL = (
    "The pilot \x1b[31mis paid\x1b]0;title\x07 in silver\x9b2J \u202eby the\u200b council, and \x1b]8;;http://evil\x1b\\\r\u2066\u061c"
    " the keeper of the lighthouse "
    "hears the wind each winter from the town hall, where the record of the third summer is.\n"
)
SQUAD = {
    "data": [
        {
            "title": "Pilots",
            "paragraphs": [
                {
                    "context": "The pilot is paid in silver by the council.",
                    "qas": [
                        {
                            "id": "1",
                            "question": "What is the pilot paid in?",
                            "answers": [{"text": "silver", "answer_start": 21}],
                        },
                        {"id": "2", "question": "Who pays?", "answers": [{"text": "the council", "answer_start": 31}]},
                    ],
                },
                {
                    "context": "The keeper hears the wind each winter.",
                    "qas": [
                        {
                            "id": "3",
                            "question": "What does the keeper hear?",
                            "answers": [{"text": "the wind", "answer_start": 17}],
                        }
                    ],
                },
            ],
        }
    ]
}


@dataclass(frozen=True)
class Outcome:
    """How a call ended and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(capsys, monkeypatch):
    """Calls docqa in this process."""

    def call_docqa(*arguments, stdin=None):
        if stdin is not None:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return Outcome(ended.value.code, *capsys.readouterr())

    return call_docqa


@pytest.fixture(scope="module")
def finder(tmp_path_factory):
    """The folder of a reader whose best answer is the word silver."""
    return save_word_finder(tmp_path_factory.mktemp("reader") / "finder", "silver")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOCQA_INDEX", raising=False)
    return tmp_path


@pytest.fixture
def documents(here, workers_here):
    """A folder with two documents and one file that cannot be read."""
    folder = here / "documents"
    folder.mkdir()
    (folder / "pay.txt").write_text("The pilot is paid in silver by the council.\n", encoding="utf-8")
    (folder / "guide.pdf").write_bytes(make_pdf("The ship waits outside.", "The keeper is paid in oil."))
    (folder / "broken.pdf").write_bytes(b"no PDF at all")
    return folder


@pytest.fixture
def indexed(documents, call):
    """The same, in the index docqa.db of the current folder."""
    call("index", documents)
    return documents


def assert_one_sentence(outcome, *parts):
    """The call was refused with one line on standard error that names what matters."""
    assert outcome.code == 2
    assert outcome.out == ""
    assert re.fullmatch(r"docqa: [^\n]+[.?']\n", outcome.err), outcome.err
    assert not OBEYED.search(outcome.err)
    for part in parts:
        assert str(part) in outcome.err


def test_a_folder_that_does_not_exist_is_named(here, call):
    assert_one_sentence(call("index", "nowhere"), "nowhere")
    assert_one_sentence(call("ask", "Who?", "nowhere"), "nowhere")


def test_a_kind_of_file_that_is_not_read_is_named(here, call):
    (here / "photo.jpg").write_bytes(b"x")
    assert_one_sentence(call("index", "photo.jpg"), "photo.jpg", ".pdf")


def test_every_kind_that_is_read_is_named_where_kinds_are_named(here, call, monkeypatch):
    plug_in = importlib.metadata.EntryPoint("vtt", "subtitles:read", plugins.GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [plug_in])
    plugins.find_plugins.cache_clear()
    (here / "photo.jpg").write_bytes(b"x")
    (here / "empty").mkdir()
    try:
        texts = [call("index", "--help").out, call("index", "photo.jpg").err, call("index", "empty").err]
    finally:
        plugins.find_plugins.cache_clear()
    for text in texts:
        assert {*READERS, ".vtt", ".gz"} <= set(re.findall(r"\.\w+", text))


def test_an_empty_folder_gives_exit_code_1_and_a_sentence(here, call):
    (here / "empty").mkdir()
    outcome = call("index", "empty")
    assert (outcome.code, outcome.out) == (1, "")
    assert "no files" in outcome.err


@pytest.mark.parametrize(
    "command", [("index", "."), ("ask", "Who?"), ("ask", "Who?", "."), ("search", "pilot"), ("status",)], ids=" ".join
)
class TestIndexesThatAreNone:
    """Every command that opens an index says why a file cannot be one, and leaves it as it is."""

    def test_a_folder(self, here, call, command):
        (here / "folder").mkdir()
        assert_one_sentence(call(*command, "--index", "folder"), "folder")

    def test_a_pdf(self, here, call, command):
        (here / "report.pdf").write_bytes(make_pdf("text"))
        before = (here / "report.pdf").read_bytes()
        assert_one_sentence(call(*command, "--index", "report.pdf"), "report.pdf")
        assert (here / "report.pdf").read_bytes() == before

    def test_an_sqlite_file_of_another_program(self, here, call, command):
        with sqlite3.connect(here / "other.db") as connection:
            connection.execute("CREATE TABLE documents (id INTEGER)")
        connection.close()
        before = (here / "other.db").read_bytes()
        assert_one_sentence(call(*command, "--index", "other.db"), "other.db", "another program")
        assert (here / "other.db").read_bytes() == before
        assert sorted(path.name for path in here.iterdir()) == ["other.db"]


@pytest.mark.parametrize(
    "command", [("ask", "Who?"), ("search", "pilot"), ("status",), ("status", "--failed")], ids=" ".join
)
def test_a_missing_index_is_named_and_not_made(here, call, command):
    assert_one_sentence(call(*command), "docqa.db", "docqa index")
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("question", ["", "  ", "?", "word " * 10_000])
def test_a_question_that_is_empty_or_has_ten_thousand_words_is_refused(indexed, call, question):
    assert_one_sentence(call("ask", question), "question")
    assert_one_sentence(call("search", question), "question")


def test_a_question_on_standard_input_can_be_wrong_too(indexed, call, finder):
    assert_one_sentence(call("ask", "-", "--reader", finder, stdin=b"\n \n"), "no question")
    assert_one_sentence(call("ask", "-", "--reader", finder, stdin=b"word " * 10_000), "10000 words")
    assert_one_sentence(call("ask", "-", "--reader", finder, stdin=b"caf\xe9?\n"), "utf-8")


def test_a_reader_that_is_no_folder_with_one_is_named(indexed, call):
    assert_one_sentence(call("ask", "Who?", "--reader", "./nowhere"), "./nowhere", "docqa-small")
    assert_one_sentence(call("ask", "Who?", "--reader", indexed), indexed, "docqa-small")


def test_a_threshold_for_a_reader_without_probabilities_is_refused(indexed, call, finder):
    assert_one_sentence(call("ask", "Who?", "--reader", finder, "--threshold", "0.5"), "finder", "threshold")


def test_a_question_file_that_is_missing_or_in_another_format_is_named(here, call, finder):
    assert_one_sentence(call("eval", "missing.json", "--reader", finder), "missing.json")
    assert_one_sentence(call("train", "missing.json", "--base", finder, "--out", "new"), "missing.json")
    (here / "other.json").write_text('{"questions": []}', encoding="utf-8")
    assert_one_sentence(call("eval", "other.json", "--reader", finder), "other.json", "SQuAD")
    assert_one_sentence(call("train", "other.json", "--base", finder, "--out", "new"), "other.json", "SQuAD")
    (here / "empty.json").write_text('{"data": []}', encoding="utf-8")
    assert_one_sentence(call("eval", "empty.json", "--reader", finder), "no questions")
    assert_one_sentence(call("eval", "empty.json", "--open", "--reader", finder), "no answerable questions")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", "Who?", "--top-k", "0"),
        ("ask", "Who?", "--threshold", "2"),
        ("ask", "Who?", "--ranking", "best"),
        ("index",),
        ("search", "pilot", "--limit", "none"),
        ("no-such-command",),
        ("status", "--no-such-option"),
        ("train", "x.json", "--base", "b", "--out", "o", "--windows", "12,no"),
    ],
    ids=" ".join,
)
def test_a_call_that_is_wrong_gives_exit_code_2_and_no_traceback(here, call, arguments):
    outcome = call(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Error: " in outcome.err
    assert "Traceback" not in outcome.err


def test_an_error_nobody_foresaw_is_one_sentence_and_a_traceback_only_with_debug(here, call, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("boom\n\x1b[31m")

    monkeypatch.setattr("docqa.corpus.open_corpus", fail)
    outcome = call("status")
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert "RuntimeError: boom [31m" in outcome.err
    assert "--debug" in outcome.err
    with pytest.raises(RuntimeError):
        main(["status", "--debug"])


def test_debug_shows_where_a_foreseen_error_came_from(here):
    with pytest.raises(docqa.IndexNotFoundError):
        main(["--debug", "status"])


def test_an_interrupt_ends_without_a_traceback(here, call, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("docqa.corpus.open_corpus", interrupt)
    outcome = call("status")
    assert outcome.code == 130
    assert "Traceback" not in outcome.err


def test_a_reader_of_an_unknown_name_without_a_network_is_one_sentence(here, documents, call):
    call("index", "documents")
    ended = subprocess.run(
        [sys.executable, "-m", "docqa", "ask", "Who?", "--reader", "no-such-reader"],
        env={**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(here / "hub")},
        capture_output=True,
        text=True,
        check=False,
    )
    outcome = Outcome(ended.returncode, ended.stdout, ended.stderr)
    assert_one_sentence(outcome, "no-such-reader", "http://127.0.0.1:9", "docqa-small")


def test_indexing_says_what_it_did_and_which_files_it_could_not_read(documents, call):
    outcome = call("index", "documents")
    assert outcome.code == 1
    assert "2 added, 1 not read" in outcome.out
    assert "broken.pdf" in outcome.err
    assert "PDF-NOT" in outcome.err
    (documents / "broken.pdf").unlink()
    outcome = call("index", "documents")
    assert (outcome.code, outcome.err) == (0, "")
    assert "1 removed, 2 unchanged" in outcome.out


def test_files_that_want_the_same_library_have_one_line_together(documents, call, monkeypatch):
    for name in ("a.html", "b.html", "c.html"):
        (documents / name).write_text("<p>The house by the river has a red door.", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "lxml", None)
    monkeypatch.setitem(sys.modules, "lxml.etree", None)
    monkeypatch.setitem(sys.modules, "lxml.html", None)
    outcome = call("index", "documents")
    assert "2 added, 4 not read" in outcome.out
    assert outcome.err.count("pip install lxml") == 1
    assert re.search(r"a\.html and 2 more", outcome.err)
    assert "broken.pdf  " in outcome.err


def test_the_report_of_indexing_as_json_names_every_file(documents, call):
    report = json.loads(call("index", "documents", "--json").out)
    assert report["schema"] == "docqa.index/1"
    assert report["added"] == ["documents/guide.pdf", "documents/pay.txt"]
    (failure,) = report["failed"]
    assert (failure["path"], failure["code"]) == ("documents/broken.pdf", "PDF-NOT")
    assert failure["sentence"].endswith(".")
    (documents / "pay.txt").rename(documents / "wages.txt")
    outcome = call("index", "documents", "--json")
    again = json.loads(outcome.out)
    assert outcome.code == 1
    assert again["moved"] == [{"from": "documents/pay.txt", "to": "documents/wages.txt"}]
    assert again["unchanged"] == ["documents/guide.pdf"]
    assert {"added", "changed", "moved", "removed", "unchanged", "failed"} <= set(again)


def test_status_says_what_the_index_holds(indexed, call):
    outcome = call("status")
    assert outcome.code == 0
    assert "docqa.db" in outcome.out
    assert "1 file" in outcome.out
    overview = json.loads(call("status", "--json").out)
    assert (overview["documents"], overview["pages"], overview["paragraphs"]) == (2, 3, 3)
    assert [entry["path"] for entry in overview["failed"]] == ["documents/broken.pdf"]


def test_status_lists_the_files_that_could_not_be_read(indexed, call):
    outcome = call("status", "--failed")
    assert outcome.code == 0
    assert "documents/broken.pdf" in outcome.out
    assert "PDF-NOT" in outcome.out
    assert "pay.txt" not in outcome.out
    (indexed / "broken.pdf").unlink()
    call("index", indexed)
    assert "Every file was read" in call("status", "--failed").out


def test_an_index_whose_name_looks_like_markup_is_shown_as_it_is(documents, call):
    call("index", "documents", "--index", "a[red].db")
    assert "a[red].db" in call("status", "--index", "a[red].db").out


def test_searching_gives_paragraphs_and_exit_code_1_when_nothing_matches(indexed, call):
    outcome = call("search", "who is the pilot")
    assert (outcome.code, outcome.err) == (0, "")
    assert "documents/pay.txt" in outcome.out
    outcome = call("search", "zebra")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.endswith(".\n")
    outcome = call("search", "zebra", "--json")
    assert (outcome.code, json.loads(outcome.out)["hits"]) == (1, [])
    hits = json.loads(call("search", "paid", "--json", "--path", "*.pdf").out)["hits"]
    assert [(hit["path"], hit["page"]) for hit in hits] == [("documents/guide.pdf", 2)]


def test_asking_shows_answer_place_and_sentence(indexed, call, finder):
    outcome = call("ask", "What is the pilot paid in?", "--reader", finder, "--top-k", "1")
    assert (outcome.code, outcome.err) == (0, "")
    assert [line.strip() for line in outcome.out.splitlines() if line.strip()] == [
        "What is the pilot paid in?",
        "silver",
        "documents/pay.txt",
        "The pilot is paid in silver by the council.",
    ]
    assert "BM25" in call("ask", "What is the pilot paid in?", "--reader", finder, "--explain").out


def test_asking_shows_pages_headings_and_words_as_they_are_read(here, call, finder, workers_here):
    (here / "a.pdf").write_bytes(make_pdf("The ship is paid in", "sil-\nver and silver each winter."))
    call("index", "a.pdf")
    outcome = call("ask", "What is the ship paid in?", "--reader", finder, "--top-k", "1")
    assert [line.strip() for line in outcome.out.splitlines() if line.strip()] == [
        "What is the ship paid in?",
        "silver",
        "a.pdf, page 2",
        "The ship is paid in silver and silver each winter.",
        "also a.pdf, page 2",
    ]
    (here / "b.md").write_text("# Law\n\n## Pay\n\nThe pilot is paid in silver.\n", encoding="utf-8")
    call("index", "b.md")
    assert "b.md · Law › Pay" in call("ask", "What is the pilot paid in?", "--reader", finder, "--top-k", "1").out


def test_answers_and_results_from_presentations_say_the_slide(here, call, finder):
    pptx = pytest.importorskip("pptx")
    presentation = pptx.Presentation()
    for text in ("The ship sails in May.", "The pilot is paid in silver."):
        slide = presentation.slides.add_slide(presentation.slide_layouts[6])
        slide.shapes.add_textbox(0, 0, 9, 9).text_frame.text = text
    presentation.save(here / "talk.pptx")
    call("index", "talk.pptx")
    answered = call("ask", "What is the pilot paid in?", "--reader", finder, "--top-k", "1").out
    assert "talk.pptx, slide 2" in answered
    assert "talk.pptx, slide 2" in call("search", "pilot silver").out
    assert "talk.pptx  2 slides" in call("status", "--documents").out


def test_a_place_over_a_page_break_names_both_pages_and_long_headings_are_cut():
    source = answers_with(0.5).best.sources[0]
    crossing = replace(source, link="a.pdf#page=1", path="a.pdf", end_page=2)
    assert place(crossing) == "a.pdf, pages 1 and 2"
    assert section(source) == ""
    assert section(replace(source, headings=("Law", "Harbours", "Fees"))) == " · Law › Harbours › Fees"
    assert section(replace(source, headings=("A " * 20, "B " * 20, "C " * 20))) == f" · … › {'C ' * 20}".rstrip()
    assert section(replace(source, headings=("word " * 30,))) == f" · {'word ' * 12}…"
    assert "\x1b" not in section(replace(source, headings=("\x1b[31mred",)))


def test_asking_with_paths_indexes_them_first(documents, call, finder):
    outcome = call("ask", "What is the pilot paid in?", "documents", "--reader", finder, "--json")
    assert outcome.code == 0
    assert "broken.pdf" in outcome.err
    given = json.loads(outcome.out)
    jsonschema.validate(given, SCHEMA)
    assert given["answers"][0]["text"] == "silver"
    assert given["index"]["documents"] == 2
    (documents / "pay.txt").write_text("Since today the pilot is paid in silver coins.\n", encoding="utf-8")
    again = json.loads(call("ask", "What is the pilot paid in?", "documents", "--reader", finder, "--json").out)
    assert again["answers"][0]["sources"][0]["context"] == "Since today the pilot is paid in silver coins."


def test_asking_with_paths_takes_the_options_of_indexing(documents, call, finder):
    (documents / "locked.pdf").write_bytes(make_pdf("The pilot is paid in silver, too.", password="swordfish"))
    (documents / "long.pdf").write_bytes(make_pdf("One page.", "Another page.", "A third page."))
    (documents.parent / "passwords.txt").write_text("swordfish\n", encoding="utf-8")
    asking = ("ask", "What is the pilot paid in?", "documents", "--reader", finder, "--threshold", "0", "--json")
    outcome = call(
        *asking, "--include", "*.pdf", "--exclude", "guide*", "--password-file", "passwords.txt", "--pages-a-file", "2"
    )
    assert outcome.code == 0
    assert {source["path"] for answer in json.loads(outcome.out)["answers"] for source in answer["sources"]} == {
        "documents/locked.pdf"
    }
    assert "--pages-a-file raises this limit" in outcome.err
    with docqa.open("docqa.db") as corpus:
        assert not {"documents/guide.pdf", "documents/pay.txt"} & {entry.path for entry in corpus.documents()}


@pytest.mark.parametrize(
    "option", [("--include", "*.pdf"), ("--retry-failed",), ("--pages-a-file", "2"), ("--workers", "1")]
)
def test_an_option_of_indexing_without_a_path_to_index_is_refused(indexed, call, option):
    outcome = call("ask", "What is the pilot paid in?", *option)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        f"docqa: {option[0]} is for indexing; name the files or folders after the question, or leave it out.\n"
    )


def test_the_help_of_ask_has_the_options_of_indexing_by_themselves_and_the_same_as_index(call):
    own, others = call("ask", "--help").out.split("Options for indexing PATHs:\n")
    index = call("index", "--help").out
    names = re.findall(r"^  (--[\w-]+)", others, re.MULTILINE)
    assert {"--include", "--exclude", "--password-file", "--seconds-a-file"} <= set(names)
    for name in names:
        assert f"  {name} " in index
        assert f"  {name} " not in own
    assert "--top-k" in own


def test_a_question_without_an_answer_gives_exit_code_1(indexed, call, finder):
    outcome = call("ask", "zebra?", "--reader", finder)
    assert outcome.code == 1
    assert "No answer found" in outcome.out
    assert "--threshold" not in outcome.err
    outcome = call("ask", "zebra?", "--reader", finder, "--json")
    assert (outcome.code, json.loads(outcome.out)["answers"]) == (1, [])


def test_when_an_answer_is_kept_back_the_way_to_see_it_is_said(indexed, call):
    kept_back = call("ask", "Which opera did the pilot of Chicago compose?", "--reader", "docqa-small")
    assert kept_back.code == 1
    assert "--threshold 0" in kept_back.err
    shown = call("ask", "Which opera did the pilot of Chicago compose?", "--reader", "docqa-small", "--threshold", "0")
    assert shown.code == 0
    assert "--threshold" not in shown.err


def test_questions_on_standard_input_give_one_object_a_line(indexed, call, finder):
    questions = "What is the pilot paid in?\n\nWho hears the “wind”?\r\nzebra?\n".encode()
    outcome = call("ask", "-", "--reader", finder, "--json", stdin=questions)
    assert outcome.code == 0
    rows = [json.loads(line) for line in outcome.out.splitlines()]
    for row in rows:
        jsonschema.validate(row, SCHEMA)
    assert [row["question"] for row in rows] == ["What is the pilot paid in?", "Who hears the “wind”?", "zebra?"]
    outcome = call("ask", "-", "--reader", finder, stdin=questions)
    assert outcome.out.count("What is the pilot paid in?") == 1
    assert call("ask", "-", "--reader", finder, stdin=b"zebra?\n").code == 1


def test_the_index_is_the_one_of_the_option_else_of_the_environment(documents, call, monkeypatch):
    call("index", "documents", "--index", "one.db")
    monkeypatch.setenv("DOCQA_INDEX", "one.db")
    assert call("search", "pilot").code == 0
    assert_one_sentence(call("search", "pilot", "--index", "two.db"), "two.db")


@pytest.mark.parametrize(
    "command",
    [
        ("ask", "What is the pilot paid in?"),
        ("ask", "What is the pilot paid in?", "--json"),
        ("ask", "What is the pilot \x1b[31mpaid in?"),
        ("search", "pilot"),
        ("search", "pilot", "--json"),
        ("search", "zebra\x1b[2J"),
        ("index", "documents"),
        ("index", "documents", "--json"),
        ("status",),
        ("status", "--failed"),
        ("status", "--documents"),
        ("status", "--documents", "--json"),
        ("index", "\x1b[31mnowhere"),
    ],
    ids=lambda command: ascii(" ".join(command)),
)
def test_nothing_in_a_document_its_name_or_a_question_steers_the_terminal(documents, call, finder, command):
    (documents / "pay.txt").write_text(EVIL, encoding="utf-8")
    (documents / "e\x1b[31mvil\x9b.txt").write_text(f"Title \x1b[1m\n\n{EVIL}", encoding="utf-8")
    (documents / "e\x1b[31mvil.pdf").write_bytes(b"none")
    assert len(json.loads(call("index", "documents", "--json").out)["added"]) == 3
    outcome = call(*command, *(["--reader", finder] if command[0] == "ask" else []))
    assert outcome.out + outcome.err
    assert not OBEYED.search(outcome.out + outcome.err)


def test_answers_as_json_stay_verbatim_with_control_characters(documents, call, finder):
    (documents / "pay.txt").write_text(EVIL, encoding="utf-8")
    call("index", "documents")
    given = json.loads(call("ask", "Who is the pilot?", "--reader", finder, "--json", "--top-k", "9").out)
    for answer in given["answers"]:
        for source in answer["sources"]:
            if source["path"].endswith("pay.txt"):
                assert EVIL[source["start"] : source["end"]] == answer["text"]
    assert any("\x9b" in source["context"] for answer in given["answers"] for source in answer["sources"])


def test_eval_measures_a_reader_on_given_paragraphs_and_through_the_retriever(here, call, finder):
    (here / "questions.json").write_text(json.dumps(SQUAD), encoding="utf-8")
    given = json.loads(call("eval", "questions.json", "--reader", finder, "--json").out)
    assert given["schema"] == "docqa.eval/1"
    assert given["questions"] == 3
    assert given["exact_match"] == pytest.approx(100 / 3)
    assert given["f1"] >= given["exact_match"]
    pooled = json.loads(call("eval", "questions.json", "--reader", finder, "--open", "--json").out)
    assert set(pooled["recall"]) == {"1", "5", "20"}
    assert 0 < pooled["mrr"] <= 1
    first = json.loads(call("eval", "questions.json", "--reader", finder, "--limit", "1", "--json").out)
    assert (first["questions"], first["exact_match"]) == (1, 100)
    drawn = call("eval", "questions.json", "--reader", finder, "--sample", "2", "--json").out
    assert json.loads(drawn)["questions"] == 2
    assert drawn == call("eval", "questions.json", "--reader", finder, "--sample", "2", "--json").out
    table = call("eval", "questions.json", "--reader", finder, "--open").out
    assert "mean reciprocal rank" in table
    assert "exact match" in call("eval", "questions.json", "--reader", finder).out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_every_command_explains_every_option(call, name):
    outcome = call(name, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    for parameter in commands.get_command(click.Context(commands), name).params:
        if isinstance(parameter, click.Option):
            assert parameter.help
            explained = rf"{parameter.opts[-1]}\b[^\n]*?(  +|\n +)\S"
            assert re.search(explained, outcome.out), parameter.opts


def test_the_help_and_the_version_are_printed(call):
    given = call("--help").out
    assert "Exit" in given
    for name, what in COMMANDS.items():
        assert re.search(rf"\n  {name} +{re.escape(what)}\n", given)
    assert docqa.__version__ in call("--version").out


@pytest.mark.parametrize(
    "code",
    [
        "import docqa; docqa.open; docqa.Corpus; docqa.Reader; docqa.AskOptions",
        "from docqa.cli import main; main(['--help'])",
        "from docqa.cli import main; main(['ask', '--help'])",
        "from docqa.cli import main; main(['index', 'a.txt', '--workers', '1'])",
    ],
)
def test_torch_and_transformers_are_loaded_by_nothing_but_reading(here, code):
    (here / "a.txt").write_text("The pilot.\n", encoding="utf-8")
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint('loaded:', {{'torch', 'transformers'}} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.endswith("loaded: set()\n")


def test_the_list_of_commands_is_given_without_importing_them():
    script = "import sys\nfrom docqa.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
    script += "print(sorted(name for name in sys.modules if name.startswith('docqa.cli.')))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.endswith("['docqa.cli.console']\n")


def test_a_command_that_does_not_exist_is_named(call):
    outcome = call("serch", "pilot")
    assert (outcome.code, outcome.out) == (2, "")
    assert "No such command 'serch'" in outcome.err


def answers_with(*chances):
    """Answers of such probabilities, each with one source."""
    source = docqa.Source(
        path="a.txt", sha256="", title="", page=1, start=0, end=3, page_label=None, paragraph=1, context="yes", context_start=0,
        context_end=3, retriever_score=1.0, score=1.0, null_score=0.0, ranking_score=1.0, link="a.txt",
        context_display="yes", display_start=0, display_end=3, headings=(), text="yes", end_page=1, parts=(),
    )  # fmt: skip
    found = tuple(
        docqa.Answer(f"answer {rank}", 1.0, chance, (source,), f"answer {rank}") for rank, chance in enumerate(chances)
    )
    return docqa.Answers("?", found, 0.1, docqa.Timings(1, 1, 2), docqa.IndexInfo("docqa.db", 1, 1, 1), "r")


@pytest.mark.parametrize(
    ("chances", "asked", "shown", "remark"),
    [
        ((0.8, 0.09, 0.02), None, 1, "2 unlikely alternatives not shown"),
        ((0.8, 0.3, 0.02), None, 2, "1 unlikely alternative not shown"),
        ((0.8, 0.3), None, 2, ""),
        ((0.05, 0.04), None, 1, "1 unlikely alternative not shown"),
        ((0.8, 0.09, 0.02), 0.0, 3, ""),
        ((None, None), None, 2, ""),
    ],
)
def test_unlikely_alternatives_are_counted_and_shown_when_asked_for(capsys, chances, asked, shown, remark):
    show(answers_with(*chances), explain=False, first=True, asked_threshold=asked)
    written = capsys.readouterr()
    assert [f"answer {rank}" in written.out for rank in range(len(chances))] == [
        rank < shown for rank in range(len(chances))
    ]
    assert written.err.strip() == remark
