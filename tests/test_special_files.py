"""What is no ordinary file: pipes, sockets, devices, long paths, deep folders, and files that change while they are read."""

import json
import os
import socket
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from conftest import WorkersHere
from docqa.documents import regular
from docqa.documents.discovery import find_files
from docqa.documents.limits import DEFAULT_LIMITS
from docqa.documents.regular import open_regular, read_regular
from docqa.errors import DocumentError
from docqa.indexing import run
from docqa.indexing.changes import file_state
from docqa.indexing.report import IndexReport
from docqa.indexing.worker import read_file
from docqa.retrieval.analyzer import Analyzer
from docqa.store.places import link_to

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")


@pytest.fixture
def busy(monkeypatch):
    """Lets somebody write to each file while it is read, so many times."""

    def write_meanwhile(times):
        left = [times]
        real = regular.open_regular

        class Busy:
            def __init__(self, path):
                self.path, self.file = path, real(path)

            def fileno(self):
                return self.file.fileno()

            def read(self, most):
                data = self.file.read(most)
                if left[0]:
                    left[0] -= 1
                    with self.path.open("ab") as more:
                        more.write(b"And more.\n")
                return data

            def __enter__(self):
                return self

            def __exit__(self, *exception):
                self.file.close()

        monkeypatch.setattr(regular, "open_regular", Busy)

    return write_meanwhile


@needs_pipes
class TestNoRegularFiles:
    def test_pipes_sockets_devices_and_folders_are_not_opened(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        os.mkfifo("pipe.txt")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket.txt")
            assert find_files(["."]) == []
            for name in ("pipe.txt", "socket.txt", "/dev/null", "."):
                with pytest.raises(OSError, match="no regular file"):
                    open_regular(Path(name))

    def test_one_that_takes_the_place_of_a_file_just_before_it_is_opened_is_not_waited_for(self, tmp_path, monkeypatch):
        (tmp_path / "a.txt").touch()
        os.mkfifo(tmp_path / "pipe.txt")
        ordinary = os.stat(tmp_path / "a.txt")
        monkeypatch.setattr(regular.os, "stat", lambda path: ordinary)
        with pytest.raises(OSError, match="no regular file"):
            open_regular(tmp_path / "pipe.txt")

    def test_a_pipe_that_takes_the_place_of_a_file_while_indexing_is_named(self, index, folder, monkeypatch):
        class Replacing(WorkersHere):
            def read(self, paths):
                (folder / "report.txt").unlink()
                os.mkfifo(folder / "report.txt")
                return super().read(paths)

        monkeypatch.setattr(run, "Workers", Replacing)
        (failure,) = index.update(folder).failed
        assert (failure.path, failure.code) == ("documents/report.txt", "FILE-UNREADABLE")
        assert failure.sentence == "The file cannot be opened: it is no regular file."
        assert file_state(folder / "report.txt", "a").sha256 == ""
        assert index.update(folder).removed == ("documents/report.txt",)

    def test_a_document_that_becomes_a_link_to_elsewhere_leaves_the_index(self, index, folder, tmp_path, workers_here):
        index.update(folder)
        os.rename(folder / "report.txt", tmp_path / "report.txt")
        os.symlink(tmp_path / "report.txt", folder / "report.txt")
        assert index.update(folder).removed == ("documents/report.txt",)

    def test_links_that_lead_to_what_is_read_are_counted_and_others_are_not(self, index, folder, call, workers_here):
        (folder / "drafts").mkdir()
        (folder / ".docqaignore").write_text("ignored*\n")
        for name in ("a.txt", "ignored.txt", ".hidden.txt", "photo.jpg"):
            (folder / name).symlink_to(folder / "report.txt")
        (folder / "again").symlink_to(folder / "drafts")
        (folder / "node_modules").symlink_to(folder / "drafts")
        (folder / "itself.txt").symlink_to(folder / "itself.txt")
        report = index.update(folder)
        assert report.links == ("documents/a.txt", "documents/again")
        assert json.loads(call("index", "documents", "--json")[1])["links"] == list(report.links)
        assert "2 links in these folders not followed" in call("index", "documents")[2]

    def test_a_folder_of_links_alone_says_so(self, tmp_path, monkeypatch, call):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "elsewhere.txt").write_text("A word.")
        (tmp_path / "links").mkdir()
        (tmp_path / "links" / "a.txt").symlink_to(tmp_path / "elsewhere.txt")
        code, _, err = call("index", "links")
        assert code == 1
        assert "1 link in these folders not followed" in err


