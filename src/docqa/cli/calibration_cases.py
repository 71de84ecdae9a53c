"""The questions that `docqa calibrate` fits on, read with a progress bar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docqa.cli.console import progress_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docqa.evaluation.squad import AnnotatedQuestion
    from docqa.fitting.cases import ReadCase
    from docqa.fitting.held_out import HeldOut
    from docqa.reading.reader import Reader


def asked_cases(
    reader: Reader,
    files: Sequence[str],
    folder: Path | None,
    exclude: Sequence[str],
    others: Sequence[str],
    distractors: Sequence[Path],
    options: HeldOut,
    readings: Path | None,
) -> list[ReadCase]:
    """Questions asked through the retriever: those of a folder, or those of question files over their paragraphs.

    What was read is taken from the file `readings` where there is one, and kept there.
    """
    from docqa.fitting.cases import load_cases, save_cases

    if readings is not None and readings.exists():
        cases = load_cases(readings)
    elif folder is not None:
        cases = _folder_cases(reader, Path(files[0]), folder, options.asked, options.candidates)
    else:
        cases = _pooled_cases(reader, files, exclude, others, distractors, options)
    if readings is not None:
        save_cases(cases, readings)
    return cases


def given_cases(reader: Reader, files: Sequence[str], exclude: Sequence[str], seed: int) -> list[ReadCase]:
    """Questions of question files, each read with its own paragraph."""
    from docqa.fitting.cases import read_given

    questions = _fresh_questions(files, exclude, seed)
    cases: list[ReadCase] = []
    with progress_bar("Reading") as advance:
        for question in questions:
            cases += read_given(reader, [question.text], [question.paragraph], [question.answer_texts])
            advance(len(cases), len(questions), "questions")
    return cases


def _fresh_questions(files: Sequence[str], exclude: Sequence[str], seed: int) -> list[AnnotatedQuestion]:
    from docqa.evaluation.squad import load_squad
    from docqa.training.questions import collect_questions

    drawn = {_words(question) for question in collect_questions(exclude, seed)}
    everything = [question for file in files for question in load_squad(file)]
    return [question for question in everything if _words(question) not in drawn]


def _words(question: AnnotatedQuestion) -> tuple[str, str]:
    """What makes a question the same as one of another file, which may have other white space."""
    return " ".join(question.text.split()), " ".join(question.paragraph.split())


def _pooled_cases(
    reader: Reader,
    files: Sequence[str],
    exclude: Sequence[str],
    others: Sequence[str],
    distractors: Sequence[Path],
    options: HeldOut,
) -> list[ReadCase]:
    from docqa.corpus import paragraphs_of
    from docqa.evaluation.squad import load_squad
    from docqa.fitting.held_out import read_held_out

    fresh = _fresh_questions(files, exclude, options.seed)
    texts = [question.paragraph for file in others for question in load_squad(file)]
    texts += paragraphs_of(distractors)
    with progress_bar("Reading") as advance:
        return read_held_out(reader, fresh, texts, options, lambda done, total: advance(done, total, "questions"))


def _folder_cases(reader: Reader, questions: Path, folder: Path, limit: int, candidates: int) -> list[ReadCase]:
    import tempfile

    from docqa.corpus import open_corpus
    from docqa.evaluation.folder import load_folder_questions
    from docqa.fitting.cases import read_open

    asked = load_folder_questions(questions)[:limit]
    cases = []
    with (
        tempfile.TemporaryDirectory() as temporary,
        open_corpus(Path(temporary) / "folder.db", reader=reader) as corpus,
        progress_bar("Asking") as advance,
    ):
        corpus.index(folder)
        for question in asked:
            hits = corpus.search(question.text, candidates)
            texts, scores = [hit.paragraph.paragraph.text for hit in hits], [hit.score for hit in hits]
            paths = tuple(hit.path_ending(question.file) for hit in hits)
            cases.append(
                read_open(reader, question.text, question.accepted, texts, scores, paths=paths, file=question.file)
            )
            advance(len(cases), len(asked), "questions")
    return cases
