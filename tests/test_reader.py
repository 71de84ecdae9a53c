"""The reader against brute force: every window, every span, one model pass each."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import docqa
from docqa.reading.batches import APART, LENGTH_STEP, BatchSize, input_batches
from docqa.reading.mpnet import use_fused_attention
from docqa.reading.windows import Window, encode_windows
from tiny_reader import (
    exact_reader,
    real_folder,
    real_reader,
    save_tiny_bert,
    save_tiny_roberta,
    save_word_finder,
    text_of,
)

QUESTION = "Who signed the treaty?"
PARAGRAPHS = [
    text_of(40, 1),
    "short",
    text_of(150, 2),
    "The treaty of the harbour was signed by the keeper of the lighthouse.",
    text_of(60, 3),
    "¿Über? “quoted” — 1,200\n\nunknown ☃ words",
    text_of(90, 4),
]

FACTS = [
    "The lighthouse at Skagen was built of red brick in 1858 by Niels Nielsen, and its lamp burned rapeseed oil.",
    "The harbour treaty was signed by Marta Olsen on the third of May 1921 in the town hall of Bergen.",
    "Each harbour keeps a record of the ships that enter it and sends a copy to the council every winter.",
    "The pilot is paid in silver, at the rate of two coins for every ship that is brought in safely.",
    "Rain fell on forty days of that summer, and the rivers of the north rose by more than a metre.",
]


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory):
    """A tiny random BERT."""
    return save_tiny_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def tiny(tiny_folder):
    """It as a reader whose windows are short, so that paragraphs take several."""
    return exact_reader(tiny_folder, window_tokens=48, overlap_tokens=12, answer_tokens=10)


@pytest.fixture(scope="module")
def roberta(tmp_path_factory):
    """A tiny random RoBERTa with short windows."""
    folder = save_tiny_roberta(tmp_path_factory.mktemp("roberta"))
    return exact_reader(folder, window_tokens=64, overlap_tokens=16, answer_tokens=12)


@pytest.fixture(scope="module")
def finder(tmp_path_factory):
    """A reader whose best answer is the word silver."""
    return exact_reader(
        save_word_finder(tmp_path_factory.mktemp("finder"), "silver"),
        window_tokens=64,
        overlap_tokens=16,
        answer_tokens=12,
    )


@pytest.fixture(scope="module")
def shipped():
    """The reader that ships, in float32."""
    return exact_reader(real_folder())


def windows_by_hand(reader, question, text) -> Iterator[tuple[list[int], int, list[tuple[int, int]]]]:
    """Each window of a text: its token ids, the position of its first paragraph token, and these tokens' places."""
    tokenizer, settings = reader.tokenizer, reader.settings
    asked = tokenizer(question, add_special_tokens=False, truncation=False)["input_ids"]
    encoded = tokenizer(text, add_special_tokens=False, truncation=False, return_offsets_mapping=True)
    between = [tokenizer.sep_token_id] * (tokenizer.num_special_tokens_to_add(pair=True) - 2)
    head = [tokenizer.cls_token_id, *asked, *between]
    room = settings.window_tokens - len(head) - 1
    begin = 0
    while begin == 0 or begin + settings.overlap_tokens < len(encoded["input_ids"]):
        part = slice(begin, begin + room)
        yield [*head, *encoded["input_ids"][part], tokenizer.sep_token_id], len(head), encoded["offset_mapping"][part]
        begin += room - settings.overlap_tokens


def logits_of(reader, ids, first):
    """The start and end logits of one window, read alone and without padding."""
    model = reader._loaded.model
    inputs = {"input_ids": torch.tensor([ids])}
    if model.config.type_vocab_size > 1:
        inputs["token_type_ids"] = torch.tensor([[0] * first + [1] * (len(ids) - first)])
    with torch.inference_mode():
        output = model(**inputs)
    return output.start_logits[0].tolist(), output.end_logits[0].tolist()


