"""The reader: the best spans of paragraphs for a question."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from docqa.errors import UsageError
from docqa.reading.arithmetic import ROUGH, Arithmetic, exact_arithmetic
from docqa.reading.batches import (
    FEW_TOKENS,
    MANY,
    MANY_TOKENS,
    NARROW,
    ONE_AT_A_TIME,
    BatchSize,
    InputBatch,
    input_batches,
    token_rows,
)
from docqa.reading.eight_bit import eight_bit_files
from docqa.reading.loading import DEFAULT_READER, LoadedReader, load_reader, shipped_readers
from docqa.reading.settings import ReaderSettings, save_settings
from docqa.reading.spans import Scores, best_spans, log_mass, second_highest, span_band
from docqa.reading.windows import Ints, Window, encode_windows, longest_window

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` (half-open) of a paragraph's text, and the raw score S·T_i + E·T_j."""

    start: int
    end: int
    score: float


@dataclass(frozen=True)
class ParagraphReading:
    """What the reader makes of one paragraph.

    `spans` are its best spans that do not overlap, best first; `null` is the lowest score of [CLS] as the answer
    over its windows; `log_mass` is the logarithm of the sum of exp(score) over all its spans; `runner_up` is the second
    highest score of all its spans, also of those that overlap the best.
    """

    spans: tuple[Span, ...]
    null: float
    log_mass: float
    runner_up: float = float("-inf")


@dataclass(frozen=True)
class ReadAnswer:
    """A span of one of the texts given to `Reader.read`: which text, where in it, its words and its raw score."""

    paragraph: int
    start: int
    end: int
    text: str
    score: float


