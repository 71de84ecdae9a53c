"""What is stored with a reader besides its weights: how to read, rank and calibrate with it (docqa.json)."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from docqa.errors import ReaderError

SETTINGS_FILE = "docqa.json"
#: No model reads more tokens at once.
MOST_TOKENS = 1_000_000
#: A constant and one weight for each feature.
CALIBRATION_WEIGHTS = 5


@dataclass(frozen=True)
class Ranking:
    """The weights of a paragraph's terms beside the span's raw score.

    A span ranks by S·T_i + E·T_j + `null` · (the paragraph's null score) + `retriever` · (its BM25 score).
    """

    null: float = 0.0
    retriever: float = 0.3


#: Ranks by the raw sum alone, as `--ranking span` does.
SPAN_RANKING = Ranking(null=0.0, retriever=0.0)


@dataclass(frozen=True)
class Calibration:
    """Logistic regressions from what was read to probabilities; each is (constant, weights of the features).

    `right` is for the best answer, `other` for those after it, which are another population: most of them are what is
    left of the best one's sentence. `no_answer` is on the best answer's features. `given` is for the best answer where
    the question came with its one paragraph, None where that has none of its own and `right` serves. The features are
    the `FEATURES` of `docqa.answers.calibration`. Raises `ValueError` for another number of weights.
    """

    right: tuple[float, ...]
    other: tuple[float, ...]
    no_answer: tuple[float, ...]
    given: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        every = (self.right, self.other, self.no_answer, self.right if self.given is None else self.given)
        if {len(weights) for weights in every} != {CALIBRATION_WEIGHTS}:
            raise ValueError(f"a calibration has {CALIBRATION_WEIGHTS} weights, calibrate it anew")


@dataclass(frozen=True)
class Scout:
    """A smaller reader that looks at candidates first (`docqa.answers.cascade`), and how to use what it sees.

    From its best score, its null score and the BM25 score of a paragraph, the reader's total to expect is `constant` +
    `score` · score + `null` · null score + `retriever` · BM25. Reading ends when the best total is `margin` above that.
    """

    reader: str
    constant: float
    score: float
    null: float
    retriever: float
    margin: float


@dataclass(frozen=True)
class ReaderSettings:
    """How to use a reader: sizes in tokens, ranking weights, calibration (None: it has none) and thresholds.

    `threshold` is the probability from which on an answer from documents is shown, `given_threshold` the one for
    questions that come with their one paragraph, of which more have no answer (None: the same).
    Totals closer than `close` are read again in exact arithmetic (`docqa.answers.close_calls`), 0 for none of them;
    where the reader computes in int8, which moves scores more than bfloat16, those closer than `close_int8`.
    `stop` is the score to beat from which on no more candidates are read (`docqa.answers.promise`), None to read all;
    `scout` the smaller reader that says in which order.
    """

    window_tokens: int = 384
    overlap_tokens: int = 96
    answer_tokens: int = 30
    ranking: Ranking = field(default_factory=Ranking)
    calibration: Calibration | None = None
    threshold: float = 0.0
    given_threshold: float | None = None
    close: float = 0.0
    close_int8: float = 0.0
    stop: float | None = None
    scout: Scout | None = None

    def to_dict(self) -> dict[str, Any]:
        """The settings as stored."""
        return asdict(self)


def load_settings(folder: Path) -> ReaderSettings:
    """The settings in a reader's folder, the defaults where it has none. Raises `ReaderError` when they are damaged."""
    path = folder / SETTINGS_FILE
    if not path.exists():
        return ReaderSettings()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
        calibration = stored.get("calibration")
        return ReaderSettings(
            window_tokens=_tokens(stored["window_tokens"]),
            overlap_tokens=_tokens(stored["overlap_tokens"]),
            answer_tokens=_tokens(stored["answer_tokens"]),
            ranking=Ranking(**_numbers(stored["ranking"])),
            # A reader that was calibrated when there was one regression for all answers keeps it.
            calibration=Calibration(
                right=tuple(map(_number, calibration["right"])),
                other=tuple(map(_number, calibration.get("other", calibration["right"]))),
                no_answer=tuple(map(_number, calibration["no_answer"])),
                given=tuple(map(_number, calibration["given"])) if calibration.get("given") else None,
            )
            if calibration
            else None,
            threshold=_number(stored["threshold"]),
            given_threshold=_number_or_none(stored.get("given_threshold")),
            close=_number(stored.get("close", 0.0)),
            close_int8=_number(stored.get("close_int8", 0.0)),
            stop=_number_or_none(stored.get("stop")),
            scout=_scout(stored["scout"]) if stored.get("scout") else None,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ReaderError(
            f"The settings of the reader in {path} are damaged ({error}); get the reader anew."
        ) from error


def _scout(stored: dict[str, Any]) -> Scout:
    reader = stored["reader"]
    if not isinstance(reader, str):
        raise TypeError(f"{reader!r} is no name of a reader")
    return Scout(reader=reader, **_numbers({name: value for name, value in stored.items() if name != "reader"}))


def _number_or_none(stored: Any) -> float | None:
    return None if stored is None else _number(stored)


def _numbers(stored: dict[str, Any]) -> dict[str, float]:
    return {name: _number(value) for name, value in stored.items()}


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    # One with too many digits is read as infinity.
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return float(value)


def _tokens(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_TOKENS:
        raise ValueError(f"{str(value)[:40]!r} is no number of tokens")
    return value


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def save_settings(settings: ReaderSettings, folder: Path) -> None:
    """Write the settings into a reader's folder."""
    (folder / SETTINGS_FILE).write_text(json.dumps(settings.to_dict(), indent=2) + "\n", encoding="utf-8")
