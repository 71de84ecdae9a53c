"""How far training is, and the learning rate that goes with it."""

from __future__ import annotations


def progress_made(step: int, steps: int, seconds: float, seconds_allowed: float) -> float:
    """The share of training that is done, 0 to 1: by steps, or by time (0: as long as it takes) when that is further.

    >>> progress_made(10, 100, 30.0, 60.0)
    0.5
    """
    by_steps = step / max(1, steps)
    by_time = seconds / seconds_allowed if seconds_allowed else 0.0
    return min(1.0, max(by_steps, by_time))


def learning_rate_factor(progress: float, warmup: float) -> float:
    """Linear rise to 1 over the first `warmup` of training, then linear fall to 0 (Devlin et al. 2019, A.2).

    >>> learning_rate_factor(0.05, 0.1), learning_rate_factor(0.55, 0.1), learning_rate_factor(1.0, 0.1)
    (0.5, 0.5, 0.0)
    """
    if progress < warmup:
        return progress / warmup
    return round((1.0 - progress) / (1.0 - warmup), 12)
