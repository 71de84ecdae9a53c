"""Which ranking puts the right answer first: the measurement behind the weights stored with a reader.

python benchmarks/ranking.py --reader docqa-small --qa FILE... --folder DIR --questions FILE.jsonl
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from readings import Case, folder_cases, pooled_cases, sample

from docqa.reading.reader import Reader
from docqa.reading.settings import Ranking

NULL = (0.0, -0.5, -1.0)
RETRIEVER = (0.0, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", default="docqa-small")
    parser.add_argument("--qa", nargs="+", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--candidates", type=int, default=20)
    options = parser.parse_args()
    reader = Reader.load(options.reader)
    with tempfile.TemporaryDirectory() as temporary:
        real = folder_cases(
            reader, options.folder, options.questions, Path(temporary) / "folder.db", options.candidates
        )
    answerable = [case for case in real if case.answers]
    pooled = pooled_cases(reader, *sample(options.qa, options.sample), candidates=options.candidates)
    print(f"\n{len(pooled)} pooled questions, {len(answerable)} on the folder, {options.candidates} candidates.\n")
    print("| null | retriever | pooled: answer first | in three | folder: file first | answer first | in three |")
    print("|---|---|---|---|---|---|---|")
    for null in NULL:
        for retriever in RETRIEVER:
            ranking = Ranking(null, retriever)
            first, three = answers_right(pooled, ranking)
            real_first, real_three = answers_right(answerable, ranking)
            print(
                f"| {null} | {retriever} | {100 * first / len(pooled):.1f} % | {100 * three / len(pooled):.1f} % | "
                f"{files_first(answerable, ranking)} | {real_first} | {real_three} |"
            )
    print(f"\nSome span of some candidate is right: {oracle(pooled)} pooled, {oracle(answerable)} on the folder.")


def answers_right(cases: Sequence[Case], ranking: Ranking) -> tuple[int, int]:
    """For how many cases the first answer is right, and for how many one of the first three."""
    right = [[case.is_right(answer) for answer in case.ranked(ranking)] for case in cases]
    return sum(bool(row and row[0]) for row in right), sum(any(row) for row in right)


def files_first(cases: Sequence[Case], ranking: Ranking) -> int:
    """For how many cases the best source of the first answer is in the right file."""
    count = 0
    for case in cases:
        ranked = case.ranked(ranking, 1)
        if ranked and case.file is not None:
            count += case.hits[ranked[0].best.paragraph].document.path.endswith(case.file)
    return count


def oracle(cases: Sequence[Case]) -> int:
    """For how many cases any answer at all is right."""
    return sum(any(case.is_right(answer) for answer in case.ranked(Ranking(), 10_000)) for case in cases)


if __name__ == "__main__":
    main()
