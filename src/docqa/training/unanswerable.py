"""Unanswerable questions made from answerable ones, close enough to the text to be worth learning from.

The answer's sentences are cut out of the paragraph, or one detail of the question (a number, a name, a word that has an
opposite) is changed to what the paragraph does not say. The second is a rule-based relative of the questions in
Rajpurkar et al. 2018, section 2, after the way Jia & Liang 2017, section 3, alter questions.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from docqa.evaluation.squad import AnnotatedQuestion
from docqa.paragraphs.sentences import sentence_ends

#: A paragraph without its answer still has at least so many words.
FEWEST_WORDS = 30

NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
# The first word of a question is capitalised whether or not it is a name.
NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*")
OPPOSITES = {
    first: second
    for pair in (
        ("first", "last"),
        ("most", "least"),
        ("more", "fewer"),
        ("largest", "smallest"),
        ("larger", "smaller"),
        ("highest", "lowest"),
        ("higher", "lower"),
        ("oldest", "youngest"),
        ("longest", "shortest"),
        ("best", "worst"),
        ("before", "after"),
        ("above", "below"),
        ("increase", "decrease"),
        ("increased", "decreased"),
        ("won", "lost"),
        ("win", "lose"),
        ("early", "late"),
        ("earlier", "later"),
        ("begin", "end"),
        ("began", "ended"),
        ("founded", "dissolved"),
        ("north", "south"),
        ("northern", "southern"),
        ("east", "west"),
        ("eastern", "western"),
        ("male", "female"),
        ("men", "women"),
        ("allowed", "forbidden"),
        ("maximum", "minimum"),
        ("internal", "external"),
        ("public", "private"),
        ("always", "never"),
        ("with", "without"),
        ("can", "cannot"),
    )
    for first, second in (pair, pair[::-1])
}
WORD = re.compile(r"[A-Za-z]+")


def without_answer(question: AnnotatedQuestion) -> AnnotatedQuestion | None:
    """The question with a paragraph from which every sentence that holds an answer is cut, None when little is left.

    >>> from docqa.evaluation.squad import AnnotatedAnswer
    >>> text = "It rained. " + "The wind blew hard from the sea over the hills and the town. " * 3
    >>> without_answer(AnnotatedQuestion("1", "What did it do?", text, (AnnotatedAnswer("rained", 3),))).paragraph[:13]
    'The wind blew'
    """
    text = question.paragraph
    answers = [answer.lower() for answer in question.answer_texts]
    ends = sentence_ends(text)
    kept = [
        text[start:end]
        for start, end in zip([0, *ends], ends, strict=False)
        if not any(answer in text[start:end].lower() for answer in answers)
    ]
    paragraph = "".join(kept).strip()
    # An answer that runs over the end of a sentence stands in none of them.
    if not answers or len(paragraph.split()) < FEWEST_WORDS or any(answer in paragraph.lower() for answer in answers):
        return None
    return replace(question, id=f"{question.id}-cut", paragraph=paragraph, answers=())


def altered(question: AnnotatedQuestion, others: Sequence[str], shuffler: random.Random) -> AnnotatedQuestion | None:
    """The question with one detail changed, None when it has none that can be.

    A number or a name is changed to one of the same kind from the texts `others` that the paragraph and the question do
    not have, a word to its opposite.
    """
    text = question.text
    changes: list[tuple[int, int, str]] = []
    for kind in (NUMBER, NAME):
        known = f"{question.paragraph} {text}".lower()
        strange = sorted({match for other in others for match in kind.findall(other) if match.lower() not in known})
        for match in kind.finditer(text):
            alike = [other for other in strange if _alike(match.group(), other)]
            if alike:
                changes.append((match.start(), match.end(), shuffler.choice(alike)))
    changes += [
        (match.start(), match.end(), OPPOSITES[match.group()])
        for match in WORD.finditer(text)
        if match.group() in OPPOSITES
    ]
    if not changes:
        return None
    start, end, new = shuffler.choice(changes)
    return replace(question, id=f"{question.id}-altered", text=text[:start] + new + text[end:], answers=())


def _alike(one: str, other: str) -> bool:
    # Years for years, and names of about as many words.
    if one[0].isdigit():
        return len(one) == len(other)
    return abs(len(one.split()) - len(other.split())) <= 1
