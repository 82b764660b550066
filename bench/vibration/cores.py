"""Reading a folder of NASA IMS snapshots and computing their features, on one core and on two, in turn.

    python bench/vibration/cores.py GAUNTLET FILE [--snapshots 160] [--rounds 5]

GAUNTLET is the command line, whose numeric crates are optimised in every profile. FILE is a snapshot of the second
test, of which so many copies are
made under later times in a temporary folder. `gauntlet data verify` reads all of them, and keeps nothing.
"""

import argparse
import datetime
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
CLOCK = "%Y.%m.%d.%H.%M.%S"


def copies(file, folder, count):
    run = folder / "2nd_test"
    run.mkdir()
    start = datetime.datetime(2004, 2, 12, 10, 32, 39)
    for i in range(count):
        shutil.copy(file, run / (start + datetime.timedelta(minutes=10 * i)).strftime(CLOCK))


def once(gauntlet, folder, jobs):
    command = [gauntlet, "--root", PROJECT, "--jobs", str(jobs), "data", "verify", "ims", "--data-dir", folder]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gauntlet", type=pathlib.Path)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--snapshots", type=int, default=160)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        copies(arguments.file, pathlib.Path(folder), arguments.snapshots)
        times = {1: [], 2: []}
        for _ in range(arguments.rounds):
            for jobs, spent in times.items():
                spent.append(once(arguments.gauntlet, folder, jobs))
    one, two = (statistics.median(times[jobs]) for jobs in (1, 2))
    print(f"{arguments.snapshots} snapshots of 4 channels, parsed and measured: {one:.2f} s on one core, {two:.2f} s on two, "
          f"{one / two:.2f} times as fast (medians of {arguments.rounds}, load {load:.2f})")


if __name__ == "__main__":
    main()
