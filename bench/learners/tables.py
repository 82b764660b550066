"""Tables for the bench: generated ones, and AI4I 2020 where its file is there."""

import csv
import json

import numpy as np


def pump(rows, width, seed, positives=0.028):
    """Sensors that share slow causes; the event follows from a few of the causes and shifts the sensors a little."""
    random = np.random.default_rng(seed)
    cause = random.normal(size=(rows, 8))
    mix = random.normal(size=(8, width)) * (random.random((8, width)) < 0.4)
    x = cause @ mix + random.normal(size=(rows, width)) * 0.7
    risk = cause[:, 0] * cause[:, 1] + 0.8 * np.maximum(cause[:, 2], 0) ** 2 + 0.5 * cause[:, 3]
    risk += random.normal(size=rows) * 0.35
    y = risk > np.quantile(risk, 1 - positives)
    x[y] += random.normal(size=width) * 0.6
    return x.astype(np.float32), y.astype(np.uint8)


def strange(rows, width, seed, share=0.02):
    """Correlated sensors, some rows of which are strange: a few of their sensors are far off."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 6)) @ random.normal(size=(6, width)) + random.normal(size=(rows, width)) * 0.5
    y = random.random(rows) < share
    off = (random.random((rows, width)) < 0.25) & y[:, None]
    x[off] += random.normal(size=off.sum()) * 6
    return x.astype(np.float32), y.astype(np.uint8)


def ai4i(folder, seed):
    """The real file, its rows shuffled: five measurements, the type as a number, and the failure."""
    kinds = {"L": 0.0, "M": 1.0, "H": 2.0}
    with open(folder / "ai4i2020" / "ai4i2020.csv", newline="", encoding="utf-8-sig") as file:
        lines = list(csv.reader(file))[1:]
    x = np.array([[kinds[line[2]], *map(float, line[3:8])] for line in lines], dtype=np.float32)
    y = np.array([int(line[8]) for line in lines], dtype=np.uint8)
    order = np.random.default_rng(seed).permutation(len(y))
    return x[order], y[order]


def write(folder, x, y, fit):
    """Writes what both sides read; the first `fit` rows are fitted on, the others scored."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shape.json").write_text(json.dumps([fit, len(y) - fit, x.shape[1]]))
    np.ascontiguousarray(x.T).tofile(folder / "x")
    y.tofile(folder / "y")


def read(folder):
    """Rows to fit, their labels, rows to score, their labels."""
    fit, score, width = json.loads((folder / "shape.json").read_text())
    x = np.fromfile(folder / "x", dtype=np.float32).reshape(width, fit + score).T
    y = np.fromfile(folder / "y", dtype=np.uint8)
    return np.ascontiguousarray(x[:fit]), y[:fit], np.ascontiguousarray(x[fit:]), y[fit:]
