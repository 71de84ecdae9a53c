"""The command line: `docqa index`, `ask`, `search`, `status`, `verify`, `check`, `eval`, `train` and `calibrate`."""

from __future__ import annotations

import io
import logging
import sys
from typing import Any

import click

from docqa import __version__
from docqa.cli.ask import ask
from docqa.cli.calibrate import calibrate
from docqa.cli.check import check
from docqa.cli.console import PrintableFormatter, printable
from docqa.cli.evaluate import evaluate
from docqa.cli.index import index
from docqa.cli.search import search
from docqa.cli.status import status
from docqa.cli.train import train
from docqa.cli.verify import verify
from docqa.errors import DocqaError

CANNOT = 2
INTERRUPTED = 130

OVERVIEW = """\
Answers questions from a folder of documents with their exact words, and says where they stand.

\b
  docqa index reports/                     index a folder once; again later, only what changed
  docqa ask "Who signed the treaty?"       ask, and see file, page and sentence
  docqa ask "Who signed it?" treaty.pdf    both at once

Answers go to standard output, progress and errors to standard error. Exit codes: 0 answered, 1 nothing found,
2 the call or the index cannot be used.
"""


@click.group(help=OVERVIEW, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="docqa")
@click.option("--debug", is_flag=True, help="Show tracebacks, and what the library logs.")
def commands(*, debug: bool) -> None:
    """Hold the options that come before the command."""
    if debug:
        handler = logging.StreamHandler()
        handler.setFormatter(PrintableFormatter("%(levelname)s:%(name)s:%(message)s"))
        logging.basicConfig(level=logging.INFO, handlers=[handler])


for command in (index, ask, search, status, verify, check, evaluate, train, calibrate):
    commands.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run docqa as a program: errors become a sentence on standard error and an exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    # The switch is taken wherever it stands, because it is added to a call that has just failed.
    arguments = [*(["--debug"] if debug else []), *(word for word in arguments if word != "--debug")]
    try:
        code: Any = commands.main(args=arguments, prog_name="docqa", standalone_mode=False)
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        click.echo("\n".join(printable(line) for line in said.getvalue().split("\n")), err=True, nl=False)
        code = error.exit_code
    except click.Abort:
        code = INTERRUPTED
    except BrokenPipeError:
        # Somebody closed the pipe, as `docqa search x | head -1` does: nothing is left to be said to them.
        sys.stdout = None
        code = 0
    except DocqaError as error:
        if debug:
            raise
        click.echo(f"docqa: {printable(str(error))}", err=True)
        code = CANNOT
    except Exception as error:
        # The outermost boundary: whatever went wrong, a person sees a sentence.
        if debug:
            raise
        click.echo(
            f"docqa: an unexpected error ended the run: {type(error).__name__}: {printable(str(error))}. "
            "Run it again with --debug for the traceback, and please report it.",
            err=True,
        )
        code = CANNOT
    sys.exit(code if isinstance(code, int) else 0)
