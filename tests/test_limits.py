"""A file that costs too much costs itself only, and the ledger says which limit it met."""

import os
import sys
import time

import pytest

from conftest import WorkersHere
from docqa import Limits, UsageError
from docqa.cli import commands
from docqa.cli.index import index as command
from docqa.documents.document import Document, Page
from docqa.documents.limits import DEFAULT_LIMITS, LIMIT_OPTIONS, MEGABYTE
from docqa.indexing.answer import as_answer, as_bytes, checked_answer
from docqa.indexing.worker import read_file
from docqa.indexing.workers import Workers
from docqa.paragraphs.segment import segment
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.numbered import TermNumbering
from docqa.store.paragraphs import paragraph_columns
from pdf_maker import make_pdf

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")

#: A worker in which reading a file named plug.txt runs `{plug}`, and other files are read as ever.
PLUGGED = """
import os, signal, subprocess, sys, time
from docqa.indexing import worker
read = worker.read_document
def plugged(name, *options):
    if name == "plug.txt":
        {plug}
    return read(name, *options)
worker.read_document = plugged
worker.work()
"""


@pytest.fixture
def files(tmp_path):
    """A file that is read as ever, the plug, and another."""
    paths = [tmp_path / name for name in ("a.txt", "plug.txt", "z.txt")]
    for path in paths:
        path.write_text(f"This is {path.name}.")
    return paths


@pytest.fixture
def plug(tmp_path, monkeypatch):
    """Makes workers run some code where they read plug.txt."""

    def put_in(code):
        (tmp_path / "worker.py").write_text(PLUGGED.format(plug=code))
        script = tmp_path / "python"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P "{tmp_path}/worker.py"\n')
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))

    return put_in


def codes(files, limits=DEFAULT_LIMITS):
    with Workers(1, Analyzer(), limits=limits) as pool:
        return [result["error"]["code"] if "error" in result else "ok" for _, result in pool.read(files)]


def error(path, limits, extractor="pypdf"):
    return read_file(path, Analyzer(), extractor, limits)["error"]


class TestWhatIsRefused:
    def test_a_file_that_is_too_large_is_not_read(self, tmp_path):
        path = tmp_path / "a.txt"
        with path.open("wb") as file:
            file.truncate(20_000 * MEGABYTE)
        assert error(path, DEFAULT_LIMITS) == {
            "code": "FILE-SIZE",
            "sentence": "The file is larger than 300 MB; --size-a-file raises this limit.",
        }

    @pytest.mark.parametrize("extractor", ["pypdf", "pypdfium2"])
    def test_a_pdf_with_too_many_pages(self, tmp_path, extractor):
        if extractor == "pypdfium2":
            pytest.importorskip("pypdfium2")
        (tmp_path / "a.pdf").write_bytes(make_pdf("one", "two", "three"))
        assert error(tmp_path / "a.pdf", Limits(pages=2), extractor) == {
            "code": "FILE-PAGES",
            "sentence": "The file has 3 pages, more than 2; --pages-a-file raises this limit.",
        }
        assert "error" not in read_file(tmp_path / "a.pdf", Analyzer(), extractor, Limits(pages=3))

    @pytest.mark.parametrize("name", ["a.pdf", "a.txt", "a.md"])
    def test_a_file_that_yields_too_much_text(self, tmp_path, name):
        data = make_pdf("Ten words.", "Ten words.") if name == "a.pdf" else b"Ten words. " * 2
        (tmp_path / name).write_bytes(data)
        assert error(tmp_path / name, Limits(text=15)) == {
            "code": "FILE-TEXT",
            "sentence": "The file yields more text than 15 characters; --text-a-file raises this limit.",
        }

    def test_a_file_with_too_many_paragraphs(self, tmp_path):
        (tmp_path / "a.md").write_text("".join(f"# {name}\n\n" + "Words of a text. " * 40 + "\n\n" for name in "ABC"))
        assert error(tmp_path / "a.md", Limits(paragraphs=2))["code"] == "FILE-PARAGRAPHS"

    def test_a_limit_has_to_be_above_nothing(self):
        with pytest.raises(UsageError, match="limit of pages a file"):
            Limits(pages=0)


