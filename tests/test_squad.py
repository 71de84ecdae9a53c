"""Question files in SQuAD format, and the official metric."""

import json

import pytest

from docqa.errors import DataFileError
from docqa.evaluation.metrics import exact_match, f1
from docqa.evaluation.squad import load_squad

CONTEXT = "The treaty was signed in Oslo in 1921."


def squad_of(*questions, context=CONTEXT):
    return {
        "version": "2.0",
        "data": [{"title": "Treaty", "paragraphs": [{"context": context, "qas": list(questions)}]}],
    }


def question_of(*answers, number=1, text="Where was it signed?", **more):
    marked = [{"text": answer, "answer_start": start} for answer, start in answers]
    return {"id": f"q{number}", "question": text, "answers": marked, **more}


@pytest.fixture
def squad_file(tmp_path):
    """Writes JSON, or text as it is, to a file."""

    def write(content):
        path = tmp_path / "questions.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("prediction", "answers", "exact", "shared"),
    [
        ("the Treaty", ["treaty"], 1, 1),
        ("An apple, a pear.", ["apple pear"], 1, 1),
        ("U.S.A.", ["usa"], 1, 1),
        ("20-30", ["2030"], 1, 1),
        ("Another theatre", ["nother theatre"], 0, 0.5),
        ("in Oslo", ["Oslo"], 0, 2 / 3),
        ("Oslo", ["Bergen", "in Oslo in 1921", "Oslo, Norway"], 0, 2 / 3),
        ("Bergen", ["Oslo", "Bergen"], 1, 1),
        ("Bergen", ["Oslo"], 0, 0),
        ("red red blue", ["red blue blue"], 0, 2 / 3),
        ("", [], 1, 1),
        ("Oslo", [], 0, 0),
        ("", ["Oslo"], 0, 0),
        ("the", [], 1, 1),
        ("The", ["a"], 1, 1),
        ("the", ["Oslo"], 0, 0),
    ],
)
def test_exact_match_and_f1_are_those_of_the_official_script(prediction, answers, exact, shared):
    assert exact_match(prediction, answers) == exact
    assert f1(prediction, answers) == pytest.approx(shared)


def test_a_question_comes_with_its_paragraph_title_and_answers(squad_file):
    (question,) = load_squad(squad_file(squad_of(question_of(("Oslo", 25), ("in Oslo", 22), ("Oslo", 25)))))
    assert (question.id, question.text, question.paragraph, question.title) == (
        "q1",
        "Where was it signed?",
        CONTEXT,
        "Treaty",
    )
    assert question.answer_texts == ("Oslo", "in Oslo")
    assert [question.paragraph[answer.start : answer.end] for answer in question.standing] == [
        "Oslo",
        "in Oslo",
        "Oslo",
    ]


def test_unanswerable_questions_have_no_answers_even_where_plausible_ones_are_given(squad_file):
    entries = [
        question_of(number=1),
        question_of(("Oslo", 25), number=2, is_impossible=True),
        {
            "id": "q3",
            "question": "Why?",
            "is_impossible": True,
            "plausible_answers": [{"text": "1921", "answer_start": 33}],
        },
    ]
    assert [question.answers for question in load_squad(squad_file(squad_of(*entries)))] == [(), (), ()]


def test_an_answer_that_stands_elsewhere_counts_in_the_metric_and_not_as_standing(squad_file):
    (question,) = load_squad(squad_file(squad_of(question_of(("Oslo", 3)))))
    assert question.answer_texts == ("Oslo",)
    assert question.standing == ()


def test_a_limit_keeps_the_first_questions(squad_file):
    path = squad_file(squad_of(*(question_of(number=number) for number in range(5))))
    assert [question.id for question in load_squad(path, 2)] == ["q0", "q1"]


def test_an_empty_file_of_questions_gives_none(squad_file):
    assert load_squad(squad_file({"data": []})) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not JSON",
        '{"data": [',
        "\ufeff{}",
        [],
        "null",
        {},
        {"data": None},
        {"data": ["text"]},
        {"data": [{"paragraphs": [{"qas": []}, {"context": "x"}]}]},
        squad_of({"question": "No id?", "answers": []}),
        squad_of({"id": "q1", "answers": []}),
        squad_of({"id": "q1", "question": "?", "answers": {"text": ["Oslo"], "answer_start": [25]}}),
        squad_of({"id": "q1", "question": "?", "answers": [{"text": "Oslo"}]}),
        squad_of({"id": "q1", "question": "?", "answers": [{"text": "Oslo", "answer_start": "x"}]}),
        squad_of({"id": "q1", "question": "?", "answers": ["Oslo"]}),
        squad_of(question_of(), context=None),
        squad_of(question_of(), context=["Oslo"]),
    ],
)
def test_a_file_in_another_format_is_refused_with_its_name(squad_file, content):
    path = squad_file(content)
    with pytest.raises(DataFileError, match=r"questions\.json"):
        load_squad(path)


def test_a_file_that_is_missing_a_folder_or_not_utf_8_is_refused_with_its_name(tmp_path):
    (tmp_path / "latin.json").write_bytes('{"data": "é"}'.encode("latin-1"))
    for name in ("missing.json", "latin.json", "."):
        with pytest.raises(DataFileError, match=str(tmp_path)):
            load_squad(tmp_path / name)
