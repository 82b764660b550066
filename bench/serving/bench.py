"""gauntlet-serve beside Python's servers: the same ONNX model, the same rows, one run, interleaved.

    python bench.py GAUNTLET_SERVE REGISTRY FOLDER --mlserver PROGRAMS [--markdown FILE] [--quick]

Runs in an environment with MLflow, uvicorn and onnxruntime. REGISTRY is a registry's folder: the forest of the guide
answers, and for five models its champions, again from the first where there are fewer. Every answer is compared with
onnxruntime's before anything is measured. A request that failed is counted and shown.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import load
import peers
import report

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "checks"))

import guide  # noqa: E402
import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
import rows  # noqa: E402
from published import champions  # noqa: E402

BATCH, MANY, BATCHING, OPENED = 1_000, 64, 8, 16
# Shares of a server's own rate at 64 connections at which the open loop asks.
SHARES = (0.5, 0.8)


def expected(bundle, names, table):
    """What onnxruntime answers."""
    session = onnxruntime.InferenceSession(str(bundle / "model.onnx"), providers=["CPUExecutionProvider"])
    kinds = {port.name: np.float64 if port.type == "tensor(double)" else object for port in session.get_inputs()}
    feed = {name: np.array(column, kinds[name]) for name, column in rows.as_columns(names, table).items()}
    return session.run(["probability"], feed)[0]


def takes_numbers(bundle):
    return all(texts is None for texts in rows.fields(bundle).values())


class Bench:
    def __init__(self, args):
        self.args = args
        registry = args.registry.absolute()
        self.model = guide.published(registry)
        if self.model is None:
            raise SystemExit(f"{registry} holds no champion of {guide.MODEL}: run `make classification-gauntlet` first")
        known = champions(registry)
        self.bundle = known[self.model]
        self.names = list(rows.fields(self.bundle))
        self.table = rows.draw(self.bundle, 4 * BATCH)
        # MLflow's server refuses texts under pandas 3, so all five take numbers only.
        several = list(dict.fromkeys([self.bundle, *filter(takes_numbers, known.values())]))
        self.five = {f"model_{n}": several[n % len(several)] for n in range(5)}
        self.distinct = min(5, len(several))
        programs = peers.Programs(args.serve, pathlib.Path(sys.executable).parent, args.mlserver)
        kinds = [k for k in peers.PEERS if k not in args.without and (k != "mlserver" or args.mlserver)]
        self.peers = {kind: peers.PEERS[kind](programs) for kind in kinds}
        self.results = {}

    def folder(self, *parts):
        path = self.args.folder.joinpath(*parts)
        path.mkdir(parents=True)
        return path

    def bodies(self, kind, form, size):
        """A folder of bodies of so many rows each, the same rows for everyone."""
        count = 64 if size == 1 else 4
        made = [self.peers[kind].body(form, self.names, self.table[n * size : (n + 1) * size]) for n in range(count)]
        return load.bodies(self.args.folder / "bodies" / f"{kind}-{form}-{size}", [b for b, _ in made], made[0][1])

    def agree(self, kind, running, form):
        """The server answers as onnxruntime does."""
        wanted = expected(self.bundle, self.names, self.table[:200])
        found = self.peers[kind].ask(running, form, self.model, self.names, self.table[:200])
        if not np.allclose(found, wanted, rtol=1e-6, atol=1e-6):
            raise SystemExit(f"{kind} ({form}) does not answer as onnxruntime does")

    def note(self, what, kind, form, found):
        found["load"] = os.getloadavg()[0]
        self.results.setdefault((what, kind, form), []).append(found)
        if kind == "ours" and found["failed"]:
            raise SystemExit(f"{what} ({form}): {found['failed']} of our answers failed")

    def loops(self):
        """Single rows and batches in a closed loop, then single rows in an open one."""
        args, running = self.args, {}
        try:
            for kind, peer in self.peers.items():
                running[kind] = peer.start({self.model: self.bundle}, self.folder("one", kind))
            cases = []
            for kind, peer in self.peers.items():
                running[kind].wait(lambda model, k=kind, p=peer: p.ask(running[k], p.forms[0], model, self.names, self.table[:1]))
                for form in peer.forms:
                    self.agree(kind, running[kind], form)
                    url = running[kind].urls[self.model] + peer.path(form, self.model)
                    cases.append((kind, form, url, self.bodies(kind, form, 1), self.bodies(kind, form, BATCH)))
            for kind, form, url, single, batch in cases:
                load.run(url, single, args.warm, 1)
                load.run(url, batch, args.warm, 1)
            for _ in range(args.rounds):
                for kind, form, url, single, batch in cases:
                    if kind not in peers.THROUGHPUT_ONLY:
                        self.note("single", kind, form, load.run(url, single, args.seconds, 1))
                    cpu = running[kind].cpu_seconds()
                    found = load.run(url, single, args.seconds, MANY)
                    cpu = running[kind].cpu_seconds() - cpu
                    self.note("many", kind, form, found | {"cpu_us": cpu / max(found["requests"], 1) * 1e6})
                    self.note("batch", kind, form, load.run(url, batch, args.seconds, BATCHING))
                print(f"load average {os.getloadavg()[0]:.2f}", flush=True)
            for share in SHARES:
                for _ in range(args.rounds):
                    for kind, form, url, single, _ in cases:
                        if form == self.peers[kind].forms[0]:
                            peak = statistics.median(one["per_second"] for one in self.results["many", kind, form])
                            found = load.run(url, single, args.seconds, OPENED, rate=max(peak * share, 1))
                            self.note(f"open-{share}", kind, form, found | {"asked": peak * share})
        finally:
            for one in running.values():
                one.stop()

    def five_models(self):
        """Start and memory with five models, one kind at a time."""
        for round_number in range(self.args.rounds):
            for kind, peer in self.peers.items():
                if kind in peers.THROUGHPUT_ONLY:
                    continue
                form, names = peer.forms[0], {m: list(rows.fields(b)) for m, b in self.five.items()}
                table = {m: rows.draw(b, 64) for m, b in self.five.items()}
                running = peer.start(self.five, self.folder("five", kind, str(round_number)))
                try:
                    took = running.wait(lambda m: peer.ask(running, form, m, names[m], table[m][:1]))
                    time.sleep(self.args.warm)
                    rest = running.memory_bytes()
                    made = {m: [peer.body(form, names[m], [row]) for row in table[m]] for m in self.five}
                    loads = [
                        load.start(
                            running.urls[m] + peer.path(form, m),
                            load.bodies(self.args.folder / "bodies" / f"five-{kind}-{m}-{round_number}",
                                        [body for body, _ in made[m]], made[m][0][1]),
                            self.args.seconds, 12)
                        for m in self.five
                    ]
                    peak = rest
                    while any(one.poll() is None for one in loads):
                        peak = tuple(map(max, peak, running.memory_bytes()))
                        time.sleep(0.2)
                    failed = sum(load.finish(one)["failed"] for one in loads)
                finally:
                    running.stop()
                found = {"start": took, "rest": rest, "peak": peak, "failed": failed}
                self.note("five", kind, form, found)
                print(f"five models, {kind}: first answers after {took:.3f} s", flush=True)


def stripped_bytes(binary, folder):
    """The size of the binary without symbols."""
    copy = folder / "stripped"
    done = subprocess.run(["strip", "-o", copy, binary], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"strip: {done.stderr}")
    return copy.stat().st_size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("serve", type=pathlib.Path, help="our binary, built in release")
    parser.add_argument("registry", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path, help="a folder for logs and bodies; emptied first")
    parser.add_argument("--mlserver", type=pathlib.Path, help="the folder of MLServer's programs; without, it is left out")
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--warm", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without", choices=peers.PEERS, action="append", default=[])
    parser.add_argument("--quick", action="store_true", help="one short round: to see that it runs")
    parser.add_argument("--markdown", type=pathlib.Path, help="also write the page here")
    args = parser.parse_args()
    if args.quick:
        args.seconds, args.warm, args.rounds = 1, 1, 1
    args.serve = args.serve.absolute()
    args.mlserver = args.mlserver and args.mlserver.absolute()
    shutil.rmtree(args.folder, ignore_errors=True)
    args.folder = args.folder.absolute()
    args.folder.mkdir(parents=True)

    before = os.getloadavg()
    print(f"load average before: {before[0]:.2f}", flush=True)
    bench = Bench(args)
    bench.loops()
    bench.five_models()
    size = stripped_bytes(args.serve, args.folder)
    text = report.tables(bench, size, before, os.getloadavg())
    print(text)
    if args.markdown:
        page = pathlib.Path(__file__).with_name("serving.md").read_text()
        args.markdown.write_text(page.replace("<!-- tables -->", text.strip()))


if __name__ == "__main__":
    main()