class Reader:
    """A loaded extractive model with its tokenizer and settings; threads can share one.

    >>> reader = Reader.load("docqa-small")  # doctest: +SKIP
    >>> reader.read("Who signed it?", ["It was signed by Ada."])[0].text  # doctest: +SKIP
    'Ada'
    """

    def __init__(self, loaded: LoadedReader) -> None:
        self._loaded = loaded
        window = min(loaded.settings.window_tokens, longest_window(loaded.model, loaded.tokenizer))
        overlap = min(loaded.settings.overlap_tokens, window // 4)
        # A tokenizer keeps the lengths it was last asked for, so threads that share a reader take turns with it.
        self._encoding = threading.Lock()
        self.settings: ReaderSettings = replace(loaded.settings, window_tokens=window, overlap_tokens=overlap)

    @classmethod
    def load(
        cls, name: str = DEFAULT_READER, *, unsafe_weights: bool = False, arithmetic: Arithmetic | None = None
    ) -> Reader:
        """Load a reader that ships, lies in a folder, or is a model of the Hugging Face hub.

        `arithmetic` None computes in the one that is fastest here and keeps the answers; "float32" is the reference.

        Raises `ReaderNotFoundError` and `ReaderError` as `docqa.reading.loading.load_reader` does.
        """
        return cls(load_reader(name, unsafe_weights=unsafe_weights, arithmetic=arithmetic))

    @property
    def name(self) -> str:
        """The name of a reader that ships or of the hub, or the name of its folder."""
        return self._loaded.name

    @property
    def batch_size(self) -> BatchSize:
        """How much it reads at once unless told otherwise."""
        if self._loaded.device.type == "cuda":
            return MANY
        if self._loaded.unpadded is None and self._loaded.arithmetic != "bfloat16":
            return ONE_AT_A_TIME
        if self._loaded.arithmetic not in ROUGH:
            return FEW_TOKENS
        # Not every model of the hub calls its width so.
        width = getattr(self._loaded.model.config, "hidden_size", NARROW + 1)
        return MANY_TOKENS if width <= NARROW else FEW_TOKENS

    @cached_property
    def scout(self) -> Reader | None:
        """The smaller reader that looks ahead for this one, loaded when first used; None when it has none.

        Only a reader that ships can be one: settings travel with readers, and none of them may fetch another.
        """
        scout = self.settings.scout
        if scout is None or scout.reader not in shipped_readers() or self._loaded.device.type != "cpu":
            return None
        return Reader.load(scout.reader)

    @property
    def close(self) -> float:
        """What is less than this below the first place may be there for rounding alone, in the arithmetic it has."""
        return self.settings.close_int8 if self._loaded.arithmetic == "int8" else self.settings.close

    @cached_property
    def exact(self) -> Reader | None:
        """The same reader in the arithmetic of the reference, loaded when first used; None when it is that itself."""
        loaded = self._loaded
        if loaded.arithmetic not in ROUGH or loaded.folder is None:
            return None
        return Reader.load(
            str(loaded.folder), arithmetic=exact_arithmetic(eight_bit=bool(eight_bit_files(loaded.folder)))
        )

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The model's tokenizer."""
        return self._loaded.tokenizer

    def save(self, folder: Path) -> None:
        """Write model, tokenizer and settings to a folder that `Reader.load` takes."""
        self._loaded.tokenizer.save_pretrained(folder)
        self._loaded.model.save_pretrained(folder)
        save_settings(self.settings, folder)

    def read(self, question: str, paragraphs: Sequence[str], top_k: int = 3) -> list[ReadAnswer]:
        """The `top_k` best spans over all paragraphs, by raw score; ties by paragraph, start, end.

        Raises `QuestionError` when the question is too long for the model, `UsageError` for a text instead of a list.
        """
        if isinstance(paragraphs, str):
            raise UsageError("Give the paragraphs as a list of texts; one text alone is [text].")
        readings = self.read_paragraphs(question, paragraphs, spans=top_k)
        found = [
            ReadAnswer(number, span.start, span.end, paragraphs[number][span.start : span.end], span.score)
            for number, reading in enumerate(readings)
            for span in reading.spans
        ]
        return sorted(found, key=lambda answer: (-answer.score, answer.paragraph, answer.start, answer.end))[:top_k]

    def read_paragraphs(
        self, question: str, paragraphs: Sequence[str], *, spans: int, rows: int | None = None
    ) -> list[ParagraphReading]:
        """Read each paragraph and keep its `spans` best spans; `rows` is the batch size and changes no answer."""
        return self.read_pairs([question] * len(paragraphs), paragraphs, spans=spans, rows=rows)

    def read_pairs(
        self, questions: Sequence[str], paragraphs: Sequence[str], *, spans: int, rows: int | None = None
    ) -> list[ParagraphReading]:
        """Read `paragraphs[i]` for `questions[i]`, all in common batches."""
        if not paragraphs:
            return []
        with self._encoding:
            windows = encode_windows(
                self._loaded.tokenizer,
                questions,
                paragraphs,
                window_tokens=self.settings.window_tokens,
                overlap_tokens=self.settings.overlap_tokens,
            )
        scores = self.scores(windows, BatchSize(rows) if rows else self.batch_size)
        by_paragraph: list[list[int]] = [[] for _ in paragraphs]
        for number, window in enumerate(windows):
            by_paragraph[window.pair].append(number)
        return [
            self._reading(paragraph, [(windows[number], *scores[number]) for number in numbers], spans)
            for paragraph, numbers in zip(paragraphs, by_paragraph, strict=True)
        ]

    def scores(self, windows: Sequence[Window], size: BatchSize) -> list[tuple[Scores, Scores]]:
        """The start and end scores S·T_i and E·T_i of each window, two arrays of shape (its tokens,)."""
        import torch

        scores: list[tuple[Scores, Scores]] = [(np.empty(0, np.float32), np.empty(0, np.float32))] * len(windows)
        with torch.inference_mode():
            for number, start, end in self._scored(windows, size):
                scores[number] = (start, end)
        return scores

    def _reading(
        self, paragraph: str, windows: Sequence[tuple[Window, Scores, Scores]], count: int
    ) -> ParagraphReading:
        tokens = max(window.begin + len(window.offsets) for window, _, _ in windows)
        band = np.full((tokens, self.settings.answer_tokens), -np.inf, np.float32)
        offsets = np.zeros((tokens, 2), np.int32)
        for window, start, end in windows:
            part = slice(window.first, window.first + len(window.offsets))
            place = slice(window.begin, window.begin + len(window.offsets))
            # A span that stands in two windows counts once, with the higher of its scores.
            np.maximum(band[place], span_band(start[part], end[part], band.shape[1]), out=band[place])
            offsets[place] = window.offsets
        _rule_out_blanks(band, paragraph, offsets)
        null = min(float(start[0] + end[0]) for _, start, end in windows)
        return ParagraphReading(_spans(band, paragraph, offsets, count), null, log_mass(band), second_highest(band))

    def _scored(self, windows: Sequence[Window], size: BatchSize) -> Iterator[tuple[int, Scores, Scores]]:
        """The number of each window and its start and end scores."""
        pad_id, unpadded = self._loaded.tokenizer.pad_token_id or 0, self._loaded.unpadded
        if unpadded is not None:
            for row in token_rows(windows, pad_id, size):
                starts, ends = (scores.numpy() for scores in unpadded(row))
                for number, (begin, length) in zip(row.numbers, row.windows, strict=True):
                    yield number, starts[begin : begin + length], ends[begin : begin + length]
            return
        for batch in input_batches(windows, pad_id, size):
            starts, ends = self._forward(batch)
            for place, number in enumerate(batch.numbers):
                length = len(windows[number])
                yield number, starts[place, :length], ends[place, :length]

    def _forward(self, batch: InputBatch) -> tuple[Scores, Scores]:
        import torch

        loaded = self._loaded
        inputs = {
            "input_ids": torch.from_numpy(batch.input_ids).to(loaded.device),
            "attention_mask": torch.from_numpy(batch.attention_mask).to(loaded.device),
        }
        if getattr(loaded.model.config, "type_vocab_size", 0) > 1:
            inputs["token_type_ids"] = torch.from_numpy(batch.segment_ids).to(loaded.device)
        output = loaded.model(**inputs)
        return output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()


def reader_in_training(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Reader:
    """A reader around a model that is being trained, for evaluating it on the way."""
    parameter = next(iter(model.parameters()))
    return Reader(LoadedReader("in training", model, tokenizer, ReaderSettings(), parameter.device, "float32"))


def _rule_out_blanks(band: Scores, text: str, offsets: Ints) -> None:
    # Some tokenizers make tokens of blanks: spans of nothing else are no answers.
    blank = [not text[start:end].strip() for start, end in offsets.tolist()]
    if not any(blank):
        return
    blanks = 0
    for token in reversed(range(len(blank))):
        blanks = blanks + 1 if blank[token] else 0
        band[token, :blanks] = -np.inf


def _spans(band: Scores, text: str, offsets: Ints, count: int) -> tuple[Span, ...]:
    spans: list[Span] = []
    for best in best_spans(band, count):
        start, end = _trimmed(text, int(offsets[best.first, 0]), int(offsets[best.last, 1]))
        # Tokens that are parts of one character all have its place, so spans of different tokens can still overlap.
        if start < end and all(end <= span.start or start >= span.end for span in spans):
            spans.append(Span(start, end, best.score))
    return tuple(spans)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    # Some tokenizers count the blank before a word as its part.
    words = text[start:end].strip()
    start += text[start:end].index(words)
    return start, start + len(words)