def every_span(reader, question, text):
    """All spans of all windows of a text that have words: (start, end) to the highest score."""
    best: dict[tuple[int, int], float] = {}
    for ids, first, places in windows_by_hand(reader, question, text):
        starts, ends = logits_of(reader, ids, first)
        for i in range(len(places)):
            for j in range(i, min(i + reader.settings.answer_tokens, len(places))):
                start, end = places[i][0], places[j][1]
                while start < end and text[start].isspace():
                    start += 1
                while start < end and text[end - 1].isspace():
                    end -= 1
                if start < end:
                    score = starts[first + i] + ends[first + j]
                    best[start, end] = max(score, best.get((start, end), score))
    return best


def by_brute_force(reader, question, texts, count):
    """The `count` best spans of each text that do not overlap, all in one ranking: (score, text, start, end)."""
    found = []
    for number, text in enumerate(texts):
        kept: list[tuple[int, int]] = []
        ordered = sorted(every_span(reader, question, text).items(), key=lambda item: (-item[1], item[0]))
        for (start, end), score in ordered:
            if len(kept) < count and all(end <= other[0] or start >= other[1] for other in kept):
                kept.append((start, end))
                found.append((score, number, start, end))
    return sorted(found, key=lambda entry: (-entry[0], *entry[1:]))[:count]


def assert_same(answers, expected):
    """The same places, and the same scores up to rounding."""
    assert [(answer.paragraph, answer.start, answer.end) for answer in answers] == [entry[1:] for entry in expected]
    assert [answer.score for answer in answers] == pytest.approx([entry[0] for entry in expected], abs=1e-3)


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("question", [QUESTION, "When is the pilot paid?", "?"])
def test_the_answers_are_those_of_brute_force_over_all_windows_of_all_paragraphs(tiny, question, count):
    assert_same(tiny.read(question, PARAGRAPHS, top_k=count), by_brute_force(tiny, question, PARAGRAPHS, count))


@pytest.mark.parametrize("question", ["Who signed the treaty?", "What is the pilot paid in?"])
def test_the_answer_of_the_shipped_reader_is_that_of_brute_force(shipped, question):
    long = " ".join(FACTS * 7)
    texts = [*FACTS, long]
    assert_same(shipped.read(question, texts, top_k=1), by_brute_force(shipped, question, texts, 1))


def test_the_shipped_reader_in_the_number_format_of_this_machine_agrees_up_to_its_rounding(shipped):
    for question in ("Who signed the treaty?", "What did the lamp burn?", "How much did the rivers rise?"):
        exact = {
            (number, start, end): score
            for number, text in enumerate(FACTS)
            for (start, end), score in every_span(shipped, question, text).items()
        }
        best = real_reader().read(question, FACTS, top_k=1)[0]
        assert exact[best.paragraph, best.start, best.end] == pytest.approx(max(exact.values()), abs=0.5)
        assert best.score == pytest.approx(max(exact.values()), abs=0.5)


@pytest.mark.parametrize("rows", [1, 3, 4, 16])
def test_no_batch_size_and_no_order_of_paragraphs_changes_the_answers(tiny, rows):
    order = list(range(len(PARAGRAPHS)))
    random.Random(rows).shuffle(order)
    straight = tiny.read_paragraphs(QUESTION, PARAGRAPHS, spans=5)
    shuffled = tiny.read_paragraphs(QUESTION, [PARAGRAPHS[number] for number in order], spans=5, rows=rows)
    for place, number in enumerate(order):
        one, other = straight[number], shuffled[place]
        assert [(span.start, span.end) for span in one.spans] == [(span.start, span.end) for span in other.spans]
        assert [span.score for span in one.spans] == pytest.approx([span.score for span in other.spans], abs=1e-3)
        assert one.null == pytest.approx(other.null, abs=1e-3)
        assert one.log_mass == pytest.approx(other.log_mass, abs=1e-3)


@pytest.mark.parametrize("rows", [1, 3, 16])
def test_no_batch_size_and_no_order_changes_the_first_answer_of_the_shipped_reader(rows):
    reader = real_reader()
    straight = reader.read("Who signed the treaty?", FACTS, top_k=1)[0]
    readings = reader.read_paragraphs("Who signed the treaty?", FACTS[::-1], spans=1, rows=rows)
    score, text = max((reading.spans[0].score, number) for number, reading in enumerate(readings))
    best = readings[text].spans[0]
    assert FACTS[::-1][text][best.start : best.end] == straight.text
    assert score == pytest.approx(straight.score, abs=0.5)