class TestWorkersInLimits:
    @ON_LINUX
    @pytest.mark.parametrize("code", ["held = bytearray(10**9)", "[bytearray(10**6) for _ in iter(int, 1)]"])
    def test_a_plug_of_memory_costs_its_file_only(self, files, plug, code):
        plug(code)
        assert codes(files, Limits(memory=400)) == ["ok", "FILE-MEMORY", "ok"]

    @ON_LINUX
    def test_what_a_worker_holds_from_other_files_is_not_put_down_to_the_next(self, files, plug):
        plug("worker.held = bytearray(10**8) if hasattr(worker, 'full') else None; worker.full = True")
        assert codes([*[files[1]] * 12, files[2]], Limits(memory=400)) == ["ok"] * 13

    @pytest.mark.parametrize(
        "code",
        [
            "os.kill(os.getpid(), signal.SIGKILL)",
            "os.abort()",
            "os._exit(0)",
            "[os.write(number, b'garbage' + os.linesep.encode()) for number in range(3, 9) if worker_has(number)]",
        ],
    )
    def test_a_worker_that_is_killed_or_writes_garbage_costs_its_file_only(self, files, plug, code):
        code = code.replace("worker_has(number)", "os.path.exists(f'/dev/fd/{number}')")
        plug(code)
        assert codes(files) == ["ok", "FILE-CRASH", "ok"]

    def test_garbage_without_an_end_is_not_read_to_its_end(self, files, plug):
        plug("[os.write(3, bytes(10**6)) for _ in iter(int, 1)]")
        assert codes(files, Limits(text=1000, seconds=60)) == ["ok", "FILE-CRASH", "ok"]

    def test_a_worker_that_hangs_in_c_code_costs_its_file_only(self, files, plug):
        # All signals that can be blocked are, as in code that never comes back.
        plug("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32)); int('1' * 4000) ** 3_000_000")
        assert codes([files[1]], Limits(seconds=1)) == ["FILE-SLOW"]

    def test_a_headline_over_very_many_paragraphs_is_refused_and_not_multiplied(self, tmp_path):
        (tmp_path / "a.md").write_text("# " + "word " * 20_000 + "\n\n" + "Text.\n\n- item\n\n" * 2_000)
        (result,) = codes([tmp_path / "a.md"], Limits(text=300_000, memory=600))
        assert result in {"FILE-TEXT", "FILE-MEMORY"}

    @pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no process groups here")
    def test_what_a_worker_starts_ends_with_it(self, files, plug, tmp_path):
        plug(f"open({str(tmp_path / 'child')!r}, 'w').write(str(subprocess.Popen(['sleep', '600']).pid))")
        assert codes(files) == ["ok"] * 3
        child = int((tmp_path / "child").read_text())
        deadline = time.monotonic() + 10
        while is_running(child) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not is_running(child)

    def test_lines_that_are_no_answers(self):
        for header in (b"", b"{}", b"[]", b"\xff", b'{"state": 1, "error": {}}', b"[" * 100_000):
            assert checked_answer(b"%d 0 0\n" % len(header) + header) is None
        good = b'57 0 0\n{"state": null, "error": {"code": "X", "sentence": "X."}}'
        assert checked_answer(good) is not None
        assert checked_answer(good[:-1]) is None
        for line in (b"", b"\n", b"57 0\n", b"57 -1 1\n", b"57 0 1\n", b"57 x 0\n"):
            assert checked_answer(line + good.partition(b"\n")[2]) is None

    def test_texts_that_are_not_as_long_as_is_said_are_no_answer(self):
        document = Document((Page(1, "A red ship."),), "", "text", "1")
        terms = TermNumbering(Analyzer()).number(["a red ship"])
        good = as_bytes({"state": {}, **as_answer(document, paragraph_columns(segment(document.pages)), terms)})
        assert checked_answer(good) is not None
        for before, after in (
            (b"[11, 11, 8]", b"[11, 11, 9]"),
            (b"[11, 11, 8]", b"[41,-11, 0]"),
            (b"ship", b"sh\xffp"),
            (b"[11, 11, 8]", b"[]         "),
        ):
            assert before in good
            assert checked_answer(good.replace(before, after)) is None


class TestLimitsAreAskedFor:
    def test_a_file_that_met_a_limit_is_read_again_when_the_limit_is_raised(self, index, folder, workers_here):
        report = index.update(folder, limits=Limits(pages=1))
        assert [failure.code for failure in report.failed] == ["FILE-PAGES"]
        assert index.update(folder).failed == report.failed
        report = index.update(folder, limits=Limits(pages=2))
        assert (report.failed, report.changed) == ((), ("documents/guide.pdf",))

    def test_every_limit_has_an_option_with_its_default(self):
        options = {name: option for option in command.params for name in option.opts}
        for name in LIMIT_OPTIONS.values():
            assert options[name].default == getattr(DEFAULT_LIMITS, name.split("-")[2])

    def test_workers_get_the_limits(self, index, folder, monkeypatch):
        seen = []

        class Spy(WorkersHere):
            def __init__(self, count, analyzer, extractor, limits, *options):
                super().__init__(count, analyzer, extractor, limits, *options)
                seen.append(limits)

        monkeypatch.setattr("docqa.indexing.run.Workers", Spy)
        commands.main(["index", str(folder), "--text-a-file", "10", "--memory-a-file", "77"], standalone_mode=False)
        assert seen == [Limits(text=10, memory=77)]


def is_running(number):
    try:
        with open(f"/proc/{number}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False
