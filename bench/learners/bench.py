"""Our tree engine beside its peers: the same bytes, seeds and threads, one process per fit, in turn.

    python bench.py LEARNERS BENCH_ORT FOLDER [--seeds 5] [--threads 2] [--markdown FILE]
        [--only forest,boosting,isolation,memory,answers]

LEARNERS is the release build of `crates/learn/examples/learners.rs`, BENCH_ORT that of `bench/learners/ort`. A fit starts from the `f32` matrix in memory, so it
includes everybody's binning. CPU seconds count all threads. Scores are judged by scikit-learn's metrics.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

import numpy as np
import predict
import tables
from sklearn.metrics import average_precision_score, roc_auc_score

BOOSTERS = {"lightgbm": "leaf", "histgb": "leaf", "xgboost": "depth", "forust": "depth"}
NAMES = {"forust": "forust-ml", "histgb": "HistGradientBoosting", "lightgbm": "LightGBM", "xgboost": "XGBoost hist"}


def run(command, threads):
    environment = os.environ | {
        name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
    }
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def ours(arguments, folder, what, seed, *rest):
    found = run([arguments.learners, folder, what, str(seed), *rest], arguments.threads)
    return found | {"scores": np.fromfile(folder / "scores.ours")}


def peer(arguments, folder, name, seed):
    script = pathlib.Path(__file__).with_name("peer.py")
    command = [sys.executable, script, folder, name, str(seed), str(arguments.threads)]
    return run(command, arguments.threads) | {"scores": np.fromfile(folder / f"scores.{name}")}


def judged(found, y):
    scores = found.pop("scores")
    return found | {"roc": roc_auc_score(y, scores), "pr": average_precision_score(y, scores)}


def spread(runs, *path):
    values = []
    for value in runs:
        for key in path:
            value = value[key]
        values.append(value)
    return statistics.median(values), min(values), max(values)


def seconds(runs, *path):
    median, low, high = spread(runs, *path)
    digits = 2 if median >= 0.1 else 4
    return f"{median:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def ratio(peers, mine, *path):
    return f"{spread(peers, *path)[0] / max(spread(mine, *path)[0], 1e-9):.1f}x"


def compare(lines, what, name, mine, theirs):
    """A line of times and one of scores."""
    apart = [f"{max(abs(a[key] - b[key]) for a, b in zip(mine, theirs)):.4f}" for key in ("roc", "pr")]
    lines.append(
        f"| {what} | {name} | {seconds(theirs, 'fit', 'cpu')} | {seconds(mine, 'fit', 'cpu')} "
        f"| {ratio(theirs, mine, 'fit', 'cpu')} | {ratio(theirs, mine, 'fit', 'wall')} "
        f"| {spread(theirs, 'pr')[0]:.4f} / {spread(mine, 'pr')[0]:.4f} | {apart[0]} | {apart[1]} "
        f"| {spread(theirs, 'grown_kib')[0] / 1024:.0f} / {spread(mine, 'grown_kib')[0] / 1024:.0f} |"
    )
    print(lines[-1], flush=True)


def supervised(arguments, lines, label, table):
    """Forest and boosters on one kind of table; `table(seed)` gives features, labels and rows to fit."""
    runs = {}
    for seed in range(1, arguments.seeds + 1):
        folder = arguments.folder / label
        x, y, fit = table(seed)
        tables.write(folder, x, y, fit)
        truth = y[fit:]
        if "forest" in arguments.only:
            for name, found in [
                ("forest", ours(arguments, folder, "forest", seed)),
                ("their forest", peer(arguments, folder, "forest", seed)),
            ]:
                runs.setdefault(name, []).append(judged(found, truth))
        if "boosting" in arguments.only:
            for growth in ("leaf", "depth"):
                found = ours(arguments, folder, "boosting", seed, growth)
                runs.setdefault(growth, []).append(judged(found, truth))
            for name in BOOSTERS:
                runs.setdefault(name, []).append(judged(peer(arguments, folder, name, seed), truth))
        print(f"{label}: seed {seed} done, load {os.getloadavg()[0]:.1f}", flush=True)
    if "forest" in arguments.only:
        what = f"random forest, 100 full trees, {label}"
        compare(lines, what, "scikit-learn", runs["forest"], runs["their forest"])
    if "boosting" in arguments.only:
        for name, growth in BOOSTERS.items():
            size = "31 leaves" if growth == "leaf" else "depth 6"
            what = f"boosting, 100 trees, {size}, {label}"
            compare(lines, what, NAMES[name], runs[growth], runs[name])


def isolated(arguments, lines, rows, seeds):
    mine, theirs = [], []
    folder = arguments.folder / "isolation"
    x, y = tables.strange(rows, 52, 1)
    tables.write(folder, x, y, rows)
    for seed in range(1, seeds + 1):
        mine.append(judged(ours(arguments, folder, "isolation", seed), y))
        theirs.append(judged(peer(arguments, folder, "isolation", seed), y))
    mean = [statistics.mean(run["roc"] for run in runs) for runs in (theirs, mine)]
    for what in ("fit", "score"):
        lines.append(
            f"| {what} | {seconds(theirs, what, 'cpu')} | {seconds(mine, what, 'cpu')} | {ratio(theirs, mine, what, 'cpu')} "
            f"| {seconds(theirs, what, 'wall')} | {seconds(mine, what, 'wall')} | {ratio(theirs, mine, what, 'wall')} |"
        )
        print(lines[-1], flush=True)
    lines.append("")
    lines.append(f"Mean ROC-AUC over {seeds} seeds: scikit-learn {mean[0]:.4f}, ours {mean[1]:.4f}.")
    print(lines[-1], flush=True)


def memory(arguments, lines):
    """The largest resident set of a whole process at 220,320 x 52, as a multiple of the matrix."""
    folder = arguments.folder / "memory"
    x, y = tables.pump(220_320 + 1000, 52, 1)
    tables.write(folder, x, y, 220_320)
    matrix = 220_320 * 52 * 4 / 1024
    for what, rest in (("forest", []), ("boosting", ["leaf"])):
        found = ours(arguments, folder, what, 1, *rest)
        lines.append(
            f"| {what} | {found['peak_kib'] / 1024:.0f} MiB | {found['peak_kib'] / matrix:.2f} "
            f"| {found['grown_kib'] / 1024:.0f} MiB |"
        )
        print(lines[-1], flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("learners")
    parser.add_argument("bench_ort")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="forest,boosting,isolation,memory,answers", type=lambda text: text.split(","))
    parser.add_argument("--markdown", type=pathlib.Path)
    arguments = parser.parse_args()
    before = os.getloadavg()

    def pump(seed):
        return *tables.pump(200_000, 52, seed), 150_000

    table = [
        "| what | peer | peer, CPU s | ours, CPU s | CPU | wall | PR-AUC, median | ROC-AUC apart | PR-AUC apart | memory, MiB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    supervised(arguments, table, "150k x 52", pump)
    real = os.environ.get("GAUNTLET_REAL_DATA")
    if real:
        supervised(arguments, table, "AI4I", lambda seed: (*tables.ai4i(pathlib.Path(real), seed), 8000))
    isolation = [
        "| 220k x 52 | scikit-learn, CPU s | ours, CPU s | CPU | scikit-learn, wall s | ours, wall s | wall |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    if "isolation" in arguments.only:
        isolated(arguments, isolation, 220_320, 4 * arguments.seeds)
    resident = ["| 220,320 x 52 | peak of the process | matrices of f32 | grown while fitting |", "| --- | --- | --- | --- |"]
    if "memory" in arguments.only:
        memory(arguments, resident)
    answers = predict.compare(arguments.bench_ort, arguments.folder / "answers") if "answers" in arguments.only else []
    print("\n".join(answers))
    after = os.getloadavg()
    load = f"Load average before and after: {before[0]:.1f}, {after[0]:.1f}. Threads on both sides: {arguments.threads}."
    print(load)
    if arguments.markdown:
        template = pathlib.Path(__file__).with_name("learners.md").read_text()
        parts = {"supervised": table, "isolation": isolation, "memory": resident, "answers": answers, "load": [load]}
        for name, lines in parts.items():
            template = template.replace(f"<!-- {name} -->", "\n".join(lines))
        arguments.markdown.write_text(template)


if __name__ == "__main__":
    main()
