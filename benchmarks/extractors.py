"""What the extractors make of PDFs: pages a second, and whose answers stand in a paragraph of the right page.

python benchmarks/extractors.py --folder DOCS --questions QUESTIONS.jsonl
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from docqa.answers.normal import normal_form
from docqa.corpus import Corpus, open_corpus
from docqa.documents.formats import PDF_EXTRACTORS, read_document
from docqa.errors import DocumentError
from docqa.evaluation.folder import FolderQuestion, load_folder_questions

CANDIDATES = 20


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    options = parser.parse_args()
    files = sorted(options.folder.rglob("*.pdf"))
    asked = [question for question in load_folder_questions(options.questions) if question.file.endswith(".pdf")]
    print(f"{len(files)} PDFs, {len(asked)} questions on them.\n")
    print(
        "| extractor | pages | pages a second, one core | refused | answer in some paragraph | among the candidates |"
    )
    print("|---|---|---|---|---|---|")
    for extractor in PDF_EXTRACTORS:
        pages, seconds, refused = extracted(files, extractor)
        with tempfile.TemporaryDirectory() as temporary, open_corpus(Path(temporary) / "docqa.db") as corpus:
            corpus.index(options.folder, pdf_extractor=extractor)
            ranks = [rank(corpus, question) for question in asked]
        found = sum(place is not None for place in ranks)
        near = sum(place is not None and place < CANDIDATES for place in ranks)
        print(f"| {extractor} | {pages} | {pages / seconds:.0f} | {refused} | {found} | {near} |")


def extracted(files: list[Path], extractor: str) -> tuple[int, float, int]:
    """Pages, seconds, and files refused."""
    pages = refused = 0
    begun = time.perf_counter()
    for file in files:
        try:
            pages += len(read_document(file.name, file.read_bytes(), extractor).pages)
        except DocumentError:
            refused += 1
    return pages, time.perf_counter() - begun, refused


def rank(corpus: Corpus, question: FolderQuestion) -> int | None:
    """The place of the first paragraph of a right page that has an accepted answer, among all that are found."""
    for place, hit in enumerate(corpus.search(question.text, 100_000)):
        paragraph = hit.paragraph.paragraph
        words = normal_form(paragraph.text)
        if (
            hit.path_ending(question.file).endswith(question.file)
            and (not question.pages or {paragraph.page, paragraph.end_page} & set(question.pages))
            and any(normal_form(answer) in words for answer in question.accepted)
        ):
            return place
    return None


if __name__ == "__main__":
    main()
