"""`docqa calibrate`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from docqa.cli.console import busy, json_text, output, progress_bar
from docqa.cli.options import json_option, reader_options

if TYPE_CHECKING:
    from docqa.evaluation.fitting import FittingCase
    from docqa.reading.reader import Reader


@click.command(short_help="Fit a reader's probabilities on your own questions.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@reader_options
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where the calibrated reader goes.",
)
@click.option("--folder", type=click.Path(path_type=Path), metavar="DIR", help="The documents that FILE asks about.")
@click.option("--exclude", multiple=True, metavar="FILE[@N]", help="Leave out the questions that training drew.")
@click.option("--limit", type=click.IntRange(1), metavar="N", default=600, show_default=True, help="Questions asked.")
@click.option(
    "--absent",
    type=click.FloatRange(0, 0.9),
    metavar="SHARE",
    default=0.2,
    show_default=True,
    help="Share of the paragraphs left out, so that their questions have no answer.",
)
@click.option(
    "--candidates", type=click.IntRange(1), metavar="N", default=20, show_default=True, help="Paragraphs read."
)
@click.option("--seed", type=int, metavar="N", default=13, show_default=True, help="Decides what is drawn.")
@json_option
def calibrate(
    files: tuple[str, ...],
    reader_name: str | None,
    out: Path,
    folder: Path | None,
    exclude: tuple[str, ...],
    limit: int,
    absent: float,
    candidates: int,
    seed: int,
    *,
    unsafe_weights: bool,
    as_json: bool,
) -> int:
    """Fit the probabilities and the threshold of a reader on questions whose answers are known.

    FILEs are in SQuAD format; their paragraphs are pooled and asked through the retriever, with some left out so that
    the fit meets questions without an answer. With --folder, FILE has one question a line, {"question": ..., "answers":
    [...]}, with no answers where the documents do not say.

    Use questions that neither training nor your evaluation uses. The calibrated reader goes to --out.
    """
    from docqa.evaluation.fitting import fit_calibration
    from docqa.reading.loading import DEFAULT_READER, find_reader
    from docqa.reading.reader import Reader
    from docqa.reading.settings import save_settings

    name = reader_name or DEFAULT_READER
    source = find_reader(name)
    with busy("Loading the reader"):
        reader = Reader.load(name, unsafe_weights=unsafe_weights)
    if folder is not None:
        read = _folder_cases(reader, Path(files[0]), folder, limit, candidates)
    else:
        read = _pooled_cases(reader, files, exclude, limit, absent, candidates, seed)
    with progress_bar("Asking") as advance:
        cases = []
        for case, total in read:
            cases.append(case)
            advance(len(cases), total, "questions")
    fit = fit_calibration(cases)
    if isinstance(source, Path):
        if source.resolve() != out.resolve():
            shutil.copytree(source, out, dirs_exist_ok=True)
    else:
        reader.save(out)
    save_settings(replace(reader.settings, calibration=fit.calibration, threshold=fit.threshold), out)
    if as_json:
        summary = {"schema": "docqa.calibrate/1", "questions": fit.questions, "threshold": fit.threshold}
        click.echo(json_text({**summary, "held_out_error": fit.held_out_error, "out": str(out)}))
    else:
        console = output()
        console.print(f"fitted on {fit.questions} questions; an answer is shown from {fit.threshold:.0%} on")
        console.print(f"expected calibration error on questions not fitted on: {fit.held_out_error:.3f}")
        console.print(f"the reader is in {out}", markup=False)
    return 0


def _pooled_cases(
    reader: Reader,
    files: tuple[str, ...],
    exclude: tuple[str, ...],
    limit: int,
    absent: float,
    candidates: int,
    seed: int,
) -> Iterator[tuple[FittingCase, int]]:
    from docqa.evaluation.fitting import fitting_case, leave_out
    from docqa.evaluation.pooled import pool_paragraphs
    from docqa.evaluation.squad import load_squad
    from docqa.retrieval.analyzer import Analyzer
    from docqa.retrieval.bm25 import Parameters
    from docqa.retrieval.search import search_paragraphs
    from docqa.training.questions import collect_questions

    drawn = {(question.text, question.paragraph) for question in collect_questions(exclude, seed)}
    everything = [question for file in files for question in load_squad(file)]
    fresh = [question for question in everything if (question.text, question.paragraph) not in drawn]
    pooled, asked = leave_out(fresh, absent, limit, seed)
    pool = pool_paragraphs(pooled, Analyzer())
    for question, answerable in asked:
        hits = search_paragraphs(pool, question.text, limit=candidates, analyzer=Analyzer(), parameters=Parameters())
        accepted = question.answer_texts if answerable else ()
        yield fitting_case(reader, question.text, hits, accepted, answerable=answerable), len(asked)


def _folder_cases(
    reader: Reader, questions: Path, folder: Path, limit: int, candidates: int
) -> Iterator[tuple[FittingCase, int]]:
    import tempfile

    from docqa.corpus import open_corpus
    from docqa.evaluation.fitting import fitting_case
    from docqa.evaluation.folder import load_folder_questions

    asked = load_folder_questions(questions)[:limit]
    with (
        tempfile.TemporaryDirectory() as temporary,
        open_corpus(Path(temporary) / "folder.db", reader=reader) as corpus,
    ):
        corpus.index(folder)
        for question in asked:
            hits = corpus.search(question.text, candidates)
            case = fitting_case(reader, question.text, hits, question.accepted, answerable=bool(question.accepted))
            yield case, len(asked)
