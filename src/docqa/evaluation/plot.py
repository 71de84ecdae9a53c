"""Pictures of an evaluation: reliability and risk against coverage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docqa.errors import UsageError

INK, ACCENT, FAINT = "#1f2933", "#2f6f9f", "#b8c4ce"


def plot_reliability(figures: dict[str, Any], path: Path) -> None:
    """Write one picture with both, as PNG, SVG or PDF by the file's suffix.

    Raises `UsageError` when matplotlib is not installed, or the evaluation has no probabilities.
    """
    if "reliability" not in figures:
        raise UsageError("There is nothing to plot: the reader has no calibration, so answers have no probabilities.")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("Plotting needs matplotlib: pip install 'docqa-extractive[plot]'.") from None
    data = figures["reliability"]
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    bins = [entry for entry in data["bins"] if entry["count"]]
    most = max(entry["count"] for entry in bins)
    left.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    left.scatter(
        [entry["probability"] for entry in bins],
        [entry["right"] for entry in bins],
        s=[20 + 180 * entry["count"] / most for entry in bins],
        color=ACCENT,
        alpha=0.85,
    )
    left.set(xlim=(0, 1), ylim=(0, 1), xlabel="stated probability", ylabel="share that is right")
    left.set_title(f"calibration error {data['expected_calibration_error']:.3f}", fontsize=10, color=INK)
    curve = data["risk_coverage"]
    right.plot([e["coverage"] for e in curve], [e["risk"] for e in curve], color=ACCENT, marker="o", markersize=4)
    right.set(xlim=(0, 1.02), ylim=(0, None), xlabel="share of questions answered", ylabel="share of answers wrong")
    right.set_title(f"{figures['questions']} questions, the surest answered first", fontsize=10, color=INK)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK)
    figure.savefig(path, dpi=150)
