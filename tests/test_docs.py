"""What the documents say is so: commands exist, have help, and examples run."""

import json
import os
import re
import shutil
from pathlib import Path

import click
import pytest

import docqa
from docqa.cli import COMMANDS, commands
from docqa.errors import DocumentError

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_and_stands_in_the_readme(name):
    command = commands.get_command(click.Context(commands), name)
    assert command.help
    assert f"docqa {name}" in README
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"


def test_the_readme_begins_with_the_two_commands():
    lines = [line.strip() for line in README.splitlines() if line.startswith("    ")]
    assert lines[0].startswith("make demo")
    assert lines[1].startswith("make test")


def test_every_link_in_the_documents_leads_to_a_file():
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+?)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_code_of_the_ledger_is_documented():
    ledger = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    used = set()
    for source in (ROOT / "src" / "docqa").rglob("*.py"):
        used |= set(re.findall(r'"((?:PDF|TXT|DOC|FILE|KIND|PAGES)-[A-Z-]+)"', source.read_text(encoding="utf-8")))
    assert used
    assert used == set(re.findall(r"`((?:PDF|TXT|DOC|FILE|KIND|PAGES)-[A-Z-]+)`", ledger))


def test_every_public_name_can_be_imported_and_is_documented():
    for name in docqa.__all__:
        value = getattr(docqa, name)
        assert name == "__version__" or value.__doc__, name
    assert issubclass(DocumentError, docqa.DocqaError)


def test_the_python_example_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    example = re.search(r"From Python:\n\n((?:    .*\n|\n)+)", README).group(1)
    code = "\n".join(line[4:] for line in example.splitlines())
    shutil.copytree(ROOT / "data" / "sample" / "law", tmp_path / "reports")
    monkeypatch.chdir(tmp_path)
    exec(compile(code.replace("Who signed it?", "Who presides over the Senate?"), "README.md", "exec"), {})
    assert "reports/" in capsys.readouterr().out


def test_the_sample_documents_are_all_named_in_sources():
    sources = (ROOT / "data" / "sample" / "SOURCES.md").read_text(encoding="utf-8")
    for folder, _, names in os.walk(ROOT / "data" / "sample"):
        for name in names:
            assert name == "SOURCES.md" or name in sources, Path(folder) / name


def test_the_sample_questions_name_files_that_are_there():
    for line in (ROOT / "data" / "sample-questions.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        assert entry["unanswerable"] or (ROOT / "data" / "sample" / entry["file"]).is_file()
