"""Runs a small version of a gauntlet in a folder of its own, for checks that need what a run leaves.

    python quick_run.py GAUNTLET PIPELINE ROOT --data simulated
    python quick_run.py GAUNTLET PIPELINE ROOT --data real --data-dir DIR
    python quick_run.py GAUNTLET PIPELINE ROOT --data simulated --scale 30:8 --smaller least_clips=8 epochs=5

ROOT is emptied first. Contenders, recipes, guard and gate are those of the pipeline file; only the
numbers below are smaller.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SMALLER = {"trees": 20, "folds": 3, "repeats": 1, "inner_folds": 2, "replicates": 300}
# Else the caller's settings would reach the small run.
IGNORED = {"GAUNTLET_DATA", "GAUNTLET_DATA_DIR", "GAUNTLET_ROOT", "GAUNTLET_SEED", "GAUNTLET_HOLD_AT", "MLFLOW_TRACKING_URI"}


def shrink(text, smaller=None):
    """The pipeline file with small numbers; each of them has to be in it."""
    for key, value in (smaller or SMALLER).items():
        text, count = re.subn(rf"(?m)\b{key} = \d+", f"{key} = {value}", text)
        if count == 0:
            sys.exit(f"the pipeline file has no line `{key} = NUMBER` to make smaller")
    return text


def environment():
    return {name: value for name, value in os.environ.items() if name not in IGNORED}


def place(root, pipeline, smaller=None):
    """Lays out ROOT and returns its pipeline file."""
    shutil.rmtree(root, ignore_errors=True)
    ignored = shutil.ignore_patterns("raw", "simulated", "first-use.json")
    shutil.copytree(PROJECT / "datasets", root / "datasets", ignore=ignored)
    (root / "registry").mkdir()
    shutil.copy(PROJECT / "registry" / "registry.toml", root / "registry")
    (root / "pipelines").mkdir()
    quick = root / "pipelines" / pipeline.name
    quick.write_text(shrink(pipeline.read_text(), smaller))
    return quick


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gauntlet", type=pathlib.Path)
    parser.add_argument("pipeline", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--data", choices=["real", "simulated"], required=True)
    parser.add_argument("--data-dir")
    parser.add_argument("--scale", help="how much is simulated, of recordings")
    parser.add_argument("--smaller", nargs="+", metavar="KEY=NUMBER", help="instead of the numbers above")
    args = parser.parse_args()
    smaller = dict(pair.split("=") for pair in args.smaller) if args.smaller else None
    quick = place(args.root, args.pipeline, smaller)
    command = [args.gauntlet, "--root", args.root, "run", quick, "--data", args.data]
    if args.data_dir:
        command += ["--data-dir", args.data_dir]
    if args.scale:
        command += ["--scale", args.scale]
    # The report of a small run is of no interest, unless it fails.
    done = subprocess.run(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nquick run failed with exit code {done.returncode}")
    print(f"{quick.name} on {args.data} data: done, in {args.root}")


if __name__ == "__main__":
    main()
