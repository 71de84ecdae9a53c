"""Pictures of results, in the style of those of `docqa eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from results import Result, Table

from docqa.evaluation.plot import ACCENT, FAINT, INK

#: A colour for each reader, in the order they come in.
COLOURS = (ACCENT, "#c4622d", "#4f7f4a", "#7a5195")


def draw_growth(result: Result, file: Path) -> None:
    """The four tables of benchmarks/growth.py in one picture."""
    figure, axes = _grid(2, 2, (10, 7.6))
    tables = {table.name: table for table in result.tables}
    _draw_search(axes[0][0], tables["search"])
    _draw_at_once(axes[0][1], tables["at_once"])
    _draw_candidates(axes[1][0], tables["candidates"])
    _draw_windows(axes[1][1], tables["windows"])
    _save(figure, file)


def draw_peers(result: Result, file: Path) -> None:
    """What a question takes each reader, as bars."""
    table = result.tables[0]
    names, times = table.column(table.columns[0].name), table.column("milliseconds a question")
    figure, axes = _rows(names, "milliseconds a question")
    bars = axes.barh(range(len(names)), times, color=[_colour(name) for name in names])
    axes.bar_label(bars, fmt=_three_digits, padding=4, color=INK)
    axes.margins(x=0.12)
    _save(figure, file)


def draw_retrieval_peers(result: Result, file: Path) -> None:
    """What a search takes each retriever: from its median to its 95th percentile, on a logarithmic scale."""
    table = result.tables[0]
    names, middles, tails = (table.column(name) for name in ("retriever", "p50 ms", "p95 ms"))
    figure, axes = _rows(names, "milliseconds a search, p50 to p95")
    for row, (middle, tail) in enumerate(zip(middles, tails, strict=True)):
        axes.plot([middle, tail], [row, row], color=_colour(names[row]), linewidth=3, solid_capstyle="butt")
        axes.plot([middle], [row], "o", color=_colour(names[row]), markersize=8)
        shown = _three_digits(middle)
        axes.annotate(shown, (middle, row), (-8, 0), textcoords="offset points", ha="right", va="center")
    axes.set(xscale="log", xlim=(min(middles) / 2.5, 1.3 * max(tails)))
    _count(axes.xaxis, [10.0**power for power in range(-3, 5) if min(middles) / 2.5 <= 10.0**power <= 1.3 * max(tails)])
    _save(figure, file)


def _draw_search(axes: Any, table: Table) -> None:
    sizes = table.column("paragraphs")
    for name, style in (("p50 ms", "-"), ("p95 ms", "--")):
        points = list(zip(sizes, table.column(name), strict=True))
        _line(axes, points, style, ACCENT, name.removesuffix(" ms"))
    axes.set(xscale="log", xlim=(None, 2 * sizes[-1]), ylim=(0, None), xlabel="paragraphs", ylabel="ms a search")
    tens = [10**power for power in range(3, 8) if sizes[0] <= 1.5 * 10**power and 10**power <= 1.2 * sizes[-1]]
    _count(axes.xaxis, tens)
    axes.set_title("Searching, by the size of the index")


def _draw_at_once(axes: Any, table: Table) -> None:
    series = _series(table, ("what", "threads of torch"), "at once", "questions a second")
    names = [what for what, threads in series if threads]
    for (what, threads), points in series.items():
        colour = COLOURS[list(dict.fromkeys(names)).index(what)] if threads else INK
        dashed = threads == 1 and names.count(what) > 1
        _line(axes, points, "--" if dashed else "-", colour, "" if dashed else what.replace(", ", "\n"))
    counts = table.column("at once")
    axes.set(xscale="log", yscale="log", xlim=(None, 1.9 * max(counts)), xlabel="questions at once")
    axes.set(ylabel="questions a second")
    rates = table.column("questions a second")
    _count(axes.xaxis, sorted(set(counts)))
    _count(axes.yaxis, [10**power for power in range(-1, 5) if min(rates) / 10 < 10**power < 10 * max(rates)])
    axes.set_title("Questions at once (dashed: torch with one thread)")


def _draw_candidates(axes: Any, table: Table) -> None:
    series = _series(table, ("reader", "how"), "candidates", "mean ms")
    names = list(dict.fromkeys(reader for reader, _ in series))
    for (reader, how), points in series.items():
        style = "-" if how == "all read" else "--"
        in_seconds = [(count, milliseconds / 1000) for count, milliseconds in points]
        _line(axes, in_seconds, style, COLOURS[names.index(reader)], f"{reader.removeprefix('docqa-')}, {how}")
    counts = table.column("candidates")
    # Below zero, so that the name of a line that stays low is not written across the axis.
    low = -0.04 * max(table.column("mean ms")) / 1000
    axes.set(xlim=(0, 1.36 * max(counts)), ylim=(low, None), xlabel="candidates", ylabel="seconds a question, mean")
    _count(axes.xaxis, sorted(set(counts) - {5}))
    axes.set_title("Asking, by candidates")


def _draw_windows(axes: Any, table: Table) -> None:
    series = _series(table, ("reader",), "tokens", "ms")
    for number, ((reader,), points) in enumerate(series.items()):
        _line(axes, points, "-", COLOURS[number], reader)
    tokens = table.column("tokens")
    axes.set(xlim=(0, 1.3 * max(tokens)), ylim=(0, None), xlabel="tokens of the window", ylabel="ms a window")
    _count(axes.xaxis, sorted(set(tokens)))
    axes.set_title("Reading one window, by its tokens")


def _line(axes: Any, points: list[tuple[float, float]], style: str, colour: str, label: str) -> None:
    """A line with its name at its end."""
    axes.plot(*zip(*points, strict=True), style, color=colour, marker="o", markersize=4)
    axes.annotate(label, points[-1], (7, 0), textcoords="offset points", va="center", color=colour, fontsize=9)


def _rows(names: list[str], label: str) -> tuple[Any, Any]:
    """A picture with a row for each name, the first one on top."""
    figure, axes = _grid(1, 1, (8, 0.6 + 0.42 * len(names)))
    axes[0][0].set_yticks(range(len(names)), names)
    axes[0][0].set(ylim=(len(names) - 0.4, -0.6), xlabel=label)
    return figure, axes[0][0]


def _colour(name: str) -> str:
    return ACCENT if name.startswith("docqa") else "#8a99a6"


def _series(
    table: Table, keys: tuple[str, ...], across: str, upward: str
) -> dict[tuple[Any, ...], list[tuple[float, float]]]:
    """Points of a line for each combination of the key columns, in the order of the table."""
    lines: dict[tuple[Any, ...], list[tuple[float, float]]] = {}
    columns = [table.column(name) for name in (*keys, across, upward)]
    for *key, x, y in zip(*columns, strict=True):
        lines.setdefault(tuple(key), []).append((x, y))
    return lines


def _three_digits(value: float) -> str:
    """A measured number for people.

    >>> _three_digits(1053.2), _three_digits(238.4), _three_digits(67.24), _three_digits(0.7034)
    ('1,053', '238', '67.2', '0.703')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _count(axis: Any, values: list[int] | list[float]) -> None:
    """Ticks at these values, written out."""
    axis.set_ticks(values, [f"{value:,.0f}" if value >= 1 else f"{value:g}" for value in values])
    axis.minorticks_off()


def _grid(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, Any]:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12))
    return figure, figure.subplots(rows, columns, squeeze=False)


def _save(figure: Any, file: Path) -> None:
    import matplotlib as mpl

    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK)
        axes.title.set(fontsize=11, color=INK)
        axes.grid(axis="both", color=FAINT, alpha=0.35, linewidth=0.6)
        axes.set_axisbelow(True)
    file.parent.mkdir(parents=True, exist_ok=True)
    # The same figures give the same file.
    with mpl.rc_context({"svg.hashsalt": "docqa"}):
        figure.savefig(file, dpi=150, metadata={"Date": None} if file.suffix == ".svg" else None)
