"""The reader: the best spans of paragraphs for a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from docqa.reading.batches import ROWS, InputBatch, input_batches
from docqa.reading.loading import DEFAULT_READER, LoadedReader, load_reader
from docqa.reading.settings import ReaderSettings
from docqa.reading.spans import Scores, best_spans, log_mass, span_band
from docqa.reading.windows import Window, encode_windows

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: The model counts positions from past the padding id in some families, so not all of them are free.
RESERVED_POSITIONS = 2


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
    over its windows; `log_mass` is the logarithm of the sum of exp(score) over all its spans.
    """

    spans: tuple[Span, ...]
    null: float
    log_mass: float


@dataclass(frozen=True)
class ReadAnswer:
    """A span of one of the texts given to `Reader.read`: which text, where in it, its words and its raw score."""

    paragraph: int
    start: int
    end: int
    text: str
    score: float


class Reader:
    """A loaded extractive model with its tokenizer and settings.

    >>> reader = Reader.load("docqa-small")  # doctest: +SKIP
    >>> reader.read("Who signed it?", ["It was signed by Ada."])[0].text  # doctest: +SKIP
    'Ada'
    """

    def __init__(self, loaded: LoadedReader) -> None:
        self._loaded = loaded
        limit = min(loaded.tokenizer.model_max_length, _positions(loaded))
        window = min(loaded.settings.window_tokens, limit)
        overlap = min(loaded.settings.overlap_tokens, window // 4)
        self.settings: ReaderSettings = replace(loaded.settings, window_tokens=window, overlap_tokens=overlap)

    @classmethod
    def load(cls, name: str = DEFAULT_READER, *, unsafe_weights: bool = False) -> Reader:
        """Load a reader that ships, lies in a folder, or is a model of the Hugging Face hub.

        Raises `ReaderNotFoundError` and `ReaderError` as `docqa.reading.loading.load_reader` does.
        """
        return cls(load_reader(name, unsafe_weights=unsafe_weights))

    @property
    def name(self) -> str:
        """The name of a reader that ships or of the hub, or the name of its folder."""
        return self._loaded.name

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The model's tokenizer."""
        return self._loaded.tokenizer

    def read(self, question: str, paragraphs: Sequence[str], top_k: int = 3) -> list[ReadAnswer]:
        """The `top_k` best spans over all paragraphs, by raw score; ties by paragraph, start, end.

        Raises `QuestionError` when the question is too long for the model.
        """
        readings = self.read_paragraphs(question, paragraphs, spans=top_k)
        found = [
            ReadAnswer(number, span.start, span.end, paragraphs[number][span.start : span.end], span.score)
            for number, reading in enumerate(readings)
            for span in reading.spans
        ]
        return sorted(found, key=lambda answer: (-answer.score, answer.paragraph, answer.start, answer.end))[:top_k]

    def read_paragraphs(
        self, question: str, paragraphs: Sequence[str], *, spans: int, rows: int = ROWS
    ) -> list[ParagraphReading]:
        """Read each paragraph and keep its `spans` best spans; `rows` is the batch size and changes no answer."""
        return self.read_pairs([question] * len(paragraphs), paragraphs, spans=spans, rows=rows)

    def read_pairs(
        self, questions: Sequence[str], paragraphs: Sequence[str], *, spans: int, rows: int = ROWS
    ) -> list[ParagraphReading]:
        """Read `paragraphs[i]` for `questions[i]`, all in common batches."""
        if not paragraphs:
            return []
        windows = encode_windows(
            self._loaded.tokenizer,
            questions,
            paragraphs,
            window_tokens=self.settings.window_tokens,
            overlap_tokens=self.settings.overlap_tokens,
        )
        logits = self._logits(windows, rows)
        by_paragraph: list[list[int]] = [[] for _ in paragraphs]
        for number, window in enumerate(windows):
            by_paragraph[window.pair].append(number)
        return [
            self._reading(paragraph, [(windows[number], *logits[number]) for number in numbers], spans)
            for paragraph, numbers in zip(paragraphs, by_paragraph, strict=True)
        ]

    def _reading(
        self, paragraph: str, windows: Sequence[tuple[Window, Scores, Scores]], count: int
    ) -> ParagraphReading:
        best: dict[tuple[int, int], float] = {}
        null, mass = float("inf"), float("-inf")
        for window, start, end in windows:
            part = slice(window.first, window.first + len(window.offsets))
            band = span_band(start[part], end[part], self.settings.answer_tokens)
            for span in best_spans(band, count):
                place = _trimmed(paragraph, int(window.offsets[span.first, 0]), int(window.offsets[span.last, 1]))
                if place is not None:
                    best[place] = max(span.score, best.get(place, float("-inf")))
            null = min(null, float(start[0] + end[0]))
            mass = float(np.logaddexp(mass, log_mass(band)))
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        return ParagraphReading(_clear_of_each_other(ranked, count), null, mass)

    def _logits(self, windows: Sequence[Window], rows: int) -> list[tuple[Scores, Scores]]:
        import torch

        logits: list[tuple[Scores, Scores]] = [(np.empty(0, np.float32), np.empty(0, np.float32))] * len(windows)
        with torch.inference_mode():
            for batch in input_batches(windows, self._loaded.tokenizer.pad_token_id or 0, rows):
                start, end = self._forward(batch)
                for row, number in enumerate(batch.numbers):
                    length = len(windows[number])
                    logits[number] = (start[row, :length], end[row, :length])
        return logits

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
    return Reader(LoadedReader("in training", model, tokenizer, ReaderSettings(), parameter.device, parameter.dtype))


def _clear_of_each_other(ranked: Sequence[tuple[tuple[int, int], float]], count: int) -> tuple[Span, ...]:
    kept: list[Span] = []
    for (start, end), score in ranked:
        if len(kept) == count:
            break
        if all(end <= span.start or start >= span.end for span in kept):
            kept.append(Span(start, end, score))
    return tuple(kept)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    # Some tokenizers count the blank before a word as its part.
    words = text[start:end].strip()
    if not words:
        return None
    start += text[start:end].index(words)
    return start, start + len(words)


def _positions(loaded: LoadedReader) -> int:
    positions = getattr(loaded.model.config, "max_position_embeddings", None)
    return int(positions) - RESERVED_POSITIONS if positions and positions > RESERVED_POSITIONS else 512
