"""Answers that are known: a question that is asked again is answered from memory as long as the index is the same."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import replace

from docqa.answers.answer import Answers
from docqa.answers.ask import AskOptions

#: So many answers are kept; then the one that was not asked for the longest goes.
MOST = 256


class RememberedAnswers:
    """The answers of one reader to the last questions, by the state of the index that they come from."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, str, AskOptions], Answers] = OrderedDict()

    def get(self, generation: int, question: str, options: AskOptions, begun: float) -> Answers | None:
        """The answers to a question in a state of the index, None when they are not known.

        `begun` is when the question came, by `time.perf_counter`; nothing was retrieved or read since.
        """
        key = generation, question, options
        known = self._known.get(key)
        if known is None:
            return None
        self._known.move_to_end(key)
        took = round((time.perf_counter() - begun) * 1000, 3)
        return replace(known, timings=replace(known.timings, retrieve_ms=0.0, read_ms=0.0, total_ms=took))

    def keep(self, answers: Answers, options: AskOptions) -> None:
        """Remember answers by the state that was read, which may be newer than the one that was looked up."""
        self._known[answers.index.generation, answers.question, options] = answers
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def forget(self) -> None:
        """Know nothing any more, since another reader answers from now on."""
        self._known.clear()