class TestChangingFiles:
    def test_a_file_that_is_written_to_once_is_read_again_as_it_is_then(self, tmp_path, busy):
        (tmp_path / "a.txt").write_text("A word.\n")
        busy(1)
        data, state = read_regular(tmp_path / "a.txt", DEFAULT_LIMITS)
        assert (data, state.st_size) == (b"A word.\nAnd more.\n", 18)

    def test_a_file_that_keeps_changing_is_named_and_tried_again(self, index, folder, workers_here, busy):
        busy(6)
        report = index.update(folder)
        assert {failure.code for failure in report.failed} == {"FILE-CHANGING"}
        assert len(report.failed) == 3
        assert {document.sha256 for document in index.documents().values()} == {""}
        assert len(index.update(folder).changed) == 3

    def test_a_change_that_keeps_the_size_is_noticed(self, tmp_path, monkeypatch):
        (tmp_path / "a.txt").write_text("A word.\n")
        times = iter(range(100))
        real = os.fstat

        def touched(opened):
            os.utime(tmp_path / "a.txt", (next(times),) * 2)
            return real(opened)

        monkeypatch.setattr(regular.os, "fstat", touched)
        with pytest.raises(DocumentError) as caught:
            read_regular(tmp_path / "a.txt", DEFAULT_LIMITS)
        assert caught.value.code == "FILE-CHANGING"
        assert read_file(tmp_path / "a.txt", Analyzer())["state"]["sha256"] == ""


class TestPaths:
    def test_names_that_are_no_utf_8_are_found_by_a_glob_and_linked_to(self, folder, index, workers_here):
        within = Path(os.fsdecode(os.fsencode(folder) + b"/d\xe9r"))
        try:
            within.mkdir()
        except OSError:
            pytest.skip("the file system takes no such names")
        (within / "tide.txt").write_text("The keeper of the tide is Marta Olsen.\n")
        assert r"documents/d\udce9r/tide.txt" in index.update(folder).added
        for glob in ("documents/d\udce9r/*", r"documents/d\udce9r/*", "documents/d\udce9r"):
            assert [hit.document.path for hit in index.search("tide", path=glob)] == [r"documents/d\udce9r/tide.txt"]
        link = unquote_to_bytes(link_to(r"documents/d\udce9r/tide.txt"))
        assert Path(os.fsdecode(link)).read_text().startswith("The keeper")

    @pytest.mark.skipif(os.mkdir not in os.supports_dir_fd, reason="such folders cannot be made here")
    def test_paths_of_4000_characters_are_indexed_found_and_shown(self, folder, call):
        length = len(os.path.abspath(folder))
        within = os.open(folder, os.O_RDONLY)
        while 4_000 - length > 200:
            os.mkdir("x" * 100, dir_fd=within)
            deeper = os.open("x" * 100, os.O_RDONLY, dir_fd=within)
            os.close(within)
            within, length = deeper, length + 101
        name = "y" * (4_000 - length - 5) + ".txt"
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT, dir_fd=within))
        with os.fdopen(os.open(name, os.O_WRONLY, dir_fd=within), "w") as file:
            file.write("The rapeseed of Skagen.\n")
        os.close(within)
        assert call("index", folder, "--workers", "1")[0] == 0
        (hit,) = json.loads(call("search", "rapeseed Skagen", "--limit", "1", "--json")[1])["hits"]
        assert len(os.path.abspath(hit["path"])) == 4_000
        assert name in call("search", "Skagen", "--path", hit["path"])[1]
        assert call("verify")[0] == 0
        assert json.loads(call("index", folder, "--json")[1])["unchanged"].count(hit["path"]) == 1

    def test_many_files_in_one_folder_are_each_found_once(self, tmp_path):
        for number in range(5_000):
            (tmp_path / f"{number}.txt").touch()
        found = find_files([tmp_path])
        assert len(found) == len(set(found)) == 5_000

    def test_folders_may_lie_deeper_in_each_other_than_functions_may(self, tmp_path, index, monkeypatch, workers_here):
        monkeypatch.chdir(tmp_path)
        folders = [tmp_path / "d"]
        while len(folders) < 1_200:
            folders.append(folders[-1] / "d")
        for folder in folders:
            folder.mkdir()
        (folders[-1] / "a.txt").write_text("The deepest word.\n")
        try:
            report = index.update("d")
            assert report.added == ("/".join(["d"] * 1_200) + "/a.txt",)
            assert index.search("deepest")[0].document.path == report.added[0]
            assert index.update("d") == IndexReport(unchanged=report.added)
        finally:
            (folders[-1] / "a.txt").unlink()
            for folder in reversed(folders):
                folder.rmdir()

    @pytest.mark.skipif(os.mkdir not in os.supports_dir_fd, reason="such folders cannot be made here")
    def test_what_lies_too_deep_for_the_system_is_named_and_stops_nothing(self, folder, index, workers_here):
        within = os.open(folder, os.O_RDONLY)
        for _ in range(30):
            os.mkdir("x" * 200, dir_fd=within)
            deeper = os.open("x" * 200, os.O_RDONLY, dir_fd=within)
            os.close(within)
            within = deeper
        os.close(within)
        report = index.update(folder)
        assert len(report.added) == 3
        (failure,) = report.failed
        assert (failure.code, "too long" in failure.sentence) == ("FILE-UNREADABLE", True)
        assert "x" * 200 in failure.path
        assert index.update(folder).failed == report.failed
