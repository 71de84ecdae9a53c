"""Training: targets, loss, resuming, and a reader at the end."""

import json
import random
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import MPNetConfig, MPNetForQuestionAnswering, PreTrainedTokenizerFast

import docqa
from docqa.cli import main
from docqa.evaluation.squad import AnnotatedAnswer, AnnotatedQuestion, load_squad
from docqa.reading.loading import load_for_training, load_reader
from docqa.reading.reader import Reader
from docqa.reading.windows import encode_windows
from docqa.training import checkpoint
from docqa.training import train as training
from docqa.training.dropout import drop, drop_hidden_states
from docqa.training.examples import NULL_TARGET, batches, make_examples, padded_length, token_span
from docqa.training.loss import shared_span_loss, soft_span_loss, span_loss
from docqa.training.negatives import similar_paragraphs
from docqa.training.questions import collect_questions
from docqa.training.schedule import learning_rate_factor, progress_made
from docqa.training.shown import part_of, shown_in_epoch
from docqa.training.teacher import Teacher
from docqa.training.train import TrainingOptions, train_reader
from docqa.training.unanswerable import altered, without_answer
from tiny_reader import save_quietly, save_tiny_bert, text_of

PAYERS = ["council", "keeper", "pilot", "town"]
METALS = ["silver", "brick", "oil", "stone"]


def question_of(paragraph, text, *answers, number=0):
    marked = tuple(AnnotatedAnswer(answer, paragraph.index(answer)) for answer in answers)
    return AnnotatedQuestion(f"q{number}", text, paragraph, marked)


