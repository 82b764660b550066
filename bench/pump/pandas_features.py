"""The same table and the same window features with pandas: the other side of the benchmark.

    python pandas_features.py FILE thinned|full

`thinned` computes exactly what ours does (windows of 48 and 96 samples, a stride apart); `full` takes every row of
the windows, as one would write it by hand.
"""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd

SHORT, MIDDLE, LONG = 15, 180, 2880


def rolling(frame, rows, samples, thinned, statistic):
    """A rolling statistic over `rows` rows, thinned to `samples` readings or not."""
    stride = -(-rows // samples) if thinned else 1
    window = rows // stride
    parts = []
    for phase in range(min(stride, len(frame))):
        of = frame.iloc[phase::stride].rolling(window, min_periods=1)
        parts.append(statistic(of))
    return pd.concat(parts).sort_index() if stride > 1 else parts[0]


def features(run, thinned):
    median = lambda of: of.median()
    short = run.rolling(SHORT, min_periods=1).median()
    middle = rolling(run, MIDDLE, 48, thinned, median)
    long = rolling(run, LONG, 96, thinned, median)
    high = rolling(run, MIDDLE, 48, thinned, lambda of: of.quantile(0.75))
    low = rolling(run, MIDDLE, 48, thinned, lambda of: of.quantile(0.25))
    ewma = run.ewm(span=SHORT, adjust=True, ignore_na=False).mean()
    return [part.iloc[MIDDLE - 1:].astype(np.float32) for part in (ewma, short - long, middle - long, high - low)]


def main():
    path, thinned = sys.argv[1], sys.argv[2] == "thinned"
    start = time.perf_counter()
    table = pd.read_csv(path, index_col=0, parse_dates=["timestamp"])
    loaded = time.perf_counter() - start
    start = time.perf_counter()
    status = table["machine_status"]
    again = (status == "NORMAL") & (status.shift() == "RECOVERING")
    run_of = again.cumsum().to_numpy()
    sensors = table[[name for name in table.columns if name.startswith("sensor_")]].astype(float)
    sums = np.zeros(4)
    kept = []
    for run in range(run_of.max() + 1):
        parts = features(sensors.iloc[run_of == run].reset_index(drop=True), thinned)
        sums += [np.nansum(part.to_numpy(dtype=np.float64)) for part in parts]
        kept.append(parts)
    spent = time.perf_counter() - start
    print(json.dumps({
        "rows": len(table), "features": 4 * sensors.shape[1], "load_s": loaded, "features_s": spent,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "sums": sums.tolist(),
    }))


if __name__ == "__main__":
    main()
