"""`docqa calibrate`."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from docqa.cli.console import busy, json_text, output, printable, progress_bar
from docqa.cli.options import json_option, reader_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docqa.evaluation.squad import AnnotatedQuestion
    from docqa.fitting.cases import ReadCase
    from docqa.fitting.held_out import HeldOut
    from docqa.fitting.scouting import Scouting
    from docqa.fitting.stopping import Stopping
    from docqa.reading.reader import Reader
    from docqa.reading.settings import ReaderSettings


@click.command()
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
@click.option("--exclude", multiple=True, metavar="FILE[@N[@SEED]]", help="Leave out the questions that training drew.")
@click.option("--limit", type=click.IntRange(1), metavar="N", default=600, show_default=True, help="Questions asked.")
@click.option(
    "--absent",
    type=click.FloatRange(0, 0.9),
    metavar="SHARE",
    default=0.2,
    show_default=True,
    help="Share of them whose paragraph is left out, so that they have no answer.",
)
@click.option(
    "--given",
    type=click.IntRange(0),
    metavar="N",
    default=0,
    show_default=True,
    help="Also read N questions with their own paragraph alone, up to half of them made unanswerable, and fit the "
    "probabilities on these; the others then serve --ranking.",
)
@click.option(
    "--given-file",
    "given_files",
    multiple=True,
    metavar="FILE",
    help="Questions with and without an answer, read with their own paragraph; from them comes the threshold for "
    "questions that come with theirs.",
)
@click.option("--with", "others", multiple=True, metavar="FILE", help="Pool this question file's paragraphs too.")
@click.option(
    "--distractors",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Documents whose paragraphs are pooled too.",
)
@click.option(
    "--scout",
    metavar="NAME",
    help="Which reader that ships looks ahead for this one, if not the one that does.",
)
@click.option("--ranking", "fit_weights", is_flag=True, help="Fit the ranking's weights too, before the probabilities.")
@click.option(
    "--readings",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep what was read in FILE, or take it from there.",
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
    given: int,
    given_files: tuple[str, ...],
    others: tuple[str, ...],
    distractors: tuple[Path, ...],
    readings: Path | None,
    candidates: int,
    seed: int,
    scout: str | None,
    *,
    fit_weights: bool,
    unsafe_weights: bool,
    as_json: bool,
) -> int:
    """Fit the probabilities and the threshold of a reader on questions whose answers are known.

    FILEs are in SQuAD format; their paragraphs are pooled and asked through the retriever, with some left out so that
    the fit meets questions without an answer. With --folder, FILE has one question a line, {"question": ..., "answers":
    [...]}, with no answers where the documents do not say.

    Use questions that neither training nor your evaluation uses. The calibrated reader goes to --out.
    """
    from docqa.fitting.cases import load_cases, save_cases
    from docqa.fitting.fit import fit_calibration, fit_ranking, fitting_case, given_threshold, probability_cases
    from docqa.fitting.held_out import HeldOut
    from docqa.reading.loading import DEFAULT_READER, find_reader
    from docqa.reading.reader import Reader
    from docqa.reading.settings import save_settings

    name = reader_name or DEFAULT_READER
    source = find_reader(name)
    with busy("Loading the reader"):
        reader = Reader.load(name, unsafe_weights=unsafe_weights)
    if readings is not None and readings.exists():
        cases = load_cases(readings)
    elif folder is not None:
        cases = _folder_cases(reader, Path(files[0]), folder, limit, candidates)
    else:
        options = HeldOut(limit, absent, given, candidates, seed)
        cases = _pooled_cases(reader, files, exclude, others, distractors, options)
    if readings is not None:
        save_cases(cases, readings)
    ranking = fit_ranking(cases, reader.settings.ranking) if fit_weights else reader.settings.ranking
    fit = fit_calibration([fitting_case(case, ranking) for case in probability_cases(cases)])
    if given_files:
        given_cases = [fitting_case(case, ranking) for case in _given_cases(reader, given_files, exclude, seed)]
        fit = replace(fit, given_threshold=given_threshold(given_cases, fit.calibration))
    fitted = replace(
        reader.settings,
        ranking=ranking,
        calibration=fit.calibration,
        threshold=fit.threshold,
        given_threshold=fit.given_threshold,
    )
    asked = [case for case in cases if not case.given]
    settings, stopped, looked = _with_stop(fitted, scout, asked)
    if isinstance(source, Path):
        if source.resolve() != out.resolve():
            shutil.copytree(source, out, dirs_exist_ok=True)
    else:
        reader.save(out)
    save_settings(settings, out)
    if as_json:
        weights = {"null": ranking.null, "retriever": ranking.retriever}
        click.echo(
            json_text(
                {
                    "schema": "docqa.calibrate/1",
                    "questions": fit.questions,
                    "threshold": fit.threshold,
                    "given_threshold": fit.given_threshold,
                    "stop": settings.stop,
                    "held_out_error": fit.held_out_error,
                    "ranking": weights,
                    "out": str(out),
                }
            )
        )
        return 0
    console = output()
    if fit_weights:
        console.print(f"a paragraph counts {ranking.null:+.3f} · null score {ranking.retriever:+.3f} · BM25")
    console.print(f"fitted on {fit.questions} questions; an answer is shown from {fit.threshold:.0%} on")
    console.print(f"where a question comes with its one paragraph, from {fit.given_threshold:.0%} on")
    for line in _about_stopping(settings, stopped, looked):
        console.print(line)
    console.print(f"expected calibration error on questions not fitted on: {fit.held_out_error:.3f}")
    console.print(f"the reader is in {printable(str(out))}", markup=False)
    return 0


def _with_stop(
    settings: ReaderSettings, scout: str | None, asked: Sequence[ReadCase]
) -> tuple[ReaderSettings, Stopping | None, Scouting | None]:
    """The settings with a stop and a scout for their ranking; what was there goes, because it served another one."""
    from docqa.fitting.stopping import FEWEST, fit_stop, stopping

    scout = scout or (settings.scout.reader if settings.scout else None)
    if len(asked) < FEWEST:
        return replace(settings, stop=None, scout=None), None, None
    settings = replace(settings, stop=fit_stop(asked, settings.ranking), scout=None)
    stopped = stopping(asked, settings.ranking, settings.stop or 0.0)
    return (settings, stopped, None) if scout is None else _with_scout(settings, stopped, scout, asked)


def _about_stopping(settings: ReaderSettings, stopped: Stopping | None, looked: Scouting | None) -> Iterator[str]:
    if stopped is not None:
        yield (
            f"reading stops at a score to beat of {settings.stop:.2f}: {stopped.read:.0%} of the candidates are read, "
            f"{stopped.same:.1%} of the best answers stay the same"
        )
    if looked is not None and settings.scout is not None:
        yield (
            f"{settings.scout.reader} looks at {looked.scouted:.0%} of the candidates first: {looked.read:.0%} are "
            f"read, {looked.same:.1%} of the best answers stay the same"
        )


def _with_scout(
    settings: ReaderSettings, stopped: Stopping, name: str, asked: Sequence[ReadCase]
) -> tuple[ReaderSettings, Stopping, Scouting]:
    from docqa.errors import UsageError
    from docqa.fitting.scouting import fit_scout, scouted, scouting
    from docqa.reading.loading import shipped_readers
    from docqa.reading.reader import Reader

    if name not in shipped_readers():
        raise UsageError(f"Only a reader that ships can look ahead, not {name!r}: {', '.join(shipped_readers())}.")
    with busy(f"{name} reads the candidates"):
        cases = scouted(asked, Reader.load(name))
    settings = replace(settings, scout=fit_scout(cases, settings, name))
    return settings, stopped, scouting(cases, settings)


def _fresh_questions(files: Sequence[str], exclude: Sequence[str], seed: int) -> list[AnnotatedQuestion]:
    from docqa.evaluation.squad import load_squad
    from docqa.training.questions import collect_questions

    drawn = {(question.text, question.paragraph) for question in collect_questions(exclude, seed)}
    everything = [question for file in files for question in load_squad(file)]
    return [question for question in everything if (question.text, question.paragraph) not in drawn]


def _given_cases(reader: Reader, files: Sequence[str], exclude: Sequence[str], seed: int) -> list[ReadCase]:
    from docqa.fitting.cases import read_given

    questions = _fresh_questions(files, exclude, seed)
    cases: list[ReadCase] = []
    with progress_bar("Reading") as advance:
        for question in questions:
            cases += read_given(reader, [question.text], [question.paragraph], [question.answer_texts])
            advance(len(cases), len(questions), "questions")
    return cases


def _pooled_cases(
    reader: Reader,
    files: tuple[str, ...],
    exclude: tuple[str, ...],
    others: tuple[str, ...],
    distractors: tuple[Path, ...],
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