@pytest.mark.parametrize("place", ["start", "middle", "end"])
def test_an_answer_anywhere_in_a_long_paragraph_is_found(finder, place):
    words = ["the", "keeper", "of", "harbour"] * 100
    number = {"start": 0, "middle": 200, "end": len(words)}[place]
    text = " ".join([*words[:number], "silver", *words[number:]])
    best = finder.read("Who is paid?", [text], top_k=1)[0]
    assert best.text == "silver"
    assert text[best.start : best.end] == "silver"
    assert len(list(windows_by_hand(finder, "Who is paid?", text))) > 5


@pytest.mark.parametrize("at_the_start", [True, False])
def test_the_shipped_reader_finds_an_answer_at_either_end_of_a_long_paragraph(at_the_start):
    filler = " ".join(FACTS[2:] * 12)
    text = f"{FACTS[1]} {filler}" if at_the_start else f"{filler} {FACTS[1]}"
    assert real_reader().read("Who signed the harbour treaty?", [text], top_k=1)[0].text == "Marta Olsen"


def test_a_span_in_two_windows_counts_once(finder):
    text = " ".join(["the keeper of"] * 60)
    places = [len(places) for _, _, places in windows_by_hand(finder, QUESTION, text)]
    assert sum(places) > len(finder.tokenizer(text, add_special_tokens=False)["input_ids"])
    silver = " ".join([*["the"] * 45, "silver", *["the"] * 60])
    in_windows = [
        silver[start:end] for _, _, offsets in windows_by_hand(finder, QUESTION, silver) for start, end in offsets
    ]
    assert in_windows.count("silver") == 2
    reading = finder.read_paragraphs(QUESTION, [silver], spans=20)[0]
    assert sum(silver[span.start : span.end] == "silver" for span in reading.spans) == 1
    # The logits of this model do not depend on the window, so short windows must give the mass that one long gives.
    wide = exact_reader(finder._loaded.model.name_or_path, window_tokens=384, answer_tokens=12)
    assert reading.log_mass == pytest.approx(wide.read_paragraphs(QUESTION, [silver], spans=1)[0].log_mass, abs=1e-3)


def test_spans_of_a_paragraph_do_not_overlap_and_come_best_first(tiny):
    for reading, text in zip(tiny.read_paragraphs(QUESTION, PARAGRAPHS, spans=20), PARAGRAPHS, strict=True):
        places = sorted((span.start, span.end) for span in reading.spans)
        assert all(one[1] <= other[0] for one, other in pairwise(places))
        assert all(0 <= start < end <= len(text) for start, end in places)
        scores = [span.score for span in reading.spans]
        assert scores == sorted(scores, reverse=True)


def test_the_question_and_special_tokens_are_in_no_span(finder):
    question, text = "Is silver silver? silver", "the keeper of the harbour"
    best = finder.read(question, [text], top_k=1)[0]
    assert text[best.start : best.end] == best.text
    assert best.score == pytest.approx(max(every_span(finder, question, text).values()), abs=1e-3)
    assert best.score < finder.read(question, ["silver"], top_k=1)[0].score - 1


def test_the_null_score_is_that_of_cls_lowest_over_the_windows(tiny):
    text = PARAGRAPHS[2]
    logits = [logits_of(tiny, ids, first) for ids, first, _ in windows_by_hand(tiny, QUESTION, text)]
    assert len(logits) > 2
    reading = tiny.read_paragraphs(QUESTION, [text], spans=1)[0]
    assert reading.null == pytest.approx(min(start[0] + end[0] for start, end in logits), abs=1e-3)


def test_no_paragraphs_give_no_answers(tiny):
    assert tiny.read(QUESTION, []) == []
    assert tiny.read_paragraphs(QUESTION, [], spans=1) == []


@pytest.mark.parametrize("text", ["", " ", " \n\t "])
def test_a_paragraph_without_words_has_no_answer_and_harms_no_other(tiny, roberta, text):
    for reader in (tiny, roberta):
        assert reader.read(QUESTION, [text]) == []
        answers = reader.read(QUESTION, [text, "the keeper", text], top_k=1)
        assert [answer.paragraph for answer in answers] == [1]


