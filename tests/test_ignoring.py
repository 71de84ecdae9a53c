"""What of a folder is left out: by .docqaignore files, by globs, and because a tool made it."""

import os
import time

import pytest

import docqa
from docqa.cli import main
from docqa.documents.discovery import find_files
from docqa.errors import PathError, UsageError


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Makes files in the current folder by name, with a line of text or the one given."""
    monkeypatch.chdir(tmp_path)

    def make_files(*names, **contents):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("A word.\n")

    return make_files


@pytest.fixture
def ignore(tmp_path):
    """Writes the lines of a folder's .docqaignore."""

    def write(*lines, folder=""):
        (tmp_path / folder / ".docqaignore").write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))

    return write


@pytest.fixture
def found(tmp_path):
    """The names of the files that are found, from the current folder."""

    def find(*paths, **options):
        files = find_files(paths or ["."], top=tmp_path, **options)
        return [path.relative_to(tmp_path).as_posix() for path in files]

    return find


class TestIgnoreFiles:
    def test_what_its_lines_match_is_left_out(self, make, ignore, found):
        make("a.txt", "a.log", "drafts/a.txt", "deep/drafts/b.txt", "deep/a.log", "old/a.txt", "deep/old/a.txt")
        ignore("# comment", "", "*.log", "drafts/", "/old")
        assert found() == ["a.txt", "deep/old/a.txt"]

    def test_it_applies_to_what_lies_below_its_folder_alone(self, make, ignore, found):
        make("a.txt", "one/a.txt", "one/deep/a.txt", "two/a.txt")
        ignore("a.txt", folder="one")
        assert found() == ["a.txt", "two/a.txt"]

    def test_the_last_line_about_a_file_decides_and_the_nearest_file_before_others(self, make, ignore, found):
        make("a.md", "b.md", "one/a.md", "one/b.md")
        ignore("*.md", "!b.md")
        ignore("!a.md", "b.md", folder="one")
        assert found() == ["b.md", "one/a.md"]

    def test_nothing_in_a_folder_that_is_left_out_comes_back(self, make, ignore, found):
        make("drafts/a.txt", "b.txt")
        ignore("drafts/", "!drafts/a.txt")
        assert found() == ["b.txt"]

    def test_all_but_one_kind_can_be_left_out_at_any_depth(self, make, ignore, found):
        make("a.md", "a.txt", "one/a.md", "one/a.txt", "one/two/three/a.md", "one/two/three/a.txt")
        ignore("*", "!*/", "!*.md")
        assert found() == ["a.md", "one/a.md", "one/two/three/a.md"]

    def test_a_folder_taken_in_again_does_not_take_in_what_other_lines_leave_out(self, make, ignore, found):
        make("one/two/a.txt", "one/a.txt")
        ignore("two/", "!one/")
        assert found() == ["one/a.txt"]

    def test_lines_of_windows_marks_and_names_that_are_no_text_are_understood(self, tmp_path, make, found):
        make("a.txt", "b.txt")
        try:
            (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("A word.")
        except OSError:
            pytest.skip("the file system takes such names for an error")
        (tmp_path / ".docqaignore").write_bytes(b"\xef\xbb\xbfa.txt\r\ncaf\xe9.txt\r\n")
        assert found() == ["b.txt"]

    def test_those_of_the_folders_above_count_from_the_folder_of_the_index_on(self, tmp_path, make, ignore, found):
        make("one/two/a.txt", "one/two/a.log", "one/two/b.txt")
        ignore("*.log", "one/two/b.txt")
        assert found("one/two") == found("one") == ["one/two/a.txt"]
        assert len(find_files(["one/two"], top=tmp_path / "one")) == 3

    def test_a_path_that_is_named_is_never_left_out(self, make, ignore, found):
        make("drafts/a.txt", "drafts/deep/b.txt", "c.log")
        ignore("drafts/", "*.log")
        assert found("drafts", "c.log") == ["c.log", "drafts/a.txt", "drafts/deep/b.txt"]
        assert found("drafts/deep") == ["drafts/deep/b.txt"]

    def test_one_that_cannot_be_read_stops_the_run(self, tmp_path, make, found):
        make("a.txt")
        (tmp_path / ".docqaignore").mkdir()
        with pytest.raises(PathError, match=r"\.docqaignore cannot be read"):
            found()

    def test_a_line_that_is_no_pattern_is_named(self, make, ignore, found):
        make("a.txt")
        ignore("*.log", "!")
        with pytest.raises(PathError, match=r"\.docqaignore: '!' is no pattern\."):
            found()


class TestGlobs:
    def test_of_what_is_included_only_what_is_not_excluded_is_found(self, make, found):
        make("a.txt", "a.md", "one/a.md", "one/b.md", "two/c.txt")
        assert found(include=["*.md"]) == ["a.md", "one/a.md", "one/b.md"]
        assert found(include=["*.md", "two/"], exclude=["one/b.*"]) == ["a.md", "one/a.md", "two/c.txt"]
        assert found(exclude=["one/", "/a.*"]) == ["two/c.txt"]

    def test_they_are_meant_from_each_folder_that_is_given(self, make, found):
        make("one/a.txt", "one/deep/a.txt", "two/a.txt")
        assert found("one", "two", exclude=["/a.txt"]) == ["one/deep/a.txt"]

    def test_no_ignore_file_takes_in_what_is_excluded(self, make, ignore, found):
        make("a.txt", "b.txt")
        ignore("!a.txt")
        assert found(exclude=["a.txt"]) == ["b.txt"]

    def test_a_file_that_is_named_is_found_whatever_they_say(self, make, found):
        make("a.txt", "b.txt")
        assert found("a.txt", include=["*.md"], exclude=["*.txt"]) == ["a.txt"]

    def test_one_that_is_none_is_refused_by_name(self, make, found):
        make("a.txt")
        with pytest.raises(UsageError, match="'!' is no pattern"):
            found(exclude=["!"])


class TestToolFolders:
    def test_folders_that_tools_make_are_left_out(self, make, found):
        make("a.txt", "node_modules/p/readme.md", "src/__pycache__/x.txt", "docqa.egg-info/a.txt")
        make(
            "env/pyvenv.cfg",
            "env/lib/a.txt",
            "conda/conda-meta/history",
            "conda/a.txt",
            "out/CACHEDIR.TAG",
            "out/a.txt",
        )
        assert found() == ["a.txt"]

    def test_they_are_read_when_they_are_named_or_taken_in_by_an_ignore_file(self, make, ignore, found):
        make("node_modules/readme.md", "env/pyvenv.cfg", "env/lib/a.txt")
        assert found("env", "node_modules") == ["env/lib/a.txt", "node_modules/readme.md"]
        ignore("!node_modules/", "!env/")
        assert found() == ["env/lib/a.txt", "node_modules/readme.md"]


def test_a_document_that_becomes_ignored_leaves_the_index_and_comes_back(make, ignore, workers_here):
    make("docs/a.txt", "docs/b.txt", "other/b.txt")
    with docqa.open("docqa.db") as corpus:
        corpus.index("docs", "other")
        ignore("b.txt", folder="docs")
        assert corpus.index("docs").removed == ("docs/b.txt",)
        assert corpus.index("docs", exclude=["*.txt"]).removed == ("docs/a.txt",)
        assert corpus.index("docs", "docs/b.txt", include=["*.txt"]).added == ("docs/a.txt", "docs/b.txt")
        assert {document.path for document in corpus.files()} == {"docs/a.txt", "docs/b.txt", "other/b.txt"}


def test_the_command_takes_several_globs(make, workers_here, capsys, monkeypatch):
    monkeypatch.delenv("DOCQA_INDEX", raising=False)
    make("docs/a.txt", "docs/b.md", "docs/c.md", "docs/d.csv")
    with pytest.raises(SystemExit) as ended:
        main(["index", "docs", "--include", "*.md", "--include", "*.csv", "--exclude", "c.*"])
    assert ended.value.code == 0
    assert "2 added" in capsys.readouterr().out


def test_twenty_thousand_files_in_one_folder_are_listed_quickly(tmp_path):
    for number in range(20_000):
        os.close(os.open(tmp_path / f"{number}.txt", os.O_CREAT | os.O_WRONLY))
    (tmp_path / ".docqaignore").write_text("*.log\n7*.txt\n")
    begun = time.process_time()
    assert len(find_files([tmp_path], exclude=["drafts/"])) == 20_000 - 1_111
    assert time.process_time() - begun < 5
