"""Text and questions for a checkout that has no question files: made of the documents in data/sample.

python benchmarks/sample_text.py --paragraphs 1000 --out sample.json

A paragraph is five sentences, drawn with replacement from all sentences of data/sample, as benchmarks/scale.py draws
them. Each has one question, made of one of its sentences by this rule: of the words that stand between the sentence's
first and last three, the rarest one in data/sample is taken out, the sentence is cut to six words on either side of the
gap, and "what" is put there. Sentences of fewer than ten words or with other characters than those of plain prose are
not asked about. The word taken out is stored as the answer, so the file is one in SQuAD format that every benchmark
takes.

Such questions measure time only. Nobody asked them, they hold the words of their own answer's sentence, and the same
sentence stands in many paragraphs: whether an answer is right says nothing, and benchmarks leave that column empty.
Early stopping, too, is that of such questions: figures of it belong to real ones.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from docqa.corpus import paragraphs_of
from docqa.evaluation.squad import AnnotatedQuestion
from docqa.paragraphs.sentences import sentence_ends

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"
#: The title of the only article of such a file, by which benchmarks know it.
TITLE = "Sample text, which measures time only"
SENTENCES, SHORTEST, SEED = 5, 20, 11
#: So many words at either end of a sentence are never taken out, and so many are kept on either side of the gap.
MARGIN, AROUND = 3, 6
WORD = re.compile(r"[^\W_]+")
#: What is asked about: prose, not lines of tables, addresses or identifiers.
PROSE, FEWEST_WORDS = re.compile(r"[A-Z][A-Za-z,;:'’“”\- ]+[.]"), 10


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paragraphs", type=int, default=1000)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    sentences = sentences_of(paragraphs_of([SAMPLE]))
    made = sample_questions(sentences, options.paragraphs)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    print(f"{options.out}: {options.paragraphs} paragraphs of {len(sentences)} sentences, a question for each")


def sentences_of(texts: Iterable[str]) -> list[str]:
    """The sentences of texts that are longer than a heading, blanks made one each."""
    found = []
    for text in texts:
        ends = sentence_ends(text)
        found += [" ".join(text[a:b].split()) for a, b in zip([0, *ends], ends, strict=False)]
    return [sentence for sentence in found if len(sentence) > SHORTEST]


def draw_paragraph(draw: random.Random, sentences: Sequence[str]) -> list[str]:
    """The sentences of one paragraph."""
    return draw.choices(sentences, k=SENTENCES)


def write_files(folder: Path, count: int) -> None:
    """So many text files of one paragraph each, all different."""
    draw, sentences = random.Random(SEED), sentences_of(paragraphs_of([SAMPLE]))
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        text = f"Note {number}. {' '.join(draw_paragraph(draw, sentences))}"
        (folder / f"{number:06}.txt").write_text(text, encoding="utf-8")


def sample_questions(sentences: Sequence[str], paragraphs: int) -> dict[str, Any]:
    """A file in SQuAD format: so many paragraphs with a question each, drawn until each has one."""
    draw = random.Random(SEED)
    counts = Counter(word.lower() for sentence in sentences for word in WORD.findall(sentence))
    entries: list[dict[str, Any]] = []
    while len(entries) < paragraphs:
        drawn = draw_paragraph(draw, sentences)
        askable = [(place, made) for place, text in enumerate(drawn) if (made := ask_for_rarest(text, counts))]
        if not askable:
            continue
        place, (question, answer, start) = draw.choice(askable)
        start += sum(len(sentence) + 1 for sentence in drawn[:place])
        answers = [{"text": answer, "answer_start": start}]
        entry = {"id": f"sample-{len(entries) + 1}", "question": question, "answers": answers}
        entries.append({"context": " ".join(drawn), "qas": [entry]})
    return {"version": "1.1", "data": [{"title": TITLE, "paragraphs": entries}]}


def ask_for_rarest(sentence: str, counts: Counter[str]) -> tuple[str, str, int] | None:
    """The question on a sentence, the word it asks for and where that stands; None when it is not asked about.

    >>> counts = Counter("it was the treaty of the two of the it was by ada at last".split())
    >>> ask_for_rarest("It was the treaty of two signed by Ada at last.", counts)
    ('It was the treaty of two what by Ada at last?', 'signed', 25)
    """
    words = list(WORD.finditer(sentence))
    if len(words) < FEWEST_WORDS or not PROSE.fullmatch(sentence):
        return None
    gap = min(words[MARGIN:-MARGIN], key=lambda word: (counts[word.group().lower()], word.start()))
    place = words.index(gap)
    first, last = words[max(0, place - AROUND)], words[min(len(words) - 1, place + AROUND)]
    before, after = sentence[first.start() : gap.start()], sentence[gap.end() : last.end()]
    return f"{before}what{after}?", gap.group(), gap.start()


def measures_time_only(questions: Sequence[AnnotatedQuestion]) -> bool:
    """Whether these are such questions, on which right and wrong say nothing."""
    return any(question.title == TITLE for question in questions)


if __name__ == "__main__":
    main()
