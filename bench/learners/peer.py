"""One measured fit of a peer: the table as files in, scores and a line of JSON out.

    python peer.py FOLDER NAME SEED THREADS
"""

import json
import pathlib
import sys
import time

import numpy as np
import tables


def forest(seed, threads):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=100, n_jobs=threads, random_state=seed)


def histgb(seed, _):
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=100, learning_rate=0.1, max_leaf_nodes=31, min_samples_leaf=1, l2_regularization=1.0,
        early_stopping=False, random_state=seed,
    )


def lightgbm(seed, threads):
    from lightgbm import LGBMClassifier

    return LGBMClassifier(
        n_estimators=100, learning_rate=0.1, num_leaves=31, min_child_samples=1, min_child_weight=1e-3,
        reg_lambda=1.0, n_jobs=threads, random_state=seed, verbose=-1,
    )


def xgboost(seed, threads):
    from xgboost import XGBClassifier

    return XGBClassifier(
        n_estimators=100, learning_rate=0.1, max_depth=6, min_child_weight=1e-3, reg_lambda=1.0,
        tree_method="hist", n_jobs=threads, random_state=seed,
    )


class Forust:
    """forust-ml by the verbs of the others; its margins rank as its probabilities do."""

    def __init__(self, seed, threads):
        from forust import GradientBooster

        self.model = GradientBooster(
            iterations=100, learning_rate=0.1, max_depth=6, min_leaf_weight=1e-3, l2=1.0, seed=seed,
            num_threads=threads,
        )

    def fit(self, x, y):
        self.model.fit(x, y.astype(np.float64))

    def predict_proba(self, x):
        margins = self.model.predict(x)
        return np.column_stack([-margins, margins])


def isolation(seed, threads):
    from sklearn.ensemble import IsolationForest

    return IsolationForest(n_estimators=100, max_samples=256, n_jobs=threads, random_state=seed)


PEERS = {
    "forest": forest, "forust": Forust, "histgb": histgb, "lightgbm": lightgbm, "xgboost": xgboost, "isolation": isolation,
}


def measure(run):
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return result, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def status(key):
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    raise KeyError(key)


def main():
    folder, name, seed, threads = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    x, y, new, _ = tables.read(folder)
    model = PEERS[name](seed, threads)
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    resident = status("VmRSS")
    if name == "isolation":
        _, fitting = measure(lambda: model.fit(x))
        scores, scoring = measure(lambda: -model.score_samples(x))
    else:
        _, fitting = measure(lambda: model.fit(x, y))
        scores, scoring = measure(lambda: model.predict_proba(new)[:, 1])
    np.asarray(scores, dtype=np.float64).tofile(folder / f"scores.{name}")
    peak = status("VmHWM")
    print(json.dumps({"fit": fitting, "score": scoring, "grown_kib": peak - resident, "peak_kib": peak}))


if __name__ == "__main__":
    main()
