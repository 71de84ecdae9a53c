"""Which ranking puts the right answer first, on readings that are made once and kept.

python benchmarks/ranking.py --reader NAME --keep FOLDER --qa FILE... --with FILE... --folder DIR --questions FILE.jsonl
    --held-out READINGS.jsonl

`READINGS.jsonl` is what `docqa calibrate --readings` kept: learned weights are fitted on it, never on what is measured.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from readings import folder_cases, pooled_cases

from docqa.answers.ranking import RankedAnswer
from docqa.evaluation.given import judge
from docqa.evaluation.outcome import summarize
from docqa.fitting.cases import ReadCase, load_cases, save_cases
from docqa.fitting.fit import fit_ranking
from docqa.fitting.stopping import stopping
from docqa.reading.loading import find_reader
from docqa.reading.reader import Reader
from docqa.reading.settings import Ranking, load_settings

Term = Callable[[Sequence[float]], list[float]]


def raw(scores: Sequence[float]) -> list[float]:
    """BM25 itself."""
    return list(scores)


def share_of_best(scores: Sequence[float]) -> list[float]:
    """BM25 over the best one."""
    highest = max(scores, default=0.0)
    return [score / highest if highest > 0 else 1.0 for score in scores]


def minus_log_rank(scores: Sequence[float]) -> list[float]:
    """0 for the first paragraph, falling with the logarithm of the rank."""
    return [-math.log(rank) for rank in range(1, len(scores) + 1)]


TERMS: dict[str, Term] = {"BM25": raw, "BM25 / best": share_of_best, "-log rank": minus_log_rank}
DEPTHS = (5, 10, 20)
WEIGHTS = {"BM25": (0.1, 0.3, 1.0), "BM25 / best": (2.0, 5.0, 10.0), "-log rank": (0.5, 1.0, 2.0)}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", default="docqa-base")
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--qa", nargs="+", required=True)
    parser.add_argument("--with", dest="others", nargs="*", default=[])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--candidates", type=int, default=20)
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    pooled_file, folder_file = options.keep / "pooled.jsonl", options.keep / "folder.jsonl"
    if not (pooled_file.exists() and folder_file.exists()):
        reader = Reader.load(options.reader)
        save_cases(folder_cases(reader, options.folder, options.questions, options.candidates), folder_file)
        pooled = pooled_cases(reader, options.qa, options.others, options.sample, options.candidates)
        save_cases(pooled, pooled_file)
    pooled, real = load_cases(pooled_file), [case for case in load_cases(folder_file) if case.answerable]
    held_out = load_cases(options.held_out) if options.held_out else []
    print(f"\n{len(pooled)} pooled questions, {len(real)} on the folder, {options.candidates} candidates.\n")
    print("| ranking | pooled: answer first | in three | folder: file first | answer first | in three |")
    print("|---|---|---|---|---|---|")
    show("S+E", pooled, real, raw, Ranking(0.0, 0.0))
    show("S+E - [CLS]", pooled, real, raw, Ranking(-1.0, 0.0))
    for name, term in TERMS.items():
        for weight in WEIGHTS[name]:
            show(f"S+E + {weight} {name}", pooled, real, term, Ranking(0.0, weight))
            show(f"S+E - [CLS] + {weight} {name}", pooled, real, term, Ranking(-1.0, weight))
        if held_out:
            learned = fit_ranking([with_term(case, term) for case in held_out], Ranking(0.0, 0.0))
            label = f"learned: S+E {learned.null:+.2f} [CLS] {learned.retriever:+.2f} {name}"
            show(label, pooled, real, term, learned)
            show(f"{label}, votes", pooled, real, term, learned, votes=True)
    stored = load_settings(Path(find_reader(options.reader)))
    weights = f"{stored.ranking.null} [CLS], {stored.ranking.retriever} BM25"
    print(f"\nWith the stored weights ({weights}) and fewer candidates:\n")
    print("| candidates | pooled: answer first | in three | folder: file first | answer first | in three |")
    print("|---|---|---|---|---|---|")
    for depth in DEPTHS:
        shallow = [first(case, depth) for case in pooled], [first(case, depth) for case in real]
        show(str(depth), *shallow, raw, stored.ranking)
    outcomes = [
        judge(case.readings, case.retriever_scores, case.texts, stored, case.accepted)
        for case in pooled
        if case.accepted
    ]
    print(f"\nPooled, with all that is stored: {figures(summarize(outcomes))}.")
    if stored.stop is not None:
        for name, cases in (("pooled", pooled), ("on the folder", load_cases(folder_file))):
            did = stopping(cases, stored.ranking, stored.stop)
            share = f"{did.read:.0%} of the candidates are read, {did.same:.1%} of the best answers stay the same"
            print(f"\nStopping early, {name}: {share}.")
    print(f"\nSome span of some candidate is right: {oracle(pooled)} pooled, {oracle(real)} on the folder.")


def figures(summary: dict[str, Any]) -> str:
    """Exact match, F1 and calibration error with their intervals."""
    reliability = summary["reliability"]
    error = reliability["expected_calibration_error"]
    low, high = reliability["intervals"]["expected_calibration_error"]
    shares = [
        f"{name} {summary[key]:.1f} ({summary['intervals'][key][0]:.1f} to {summary['intervals'][key][1]:.1f})"
        for key, name in (("exact_match", "exact match"), ("f1", "F1"))
    ]
    return f"{', '.join(shares)}, calibration error {error:.3f} ({low:.3f} to {high:.3f})"


def first(case: ReadCase, depth: int) -> ReadCase:
    """The case with the retriever's first `depth` paragraphs alone."""
    kept = {name: getattr(case, name)[:depth] for name in ("texts", "retriever_scores", "readings", "paths")}
    return replace(case, **kept)


