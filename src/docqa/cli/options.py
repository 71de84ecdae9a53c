"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

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
