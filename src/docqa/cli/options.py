"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from docqa.documents.limits import DEFAULT_LIMITS, Limits
from docqa.errors import UsageError
from docqa.store.sole_writer import WAIT_SECONDS

Command = TypeVar("Command", bound=Callable[..., Any])


def index_option(command: Command) -> Command:
    """`--index FILE`."""
    return click.option(
        "--index",
        "index_file",
        metavar="FILE",
        envvar="DOCQA_INDEX",
        default="docqa.db",
        show_default=True,
        show_envvar=True,
        help="The index, one SQLite file.",
    )(command)


#: What a limit counts and what the option says of it, by the field of `Limits`.
LIMITS: dict[str, tuple[str, click.ParamType[Any], str]] = {
    "seconds": ("SECONDS", click.FloatRange(0, min_open=True), "Time that reading one file may take."),
    "memory": ("MB", click.IntRange(1), "Memory that reading one file may take (Linux)."),
    "size": ("MB", click.IntRange(1), "Size of a file that is opened at all."),
    "pages": ("N", click.IntRange(1), "Pages of one file."),
    "text": ("N", click.IntRange(1), "Characters of text of one file."),
    "paragraphs": ("N", click.IntRange(1), "Paragraphs of one file."),
}


class IndexingOption(click.Option):
    """An option that is about indexing; a command that does more than that shows these by themselves."""


class AlsoIndexing(click.Command):
    """A command that indexes paths before it does something else: its help has the options of indexing at the end.

    To give one without a path is an error, for it would be of no effect.
    """

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then those of indexing."""
        groups: dict[str, list[tuple[str, str]]] = {"Options": [], "Options for indexing PATHs": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                groups[list(groups)[isinstance(parameter, IndexingOption)]].append(record)
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Raises `UsageError` for an option of indexing without a path."""
        given = [
            parameter.opts[0]
            for parameter in self.params
            if isinstance(parameter, IndexingOption)
            and parameter.name is not None
            and ctx.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
        ]
        if given and not ctx.params["paths"]:
            raise UsageError(
                f"{given[0]} is for indexing; name the files or folders after the question, or leave it out."
            )
        return super().invoke(ctx)


def indexing_options(command: Command) -> Command:
    """What `docqa index` takes besides paths: the command gets it as `indexing`, the options of `Corpus.index`."""

    @wraps(command)
    def with_indexing(**given: Any) -> Any:
        limits = Limits(**{name: given.pop(f"{name}_a_file") for name in LIMITS})
        passwords = read_passwords(given.pop("password_file"))
        others = {name: given.pop(name) for name in INDEXING_NAMES}
        return command(indexing={**others, "limits": limits, "passwords": passwords}, **given)

    wrapped: Any = with_indexing
    for option in reversed([*INDEXING, *map(_limit_option, LIMITS)]):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def _limit_option(name: str) -> Callable[[Any], Any]:
    metavar, kind, text = LIMITS[name]
    return click.option(
        f"--{name}-a-file",
        cls=IndexingOption,
        type=kind,
        metavar=metavar,
        default=getattr(DEFAULT_LIMITS, name),
        show_default=True,
        help=text,
    )


INDEXING: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--include",
        cls=IndexingOption,
        multiple=True,
        metavar="GLOB",
        help="Of the files in folders, only these; repeatable.",
    ),
    click.option(
        "--exclude",
        cls=IndexingOption,
        multiple=True,
        metavar="GLOB",
        help="Of the files in folders, not these; repeatable.",
    ),
    click.option(
        "--workers",
        cls=IndexingOption,
        type=click.IntRange(1),
        metavar="N",
        help="Processes that read files.  [default: one a core]",
    ),
    click.option(
        "--pdf",
        "pdf_extractor",
        cls=IndexingOption,
        type=click.Choice(["pypdf", "pypdfium2"]),
        default="pypdf",
        show_default=True,
        help="What reads PDFs; pypdfium2 is faster and has to be installed.",
    ),
    click.option(
        "--ocr",
        cls=IndexingOption,
        metavar="LANGUAGES",
        help="Recognise the text of scanned pages of PDFs with Tesseract, which has to be installed: eng, or eng+deu.",
    ),
    # A file rather than the password, which others could see in the list of processes.
    click.option(
        "--password-file",
        cls=IndexingOption,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Passwords to try on encrypted PDFs, one a line; they are kept nowhere.",
    ),
    click.option(
        "--retry-failed",
        cls=IndexingOption,
        is_flag=True,
        help="Read files that could not be read again, although they have not changed.",
    ),
    click.option(
        "--wait",
        cls=IndexingOption,
        type=click.FloatRange(0),
        metavar="SECONDS",
        default=WAIT_SECONDS,
        show_default=True,
        help="How long to wait for another process that writes to the index.",
    ),
)
#: Those of them that `Corpus.index` takes as they are.
INDEXING_NAMES = ("workers", "pdf_extractor", "ocr", "retry_failed", "include", "exclude", "wait")


def read_passwords(file: Path | None) -> tuple[str, ...]:
    """The lines of a file. Raises `UsageError` when it cannot be read as text."""
    if file is None:
        return ()
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"The passwords in {file} cannot be read; it has to be a text file in UTF-8.") from None
    return tuple(line for line in lines if line)


def reader_options(command: Command) -> Command:
    """`--reader NAME` and `--unsafe-weights`."""
    command = click.option(
        "--unsafe-weights",
        is_flag=True,
        help="Allow weights that are not safetensors; loading them can run code.",
    )(command)
    return click.option(
        "--reader",
        "reader_name",
        metavar="NAME",
        help="A reader that ships, a folder, or an extractive model of the Hugging Face hub.  [default: docqa-base]",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)
