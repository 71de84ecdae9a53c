"""Kills what works with an index again and again, at random moments, and looks what is left after each.

python benchmarks/faults.py --kills 200

The indexing process is killed by kill -9, alone or with its workers, or one of its workers, or somebody who asks,
while a folder of small files changes between runs and others ask all the time. After each kill `docqa check` has to
find the index sound, every document whose commit was told has to be there, and scores have to be those of a new index
of the documents it holds. At the end one run that nothing disturbs has to make it the same as a new index. Rows on a
full disk and on two writers at once follow.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from faulting.rounds import VICTIMS, Count, Rounds, differences
from results import Column, Table, add_json_option, publish


def kill_again_and_again(place: Path, kills: int, seed: int, files: int = 30) -> tuple[Rounds, Count]:
    """So many kills, then a run that nothing disturbs; returns all rounds, and what was found in the end."""
    rounds, last = Rounds(place, seed, files), Count(rounds=1)
    with rounds.asking() as askers:
        for number in range(kills):
            rounds.kill_one(VICTIMS[number % len(VICTIMS)], askers)
        begun = time.perf_counter()
        process = rounds.run()
        _, error = rounds.finish(process)
        if process.returncode:
            last.note("unsound", [error])
        rounds.look(last, {}, [])
    now = {f"documents/{name}": digest for name, digest in rounds.folder.now.items()}
    last.note("lost", differences(rounds.held(), now))
    rounds.check_answers(last)
    last.seconds = time.perf_counter() - begun
    return rounds, last


def fill_the_disk(place: Path, times: int, seed: int) -> Count:
    """Runs on a disk that becomes full after a random number of pages; the last one has space enough."""
    rounds, count = Rounds(place, seed, 20), Count()
    begun = time.perf_counter()
    for _ in range(times):
        before = rounds.held() if rounds.index.exists() else {}
        rounds.folder.change()
        pages = rounds.index.stat().st_size // 4096 if rounds.index.exists() else 0
        process = rounds.run(largest=max(40, pages + rounds.chosen.randint(0, 40)))
        told, error = rounds.finish(process)
        if process.returncode == 2 and "is full; free some space" not in error:
            count.note("unsound", [error])
        rounds.look(count, before, told)
        count.rounds += 1
    rounds.finish(rounds.run())
    rounds.look(count, {}, [])
    count.note("lost", differences(rounds.held(), {f"documents/{n}": d for n, d in rounds.folder.now.items()}))
    count.seconds = time.perf_counter() - begun
    return count


def write_at_once(place: Path, times: int, seed: int) -> Count:
    """Two runs at once, the second of which waits; then two of which it does not, and names the first."""
    rounds, count = Rounds(place, seed, 20), Count()
    begun = time.perf_counter()
    for _ in range(times):
        rounds.folder.change()
        first, second = rounds.run(), rounds.run()
        for process in (first, second):
            _, error = rounds.finish(process)
            if process.returncode:
                count.note("lost", [error])
        rounds.look(count, {}, [f"documents/{name}" for name in rounds.folder.now])
        rounds.folder.change()
        first = rounds.run()
        if first.stdout is not None:
            while first.stdout.readline() not in {"open\n", ""}:
                pass
            # From its first document on it writes, and it is stopped there for the second to come.
            first.stdout.readline()
        first.send_signal(signal.SIGSTOP)
        refused = rounds.run(wait=0)
        _, error = rounds.finish(refused)
        if first.poll() is None and (refused.returncode != 2 or f"process {first.pid} " not in error):
            count.note("wrong", [f"the second writer ended with {refused.returncode}: {error}"])
        first.send_signal(signal.SIGCONT)
        rounds.finish(first)
        rounds.look(count, {}, [f"documents/{name}" for name in rounds.folder.now])
        count.rounds += 1
    count.seconds = time.perf_counter() - begun
    return count


def main() -> None:
    """Print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    add_json_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        rounds, last = kill_again_and_again(Path(temporary) / "kills", options.kills, options.seed)
        full = fill_the_disk(Path(temporary) / "full", max(1, options.kills // 10), options.seed)
        both = write_at_once(Path(temporary) / "both", max(1, options.kills // 20), options.seed)
    counts = {f"kill -9: {name}": count for name, count in rounds.counts.items()}
    counts |= {"then a run that nothing disturbs": last, "disk full": full, "two writers at once": both}
    rows = [
        (name, count.rounds, count.lost, count.wrong, count.unsound, count.seconds) for name, count in counts.items()
    ]
    columns = [Column(name) for name in ("what", "times", "lost documents", "wrong", "unsound", "seconds")]
    note = f"{rounds.asked:,} questions were answered meanwhile; {rounds.refused} times the index was not there yet."
    publish(
        "faults", "An index under faults", [Table("faults", "Faults", tuple(columns), tuple(rows), note)], options.json
    )
    said = [sentence for count in counts.values() for sentence in count.said]
    print("\n".join(said[:20]))
    sys.exit(1 if said else 0)


if __name__ == "__main__":
    main()
