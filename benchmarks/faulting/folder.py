"""A folder of small files that changes, and everything that ever stood in them."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from pathlib import Path

#: What the files are written of, and what is asked for.
WORDS = tuple("harbour ship keeper pilot silver lamp treaty council winter lighthouse record brick oil mole".split())
QUERIES = ("keeper silver", "pilot of the harbour", "lamp oil lighthouse", "council treaty record winter")
SUFFIXES = (".txt", ".md", ".html", ".csv")


@dataclass
class ChangingFolder:
    """Owns a folder: `versions` has the text of each content by its SHA-256, `now` the SHA-256 of each file's."""

    path: Path
    chosen: random.Random
    versions: dict[str, str] = field(default_factory=dict)
    now: dict[str, str] = field(default_factory=dict)
    _made: int = 0

    def fill(self, files: int) -> None:
        """Add so many files."""
        for _ in range(files):
            self._made += 1
            self._write(f"{self._made:04}{self.chosen.choice(SUFFIXES)}")

    def change(self) -> None:
        """Add some files, change some, remove some, and rename some."""
        self.fill(self.chosen.randint(1, 4))
        for name in self._some(3):
            self._write(name)
        for name in self._some(2):
            (self.path / name).unlink()
            del self.now[name]
        for name in self._some(2):
            self._made += 1
            new = f"{self._made:04}{Path(name).suffix}"
            (self.path / name).rename(self.path / new)
            self.now[new] = self.now.pop(name)

    def _some(self, most: int) -> list[str]:
        return self.chosen.sample(sorted(self.now), min(self.chosen.randint(0, most), len(self.now) - 5))

    def _write(self, name: str) -> None:
        self._made += 1
        paragraphs = [" ".join(self.chosen.choices(WORDS, k=12)) for _ in range(self.chosen.randint(1, 6))]
        # No two files are the same, so that each is one document and a renamed one is known.
        text = "\n\n".join([f"File {self._made}.", *paragraphs]) + "\n"
        if name.endswith(".html"):
            text = "".join(f"<p>{part}</p>\n" for part in text.split("\n\n"))
        data = text.encode()
        (self.path / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        self.versions[digest] = text
        self.now[name] = digest
