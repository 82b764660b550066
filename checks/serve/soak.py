"""Long load on a server whose champion is swapped all the time.

    python soak.py GAUNTLET_SERVE ROOT FOLDER [--seconds 600] [--swap-every 5] [--share 0.8] [--connections 16]

Runs in an environment with onnxruntime; wrk is the client. Two bundles of a quick run at ROOT take turns as the champion
of one model. First the peak: the rate in a closed loop. Then a share of it on a fixed schedule, in batches of rows that
the two bundles answer differently. No request may fail, and every row of every answer has to be that of the version
that the answer names, as onnxruntime computes it.
"""

import argparse
import json
import os
import pathlib
import shutil
import sys
import time

import case
import rows
from published import Published
from asking import until

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(PROJECT / "bench"), str(PROJECT / "bench" / "serving")]

import load  # noqa: E402
import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
import process  # noqa: E402

MODEL = "soaked"
ROWS, BODIES = 20, 50
# Answers of the two bundles that are closer than this do not tell them apart.
APART = 1e-3
HERE = pathlib.Path(__file__).resolve().parent


def answers(bundle, names, table):
    """What onnxruntime answers: probabilities and labels."""
    session = onnxruntime.InferenceSession(str(bundle / "model.onnx"), providers=["CPUExecutionProvider"])
    feed = {name: np.array(column) for name, column in rows.as_columns(names, table).items()}
    probability, prediction = session.run(["probability", "prediction"], feed)
    return probability.reshape(-1), prediction.reshape(-1)


def telling_rows(pair, names):
    """Rows that the two bundles answer differently, with both answers."""
    table = rows.draw(pair[0], 20_000)
    found = [answers(bundle, names, table) for bundle in pair]
    apart = np.flatnonzero(np.abs(found[0][0] - found[1][0]) > APART)[: ROWS * BODIES]
    if len(apart) < ROWS * BODIES:
        raise SystemExit(f"the two bundles answer only {len(apart)} rows differently")
    return [table[at] for at in apart], [(p[apart], l[apart]) for p, l in found]


def as_lua(found):
    """The expected answers of one bundle, a table a body."""
    probability, prediction = found
    bodies = []
    for first in range(0, len(probability), ROWS):
        own = slice(first, first + ROWS)
        numbers = ",".join(f"{p:.9g}" for p in probability[own])
        bodies.append(f"{{probability={{{numbers}}},prediction={{{','.join(map(str, prediction[own]))}}}}}")
    return "{" + ",".join(bodies) + "}"


def told(found, what):
    print(
        f"{what}: {found['requests']:,} requests in {found['seconds']:.0f} s = {found['per_second']:,.0f}/s "
        f"({found['per_second'] * ROWS:,.0f} rows/s), p50 {found['p50_us'] / 1e3:.2f} ms, p99 {found['p99_us'] / 1e3:.2f} ms, "
        f"p99.9 {found['p999_us'] / 1e3:.2f} ms, slowest {found['max_us'] / 1e3:.1f} ms",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("serve", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--swap-every", type=float, default=5)
    parser.add_argument("--share", type=float, default=0.8)
    parser.add_argument("--connections", type=int, default=16)
    args = parser.parse_args()
    shutil.rmtree(args.folder, ignore_errors=True)
    folder = args.folder.absolute()
    folder.mkdir(parents=True)

    pair = case.pair(args.root.absolute())
    names = list(rows.fields(pair[0]))
    table, found = telling_rows(pair, names)
    (folder / "expected.lua").write_text("return {" + ",".join(map(as_lua, found)) + "}\n")
    made = [json.dumps(rows.tensors(names, table[n * ROWS : (n + 1) * ROWS])).encode() for n in range(BODIES)]
    bodies = load.bodies(folder / "bodies", made, {"content-type": "application/json"})

    registry = Published(folder / "registry")
    placed = [registry.place(bundle) for bundle in pair]
    registry.point(MODEL, 1, placed[0])
    shared = case.Case(args.serve.absolute(), None, None, *pair, folder)
    with shared.serving(registry.root) as server:
        url = f"{server.url}/v2/models/{MODEL}/infer"
        settings = {"PACED": str(load.HERE / "paced.lua"), "EXPECTED": str(folder / "expected.lua")}
        how = {"script": HERE / "soak.lua", "settings": settings}

        print(f"load average before: {os.getloadavg()[0]:.2f}", flush=True)
        peak = load.run(url, bodies, 10 if args.seconds > 60 else 3, args.connections, rate=0, **how)
        verify(peak)
        told(peak, "peak, closed loop")
        before, _ = process.memory_bytes(server.process.pid)
        running = load.start(url, bodies, args.seconds, args.connections, rate=peak["per_second"] * args.share, **how)
        version, largest, next_swap = 1, before, time.monotonic() + args.swap_every
        while running.poll() is None:
            time.sleep(0.1)
            if time.monotonic() >= next_swap:
                version += 1
                registry.point(MODEL, version, placed[(version + 1) % 2])
                next_swap += args.swap_every
            largest = max(largest, process.memory_bytes(server.process.pid)[0])
        soaked = load.finish(running)
        verify(soaked)
        told(soaked, f"{args.share:.0%} of it, open loop, {args.connections} connections, batches of {ROWS}")
        until(lambda: swaps(server) == version - 1 or swaps(server), f"{version - 1} swaps are counted", 5)
        after, _ = process.memory_bytes(server.process.pid)
    # The last one may come after the last request.
    seen = {int(number) for number in soaked["versions"]}
    missed = set(range(1, version)) - seen
    if missed:
        sys.exit(f"versions {sorted(missed)} were champion for {args.swap_every} s each and answered nothing")
    print(
        f"{version - 1} swaps, {len(seen)} versions answered; no request failed, no answer mixed versions; memory (RSS) "
        f"{before / 1e6:.1f} MB before, {largest / 1e6:.1f} MB at most, {after / 1e6:.1f} MB after; load average "
        f"{os.getloadavg()[0]:.2f}"
    )


def swaps(server):
    return sum(value for _, value in server.metrics("gauntlet_serve_alias_swaps_total"))


def verify(found):
    if found["failed"] or found["wrong"]:
        sys.exit(
            f"{found['refused']} requests were refused, {found['broken']} broken, {found['wrong']} answers were wrong: "
            f"{found['complaints'][:5]}"
        )
    if not found["requests"]:
        sys.exit("nothing was answered")


if __name__ == "__main__":
    main()
