"""A teacher: a larger reader whose scores a smaller one learns to give (Hinton et al. 2015; Sanh et al. 2019)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from docqa.errors import TrainingError
from docqa.reading.batches import BatchSize
from docqa.reading.reader import Reader
from docqa.reading.spans import Scores
from docqa.reading.windows import Window
from docqa.training.examples import Batch

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

    from docqa.reading.loading import LoadedReader

Ids = NDArray[np.int64]

#: How much the teacher reads at once: as many tokens as even a wide reader's products like.
TOGETHER = BatchSize(32, 2048)


@dataclass(frozen=True)
class Frame:
    """The special tokens of a model around a question and a paragraph: before, between and after them."""

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]


def frame_of(tokenizer: PreTrainedTokenizerBase) -> Frame:
    """How a tokenizer puts a question and a paragraph together."""
    word = tokenizer("a", add_special_tokens=False)["input_ids"]
    pair = tokenizer("a", "a", truncation=False)["input_ids"]
    size = len(word)
    first = next(place for place in range(len(pair)) if pair[place : place + size] == word)
    second = next(place for place in range(first + size, len(pair)) if pair[place : place + size] == word)
    return Frame(tuple(pair[:first]), tuple(pair[first + size : second]), tuple(pair[second + size :]))


def same_pieces(student: PreTrainedTokenizerBase, teacher: PreTrainedTokenizerBase) -> Ids:
    """For each token of the student the teacher's token of the same letters, shape (student's tokens,).

    Raises `TrainingError` when the two cut texts into different pieces.
    """
    known = teacher.get_vocab()
    table = np.full(len(student), teacher.unk_token_id or 0, np.int64)
    specials = set(student.all_special_tokens)
    # Tokens that are there only to fill up a vocabulary stand in no text.
    pieces = {
        piece: number
        for piece, number in student.get_vocab().items()
        if piece not in specials and not piece.startswith("[unused")
    }
    missing = [piece for piece in pieces if piece not in known]
    if missing:
        raise TrainingError(
            f"The teacher does not know {len(missing)} of the student's word pieces, such as {missing[0]!r}; "
            "a teacher has to cut texts into the same pieces. Take one with the same vocabulary."
        )
    for piece, number in pieces.items():
        table[number] = known[piece]
    return table


class Teacher:
    """A loaded reader that scores the rows of training batches, each question and text once.

    Most rows of an epoch come again in the next, and a teacher costs more than its student's step: what it has scored
    is kept, some 1.5 kB a row.
    """

    def __init__(self, loaded: LoadedReader, student: PreTrainedTokenizerBase) -> None:
        self._reader = Reader(loaded)
        self._table = same_pieces(student, loaded.tokenizer)
        self._own, self._students = frame_of(loaded.tokenizer), frame_of(student)
        self._kept: dict[bytes, tuple[Scores, Scores]] = {}

    def scores(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Its start and end scores at the positions that the batch allows, shape (rows, tokens); elsewhere 0."""
        import torch

        start, end = np.zeros(batch.input_ids.shape, np.float32), np.zeros(batch.input_ids.shape, np.float32)
        # Rows without a paragraph only fill up the shape.
        rows = [row for row in range(len(batch.input_ids)) if batch.allowed[row].sum() > 1]
        keys = {row: _key(batch.input_ids[row, batch.attention_mask[row] > 0]) for row in rows}
        self._score({keys[row]: self._window(batch, row) for row in rows if keys[row] not in self._kept})
        for row, key in keys.items():
            start[row, batch.allowed[row]], end[row, batch.allowed[row]] = self._kept[key]
        return torch.from_numpy(start), torch.from_numpy(end)

    def _score(self, windows: Mapping[bytes, Window]) -> None:
        scored = self._reader.scores(list(windows.values()), TOGETHER)
        for (key, window), (start, end) in zip(windows.items(), scored, strict=True):
            # [CLS] is first, for the teacher as for the student; the paragraph's tokens come after the question.
            places = [0, *range(window.first, len(window) - len(self._own.after))]
            self._kept[key] = (start[places], end[places])

    def _window(self, batch: Batch, row: int) -> Window:
        """A row's question and paragraph as the teacher reads them."""
        places = np.flatnonzero(batch.allowed[row])[1:]
        first, last = int(places[0]), int(places[-1]) + 1
        question = batch.input_ids[row, len(self._students.before) : first - len(self._students.between)]
        opening = [*self._own.before, *self._table[question], *self._own.between]
        ids = np.array([*opening, *self._table[batch.input_ids[row, first:last]], *self._own.after], np.int32)
        segments = np.zeros(len(ids), np.int32)
        segments[len(opening) :] = 1
        return Window(row, ids, segments, len(opening), np.zeros((last - first, 2), np.int32), 0)


def _key(ids: Ids) -> bytes:
    return hashlib.blake2b(ids.tobytes(), digest_size=16).digest()
