"""A teacher: a larger reader whose scores a smaller one learns to give (Hinton et al. 2015; Sanh et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from docqa.errors import TrainingError
from docqa.training.examples import Batch

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

    from docqa.reading.loading import LoadedReader

Ids = NDArray[np.int64]


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
    """A loaded reader that scores the rows of training batches."""

    def __init__(self, loaded: LoadedReader, student: PreTrainedTokenizerBase) -> None:
        self._loaded = loaded
        self._table = same_pieces(student, loaded.tokenizer)
        self._own, self._students = frame_of(loaded.tokenizer), frame_of(student)

    def scores(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Its start and end scores at the student's positions, shape (rows, tokens); elsewhere 0."""
        import torch

        rows, tokens = batch.input_ids.shape
        extra = len(self._own.between) + len(self._own.before) + len(self._own.after)
        ids = np.full((rows, tokens + extra), self._loaded.tokenizer.pad_token_id or 0, np.int64)
        mask, segments = np.zeros_like(ids), np.zeros_like(ids)
        mask[:, 0] = 1
        shifts = np.zeros(rows, np.int64)
        for row in range(rows):
            places = np.flatnonzero(batch.allowed[row])[1:]
            if len(places):
                first, last = int(places[0]), int(places[-1]) + 1
                question = batch.input_ids[row, len(self._students.before) : first - len(self._students.between)]
                opening = [*self._own.before, *self._table[question], *self._own.between]
                whole = [*opening, *self._table[batch.input_ids[row, first:last]], *self._own.after]
                ids[row, : len(whole)] = whole
                mask[row, : len(whole)] = 1
                segments[row, len(opening) : len(whole)] = 1
                shifts[row] = len(opening) - first
        start, end = self._forward(ids, mask, segments)
        # [CLS] is first in both; the paragraph's tokens stand a few places apart.
        at = torch.arange(tokens)[None, :] + torch.from_numpy(shifts)[:, None]
        at[:, 0] = 0
        at = at.clamp(0, ids.shape[1] - 1)
        return start.gather(1, at), end.gather(1, at)

    def _forward(self, ids: Ids, mask: Ids, segments: Ids) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        model, device = self._loaded.model, self._loaded.device
        inputs = {"input_ids": torch.from_numpy(ids).to(device), "attention_mask": torch.from_numpy(mask).to(device)}
        if getattr(model.config, "type_vocab_size", 0) > 1:
            inputs["token_type_ids"] = torch.from_numpy(segments).to(device)
        with torch.inference_mode():
            output = model(**inputs)
        return output.start_logits.float().cpu(), output.end_logits.float().cpu()
