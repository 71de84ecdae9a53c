"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from docqa.documents.limits import DEFAULT_LIMITS, Limits
from docqa.errors import UsageError

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


def limit_options(command: Command) -> Command:
    """`--seconds-a-file` and so on: the command gets them as one `limits`."""

    @wraps(command)
    def with_limits(**given: Any) -> Any:
        return command(limits=Limits(**{name: given.pop(f"{name}_a_file") for name in LIMITS}), **given)

    wrapped: Any = with_limits
    for name, (metavar, kind, text) in reversed(LIMITS.items()):
        option = click.option(
            f"--{name}-a-file",
            type=kind,
            metavar=metavar,
            default=getattr(DEFAULT_LIMITS, name),
            show_default=True,
            help=text,
        )
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def password_option(command: Command) -> Command:
    """`--password-file FILE`, a file rather than the password, which others could see in the list of processes."""
    return click.option(
        "--password-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Passwords to try on encrypted PDFs, one a line; they are kept nowhere.",
    )(command)


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
