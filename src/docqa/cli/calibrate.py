"""`docqa calibrate`."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from docqa.cli.console import busy, json_text, output, printable
from docqa.cli.options import json_option, reader_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docqa.fitting.cases import ReadCase
    from docqa.fitting.fit import Fit, GivenFit
    from docqa.fitting.scouting import Scouting
    from docqa.fitting.stopping import Stopping
    from docqa.reading.reader import Reader
    from docqa.reading.settings import Ranking, ReaderSettings


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE...]")
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
    help="Questions with and without an answer, read with their own paragraph; from them come the probability and the "
    "threshold for questions that come with theirs; without it and --given the reader keeps those it has.",
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
    [...]}, with no answers where the documents do not say. Without a FILE only what --given-file serves is fitted.

    Use questions that neither training nor your evaluation uses. The calibrated reader goes to --out.
    """
    from docqa.cli.calibration_cases import asked_cases, given_cases
    from docqa.errors import UsageError
    from docqa.fitting.fit import fit_calibration, fit_given, fit_ranking, fitting_case, probability_cases
    from docqa.fitting.held_out import HeldOut
    from docqa.reading.loading import DEFAULT_READER
    from docqa.reading.reader import Reader

    if not files and not given_files:
        raise UsageError("There are no questions to fit on; name a FILE, or one with --given-file.")
    name = reader_name or DEFAULT_READER
    with busy("Loading the reader"):
        reader = Reader.load(name, unsafe_weights=unsafe_weights)
    settings = reader.settings
    fits: list[Fit | GivenFit] = []
    lines: list[str] = []
    if files:
        options = HeldOut(limit, absent, given, candidates, seed)
        cases = asked_cases(reader, files, folder, exclude, others, distractors, options, readings)
        ranking = fit_ranking(cases, settings.ranking) if fit_weights else settings.ranking
        fit = fit_calibration([fitting_case(case, ranking) for case in probability_cases(cases)])
        fits.append(fit)
        settings = _with_fit(settings, ranking, fit, given_too=bool(given))
        settings, stopped, looked = _with_stop(settings, scout, [case for case in cases if not case.given])
        if fit_weights:
            lines.append(f"a paragraph counts {ranking.null:+.3f} · null score {ranking.retriever:+.3f} · BM25")
        lines.append(f"fitted on {fit.questions} questions; an answer is shown from {fit.threshold:.0%} on")
        lines += _about_stopping(settings, stopped, looked)
    if given_files:
        calibration = settings.calibration
        if calibration is None:
            raise UsageError(f"The reader {printable(name)} has no probabilities yet; name FILEs to fit them on too.")
        own = given_cases(reader, given_files, exclude, seed)
        given_fit = fit_given([fitting_case(case, settings.ranking) for case in own])
        fits.append(given_fit)
        settings = replace(
            settings,
            calibration=replace(calibration, given=given_fit.weights),
            given_threshold=given_fit.threshold,
        )
        lines.append(f"fitted on {given_fit.questions} questions that come with their one paragraph")
    shown_from = settings.given_threshold or 0.0
    lines.append(f"where a question comes with its one paragraph, an answer is shown from {shown_from:.0%} on")
    lines.append(f"expected calibration error on questions not fitted on: {fits[0].held_out_error:.3f}")
    _save(reader, name, settings, out)
    if as_json:
        click.echo(json_text(_figures(settings, fits[0], out)))
        return 0
    console = output()
    for line in lines:
        console.print(line)
    console.print(f"the reader is in {printable(str(out))}", markup=False)
    return 0


def _figures(settings: ReaderSettings, fit: Fit | GivenFit, out: Path) -> dict[str, Any]:
    return {
        "schema": "docqa.calibrate/1",
        "questions": fit.questions,
        "threshold": settings.threshold,
        "given_threshold": settings.given_threshold,
        "stop": settings.stop,
        "held_out_error": fit.held_out_error,
        "ranking": asdict(settings.ranking),
        "out": str(out),
    }


def _save(reader: Reader, name: str, settings: ReaderSettings, out: Path) -> None:
    from docqa.reading.loading import find_reader
    from docqa.reading.settings import save_settings

    source = find_reader(name)
    if not isinstance(source, Path):
        reader.save(out)
    elif source.resolve() != out.resolve():
        shutil.copytree(source, out, dirs_exist_ok=True)
    save_settings(settings, out)


def _with_fit(settings: ReaderSettings, ranking: Ranking, fit: Fit, *, given_too: bool) -> ReaderSettings:
    """The settings with what was fitted; what serves given paragraphs stays, unless the fit was on such (`given_too`).

    The probability of an answer from a single paragraph does not depend on the ranking.
    """
    settings = replace(settings, ranking=ranking, threshold=fit.threshold)
    if not given_too and settings.calibration is not None and settings.calibration.given is not None:
        return replace(settings, calibration=replace(fit.calibration, given=settings.calibration.given))
    return replace(settings, calibration=fit.calibration, given_threshold=fit.given_threshold)


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