def test_a_question_too_long_for_the_model_is_refused(tiny):
    with pytest.raises(docqa.QuestionError, match="shorten the question"):
        tiny.read("treaty " * 40, PARAGRAPHS)


def test_a_question_just_short_enough_is_read(tiny):
    room = tiny.settings.window_tokens - 3 - tiny.settings.overlap_tokens - 1
    assert tiny.read("treaty " * room, [PARAGRAPHS[2]], top_k=1)
    with pytest.raises(docqa.QuestionError):
        tiny.read("treaty " * (room + 1), [PARAGRAPHS[2]])


def test_windows_cover_every_token_of_a_paragraph_and_say_where_they_begin(tiny):
    text = PARAGRAPHS[2]
    windows = encode_windows(tiny.tokenizer, [QUESTION], [text], window_tokens=48, overlap_tokens=12)
    places = tiny.tokenizer(text, add_special_tokens=False, truncation=False, return_offsets_mapping=True)
    for window in windows:
        assert len(window) <= 48
        part = places["offset_mapping"][window.begin : window.begin + len(window.offsets)]
        assert part == [tuple(place) for place in window.offsets.tolist()]
    assert windows[-1].begin + len(windows[-1].offsets) == len(places["input_ids"])


def test_a_length_stored_with_the_tokenizer_shortens_no_window(tiny):
    tiny.tokenizer.backend_tokenizer.enable_truncation(20)
    assert_same(tiny.read(QUESTION, PARAGRAPHS, top_k=1), by_brute_force(tiny, QUESTION, PARAGRAPHS, 1))


def test_batches_hold_every_window_once_in_few_shapes(tiny):
    windows = encode_windows(tiny.tokenizer, [QUESTION] * 7, PARAGRAPHS, window_tokens=48, overlap_tokens=12)
    batches = list(input_batches(windows, pad_id=0, size=BatchSize(3)))
    assert sorted(number for batch in batches for number in batch.numbers) == list(range(len(windows)))
    assert {batch.input_ids.shape for batch in batches} == {(3, 64), (3, 32)}


@given(st.lists(st.integers(1, 384), max_size=30), st.sampled_from([96, 512]), st.integers(1, 16))
def test_batches_of_few_tokens_hold_every_window_once_without_much_padding(lengths, tokens, rows):
    windows = [
        Window(0, np.ones(n, np.int64), np.zeros(n, np.int64), 0, np.zeros((0, 2), np.int32), 0) for n in lengths
    ]
    seen = []
    for batch in input_batches(windows, pad_id=0, size=BatchSize(rows, tokens)):
        held = [lengths[number] for number in batch.numbers]
        assert batch.input_ids.shape[0] == len(held) <= rows
        assert batch.input_ids.size <= tokens or len(held) == 1
        assert max(held) - min(held) < APART
        assert batch.input_ids.shape[1] - max(held) < LENGTH_STEP
        assert batch.attention_mask.sum(1).tolist() == held
        seen += batch.numbers
    assert sorted(seen) == list(range(len(windows)))


def received_by(reader, question, texts):
    """The keyword arguments of each call of the model."""
    calls = []
    model = reader._loaded.model
    handle = model.register_forward_pre_hook(lambda _, __, given: calls.append(given), with_kwargs=True)
    try:
        reader.read(question, texts)
    finally:
        handle.remove()
    return calls


def test_bert_receives_segment_ids_and_they_matter(tiny):
    (call,) = received_by(tiny, QUESTION, ["the keeper"])
    segments, ids = call["token_type_ids"][0].tolist(), call["input_ids"][0].tolist()
    first = ids.index(tiny.tokenizer.sep_token_id) + 1
    length = ids.index(tiny.tokenizer.sep_token_id, first) + 1
    assert segments[:length] == [0] * first + [1] * (length - first)
    model = tiny._loaded.model
    with torch.inference_mode():
        with_segments = model(**call).start_logits
        without = model(**{**call, "token_type_ids": torch.zeros_like(call["token_type_ids"])}).start_logits
    assert (with_segments - without).abs().max() > 0.1


def test_roberta_receives_no_segment_ids(roberta):
    assert all("token_type_ids" not in call for call in received_by(roberta, QUESTION, PARAGRAPHS))


