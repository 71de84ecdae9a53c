"""Questions that look answerable and are not, put to their paragraphs: a question file that `docqa train` takes.

python benchmarks/written_questions.py --qa squad_v1.1_train_partial.json --out written.json --held-out held_out.json

data/questions/ has, for paragraphs of SQuAD 1.1's training set, questions that the paragraph does not answer (U) and
others in the same style that it does (A), but none of the paragraphs: they are found by a hash of their text. About one
paragraph in 20, by that hash, goes to the second file, for `docqa calibrate`; training must not see those. With
--own the questions that people asked about these paragraphs go in too. edited.tsv has each of them changed until it has
no answer, edited_unread.tsv some of SquadShifts; training must see none of the latter, so without --held-out all of a
file go to --out.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docqa.errors import DataFileError, DocqaError
from docqa.evaluation.squad import AnnotatedQuestion, load_squad

QUESTIONS = Path(__file__).resolve().parent.parent / "data" / "questions" / "written.tsv"
#: About one paragraph in so many is held out.
HELD_OUT = 20


@dataclass(frozen=True)
class Written:
    """A question about the paragraph with a `mark`; `start` and `end` are of its answer, or of words that tempt.

    `others` are further answers that people gave.
    """

    mark: str
    answered: bool
    start: int
    end: int
    question: str
    others: tuple[str, ...] = ()


def load_written(file: Path) -> list[Written]:
    """The rows of a file of written questions. Raises `DataFileError` with the line that is not such a row."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [_written(row, file, number) for number, row in enumerate(rows, start=1)]


def plain(paragraph: str) -> str:
    """A paragraph as the written questions count its characters: white space is single spaces."""
    return " ".join(paragraph.split())


def mark(paragraph: str) -> str:
    """What a paragraph is found by, whichever case its letters are in.

    >>> mark("Spectre  is a film.") == mark("spectre is a film.")
    True
    """
    return hashlib.sha256(plain(paragraph).lower().encode()).hexdigest()[:12]


def is_held_out(mark: str) -> bool:
    """Whether the paragraph with this mark is kept from training."""
    return int(mark, 16) % HELD_OUT == 0


def _written(row: list[str], file: Path, number: int) -> Written:
    try:
        found, kind, start, end, question = row
        return Written(found, {"A": True, "U": False}[kind], int(start), int(end), question)
    except (ValueError, KeyError) as error:
        raise DataFileError(
            f"{file}, line {number}, is no written question ({error!r}); it needs mark, A or U, start, end, question."
        ) from error


def places(text: str, words: str) -> list[int]:
    """Where words stand in a text; each counts as the answer, since of written ones it is not said which is meant.

    >>> places("a rose is a rose", "rose")
    [2, 12]
    """
    found, at = [], text.find(words)
    while at >= 0:
        found.append(at)
        at = text.find(words, at + 1)
    return found


def own_questions(questions: list[AnnotatedQuestion], marks: set[str]) -> list[Written]:
    """The files' own questions about the paragraphs with these marks, with the words of all their answers."""
    own = []
    for question in questions:
        context, found = plain(question.paragraph), mark(question.paragraph)
        words, *others = dict.fromkeys(plain(answer.text) for answer in question.answers) or [""]
        if words and found in marks and words in context:
            start, end = context.find(words), context.find(words) + len(words)
            asked = plain(question.text)
            own.append(Written(found, answered=True, start=start, end=end, question=asked, others=tuple(others)))
    return own


def as_squad(written: list[Written], paragraphs: dict[str, str], title: str) -> dict[str, Any]:
    """The questions in the format of SQuAD 2.0."""
    asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, row in enumerate(written):
        context = paragraphs[row.mark]
        words = context[row.start : row.end]
        found = [{"text": text, "answer_start": at} for text in (words, *row.others) for at in places(context, text)]
        asked[context].append(
            {
                "id": f"{row.mark}-{number}",
                "question": row.question,
                "is_impossible": not row.answered,
                "answers": found if row.answered else [],
                "plausible_answers": [] if row.answered else found,
            }
        )
    entries = [{"context": context, "qas": qas} for context, qas in asked.items()]
    return {"version": "2.0", "data": [{"title": title, "paragraphs": entries}]}


def main() -> None:
    """Write one file, or two with --held-out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", type=Path, nargs="+", required=True, help="the question files with the paragraphs")
    parser.add_argument("--written", type=Path, default=QUESTIONS)
    parser.add_argument("--own", action="store_true", help="the files' own questions about these paragraphs too")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--held-out", type=Path)
    options = parser.parse_args()
    written = load_written(options.written)
    questions = [question for file in options.qa for question in load_squad(file)]
    if options.own:
        written += own_questions(questions, {row.mark for row in written})
    paragraphs = {mark(question.paragraph): plain(question.paragraph) for question in questions}
    known = [row for row in written if row.mark in paragraphs]
    held = {row.mark for row in known if is_held_out(row.mark)} if options.held_out else set()
    _save(options.out, [row for row in known if row.mark not in held], paragraphs)
    if options.held_out:
        _save(options.held_out, [row for row in known if row.mark in held], paragraphs)


def _save(file: Path, rows: list[Written], paragraphs: dict[str, str]) -> None:
    file.write_text(json.dumps(as_squad(rows, paragraphs, file.stem)), encoding="utf-8")
    print(f"{file}: {len(rows):,} questions, {sum(not row.answered for row in rows):,} of them without an answer")


if __name__ == "__main__":
    try:
        main()
    except DocqaError as error:
        sys.exit(str(error))
