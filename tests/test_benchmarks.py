"""What benchmarks are made of; no benchmark runs here, and no time is ever asserted."""

import doctest
import importlib
import json
from collections import Counter
from pathlib import Path

import pytest

from docqa.errors import DataFileError
from docqa.evaluation.squad import load_squad

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))


def test_a_result_is_read_back_as_it_was_written(tmp_path, capsys):
    from results import Column, Table, load_result, publish

    table = Table("times", "Times", (Column("what"), Column("ms", 1)), (("a", 1234.56), ("b", None)), "A note.")
    result = publish("start", "Starting", [table], tmp_path / "new" / "start.json")
    assert load_result(tmp_path / "new" / "start.json") == result
    assert "| a | 1,234.6 |" in capsys.readouterr().out
    assert result.machine["cores"]


def test_a_report_has_every_result_and_passes_other_files_by(tmp_path, monkeypatch, capsys):
    import report
    from results import Column, Table, publish

    for name in ("start", "shapes"):
        table = Table("times", f"Times of {name}", (Column("ms", 1),), ((1.0,),))
        publish(name, name.title(), [table], tmp_path / f"{name}.json")
    (tmp_path / "other.json").write_text(json.dumps([1]))
    monkeypatch.setattr("sys.argv", ["report.py", str(tmp_path)])
    report.main()
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert page.index("## Shapes") < page.index("## Start")
    assert page.count("Measured on") == 1
    assert "2 results" in capsys.readouterr().out


def test_figures_stand_beside_their_aims_and_what_was_not_measured_is_left_out(tmp_path):
    from results import Column, Table, publish
    from standing import standing

    readers = (Column("reader"), Column("paragraphs a second", 1))
    rates = (
        ("docqa", 105),
        ("docqa, all candidates", 83.6),
        ("transformers pipeline, batch 1", 21.0),
        ("... batch 16", 50.0),
    )
    searches = (Column("in the index"), Column("first search, ms"), Column("p50 ms", 2), Column("p95 ms", 2))
    columns = (*searches, Column("memory added, MB"))
    results = {
        "peers": publish("peers", "Peers", [Table("readers", "", readers, rates)], None),
        "scale": publish("scale", "Size", [Table("searching", "", columns, ((1_000_000, 20, 3.9, 15.06, 9),))], None),
        "shapes": publish("shapes", "Shapes", [], None),
    }
    assert standing(results).rows == (
        ("Reading (all candidates): times as fast as the transformers pipeline", "3.98", "at least 4", "no"),
        ("Reading (as it is): times as fast as the transformers pipeline", "5.00", None, None),
        ("Searching 1,000,000 paragraphs: the first search after opening", "20 ms", "at most 50 ms", "yes"),
        ("Searching 1,000,000 paragraphs: median search", "3.90 ms", "at most 4 ms", "yes"),
        ("Searching 1,000,000 paragraphs: 95 of 100 searches", "15.06 ms", "at most 15 ms", "no"),
        ("Searching 1,000,000 paragraphs: memory it adds", "9 MB", "at most 1,000 MB", "yes"),
    )
    smaller = publish("scale", "Size", [Table("searching", "", columns, ((100_000, 20, 1.0, 2.0, 9),))], None)
    assert standing({"scale": smaller}).rows == ()


def test_sample_questions_are_of_the_words_of_their_paragraphs(tmp_path):
    import sample_text

    sentences = [
        "The treaty was signed by the two envoys in the old palace at last.",
        "A heading of some length 12",
        "Nobody in the town had ever seen such a large and silent crowd before.",
    ]
    made = sample_text.sample_questions(sentences, 20)
    assert made == sample_text.sample_questions(sentences, 20)
    file = tmp_path / "sample.json"
    file.write_text(json.dumps(made))
    questions = load_squad(file)
    assert len(questions) == 20
    assert all(question.standing and "what" in question.text for question in questions)
    assert sample_text.measures_time_only(questions)
    assert sample_text.ask_for_rarest(sentences[1], Counter()) is None


def test_longer_contexts_hold_every_answer_where_they_say(tmp_path, monkeypatch):
    import longer_contexts

    contexts = ["The red ship left on Monday.", "A red lamp burns.", "The ship of Ada is red.", "Monday was calm."]
    asked = [("Which lamp burns?", "red", 1), ("Whose ship is red?", "Ada", 2), ("When did it leave?", "Monday", 0)]
    entries = [
        {
            "context": contexts[number],
            "qas": [{"id": text, "question": text, "answers": [{"text": answer, "answer_start": start}]}],
        }
        for text, answer, number in asked
        for start in [contexts[number].index(answer)]
    ]
    short, longer = tmp_path / "short.json", tmp_path / "longer.json"
    short.write_text(json.dumps({"data": [{"paragraphs": entries}]}))
    monkeypatch.setattr("sys.argv", ["longer_contexts.py", "--qa", str(short), "--out", str(longer)])
    longer_contexts.main()
    questions = {question.id: question for question in load_squad(longer)}
    assert questions.keys() == {text for text, _, _ in asked}
    for text, answer, number in asked:
        question = questions[text]
        assert [found.text for found in question.standing] == [answer]
        assert contexts[number] in question.paragraph
        assert question.paragraph.count(answer) == contexts[number].count(answer)
    assert any(len(question.paragraph) > max(map(len, contexts)) for question in questions.values())


def _paragraph_file(path, paragraphs):
    entries = [
        {
            "context": text,
            "qas": [{"id": str(number), "question": "Who?", "answers": [{"text": "Ada", "answer_start": 0}]}],
        }
        for number, text in enumerate(paragraphs)
    ]
    path.write_text(json.dumps({"data": [{"paragraphs": entries}]}))
    return path


