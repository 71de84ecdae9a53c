"""Which files of a folder are left out: by `.docqaignore` files, by globs, and because a tool made them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.documents.regular import open_regular
from docqa.errors import PathError, UsageError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".docqaignore"
#: Folders that tools make and nobody reads, by name and by the end of it.
TOOL_FOLDERS = frozenset(
    {"node_modules", "bower_components", "__pycache__", "__pypackages__", "site-packages", "__MACOSX"}
)
TOOL_ENDINGS = (".egg-info", ".dist-info")
#: What lies in folders that tools make: environments of Python and of conda, and caches that say so.
TOOL_MARKS = frozenset({"pyvenv.cfg", "conda-meta", "CACHEDIR.TAG"})


@dataclass(frozen=True)
class Rules:
    """Patterns as in a .gitignore, for what lies below `folder`."""

    folder: str
    patterns: GitIgnoreSpec

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether the patterns leave an entry out; None when none is about it. The last one that is decides."""
        place = self.place(path) + "/" * is_folder
        for pattern in reversed(self.patterns.patterns):
            if pattern.include is not None and _is_about(pattern, place):
                return pattern.include
        return None

    def covers(self, path: str) -> bool:
        """Whether the patterns are about a file or about a folder that it is in."""
        return self.patterns.match_file(self.place(path))

    def place(self, path: str) -> str:
        """A path from the folder, with slashes."""
        place = path[len(self.folder.rstrip(os.sep)) + 1 :]
        return place.replace(os.sep, "/") if os.sep != "/" else place


@dataclass(frozen=True)
class Sieve:
    """What keeps files back: the rules of folders, the outermost first, and globs of the caller.

    `include` are those of which a file has to match one, when there are any, `exclude` those of which it must not.
    """

    rules: tuple[Rules, ...]
    include: Rules | None
    exclude: Rules | None

    def within(self, folder: str) -> Sieve:
        """The sieve for what is in a folder, whose own rules come in."""
        own = rules_of(folder)
        return self if own is None else replace(self, rules=(*self.rules, own))

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether an entry is left out; None when nobody says anything of it.

        What the caller excludes is left out; else the nearest `.docqaignore` that is about the entry decides.
        """
        if self.exclude is not None and self.exclude.verdict(path, is_folder=is_folder):
            return True
        said = (rules.verdict(path, is_folder=is_folder) for rules in reversed(self.rules))
        return next((one for one in said if one is not None), None)

    def lets_through(self, path: str) -> bool:
        """Whether a file is wanted."""
        is_included = self.include is None or self.include.covers(path)
        return is_included and not self.verdict(path, is_folder=False)

    def opens(self, path: str, name: str) -> bool | None:
        """Whether to look into a folder: None when only because nobody says anything of it."""
        said = self.verdict(path, is_folder=True)
        return not said if said is not None else False if is_made_by_tools(name) else None


def sieve_for(folder: Path, include: Sequence[str], exclude: Sequence[str], top: Path | None) -> Sieve:
    """The sieve for a folder that was named; globs are meant from there, rules above it count from `top` on.

    Raises `UsageError` for a glob that cannot be used.
    """
    try:
        chosen = [Rules(str(folder), _patterns(globs)) if globs else None for globs in (include, exclude)]
    except ValueError as error:
        raise UsageError(f"{error} Give a glob as in a .gitignore, such as *.pdf or drafts/.") from None
    return Sieve(rules_above(folder, top) if top else (), *chosen)


def rules_of(folder: str | Path) -> Rules | None:
    """The rules of a folder's own `.docqaignore`, None when it has none.

    Raises `PathError` when it cannot be read: what somebody wants left out is not to be read by mistake.
    """
    file = Path(folder) / IGNORE_FILE
    try:
        with open_regular(file) as opened:
            data = opened.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise PathError(f"{file} cannot be read: {error.strerror or error}.") from error
    # Bytes that are no text are kept, for names of files can hold them.
    lines = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n")
    try:
        return Rules(str(folder), _patterns(line.removesuffix("\r") for line in lines))
    except ValueError as error:
        raise PathError(f"{file}: {error} Mend the line or take it out.") from None


def rules_above(folder: Path, top: Path) -> tuple[Rules, ...]:
    """The rules of the folders that `folder` is in, from `top` on; none when it is not below that."""
    above = [parent for parent in reversed(folder.parents) if parent.is_relative_to(top)]
    return tuple(rules for parent in above if (rules := rules_of(parent)) is not None)


def is_made_by_tools(name: str) -> bool:
    """Whether a folder of this name was made by a tool.

    >>> is_made_by_tools("node_modules"), is_made_by_tools("docqa.egg-info"), is_made_by_tools("modules")
    (True, True, False)
    """
    return name in TOOL_FOLDERS or name.endswith(TOOL_ENDINGS)


def has_marks_of_tools(names: Collection[str]) -> bool:
    """Whether a folder that holds these names was made by a tool."""
    return not TOOL_MARKS.isdisjoint(names)


def _patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """The patterns compiled. Raises `ValueError` with a sentence that has the line."""
    from pathspec import GitIgnoreSpec

    lines = list(lines)
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        for line in lines:
            _check(line)
        raise


def _check(line: str) -> None:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        raise ValueError(f"{line!r} is no pattern.") from None


def _is_about(pattern: object, place: str) -> bool:
    """Whether a pattern is about an entry itself, and not only about a folder that it is in."""
    from pathspec import RegexPattern

    if not isinstance(pattern, RegexPattern) or pattern.regex is None:
        return False
    match = pattern.regex.search(place)
    if match is None:
        return False
    # The group holds the slash after what matched. The pattern of all folders is not anchored, and finds the first.
    after = match.groupdict().get("ps_d")
    return after is None or match.end("ps_d") == len(place) or bool(pattern.regex.search(place, len(place) - 1))