def with_term(case: ReadCase, term: Term) -> ReadCase:
    """The case with another retriever term in the place of BM25's."""
    return replace(case, retriever_scores=tuple(term(case.retriever_scores)))


def show(
    label: str,
    pooled: Sequence[ReadCase],
    real: Sequence[ReadCase],
    term: Term,
    ranking: Ranking,
    *,
    votes: bool = False,
) -> None:
    """One row of the table."""
    first, three, _ = counts([with_term(case, term) for case in pooled], ranking, votes=votes)
    real_first, real_three, files = counts([with_term(case, term) for case in real], ranking, votes=votes)
    shares = f"{100 * first / len(pooled):.1f} % | {100 * three / len(pooled):.1f} %"
    print(f"| {label} | {shares} | {files} | {real_first} | {real_three} |")


def counts(cases: Sequence[ReadCase], ranking: Ranking, *, votes: bool) -> tuple[int, int, int]:
    """For how many cases the first answer is right, one of the first three, and the first one's file."""
    first = three = files = 0
    for case in cases:
        answers = by_votes(case.ranked(ranking, 10_000))[:3] if votes else case.ranked(ranking)
        right = [case.is_right(answer) for answer in answers]
        first += bool(right and right[0])
        three += any(right)
        files += bool(answers and case.file and case.paths[answers[0].best.paragraph].endswith(case.file))
    return first, three, files


def by_votes(answers: Sequence[RankedAnswer]) -> list[RankedAnswer]:
    """Answers by the log of the sum of exp(total) over all places that say them, instead of their best place."""

    def mass(answer: RankedAnswer) -> float:
        return float(np.logaddexp.reduce([candidate.total for candidate in answer.candidates]))

    return sorted(answers, key=lambda answer: -mass(answer))


def oracle(cases: Sequence[ReadCase]) -> int:
    """For how many cases any answer at all is right."""
    return sum(any(case.is_right(answer) for answer in case.ranked(Ranking(), 10_000)) for case in cases)


if __name__ == "__main__":
    main()