def test_a_tokenizer_that_counts_blanks_as_part_of_words_gives_answers_without_them(roberta):
    texts = ["a  b\n\nc 😀 d  the   keeper ", " silver", *PARAGRAPHS]
    tokens = roberta.tokenizer.tokenize(texts[0])
    assert "Ġ" in tokens
    assert "Ċ" in tokens
    for reading, text in zip(roberta.read_paragraphs(QUESTION, texts, spans=20), texts, strict=True):
        assert reading.spans
        for span in reading.spans:
            words = text[span.start : span.end]
            assert words == words.strip() != ""


def test_the_best_answer_of_such_a_tokenizer_is_that_of_brute_force(roberta):
    blanks = [f"\n\n {word}\n\n\n  \n" for word in ("the", "keeper", "silver", "oil", "a", "b", "😀")]
    for text in ["a  b\n\nc 😀 d  the   keeper ", *blanks, *PARAGRAPHS]:
        assert_same(roberta.read(QUESTION, [text], top_k=1), by_brute_force(roberta, QUESTION, [text], 1))


def test_characters_of_several_tokens_are_in_one_span_only(roberta):
    text = "😀😀 ☃ 😀 the 😀😀😀"
    spans = roberta.read_paragraphs(QUESTION, [text], spans=20)[0].spans
    places = sorted((span.start, span.end) for span in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(places))


def test_a_model_with_few_positions_reads_long_paragraphs_in_windows_it_can_take(tmp_path):
    reader = docqa.Reader.load(str(save_tiny_bert(tmp_path / "short", positions=64)))
    assert reader.settings.window_tokens == 62
    assert reader.read(QUESTION, [text_of(300, 5)], top_k=1)


def test_scores_have_the_digits_of_float32(tiny_folder):
    scores = [answer.score for answer in docqa.Reader.load(str(tiny_folder)).read(QUESTION, PARAGRAPHS, top_k=20)]
    assert any(score != float(torch.tensor(score, dtype=torch.bfloat16)) for score in scores)


def test_reading_twice_gives_the_same_numbers(tiny):
    assert tiny.read_paragraphs(QUESTION, PARAGRAPHS, spans=5) == tiny.read_paragraphs(QUESTION, PARAGRAPHS, spans=5)


def test_threads_that_share_a_reader_get_the_answers_it_gives_alone(tiny):
    # Paragraphs of one window and of several, so that the tokenizer is asked for both kinds at once.
    texts = [text_of(words, seed) for seed, words in enumerate([20, 700, 30, 900, 15, 800, 25, 600])]
    alone = [tiny.read_paragraphs(QUESTION, [text], spans=3) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        for _ in range(3):
            assert list(threads.map(lambda text: tiny.read_paragraphs(QUESTION, [text], spans=3), texts)) == alone


class TestFusedAttention:
    @pytest.fixture
    def models(self):
        from transformers import MPNetConfig, MPNetForQuestionAnswering

        torch.manual_seed(3)
        config = MPNetConfig(
            vocab_size=60, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=48
        )
        # In doubles rounding hides nothing.
        plain, fused = (MPNetForQuestionAnswering(config).eval().double() for _ in range(2))
        # As they are drawn, weights are so small that places and masks would hardly count.
        with torch.no_grad():
            for weights in plain.parameters():
                weights.mul_(8)
        fused.load_state_dict(plain.state_dict())
        use_fused_attention(fused)
        return plain, fused

    @pytest.mark.parametrize(("rows", "tokens"), [(1, 7), (3, 40), (2, 200)])
    def test_it_has_the_scores_of_transformers(self, models, rows, tokens):
        ids = torch.randint(5, 60, (rows, tokens))
        mask = torch.ones_like(ids)
        for row in range(rows):
            mask[row, tokens - 2 * row :] = 0
        with torch.inference_mode():
            for _ in range(2):
                one, other = (model(input_ids=ids, attention_mask=mask) for model in models)
                for name in ("start_logits", "end_logits"):
                    scores = [getattr(output, name)[mask > 0] for output in (one, other)]
                    torch.testing.assert_close(*scores, atol=1e-9, rtol=1e-9)

    def test_its_weights_have_the_names_of_transformers(self, models):
        plain, fused = models
        assert list(plain.state_dict()) == list(fused.state_dict())
