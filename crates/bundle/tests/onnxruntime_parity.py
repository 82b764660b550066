"""Compares recorded answers of the bundle engine with onnxruntime.

    python onnxruntime_parity.py CASES_DIR

Each folder in CASES_DIR with a `model.onnx` is a case:
    inputs.json   {"inputs": [{"name", "type": "double"|"float"|"string", "values": [...]}]}
    outputs.json  {"tolerance": "exact"|"close", "outputs": [{"name", "type", "values": [...]}]}
Numbers that are not finite are strings ("NaN", "inf", "-inf").

On one thread, a case of tolerance "exact" must agree to the bit (any NaN equals any NaN), and so
must single rows. A case of tolerance "close" agrees within 1e-6. On the default number of threads
onnxruntime sums trees in another order, in single precision: floats are compared within 2e-5, which is
what a few hundred roundings can add up to. Integers must always be equal. Every graph must pass `onnx.checker`, shapes included.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

DTYPES = {"double": np.float64, "float": np.float32, "int64": np.int64, "string": object}
CLOSE = 1e-6
REORDERED = 2e-5
SINGLE_ROWS = 24


def column(part):
    kind = part["type"]
    values = part["values"]
    if kind in ("double", "float"):
        values = [float(value) for value in values]
    with np.errstate(over="ignore"):
        return np.array(values, dtype=DTYPES[kind])


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads:
        options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )


def run(runtime, names, inputs):
    ranks = {port.name: len(port.shape) for port in runtime.get_inputs()}
    feed = {
        name: values.reshape(-1, 1) if ranks[name] == 2 else values
        for name, values in inputs.items()
    }
    return runtime.run(names, feed)


def differing(found, expected, tolerance):
    """Positions where the two arrays differ; without a tolerance, in any bit."""
    if found.dtype != expected.dtype or found.shape != expected.shape:
        return list(range(len(expected))) or [0]
    if expected.dtype == np.int64:
        same = found == expected
    else:
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        if tolerance:
            with np.errstate(invalid="ignore"):
                same |= np.abs(found - expected) <= tolerance * np.maximum(1, np.abs(expected))
    return np.flatnonzero(~same).tolist()


def check(folder):
    """Values compared and the mismatches found, as text."""
    inputs = json.loads((folder / "inputs.json").read_text())["inputs"]
    recorded = json.loads((folder / "outputs.json").read_text())
    inputs = {part["name"]: column(part) for part in inputs}
    names = [part["name"] for part in recorded["outputs"]]
    expected = [column(part) for part in recorded["outputs"]]
    tolerance = None if recorded["tolerance"] == "exact" else CLOSE
    rows = len(next(iter(inputs.values())))
    count, problems = 0, []

    def compare(label, found, offset, tolerance):
        nonlocal count
        for name, mine, theirs in zip(names, expected, found):
            mine = mine[offset : offset + len(theirs)] if offset is not None else mine
            count += len(mine)
            for at in differing(theirs, mine, tolerance):
                row = at + (offset or 0)
                shown = theirs[at] if at < len(theirs) else "nothing"
                problems.append(
                    f"{folder.name}: {label}, {name}[{row}]: {shown!r} instead of {mine[at]!r}"
                )

    onnx.checker.check_model(folder / "model.onnx", full_check=True)
    single = session(folder / "model.onnx", 1)
    compare("one thread", run(single, names, inputs), None, tolerance)
    for row in range(min(rows, SINGLE_ROWS)):
        part = {name: values[row : row + 1] for name, values in inputs.items()}
        compare("one row", run(single, names, part), row, tolerance)
    many = session(folder / "model.onnx", 0)
    compare("default threads", run(many, names, inputs), None, REORDERED)
    return count, problems


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: onnxruntime_parity.py CASES_DIR")
    cases = sorted(path.parent for path in pathlib.Path(sys.argv[1]).glob("*/model.onnx"))
    if not cases:
        sys.exit(f"no cases in {sys.argv[1]}")
    total, failures = 0, []
    for folder in cases:
        count, problems = check(folder)
        if problems or not folder.name.startswith("random_"):
            print(f"{folder.name}: {count} values, {len(problems)} differ")
        total += count
        failures += problems
    for problem in failures[:20]:
        print(problem)
    print(
        f"onnxruntime {onnxruntime.__version__}: {len(cases)} cases, {total} values, "
        f"{len(failures)} differ"
    )
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
