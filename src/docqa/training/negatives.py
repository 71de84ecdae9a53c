"""Paragraphs that look like the answer's and do not hold it: what teaches a reader to say null."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from docqa.evaluation.squad import AnnotatedQuestion

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

#: Token ids of more than this share of the paragraphs say nothing about which paragraph is meant.
COMMON_SHARE = 0.1


def similar_paragraphs(
    tokenizer: PreTrainedTokenizerBase, questions: Sequence[AnnotatedQuestion], *, among: int, seed: int
) -> list[str | None]:
    """For each question one paragraph of the pool that shares rare words with it and holds none of its answers.

    The pool is all paragraphs of `questions`. The paragraph is drawn from the `among` best by the
    sum of the idf of the shared tokens over the square root of the length; None where none shares any.
    """
    shuffler = random.Random(seed)
    paragraphs = list(dict.fromkeys(question.paragraph for question in questions))
    postings, norms = _postings(tokenizer, paragraphs)
    texts = [question.text for question in questions]
    tokens = tokenizer(texts, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
    chosen: list[str | None] = []
    for question, ids in zip(questions, tokens, strict=True):
        scores = np.zeros(len(paragraphs), np.float32)
        for token in set(ids):
            holders = postings.get(token)
            if holders is not None:
                scores[holders] += math.log(len(paragraphs) / len(holders))
        scores /= norms
        count = min(among, len(paragraphs))
        best = np.argpartition(-scores, count - 1)[:count]
        candidates = [
            paragraphs[i]
            for i in sorted(best.tolist())
            if scores[i] > 0 and paragraphs[i] != question.paragraph and not _holds(paragraphs[i], question)
        ]
        chosen.append(shuffler.choice(candidates) if candidates else None)
    return chosen


def _holds(paragraph: str, question: AnnotatedQuestion) -> bool:
    lowered = paragraph.lower()
    return any(answer.lower() in lowered for answer in question.answer_texts)


def _postings(
    tokenizer: PreTrainedTokenizerBase, paragraphs: Sequence[str]
) -> tuple[dict[int, NDArray[np.int64]], NDArray[np.float32]]:
    encoded = tokenizer(list(paragraphs), add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
    holders: dict[int, list[int]] = defaultdict(list)
    for number, ids in enumerate(encoded):
        for token in set(ids):
            holders[token].append(number)
    most = max(1, int(COMMON_SHARE * len(paragraphs)))
    postings = {token: np.array(numbers) for token, numbers in holders.items() if len(numbers) <= most}
    return postings, np.sqrt([len(ids) + 1 for ids in encoded]).astype(np.float32)
