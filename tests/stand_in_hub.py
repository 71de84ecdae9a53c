"""A stand-in for the Hugging Face hub on 127.0.0.1, which serves folders as repositories."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, *, body):
        self.server.requests.append((self.command, self.path))
        path = self.path.partition("?")[0].lstrip("/")
        if path.startswith("api/models/"):
            self._answer_about(path.removeprefix("api/models/"))
            return
        repository, found, name = path.replace(f"/resolve/{COMMIT}/", "/resolve/main/").partition("/resolve/main/")
        folder = self.server.repositories.get(repository) if found else None
        if folder is None:
            self._refuse("RepoNotFound")
        elif not (folder / name).is_file():
            self._refuse("EntryNotFound")
        else:
            self._send((folder / name).read_bytes(), body=body)

    def _answer_about(self, path):
        """Answer what a repository is, and that it has no folders."""
        if path in self.server.repositories:
            files = sorted(file.name for file in self.server.repositories[path].iterdir())
            about = {"id": path, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
            self._send(json.dumps(about).encode(), body=True)
        else:
            self._refuse("EntryNotFound" if "/tree/" in path else "RepoNotFound")

    def _send(self, data, *, body):
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def _refuse(self, code):
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        if code == "EntryNotFound":
            self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def stand_in_hub(repositories):
    """A hub with these repositories, names to folders: its server, with its `url` and the `requests` it got."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.repositories = repositories
    server.requests = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
