"""Windows: what the model reads at once, [CLS] question [SEP] part of a paragraph [SEP]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from docqa.errors import QuestionError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: The model counts positions from past the padding id in some families, so not all of them are free.
RESERVED_POSITIONS = 2
#: For models that state no number of positions.
USUAL_POSITIONS = 512

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Window:
    """One model input and where its paragraph tokens stand in the paragraph's text.

    `input_ids` and `segment_ids` have one entry a token; paragraph tokens are those at
    `first <= position < first + len(offsets)`, and `offsets` holds their half-open character
    ranges, shape (paragraph tokens, 2). `begin` is the number of the first of them among all tokens
    of the paragraph, and `pair` the index of the (question, paragraph) pair.
    """

    pair: int
    input_ids: Ints
    segment_ids: Ints
    first: int
    offsets: Ints
    begin: int

    def __len__(self) -> int:
        return len(self.input_ids)


def encode_windows(
    tokenizer: PreTrainedTokenizerBase,
    questions: Sequence[str],
    paragraphs: Sequence[str],
    *,
    window_tokens: int,
    overlap_tokens: int,
) -> list[Window]:
    """Cut each (question, paragraph) pair into windows of at most `window_tokens` tokens.

    Neighbouring windows of one paragraph share `overlap_tokens` tokens, so every span that is
    no longer than the overlap lies whole in some window. Raises `QuestionError` when a question
    leaves no room for a paragraph.

    The tokenizer's own stored length and padding are overridden: some tokenizers that travel
    with encoders are stored with a truncation to 128 tokens.
    """
    if not questions:
        return []
    room = question_room(tokenizer, window_tokens, overlap_tokens)
    longest = max(question_lengths(tokenizer, list(dict.fromkeys(questions))), default=0)
    if longest > room:
        raise QuestionError(
            f"The question is {longest} tokens long and the reader takes at most {room}; shorten the question."
        )
    encoded: Any = tokenizer(
        list(questions),
        list(paragraphs),
        truncation="only_second",
        max_length=window_tokens,
        stride=overlap_tokens,
        padding=False,
        return_overflowing_tokens=True,
        return_offsets_mapping=False,
        verbose=False,
    )
    pairs = encoded["overflow_to_sample_mapping"]
    windows: list[Window] = []
    for pair, encoding in zip(pairs, encoded.encodings, strict=True):
        before = windows[-1] if windows and windows[-1].pair == pair else None
        begin = before.begin + len(before.offsets) - overlap_tokens if before else 0
        windows.append(_window(pair, encoding, begin))
    return windows


def longest_window(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """The most tokens that a model and its tokenizer take at once."""
    positions = getattr(model.config, "max_position_embeddings", None)
    free = int(positions) - RESERVED_POSITIONS if positions and positions > RESERVED_POSITIONS else USUAL_POSITIONS
    return min(int(tokenizer.model_max_length), free)


def question_room(tokenizer: PreTrainedTokenizerBase, window_tokens: int, overlap_tokens: int) -> int:
    """The most tokens a question may have so that each window still moves on through the paragraph."""
    return window_tokens - tokenizer.num_special_tokens_to_add(pair=True) - overlap_tokens - 1


def question_lengths(tokenizer: PreTrainedTokenizerBase, questions: Sequence[str]) -> list[int]:
    """The number of tokens of each question, without special ones."""
    if not questions:
        return []
    encoded = tokenizer(list(questions), add_special_tokens=False, truncation=False, padding=False, verbose=False)
    return [len(ids) for ids in encoded["input_ids"]]


def _window(pair: int, encoding: Any, begin: int) -> Window:
    # The tokens of the paragraph stand together; lists look for a number faster than arrays are made of them.
    sequence: list[int | None] = encoding.sequence_ids
    first = sequence.index(1) if 1 in sequence else len(sequence)
    last = first + sequence.count(1)
    return Window(
        pair=pair,
        input_ids=np.array(encoding.ids, dtype=np.int32),
        segment_ids=np.array(encoding.type_ids, dtype=np.int32),
        first=first,
        offsets=np.fromiter(chain.from_iterable(encoding.offsets[first:last]), np.int32).reshape(-1, 2),
        begin=begin,
    )
