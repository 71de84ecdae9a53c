"""Question files whose contexts are single sentences, with contexts of several: harder, and as long as paragraphs.

python benchmarks/longer_contexts.py --qa FILE --out FILE

Each context is put among the most similar ones of the file, found by docqa's own retriever, that hold no answer of its
questions; where it stands among them is drawn. The answers move along. For `docqa train`: in a sentence alone the kind
of answer gives most answers away.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path

from docqa.evaluation.squad import AnnotatedQuestion, load_squad
from docqa.training.negatives import similar_paragraphs


def longer(question: AnnotatedQuestion, others: tuple[str, ...], chance: random.Random) -> tuple[str, int]:
    """The paragraph among the others, and how far it moved to the right."""
    parts = list(others)
    place = chance.randint(0, len(parts))
    return " ".join([*parts[:place], question.paragraph, *parts[place:]]), sum(len(part) + 1 for part in parts[:place])


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--others", type=int, default=4, help="so many contexts are put around each")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    questions = load_squad(options.qa)
    chance = random.Random(options.seed)
    paragraphs: dict[str, list[dict[str, object]]] = defaultdict(list)
    for question, others in zip(questions, similar_paragraphs(questions, among=options.others), strict=True):
        context, moved = longer(question, others, chance)
        answers = [{"text": answer.text, "answer_start": answer.start + moved} for answer in question.answers]
        paragraphs[context].append({"id": question.id, "question": question.text, "answers": answers})
    entries = [{"context": context, "qas": qas} for context, qas in paragraphs.items()]
    options.out.write_text(json.dumps({"data": [{"title": options.qa.stem, "paragraphs": entries}]}), encoding="utf-8")


if __name__ == "__main__":
    main()