def some_questions():
    """Sixteen questions on eight paragraphs, two of them without an answer."""
    questions = []
    for number in range(8):
        payer, metal = PAYERS[number % 4], METALS[number // 2]
        paragraph = f"{text_of(6, number)} the ship is paid in {metal} by the {payer}. {text_of(8, 50 + number)}"
        questions += [
            question_of(paragraph, "What is the ship paid in?", metal, number=2 * number),
            question_of(
                paragraph, "Who paid the ship?", *([f"the {payer}"] if number % 4 else []), number=2 * number + 1
            ),
        ]
    return questions


def squad_of(questions):
    """Questions as the content of a SQuAD-format file."""
    return {
        "data": [
            {
                "paragraphs": [
                    {
                        "context": question.paragraph,
                        "qas": [
                            {
                                "id": question.id,
                                "question": question.text,
                                "answers": [{"text": a.text, "answer_start": a.start} for a in question.answers],
                            }
                        ],
                    }
                    for question in questions
                ]
            }
        ]
    }


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny encoder, whose start and end vectors are new."""
    return save_tiny_bert(tmp_path_factory.mktemp("base") / "encoder", encoder_only=True)


@pytest.fixture(scope="module")
def tokenizer(base):
    """Its tokenizer."""
    return load_for_training(base)[1]


@pytest.fixture
def question_file(tmp_path):
    """A file with the questions in SQuAD format."""
    path = tmp_path / "questions.json"
    path.write_text(json.dumps(squad_of(some_questions())), encoding="utf-8")
    return path


SHORT = TrainingOptions(windows=(64, 64), batch_tokens=256, learning_rate=2e-3)


def examples_of(tokenizer, questions, paragraphs=None, window_tokens=48):
    """The group of examples of each question."""
    return make_examples(
        tokenizer,
        questions,
        paragraphs or [[question.paragraph] for question in questions],
        window_tokens=window_tokens,
        overlap_tokens=12,
        shuffler=random.Random(1),
    )


def words_at(tokenizer, example):
    """The words at each target of an example."""
    return [tokenizer.decode(example.window.input_ids[first : last + 1].tolist()) for first, last in example.targets]


def test_answers_at_the_start_and_at_the_end_of_long_paragraphs_get_their_tokens(tokenizer):
    middle = text_of(150, 3)
    paragraph = f"Silver first. {middle} brick last"
    questions = [
        question_of(paragraph, "What is first?", "Silver first"),
        question_of(paragraph, "What is last?", "brick last"),
    ]
    (start,), (end,) = examples_of(tokenizer, questions)
    assert words_at(tokenizer, start) == ["silver first"]
    assert start.targets[0][0] == start.window.first
    assert words_at(tokenizer, end) == ["brick last"]
    assert end.targets[0][1] == end.window.first + len(end.window.offsets) - 1
    assert end.window.begin > 0


def test_every_annotated_answer_is_a_target(tokenizer):
    question = question_of(
        "the keeper of the lighthouse paid", "Who?", "the keeper", "keeper", "the keeper of the lighthouse"
    )
    ((example,),) = examples_of(tokenizer, [question])
    assert sorted(words_at(tokenizer, example)) == ["keeper", "the keeper", "the keeper of the lighthouse"]


def test_an_answer_inside_a_token_takes_the_whole_token(tokenizer):
    ((example,),) = examples_of(tokenizer, [question_of("built of red brick", "What?", "bric")])
    assert words_at(tokenizer, example) == ["brick"]


def test_unanswerable_questions_and_foreign_paragraphs_have_cls_as_their_target(tokenizer):
    answered = question_of("the pilot is paid", "Who?", "the pilot")
    open_question = question_of("the wind", "Why?")
    groups = examples_of(tokenizer, [answered, open_question], [[answered.paragraph, "the council"], ["the wind"]])
    assert [[example.targets for example in group] for group in groups] == [
        [((4, 5),), (NULL_TARGET,)],
        [(NULL_TARGET,)],
    ]
    assert groups[0][0].window.input_ids[0] == tokenizer.cls_token_id


def test_a_question_whose_answer_is_not_where_the_annotation_says_is_left_out(tokenizer):
    wrong = AnnotatedQuestion("q", "Who?", "the pilot is paid", (AnnotatedAnswer("the pilot", 3),))
    assert examples_of(tokenizer, [wrong]) == []
    assert len(examples_of(tokenizer, [wrong, question_of("the wind", "Why?")])) == 1


def test_a_window_that_cuts_an_answer_does_not_hold_it(tokenizer):
    paragraph = text_of(150, 3)
    question = question_of(paragraph, "What?", " ".join(paragraph.split()[20:60]))
    assert examples_of(tokenizer, [question]) == []


def test_batches_hold_every_example_once_in_few_shapes(tokenizer):
    questions = some_questions()
    groups = examples_of(tokenizer, questions)
    made = list(batches(groups, 256, tokenizer.pad_token_id, random.Random(2)))
    assert sum(int(batch.weights.sum()) for batch in made) == len(questions)
    for batch in made:
        rows, length = batch.input_ids.shape
        assert length == padded_length(length)
        assert rows == 256 // length
        assert batch.allowed[:, 0].all()
        assert not (batch.allowed & (batch.attention_mask == 0)).any()
        targets = np.take_along_axis(batch.allowed, batch.targets.reshape(rows, -1), axis=1)
        assert targets.all()


def test_the_loss_is_minus_the_log_of_the_chance_of_the_right_start_and_end():
    start, end = torch.tensor([[0.0, 1.0, 2.0, 9.0]]), torch.tensor([[0.5, 0.0, 1.0, 9.0]])
    allowed = torch.tensor([[True, True, True, False]])
    one = torch.tensor([[[1, 2]]])
    first, last = start[0, :3].softmax(0), end[0, :3].softmax(0)
    loss = span_loss(start, end, allowed, one, torch.tensor([[True]]), torch.tensor([1.0]))
    assert loss.item() == pytest.approx(-torch.log(first[1] * last[2]).item())
    several = torch.tensor([[[1, 2], [2, 2], [1, 2]]])
    mask = torch.tensor([[True, True, False]])
    loss = span_loss(start, end, allowed, several, mask, torch.tensor([1.0]))
    assert loss.item() == pytest.approx(-torch.log(first[1] * last[2] + first[2] * last[2]).item())


def test_rows_that_fill_up_a_batch_do_not_count():
    start = torch.tensor([[0.0, 1.0], [5.0, 0.0]])
    allowed = torch.ones(2, 2, dtype=torch.bool)
    targets, mask = torch.tensor([[[1, 1]], [[0, 0]]]), torch.ones(2, 1, dtype=torch.bool)
    whole = span_loss(start[:1], start[:1], allowed[:1], targets[:1], mask[:1], torch.tensor([1.0]))
    filled = span_loss(start, start, allowed, targets, mask, torch.tensor([1.0, 0.0]))
    assert filled.item() == pytest.approx(whole.item())


def test_across_paragraphs_one_softmax_runs_over_all_of_them():
    start = torch.tensor([[7.0, 1.0, 2.0], [7.0, 3.0, 0.0]])
    allowed = torch.ones(2, 3, dtype=torch.bool)
    targets, mask = torch.tensor([[[1, 2]], [[0, 0]]]), torch.ones(2, 1, dtype=torch.bool)
    shares = torch.tensor([1.0, 2.0, 3.0, 0.0]).softmax(0)
    loss = shared_span_loss(start, start, allowed, targets, mask, 2)
    assert loss.item() == pytest.approx(-torch.log(shares[0] * shares[1]).item())
    unanswered = torch.zeros(2, 1, 2, dtype=torch.long)
    assert shared_span_loss(start, start, allowed, unanswered, mask, 2).item() == 0.0


def test_similar_paragraphs_share_words_with_the_question_and_hold_no_answer():
    questions = [
        question_of("the lighthouse keeper paid in silver", "Who paid at the lighthouse?", "keeper"),
        question_of("the lighthouse lamp burned oil", "What burned?", "oil"),
        question_of("the lighthouse and its keeper", "Where?", "lighthouse"),
        question_of("a bridge of stone", "What stone?", "bridge"),
    ]
    distractors = ["a lighthouse for which the council paid"]
    assert similar_paragraphs(questions, among=3)[0] == ("the lighthouse lamp burned oil",)
    assert similar_paragraphs(questions, among=3)[3] == ()
    assert similar_paragraphs(questions, among=3, distractors=distractors)[0] == (
        "a lighthouse for which the council paid",
        "the lighthouse lamp burned oil",
    )
    assert similar_paragraphs(questions, among=1, distractors=distractors)[0] == tuple(distractors)


LONG = (
    "The lighthouse of Ostend was built in 1858 by the engineer Anna Maas. Its first lamp burned rape oil and had to "
    "be trimmed four times a night. The second keeper, a former pilot, kept a book of all ships that passed. It was "
    "the largest light on the coast until the war."
)


def test_a_paragraph_without_the_sentence_of_the_answer_does_not_hold_it():
    made = without_answer(question_of(LONG, "When was the lighthouse built?", "1858"))
    assert made.answers == ()
    assert made.paragraph == LONG[LONG.index("Its first") :]
    assert made.text == "When was the lighthouse built?"
    assert without_answer(question_of(LONG, "What?", "The lighthouse of Ostend was built in 1858")) is not None
    assert without_answer(question_of(LONG, "What happened?", "built in 1858 by the engineer Anna Maas. Its")) is None
    assert without_answer(question_of("It was built in 1858.", "When?", "1858")) is None
    assert without_answer(question_of(LONG, "Why?")) is None


def altered_texts(text: str, answer: str, others: list[str]) -> set[str]:
    question = question_of(LONG, text, answer)
    made = [altered(question, others, random.Random(seed)) for seed in range(150)]
    assert all(one.answers == () and one.paragraph == LONG for one in made if one)
    return {one.text for one in made if one}


def test_one_detail_of_a_question_is_changed_to_what_the_paragraph_does_not_say():
    others = ["That spring Piet Boon came to Oslo, in 1923.", "By 1858 there were 12 of them."]
    assert altered_texts("Who built the largest light of Ostend in 1858?", "Anna Maas", others) == {
        "Who built the largest light of Ostend in 1923?",
        "Who built the largest light of Piet Boon in 1858?",
        "Who built the largest light of Oslo in 1858?",
        "Who built the smallest light of Ostend in 1858?",
    }


def test_a_name_may_be_changed_to_another_of_the_same_paragraph_but_not_to_the_answer():
    assert altered_texts("What lamp did Ostend have?", "rape oil", []) == {
        "What lamp did Anna Maas have?",
        "What lamp didn't Ostend have?",
    }
    assert altered_texts("Who built it at Ostend?", "Anna Maas", []) == set()


def test_a_word_may_be_changed_to_one_with_the_same_ending_that_the_paragraph_does_not_have():
    others = ["The tower leaned and was demolished; the lamp burned."]
    assert altered_texts("What lamp burned oil?", "rape oil", others) == {
        "What lamp leaned oil?",
        "What lamp demolished oil?",
    }


def test_a_question_without_a_detail_to_change_gives_no_variant():
    assert altered_texts("What is new?", "rape oil", []) == {"What isn't new?"}
    assert altered_texts("Why the light?", "rape oil", ["That spring Piet Boon came to Oslo, in 1923."]) == set()


def test_shown_are_all_questions_some_among_similar_paragraphs_and_some_variants():
    questions = [question_of(LONG, f"When was light {number} built?", "1858", number=number) for number in range(200)]
    similar = [[f"a {number}", f"b {number}", f"c {number}"] for number in range(200)]
    shown = shown_in_epoch(questions, similar, negatives=0.5, across=2, unanswerable=0.25, shuffler=random.Random(1))
    own = [(question, paragraphs) for question, paragraphs in shown if question.answers]
    assert [question for question, _ in own] == questions
    assert all(paragraphs[0] == LONG and len(paragraphs) in (1, 3) for _, paragraphs in own)
    assert 70 < sum(len(paragraphs) == 3 for _, paragraphs in own) < 130
    assert 30 < len(shown) - 200 < 70


def test_parts_of_the_questions_follow_one_another_until_all_were_read():
    parts = [part_of(10, 3, epoch, random.Random(1)) for epoch in range(4)]
    assert sorted(parts[0] + parts[1] + parts[2]) == list(range(10))
    assert parts[3] == parts[0]
    assert part_of(10, 1, 5, random.Random(1)) == list(range(10))


def test_frozen_layers_stay_as_they_are_and_too_many_are_refused(base, tmp_path):
    options = TrainingOptions(windows=(64,), batch_tokens=256, learning_rate=2e-3, frozen=1)
    train_reader(some_questions(), base, tmp_path / "new", options)
    before, after = load_file(base / "model.safetensors"), load_file(tmp_path / "new" / "model.safetensors")
    kept = {name: f"bert.{name}" for name in before if f"bert.{name}" in after}
    changed = {name for name, new in kept.items() if not torch.equal(after[new], before[name].to(torch.float16))}
    assert changed
    assert not any("embeddings" in name or "layer.0." in name for name in changed)
    with pytest.raises(docqa.TrainingError, match="99 layers"):
        train_reader(some_questions(), base, tmp_path / "other", TrainingOptions(windows=(64,), frozen=99))


def test_a_share_of_the_values_is_dropped_and_the_mean_stays():
    torch.manual_seed(3)
    dropped = drop(torch.ones(200, 300), 0.1)
    assert dropped.unique().tolist() == pytest.approx([0.0, 256 / 230])
    assert (dropped == 0).float().mean() == pytest.approx(26 / 256, abs=0.005)
    assert dropped.mean() == pytest.approx(1.0, abs=0.01)
    assert torch.equal(drop(dropped, 0.0), dropped)


def test_what_is_dropped_gets_no_gradient():
    torch.manual_seed(3)
    values = torch.ones(999, requires_grad=True)
    dropped = drop(values, 0.25)
    dropped.sum().backward()
    assert torch.equal(values.grad, dropped.detach())


@pytest.mark.parametrize("kind", ["base", "teacher_folder"])
def test_hidden_states_are_dropped_while_a_model_trains_and_not_when_it_reads(request, kind):
    model, tokenizer = load_for_training(request.getfixturevalue(kind))
    training._switch_dropout_off(model)
    drop_hidden_states(model, 0.2)
    inputs = tokenizer("Who paid?", "the council paid", return_tensors="pt")

    def scores(seed):
        torch.manual_seed(seed)
        return model(**inputs).start_logits

    model.train()
    assert torch.equal(scores(1), scores(1))
    assert not torch.equal(scores(1), scores(2))
    model.train(mode=False)
    assert torch.equal(scores(1), scores(2))


def test_a_reader_with_fewer_layers_than_its_base_loads_and_answers(base, tmp_path):
    options = TrainingOptions(windows=(64,), batch_tokens=256, layers=1)
    train_reader(some_questions(), base, tmp_path / "new", options)
    reader = docqa.Reader.load(str(tmp_path / "new"))
    assert reader.read("Who paid?", ["the ship is paid in silver by the council"])
    assert not any("layer.1." in name for name in load_file(tmp_path / "new" / "model.safetensors"))
    with pytest.raises(docqa.TrainingError, match="9 layers"):
        train_reader(some_questions(), base, tmp_path / "other", TrainingOptions(windows=(64,), layers=9))


def test_training_makes_the_loss_fall_and_a_reader(base, tmp_path):
    losses = []
    options = TrainingOptions(windows=(64,) * 12, batch_tokens=256, learning_rate=2e-3, unanswerable=0.0)
    train_reader(some_questions(), base, tmp_path / "new", options, on_step=lambda step: losses.append(step.loss))
    quarter = len(losses) // 4
    assert np.mean(losses[-quarter:]) < 0.6 * np.mean(losses[:quarter])
    reader = docqa.Reader.load(str(tmp_path / "new"))
    assert reader.name == "new"
    assert reader.read("What is the ship paid in?", ["the ship is paid in silver by the council"], top_k=1)
    assert not (tmp_path / "new" / "checkpoint").exists()


@pytest.mark.parametrize("is_fast", [True, False])
def test_training_computes_in_bfloat16_only_where_the_machine_does(base, tmp_path, monkeypatch, is_fast):
    monkeypatch.setattr(training, "is_fast_here", lambda arithmetic: is_fast)
    seen = set()
    hook = torch.nn.modules.module.register_module_forward_hook(
        lambda module, inputs, output: seen.add(output.dtype) if isinstance(module, torch.nn.Linear) else None
    )
    try:
        train_reader(some_questions(), base, tmp_path / "new", TrainingOptions(windows=(64,), batch_tokens=256))
    finally:
        hook.remove()
    assert seen == {torch.bfloat16 if is_fast else torch.float32}


def test_training_twice_gives_the_same_weights_and_another_seed_gives_others(base, tmp_path):
    for name, seed in (("one", 13), ("two", 13), ("three", 14)):
        train_reader(
            some_questions(), base, tmp_path / name, TrainingOptions(windows=(64,), batch_tokens=256, seed=seed)
        )
    one, two, three = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two", "three"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(not torch.equal(one[name], three[name]) for name in one)


class StoppedError(Exception):
    """Stands for a power cut."""


def stop_after(number):
    def on_step(step):
        if step.number == number:
            raise StoppedError

    return on_step


@pytest.mark.parametrize(
    "options",
    [{"negatives": 0.0}, {"negatives": 1.0, "across": 2, "parts": 2, "frozen": 1}, {"negatives": 0.0, "dropout": 0.1}],
)
def test_a_run_that_was_stopped_and_resumed_gives_the_weights_of_one_run(base, tmp_path, options):
    options = TrainingOptions(windows=(64, 64), batch_tokens=128, learning_rate=2e-3, **options)
    epochs = []
    train_reader(some_questions(), base, tmp_path / "whole", options)
    for number in (3, 5):
        with pytest.raises(StoppedError):
            train_reader(
                some_questions(), base, tmp_path / "parts", options, checkpoint_seconds=0, on_step=stop_after(number)
            )
        assert (tmp_path / "parts" / "checkpoint").is_dir()
    steps = []
    train_reader(
        some_questions(),
        base,
        tmp_path / "parts",
        options,
        on_step=lambda step: steps.append(step.number),
        on_epoch=lambda epoch, model, tokenizer: epochs.append(epoch),
    )
    assert steps[0] == 5
    assert epochs[-1] == 2
    whole, parts = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    assert not list((tmp_path / "parts").glob("checkpoint*"))


def test_a_stop_while_a_checkpoint_is_removed_leaves_the_newer_one_whole(base, tmp_path, monkeypatch):
    def remove_half(folder, **_):
        if folder.exists():
            next(folder.glob("model*")).unlink()
            raise StoppedError

    options, out = TrainingOptions(windows=(64,), batch_tokens=256), tmp_path / "new"
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "shutil", SimpleNamespace(rmtree=remove_half))
        with pytest.raises(StoppedError):
            train_reader(some_questions(), base, out, options, checkpoint_seconds=0)
    steps = []
    train_reader(some_questions(), base, out, options, on_step=lambda step: steps.append(step.number))
    assert steps[0] == 3


def test_a_checkpoint_of_other_data_or_options_is_refused_unless_begun_again(base, tmp_path):
    out = tmp_path / "new"
    with pytest.raises(StoppedError):
        train_reader(some_questions(), base, out, SHORT, checkpoint_seconds=0, on_step=stop_after(3))
    with pytest.raises(docqa.TrainingError, match="--restart"):
        train_reader(some_questions()[1:], base, out, SHORT)
    steps = []
    train_reader(some_questions()[1:], base, out, SHORT, restart=True, on_step=lambda step: steps.append(step.number))
    assert steps[0] == 1


def test_training_ends_when_the_minutes_are_over(base, tmp_path, monkeypatch):
    now = [0.0]

    def clock():
        now[0] += 5.0
        return now[0]

    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=clock))
    steps = []
    options = TrainingOptions(windows=(64,) * 50, batch_tokens=256, minutes=2)
    train_reader(some_questions(), base, tmp_path / "new", options, on_step=steps.append)
    assert 3 < len(steps) < 24 < steps[0].of
    assert steps[-1].progress > 0.8
    assert docqa.Reader.load(str(tmp_path / "new")).read("Who?", ["the keeper"])


def test_the_learning_rate_rises_and_falls_to_zero_by_steps_or_by_the_clock():
    factors = [learning_rate_factor(progress_made(step, 100, 0.0, 0.0), 0.1) for step in range(101)]
    assert max(factors) == 1.0 == factors[10]
    assert factors[:11] == sorted(factors[:11])
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert factors[0] == factors[-1] == 0.0
    assert progress_made(10, 100, 54.0, 60.0) == 0.9
    assert progress_made(10, 100, 90.0, 60.0) == 1.0


def test_nothing_to_train_on_is_refused(base, tmp_path):
    with pytest.raises(docqa.TrainingError):
        train_reader([], base, tmp_path / "new", SHORT)
    too_long = [question_of("the pilot is paid", "word " * 100, "the pilot")]
    with pytest.raises(docqa.TrainingError):
        train_reader(too_long, base, tmp_path / "new", SHORT)
    assert not (tmp_path / "new").exists()


def test_a_model_with_few_positions_is_trained_in_windows_it_can_take(tmp_path):
    save_tiny_bert(tmp_path / "base", positions=66)
    train_reader(
        [question_of(f"{text_of(200, 1)} silver", "What is last?", "silver")],
        tmp_path / "base",
        tmp_path / "new",
        TrainingOptions(windows=(384,), batch_tokens=256),
    )
    assert docqa.Reader.load(str(tmp_path / "new")).settings.window_tokens == 64


def test_files_are_collected_once_each_and_drawn_by_number(tmp_path, question_file):
    everything = collect_questions([str(question_file), str(question_file)], seed=1)
    assert everything == load_squad(question_file)
    drawn = collect_questions([f"{question_file}@5"], seed=1)
    assert len(drawn) == 5
    assert drawn == collect_questions([f"{question_file}@5"], seed=1)
    assert drawn != collect_questions([f"{question_file}@5"], seed=2)
    assert drawn == collect_questions([f"{question_file}@5@1"], seed=2)
    with pytest.raises(docqa.DataFileError, match="number"):
        collect_questions([f"{question_file}@many"], seed=1)
    with pytest.raises(docqa.DataFileError, match=r"missing\.json"):
        collect_questions([str(tmp_path / "missing.json")], seed=1)


def test_a_span_of_tokens_is_found_for_every_answer_that_begins_and_ends_with_tokens(tokenizer):
    paragraph = "the pilot, paid in silver. The keeper hears."
    ((example,),) = examples_of(tokenizer, [question_of(paragraph, "Who?")])
    window = example.window
    for i, (start, _) in enumerate(window.offsets.tolist()):
        for j, (_, end) in list(enumerate(window.offsets.tolist()))[i:]:
            answer = AnnotatedAnswer(paragraph[start:end], start)
            assert token_span(window, answer) == (window.first + i, window.first + j)
    assert token_span(window, AnnotatedAnswer("beyond", len(paragraph))) is None


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_trains_a_reader_that_answers(base, question_file, tmp_path, capsys, as_json):
    out = tmp_path / "new"
    arguments = ["train", str(question_file), "--base", str(base), "--out", str(out), "--eval", str(question_file)]
    arguments += ["--windows", "64,64", "--batch-tokens", "256", "--learning-rate", "0.002"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, *(["--json"] if as_json else [])])
    printed = capsys.readouterr()
    assert ended.value.code == 0
    assert printed.err.count("exact match") == 2
    assert "Writing" not in printed.err
    if as_json:
        report = json.loads(printed.out)
        assert [entry["epoch"] for entry in report["evaluations"]] == [1, 2]
        assert all(0 <= entry["exact_match"] <= entry["f1"] <= 100 for entry in report["evaluations"])
    else:
        assert str(out) in printed.out
    with pytest.raises(SystemExit) as ended:
        main(["eval", str(question_file), "--reader", str(out), "--json"])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["reader"] == "new"


@pytest.fixture(scope="module")
def teacher_folder(tmp_path_factory, base):
    """A tiny reader with the student's word pieces under other numbers, whose windows look otherwise."""
    folder = tmp_path_factory.mktemp("teacher") / "mpnet"
    pieces = [*"<s> <pad> </s> <unk> <mask>".split(), *sorted(load_for_training(base)[1].get_vocab())]
    tokenizer = Tokenizer(models.WordPiece({piece: n for n, piece in enumerate(pieces)}, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    names = {
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "cls_token": "<s>",
        "sep_token": "</s>",
        "mask_token": "<mask>",
    }
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    config = MPNetConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        initializer_range=0.5,
    )
    torch.manual_seed(4)
    save_quietly(MPNetForQuestionAnswering(config), folder)
    return folder


def test_a_teacher_scores_the_tokens_it_would_score_in_its_own_windows(tokenizer, teacher_folder):
    loaded = load_reader(str(teacher_folder), arithmetic="float32")
    teacher, questions, compared = Teacher(loaded, tokenizer), some_questions(), 0
    for question in questions:
        (batch,) = batches(examples_of(tokenizer, [question]), 128, tokenizer.pad_token_id, random.Random(2))
        start, end = teacher.scores(batch)
        assert start.shape == end.shape == batch.input_ids.shape
        (window, *_) = encode_windows(
            loaded.tokenizer, [question.text], [question.paragraph], window_tokens=49, overlap_tokens=12
        )
        if int(batch.attention_mask[0].sum()) != len(window) - 1:
            continue
        with torch.inference_mode():
            output = loaded.model(input_ids=torch.from_numpy(window.input_ids[None].astype(np.int64)))
        places = [0, *range(window.first, len(window) - 1)]
        allowed = torch.from_numpy(batch.allowed[0])
        torch.testing.assert_close(start[0, allowed], output.start_logits[0, places].float(), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(end[0, allowed], output.end_logits[0, places].float(), atol=1e-4, rtol=1e-4)
        compared += 1
    assert compared > 8


def test_a_teacher_reads_each_row_once(tokenizer, teacher_folder, monkeypatch):
    read = []
    scores = Reader.scores
    monkeypatch.setattr(
        Reader, "scores", lambda self, windows, size: read.append(len(windows)) or scores(self, windows, size)
    )
    teacher = Teacher(load_reader(str(teacher_folder), arithmetic="float32"), tokenizer)
    every = list(batches(examples_of(tokenizer, some_questions()), 128, tokenizer.pad_token_id, random.Random(2)))
    first, again = ([teacher.scores(batch) for batch in every] for _ in range(2))
    assert sum(read) == sum(int((batch.allowed.sum(1) > 1).sum()) for batch in every)
    for batch, one, other in zip(every, first, again, strict=True):
        for ours, theirs in zip(one, other, strict=True):
            assert torch.equal(ours, theirs)
            assert not ours[torch.from_numpy(~batch.allowed)].any()


def test_the_soft_loss_is_the_cross_entropy_with_the_teachers_distributions():
    start, teacher = torch.tensor([[0.0, 1.0, 2.0, 9.0]]), torch.tensor([[2.0, 1.0, 0.0, -9.0]])
    allowed = torch.tensor([[True, True, True, False]])
    shares, wanted = start[0, :3].softmax(0), teacher[0, :3].softmax(0)
    loss = soft_span_loss(start, start, allowed, teacher, teacher, torch.tensor([1.0]))
    assert loss.item() == pytest.approx(-2 * (wanted * shares.log()).sum().item())


def test_a_student_comes_to_give_its_teachers_scores(base, teacher_folder, tmp_path):
    losses = []
    options = TrainingOptions(
        windows=(64,) * 15,
        batch_tokens=256,
        learning_rate=3e-3,
        negatives=0.0,
        unanswerable=0.0,
        teacher=str(teacher_folder),
        soft=1.0,
    )
    train_reader(some_questions(), base, tmp_path / "new", options, on_step=lambda step: losses.append(step.loss))
    quarter = len(losses) // 4
    assert np.mean(losses[-quarter:]) < np.mean(losses[:quarter]) - 0.5


def test_a_teacher_with_other_word_pieces_is_refused(base, teacher_folder, tmp_path):
    folder = tmp_path / "base"
    shutil.copytree(base, folder)
    stored = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = stored["model"]["vocab"]
    vocabulary["zeppelin"] = vocabulary.pop("lighthouse")
    (folder / "tokenizer.json").write_text(json.dumps(stored))
    options = TrainingOptions(windows=(64,), teacher=str(teacher_folder))
    with pytest.raises(docqa.TrainingError, match="zeppelin"):
        train_reader(some_questions(), folder, tmp_path / "new", options)
