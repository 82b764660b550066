"""Parsing a NASA IMS snapshot: ours, pandas and polars, on one thread, in turn.

    python bench/vibration/parse.py PARSE_SNAPSHOTS DATA [--rounds 9]

PARSE_SNAPSHOTS is the release build of `crates/data/examples/parse_snapshots.rs`. DATA holds `ims/1st_test` and
`ims/2nd_test`. In every round each side parses each file ten times from the file system, of which the best time
counts; reported are medians over rounds, and their spread. All sides must read the same numbers.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import time

for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import pandas
import polars

REPEAT = 10
FILES = ["ims/1st_test/2003.10.22.12.06.24", "ims/2nd_test/2004.02.12.10.32.39"]
DESCRIPTOR = pathlib.Path(__file__).parents[2] / "datasets" / "ims" / "dataset.toml"


def with_pandas(path):
    return pandas.read_csv(path, sep="\t", header=None).to_numpy()


def with_polars(path):
    return polars.read_csv(path, separator="\t", has_header=False).to_numpy()


def timed(read, path):
    best = float("inf")
    for _ in range(REPEAT):
        start = time.perf_counter()
        table = read(path)
        best = min(best, time.perf_counter() - start)
    return best, float(table.sum())


def ours(program, path):
    output = subprocess.run([program, DESCRIPTOR, path, str(REPEAT)], check=True, capture_output=True, text=True)
    found = json.loads(output.stdout)
    return min(found["seconds"]), found["sum"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    print(f"pandas {pandas.__version__}, polars {polars.__version__}, load {os.getloadavg()[0]:.2f}")
    print("| file | side | median ms (least to most) | MB/s | ours is faster |\n| --- | --- | ---: | ---: | ---: |")
    for name in FILES:
        path = arguments.data / name
        sides = {
            "ours": lambda: ours(arguments.program, path),
            "pandas": lambda: timed(with_pandas, path),
            "polars": lambda: timed(with_polars, path),
        }
        times = {side: [] for side in sides}
        for _ in range(arguments.rounds):
            sums = set()
            for side, run in sides.items():
                seconds, total = run()
                times[side].append(seconds)
                sums.add(round(total, 6))
            assert len(sums) == 1, sums
        mine = statistics.median(times["ours"])
        for side, found in times.items():
            median = statistics.median(found)
            size = path.stat().st_size / 1e6
            print(
                f"| {name} | {side} | {median * 1e3:.2f} ({min(found) * 1e3:.2f} to {max(found) * 1e3:.2f}) "
                f"| {size / median:.0f} | {median / mine:.1f}x |"
            )
    print(f"load {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()
