"""How cost grows: with the size of the index, with questions at once, with candidates, and with the length of windows.

python benchmarks/growth.py --qa FILE --folder FOLDER --paragraphs 100000 --picture growth.svg

FOLDER keeps the indexes that are searched, one for each power of ten from a thousand up to `--paragraphs`; `--indexes`
names more of them, made by benchmarks/scale.py. Questions are asked, alone and at once, over the paragraphs of the
question files as they are: those of grown indexes hold the same sentences again and again, so that reading would stop
elsewhere. Each question is asked once in each setting, all settings of candidates in turn.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from at_once import Load, ask_at_once
from grown_index import draw_questions, grown_index, run_index, write_articles
from results import Cell, Column, Table, add_json_option, percentile, publish
from shapes import seconds

from docqa.answers.ask import AskOptions
from docqa.corpus import Corpus, open_corpus
from docqa.reading.loading import LoadedReader, load_reader
from docqa.reading.reader import Reader

SIZES = (1_000, 10_000, 100_000, 1_000_000)
AT_ONCE = (1, 2, 4, 8)
CANDIDATES = (5, 10, 20, 50, 100)
WINDOWS = (64, 128, 256, 384, 512)
SEARCHES, LIMIT, REPEATS = 400, 20, 5


def main() -> None:
    """Measure, print, store and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", nargs="+", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--paragraphs", type=int, default=100_000)
    parser.add_argument("--indexes", type=Path, nargs="*", default=[])
    parser.add_argument("--readers", nargs="+", default=["docqa-base", "docqa-small"])
    parser.add_argument("--questions", type=int, default=40, help="asked at once; a quarter of them by candidates")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the tables there, as SVG or PNG")
    add_json_option(parser)
    options = parser.parse_args()
    sizes = sorted({size for size in SIZES if size < options.paragraphs} | {options.paragraphs})
    grown = [grown_index(options.qa, size, options.folder / f"paragraphs-{size}").index for size in sizes]
    articles = articles_index(options.qa, options.folder)
    readers = [load_reader(name) for name in options.readers]
    asked = draw_questions(options.qa, options.questions)
    searches = draw_questions(options.qa, SEARCHES)
    tables = [
        search_by_size([*grown, *options.indexes], searches),
        questions_at_once(grown[-1], articles, readers, searches, asked),
        asking_by_candidates(articles, readers, asked[: max(1, len(asked) // 4)]),
        reading_by_window(readers),
    ]
    result = publish("growth", "How cost grows", tables, options.json)
    if options.picture:
        from pictures import draw_growth

        draw_growth(result, options.picture)


def articles_index(question_files: Sequence[str], folder: Path) -> Path:
    """The index of the question files' paragraphs as they are."""
    index = folder / "articles.db"
    write_articles(question_files, folder / "articles")
    run_index(folder / "articles", index)
    return index


def search_by_size(indexes: Sequence[Path], asked: Sequence[str]) -> Table:
    """Milliseconds of searches in indexes of different sizes."""
    rows = []
    for index in indexes:
        with open_corpus(index, create=False) as corpus:
            held = corpus.info().paragraphs
        load = ask_at_once(index, asked, 1, search)
        rows.append((held, *middle_and_tail(load)))
    columns = (Column("paragraphs"), Column("p50 ms", 2), Column("p95 ms", 2))
    note = f"{len(asked)} questions, the {LIMIT} best."
    return Table("search", "Searching, by the size of the index", columns, tuple(sorted(rows)), note)


def questions_at_once(
    grown: Path, articles: Path, readers: Sequence[LoadedReader], searches: Sequence[str], asked: Sequence[str]
) -> Table:
    """Questions a second and milliseconds of each, by how many are asked at once."""
    rows: list[tuple[Cell, ...]] = [
        ("search alone", None, at_once, load.rate, *middle_and_tail(load))
        for at_once in AT_ONCE
        for load in [ask_at_once(grown, searches, at_once, search)]
    ]
    for loaded in readers:
        for threads in sorted({torch.get_num_threads(), 1}, reverse=True):
            with torch_threads(threads):
                ask_at_once(articles, asked[:1], 1, Corpus.ask, loaded)
                for at_once in AT_ONCE:
                    load = ask_at_once(articles, asked, at_once, Corpus.ask, loaded)
                    rows.append((f"ask, {loaded.name}", threads, at_once, load.rate, *middle_and_tail(load)))
    columns = (
        Column("what"),
        Column("threads of torch"),
        Column("at once"),
        Column("questions a second", 1),
        Column("p50 ms", 1),
        Column("p95 ms", 1),
    )
    note = (
        "Threads of one process, each with a corpus of its own and all with the same weights; "
        f"{len(searches)} searches in the largest grown index, {len(asked)} questions asked with {LIMIT} candidates, "
        "read until none is likely to come first."
    )
    return Table("at_once", "Questions at once", columns, tuple(rows), note)


def asking_by_candidates(index: Path, readers: Sequence[LoadedReader], asked: Sequence[str]) -> Table:
    """Milliseconds of a question by candidates, all of them read and only as many as it takes."""
    rows: list[tuple[Cell, ...]] = []
    for loaded in readers:
        took: dict[tuple[int, bool], list[float]] = {(n, every): [] for n in CANDIDATES for every in (True, False)}
        read: dict[tuple[int, bool], list[int]] = {setting: [] for setting in took}
        with open_corpus(index, reader=Reader(loaded), create=False) as corpus:
            # Each new shape costs some milliseconds once.
            corpus.ask(asked[0], AskOptions(candidates=CANDIDATES[-1], exhaustive=True, top_k=1))
            for question in asked:
                for setting, times in took.items():
                    answers = corpus.ask(question, AskOptions(candidates=setting[0], exhaustive=setting[1]))
                    times.append(answers.timings.total_ms)
                    read[setting].append(answers.read)
        for (candidates, exhaustive), times in took.items():
            how = "all read" if exhaustive else "stopping"
            reads = statistics.mean(read[candidates, exhaustive])
            rows.append((loaded.name, how, candidates, reads, statistics.mean(times), percentile(times, 0.5)))
    columns = (
        Column("reader"),
        Column("how"),
        Column("candidates"),
        Column("read", 1),
        Column("mean ms"),
        Column("p50 ms"),
    )
    note = f"{len(asked)} questions; equal paragraphs are read once."
    return Table("candidates", "Asking, by candidates", columns, tuple(rows), note)


def reading_by_window(readers: Sequence[LoadedReader]) -> Table:
    """Milliseconds of a window alone by its tokens, the best of several runs."""
    rows: list[tuple[Cell, ...]] = []
    for loaded in readers:
        longest = getattr(loaded.model.config, "max_position_embeddings", WINDOWS[-1])
        for tokens in (tokens for tokens in WINDOWS if tokens <= longest):
            seconds(loaded, 1, tokens)
            best = min(seconds(loaded, 1, tokens) for _ in range(REPEATS))
            rows.append((loaded.name, loaded.arithmetic, tokens, 1000 * best, 1e6 * best / tokens))
    columns = (
        Column("reader"),
        Column("arithmetic"),
        Column("tokens"),
        Column("ms", 1),
        Column("microseconds a token"),
    )
    return Table("windows", "Reading one window, by its tokens", columns, tuple(rows))


def search(corpus: Corpus, question: str) -> object:
    """What is timed of the retriever."""
    return corpus.search(question, LIMIT)


def middle_and_tail(load: Load) -> tuple[float, float]:
    """The median and the 95th percentile of a question's milliseconds."""
    return percentile(load.took, 0.5), percentile(load.took, 0.95)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Torch computes with so many threads inside."""
    usual = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


if __name__ == "__main__":
    main()