def test_written_questions_find_their_paragraphs_and_one_paragraph_in_twenty_is_held_out(tmp_path, monkeypatch):
    import written_questions

    texts = [f"Ada  built ship {number}. Ada sold it." for number in range(100)]
    rows = [
        row
        for text in [*texts, "Nobody has this paragraph."]
        for row in (
            f"{written_questions.mark(text.upper())}\tA\t0\t3\tWho built a ship?",
            f"{written_questions.mark(text)}\tU\t0\t3\tWho sank it?",
        )
    ]
    written = tmp_path / "written.tsv"
    written.write_text("\n".join(rows) + "\n")
    qa = _paragraph_file(tmp_path / "qa.json", texts)
    out, held_out = tmp_path / "out.json", tmp_path / "held_out.json"
    arguments = ["--qa", str(qa), "--written", str(written), "--out", str(out), "--held-out", str(held_out)]
    monkeypatch.setattr("sys.argv", ["written_questions.py", *arguments])
    written_questions.main()
    questions, others = load_squad(out), load_squad(held_out)
    held = sum(written_questions.is_held_out(written_questions.mark(text)) for text in texts)
    assert (len(questions), len(others)) == (2 * (len(texts) - held), 2 * held)
    assert held
    assert not {question.paragraph for question in questions} & {question.paragraph for question in others}
    for question in questions + others:
        found = [answer.start for answer in question.standing]
        assert found == ([0, question.paragraph.index("Ada sold")] if "built" in question.text else [])


def test_a_line_that_is_no_written_question_is_named(tmp_path):
    import written_questions

    written = tmp_path / "written.tsv"
    written.write_text("0123456789ab\tA\t0\t3\tWho?\n0123456789ab\tmaybe\t0\t3\tWho?\n")
    with pytest.raises(DataFileError, match="line 2"):
        written_questions.load_written(written)


def test_the_questions_that_people_asked_stand_beside_edited_ones(tmp_path, monkeypatch):
    import written_questions

    texts = [f"Ada  built ship {number}. Ada sold it." for number in range(40)]
    edited = tmp_path / "edited.tsv"
    edited.write_text("".join(f"{written_questions.mark(text)}\tU\t0\t3\tWho sank it?\n" for text in texts[:20]))
    qa = _paragraph_file(tmp_path / "qa.json", texts)
    out, held_out = tmp_path / "out.json", tmp_path / "held_out.json"
    arguments = ["--own", "--qa", str(qa), "--written", str(edited), "--out", str(out), "--held-out", str(held_out)]
    monkeypatch.setattr("sys.argv", ["written_questions.py", *arguments])
    written_questions.main()
    questions = load_squad(out) + load_squad(held_out)
    people = [question for question in questions if question.answers]
    assert len({question.paragraph for question in questions}) == len(people) == len(questions) // 2 == 20
    asked = {(" ".join(question.paragraph.split()), question.text) for question in load_squad(qa)}
    assert {(question.paragraph, question.text) for question in people} < asked
    assert all(len(question.standing) == len(question.answers) for question in people)


def test_the_written_questions_that_ship_are_of_both_kinds_and_asked_once():
    import written_questions

    written = written_questions.load_written(written_questions.QUESTIONS)
    assert len({(row.mark, row.question.lower()) for row in written}) == len(written)
    assert all(0 <= row.start < row.end and row.question.strip() == row.question != "" for row in written)
    assert 0.3 < sum(row.answered for row in written) / len(written) < 0.37


def test_people_s_questions_keep_all_their_answers_and_nothing_is_held_out_without_a_file_for_it(tmp_path, monkeypatch):
    import written_questions

    text = "Ada  built ship 1. Ada sold it."
    edited = tmp_path / "edited.tsv"
    edited.write_text(f"{written_questions.mark(text)}\tU\t0\t3\tWho sank it?\n")
    answers = [{"text": "Ada", "answer_start": 0}, {"text": "ship 1", "answer_start": 11}]
    asked = {"id": "q", "question": "What did Ada build?", "answers": answers}
    qa = tmp_path / "qa.json"
    qa.write_text(json.dumps({"data": [{"paragraphs": [{"context": text, "qas": [asked]}]}]}))
    out = tmp_path / "out.json"
    monkeypatch.setattr(
        "sys.argv", ["written_questions.py", "--own", "--qa", str(qa), "--written", str(edited), "--out", str(out)]
    )
    written_questions.main()
    accepted = {question.text: set(question.answer_texts) for question in load_squad(out)}
    assert accepted == {"Who sank it?": set(), "What did Ada build?": {"Ada", "ship 1"}}


@pytest.mark.parametrize("name", ["edited.tsv", "edited_unread.tsv"])
def test_the_edited_questions_that_ship_have_no_answer_and_are_asked_once(name):
    import written_questions

    edited = written_questions.load_written(written_questions.QUESTIONS.with_name(name))
    assert len({(row.mark, row.question.lower()) for row in edited}) == len(edited)
    assert all(0 <= row.start < row.end and row.question.strip() == row.question != "" for row in edited)
    assert not any(row.answered for row in edited)


def test_every_benchmark_of_make_bench_writes_its_result():
    lines = (FOLDER.parent / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    steps = [line.split() for line in lines if line.strip().startswith("$(MEASURE)/")]
    assert steps
    for step in steps:
        script = FOLDER / step[0].removeprefix("$(MEASURE)/")
        assert script.is_file()
        assert "--json" in step or script.name in {"report.py", "sample_text.py"}, script.name


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.py") if ">>>" in file.read_text("utf-8")))
def test_examples_in_benchmarks_give_what_they_say(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted
    assert not found.failed
