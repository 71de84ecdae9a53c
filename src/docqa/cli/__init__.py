"""The command line: `docqa index`, `ask`, `search`, `status`, `verify`, `check`, `eval`, `train` and `calibrate`."""

from __future__ import annotations

import importlib
import io
import logging
import sys
from typing import Any

import click

from docqa import __version__
from docqa.cli.console import PrintableFormatter, printable
from docqa.errors import DocqaError

#: What the list of commands says of each. They are not asked for it, because importing all of them takes longer than
#: all else that `docqa --help` does.
COMMANDS = {
    "ask": "Answer a question with file, page and sentence.",
    "calibrate": "Fit a reader's probabilities on your own questions.",
    "check": "Say whether the index is sound inside, and repair it.",
    "eval": "Measure a reader: exact match, F1, recall, calibration.",
    "index": "Add or refresh files and folders.",
    "search": "Find paragraphs by their words, without reading.",
    "status": "Say what the index holds.",
    "train": "Fine-tune a reader on SQuAD-format files.",
    "verify": "Say which files changed since they were indexed.",
}
#: A command is defined in the module of its name, but for this one, whose name is a function of Python's.
MODULES = {"eval": "evaluate"}

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


class Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - so click calls it
        """Their names, in the order of the alphabet."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        """The command of a name, None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        name = MODULES.get(cmd_name, cmd_name)
        command: click.Command = getattr(importlib.import_module(f"docqa.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of them into the help text."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.group(
    cls=Commands, help=OVERVIEW, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="docqa")
@click.option("--debug", is_flag=True, help="Show tracebacks, and what the library logs.")
def commands(*, debug: bool) -> None:
    """Hold the options that come before the command."""
    if debug:
        handler = logging.StreamHandler()
        handler.setFormatter(PrintableFormatter("%(levelname)s:%(name)s:%(message)s"))
        logging.basicConfig(level=logging.INFO, handlers=[handler])


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
