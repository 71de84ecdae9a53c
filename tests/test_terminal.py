"""What comes from documents, file names, the index and arguments never reaches the terminal as more than text."""

import io
import json
import re
import unicodedata
from contextlib import redirect_stderr

import pytest

from docqa.cli import main
from docqa.cli.console import busy, json_text, printable, progress_bar
from docqa.store.opening import open_database
from docqa.store.places import storable
from pdf_maker import make_pdf

#: A colour, a title, a link by OSC 8, a bell, a return over the line, C1 controls, bidi overrides, marks, a tag.
EVIL = (
    "a\x1b[31mb\x1b]0;t\x07c\x1b]8;;http:evil\x1b\\d\x1b]8;;\x07e\x07f\rg\x9b2Jh\x9d0;t\x9c"
    "i\u202ej\u2066k\u2069l\u061cm\u200fn\u2060o\U000e0041p"
)
#: The same in a path, with markup of the library that prints.
NAME = EVIL + "[red]"


def assert_harmless(text):
    for letter in text:
        assert letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}, ascii(text)


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Runs a command in the test's folder; gives its exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


@pytest.fixture
def documents(tmp_path):
    """Documents whose names, titles and texts are as bad as can be, and files that cannot be read."""
    folder = tmp_path / "documents"
    (folder / "[").mkdir(parents=True)
    text = f"# Title {EVIL}\n\nThe harbour {EVIL} is kept by Marta.\n" + "The keeper hears the wind. " * 40
    (folder / f"{NAME}.md").write_text(text, encoding="utf-8", newline="")
    (folder / f"{NAME}.pdf").write_bytes(make_pdf("The harbour is deep.", title=EVIL, labels=[(0, 0, "/r", 1)]))
    (folder / f"{NAME}-bad.pdf").write_bytes(b"%PDF " + EVIL.encode())
    (folder / "[" / "dim]x.txt").write_text("The harbour is old.")
    return folder


class TestCommands:
    @pytest.mark.parametrize(
        "command",
        [
            ("index", "documents"),
            ("search", "harbour"),
            ("search", f"{EVIL} harbour"),
            ("status",),
            ("status", "--failed"),
            ("status", "--documents"),
            ("check",),
            ("status", f"--{EVIL}"),
            (EVIL,),
            ("search", "harbour", "--limit", EVIL),
            ("search", "harbour", "--index", f"nowhere{EVIL}"),
            ("index", f"documents/{EVIL}"),
            ("--debug", "index", "documents", "--index", "again.db"),
        ],
        ids=lambda command: ascii(" ".join(command)),
    )
    def test_they_print_text_only(self, documents, call, command):
        call("index", "documents", "--workers", "1")
        _, out, err = call(*command)
        assert out + err
        assert_harmless(out + err)

    def test_json_is_valid_and_keeps_every_character(self, documents, call):
        _, out, _ = call("index", "documents", "--workers", "1", "--json")
        report = json.loads(out)
        assert_harmless(out)
        assert f"documents/{NAME}.md" in report["added"]
        _, out, _ = call("search", "harbour", "--json")
        assert_harmless(out)
        titles = [hit["title"] for hit in json.loads(out)["hits"]]
        assert any(EVIL.split("\r", maxsplit=1)[0] in title for title in titles)
        _, out, _ = call("status", "--json")
        assert_harmless(out)
        assert [entry["path"] for entry in json.loads(out)["failed"]] == [f"documents/{NAME}-bad.pdf"]

    def test_an_index_that_a_stranger_made_prints_text_only(self, documents, call, tmp_path):
        call("index", "documents", "--workers", "1")
        db = open_database(tmp_path / "docqa.db", create=False)
        with db.conn:
            db.conn.execute("UPDATE documents SET path = path || ?", (f".{NAME}",))
            db.conn.execute("UPDATE documents SET title = ?, author = ?, language = ?", (EVIL, EVIL, EVIL))
            db.conn.execute("UPDATE documents SET code = ?, error = ? WHERE status = 'failed'", (EVIL, EVIL))
            db.conn.execute("UPDATE pages SET label = ?", (EVIL,))
        db.close()
        for command in (("status",), ("status", "--failed"), ("status", "--documents"), ("search", "harbour")):
            code, out, err = call(*command)
            assert code == 0, err
            assert_harmless(out + err)
        for command in (("check",), ("check", "--json"), ("check", "--repair")):
            code, out, err = call(*command)
            assert out
            assert_harmless(out + err)


