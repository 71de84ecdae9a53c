"""Unanswerable questions made from answerable ones, close enough to the text to be worth learning from.

The answer's sentences are cut out of the paragraph, or one detail of the question (a number, a name, a word that has an
opposite) is changed to what the paragraph does not say. The second is a rule-based relative of the questions in
Rajpurkar et al. 2018, section 2, after the way Jia & Liang 2017, section 3, alter questions.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
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
NEGATIONS = {
    verb: f"{verb}n't"
    for verb in ("did", "does", "do", "is", "are", "was", "were", "could", "would", "should", "has", "have", "had")
} | {"can": "can't", "will": "won't"}
#: Nearly every question can be negated and few negated ones are worth asking.
NEGATED = 0.3
#: Endings of words that may stand for one another, the longer first.
ENDINGS = (
    "ation", "tion", "sion", "ment", "ness", "ance", "ence", "ship", "ist", "ism", "ity", "ous", "ive", "ing", "est",
    "ers", "ors", "ies", "ed", "al", "ic", "ly",
)  # fmt: skip
#: A word shorter than that is too often one that a grammar needs.
SHORTEST_CHANGED = 5
WORD = re.compile(r"[A-Za-z]+")

#: Where a question is changed, from and to which character, and what may stand there instead.
Change = tuple[int, int, list[str]]


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

    The ways that can be gone are equally likely, negation less so: a name or a number is changed to another of its
    kind, from the paragraph itself or from the texts `others`; a word to its opposite, or to one with the same ending
    that neither paragraph nor question has; the verb is negated. Of the kinds of unanswerable questions in Rajpurkar
    et al. 2018, table 1, these are what a rule can make: entity swaps, antonyms and negation.
    """
    ways = [
        changes
        for changes in (
            _others_of_its_kind(question, NAME, [question.paragraph], elsewhere=False),
            _others_of_its_kind(question, NAME, others, elsewhere=True),
            _others_of_its_kind(question, NUMBER, [question.paragraph], elsewhere=False),
            _others_of_its_kind(question, NUMBER, others, elsewhere=True),
            _in_table(question.text, OPPOSITES),
            _in_table(question.text, NEGATIONS)[:1] if shuffler.random() < NEGATED else [],
            _same_endings(question, others),
        )
        if changes
    ]
    if not ways:
        return None
    start, end, instead = shuffler.choice(shuffler.choice(ways))
    new = shuffler.choice(instead)
    return replace(
        question, id=f"{question.id}-altered", text=question.text[:start] + new + question.text[end:], answers=()
    )


def _others_of_its_kind(
    question: AnnotatedQuestion, kind: re.Pattern[str], texts: Sequence[str], *, elsewhere: bool
) -> list[Change]:
    """For each name or number of the question those of `texts` to put in its place, `elsewhere`: that are strange here.

    What is part of an answer or of the question is not taken: the first would give the answer away.
    """
    known = " ".join([question.text, *question.answer_texts, question.paragraph if elsewhere else ""]).lower()
    found = sorted({match for text in texts for match in kind.findall(text) if match.lower() not in known})
    return [
        (match.start(), match.end(), alike)
        for match in kind.finditer(question.text)
        if (alike := [other for other in found if _alike(match.group(), other)])
    ]


def _in_table(text: str, table: Mapping[str, str]) -> list[Change]:
    return [
        (match.start(), match.end(), [table[match.group()]]) for match in WORD.finditer(text) if match.group() in table
    ]


def _same_endings(question: AnnotatedQuestion, others: Sequence[str]) -> list[Change]:
    known = set(WORD.findall(f"{question.paragraph} {question.text}".lower()))
    by_ending: dict[str, list[str]] = {}
    for word in sorted({word for other in others for word in WORD.findall(other) if word not in known}):
        if ending := _ending(word):
            by_ending.setdefault(ending, []).append(word)
    return [
        (match.start(), match.end(), by_ending[ending])
        for match in WORD.finditer(question.text)
        if (ending := _ending(match.group())) and ending in by_ending
    ]


def _ending(word: str) -> str | None:
    """The ending that tells a word's kind, None for short and capitalised words and for those without one.

    >>> _ending("founded"), _ending("red"), _ending("Founded")
    ('ed', None, None)
    """
    if len(word) < SHORTEST_CHANGED or not word.islower():
        return None
    return next((ending for ending in ENDINGS if word.endswith(ending)), None)


def _alike(one: str, other: str) -> bool:
    # Years for years, and names of about as many words.
    if one[0].isdigit():
        return len(one) == len(other)
    return abs(len(one.split()) - len(other.split())) <= 1