class TestWhileItWorks:
    @pytest.fixture
    def terminal(self, monkeypatch):
        """Standard error as a terminal that keeps what it is sent."""

        class Terminal(io.StringIO):
            def isatty(self):
                return True

        monkeypatch.setenv("TERM", "xterm")
        return Terminal()

    @pytest.mark.parametrize("name", ["[/dim]x.txt", "[bold]x.txt", "a\\[/b", NAME])
    def test_the_name_of_a_file_in_the_progress_bar_is_text(self, terminal, name):
        with redirect_stderr(terminal), progress_bar("Reading") as advance:
            advance(1, 2, name)
        # The bar itself moves the cursor and has colours, and nothing else.
        assert_harmless(re.sub(r"\x1b\[[0-9;?]*[mKAhl]|\r", "", terminal.getvalue()))
        assert printable(name)[-4:] in terminal.getvalue()
        assert "\x1b]" not in terminal.getvalue()
        assert "\x07" not in terminal.getvalue()

    def test_a_log_gets_a_line_every_five_minutes_and_short_work_none(self, monkeypatch):
        clock = iter([0.0, 10.0, 301.0, 301.0, 400.0, 700.0, 700.0])
        monkeypatch.setattr("docqa.cli.console.time.monotonic", lambda: next(clock))
        log = io.StringIO()
        with redirect_stderr(log), progress_bar("Reading") as advance:
            for done, name in enumerate(("a.txt", NAME, "c.txt", "d.txt")):
                advance(done, 4, name)
        assert log.getvalue() == f"Reading 1/4 {printable(NAME)}\nReading 3/4 d.txt\n"

    def test_a_log_gets_no_line_about_work_that_is_over(self, monkeypatch):
        monkeypatch.setattr("docqa.cli.console.LINE_EVERY", 0.0)
        log = io.StringIO()
        with redirect_stderr(log):
            with progress_bar("Reading") as advance:
                advance(1, 2, "a.txt")
            advance(2, 2, "b.txt")
        assert log.getvalue() == "Reading 1/2 a.txt\n"

    def test_the_name_of_a_reader_while_it_is_loaded_is_text(self, terminal):
        with redirect_stderr(terminal), busy(f"Loading [/bold]{EVIL}"):
            pass
        assert "\x1b]" not in terminal.getvalue()
        assert "[/bold]" in terminal.getvalue()


def test_every_character_can_stand_in_json_and_comes_back():
    # A blank between them: two halves of a character side by side are that character in JSON.
    ranges = [range(0x3000), range(0xD7F0, 0xDC80), range(0xDD00, 0xE010), range(0xE0000, 0xE0080)]
    everything = " ".join(chr(number) for numbers in ranges for number in numbers)
    text = json_text({everything: [everything]})
    assert json.loads(text) == {everything: [everything]}
    assert text.encode("utf-8")
    assert printable(everything).encode("utf-8")


def test_bytes_that_are_no_text_are_shown_as_in_the_paths_of_an_index():
    for shown in (printable, lambda text: json.loads(json_text(text))):
        assert shown("caf\udce9\udcff.db") == storable("caf\udce9\udcff.db") == r"caf\udce9\udcff.db"


def test_halves_of_characters_and_ends_of_lines_are_not_printed():
    assert printable("a\ud800b\u2028c\x85d\x0be") == "ab cde"
