"""Our registry server beside MLflow's own, on copies of one database, under one load generator.

    python bench.py GAUNTLET MLFLOW FOLDER [--seconds 5] [--connections 8] [--markdown FILE]

Each workload is run against all servers in turn, `--rounds` times, and medians are shown. MLflow runs twice:
as it starts by default, and with one worker and its job runner off. A ratio is against the better of the two.
"""

import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys

import data
from servers import Server, free_port, mlflow, ours

WORKLOADS = {
    "alias": "get version by alias",
    "get_run": "get run",
    "create_run": "create run",
    "log_metric": "log metric",
    "log_batch": "log batch of 100 metrics",
    "search_runs": "search 10,000 runs (filter, order)",
    "search_models": "search models (1,000 versions)",
}
KINDS = {"default": "MLflow, default", "lean": "MLflow, 1 worker", "ours": "Gauntlet"}


def load(url, workload, runs, seconds, connections):
    """Runs wrk and returns its counts."""
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s"]
    command += ["-s", str(pathlib.Path(__file__).with_name("requests.lua")), url]
    environment = os.environ | {"WORKLOAD": workload, "RUNS": str(runs)}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def measure(server, workload, runs, seconds, connections):
    before = server.cpu_seconds()
    counts = load(server.url, workload, runs, seconds, connections)
    cpu = server.cpu_seconds() - before
    return {
        "per_second": counts["requests"] / counts["seconds"],
        "failed": counts["failed"] + counts["broken"],
        "cpu_ms": cpu / max(counts["requests"], 1) * 1e3,
        "p50_ms": counts["p50_ms"],
        "p95_ms": counts["p95_ms"],
        "load": os.getloadavg()[0],
    }


def start(kind, arguments, folder, database):
    port, artifacts = free_port(), folder / "artifacts"
    address = f"sqlite:///{database}"
    if kind == "ours":
        return Server(ours(arguments.gauntlet, address, artifacts, port), port, folder)
    lean = kind == "lean"
    return Server(mlflow(arguments.mlflow, address, artifacts, port, lean), port, folder, lean)


def start_up(kind, arguments, folder, template):
    """Milliseconds to the first healthy answer, on the filled database and on none."""
    found = {}
    for what in ("existing", "empty"):
        here = folder / what
        here.mkdir(parents=True)
        database = here / "mlflow.db"
        if what == "existing":
            shutil.copy(template, database)
        server = start(kind, arguments, here, database)
        found[what] = server.started_ms
        server.stop()
    return found


def writers(arguments, folder, template, runs):
    """64 connections that log metrics at once: every acknowledged one has to be there."""
    database = folder / "mlflow.db"
    folder.mkdir()
    shutil.copy(template, database)
    server = start("ours", arguments, folder, database)
    counts = load(server.url, "log_metric", runs, arguments.seconds, 64)
    server.stop()
    if counts["failed"] or counts["broken"]:
        raise SystemExit(f"64 writers: {counts}")
    rows = sqlite3.connect(database).execute("SELECT count(*) FROM metrics WHERE step > 0").fetchone()[0]
    if rows < counts["requests"]:
        raise SystemExit(f"64 writers: {counts['requests']} acknowledged, {rows} there")
    return {"acknowledged": counts["requests"], "rows": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gauntlet", help="our binary, built in release")
    parser.add_argument("mlflow", help="MLflow's command in a virtual environment")
    parser.add_argument("folder", type=pathlib.Path, help="a folder for databases and logs; emptied first")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--only", choices=WORKLOADS, action="append")
    parser.add_argument("--without", choices=KINDS, action="append", default=[])
    parser.add_argument("--markdown", type=pathlib.Path, help="also write the tables here")
    arguments = parser.parse_args()
    arguments.gauntlet = os.path.abspath(arguments.gauntlet)
    arguments.mlflow = os.path.abspath(arguments.mlflow)
    shutil.rmtree(arguments.folder, ignore_errors=True)
    arguments.folder = arguments.folder.resolve()
    arguments.folder.mkdir(parents=True)

    print(f"load average before: {os.getloadavg()[0]:.2f}", flush=True)
    template = arguments.folder / "template.db"
    subprocess.run([arguments.mlflow, "db", "upgrade", f"sqlite:///{template}"], check=True, capture_output=True)
    runs = arguments.folder / "runs.txt"
    runs.write_text("\n".join(data.fill(template)) + "\n")

    kinds = [kind for kind in KINDS if kind not in arguments.without]
    results, starts, memory = {}, {}, {}
    for kind in kinds:
        starts[kind] = start_up(kind, arguments, arguments.folder / f"start-{kind}", template)
    servers = {}
    try:
        for kind in kinds:
            folder = arguments.folder / kind
            folder.mkdir()
            shutil.copy(template, folder / "mlflow.db")
            servers[kind] = start(kind, arguments, folder, folder / "mlflow.db")
            memory[kind] = [servers[kind].memory_mib()]
        for workload in arguments.only or WORKLOADS:
            for _ in range(arguments.rounds):
                for kind in kinds:
                    found = measure(servers[kind], workload, runs, arguments.seconds, arguments.connections)
                    if kind == "ours" and found["failed"]:
                        raise SystemExit(f"{workload}: {found['failed']} of our answers failed")
                    results.setdefault((workload, kind), []).append(found)
            line = {kind: round(median(results[workload, kind], "per_second"), 1) for kind in kinds}
            print(f"{workload:14} requests/s {line}", flush=True)
        for kind in kinds:
            memory[kind].append(servers[kind].memory_mib())
    finally:
        for server in servers.values():
            server.stop()
    many = None
    if "ours" in kinds:
        many = writers(arguments, arguments.folder / "writers", template, runs)
    text = report(arguments, kinds, results, starts, memory, many)
    print(text)
    if arguments.markdown:
        template = pathlib.Path(__file__).with_name("registry.md").read_text()
        arguments.markdown.write_text(template.replace("<!-- tables -->", text.strip()))


def median(found, key):
    return statistics.median(one[key] for one in found)


def report(arguments, kinds, results, starts, memory, many):
    baselines = [kind for kind in kinds if kind != "ours"]
    lines = ["| request | " + " | ".join(f"{KINDS[k]}: req/s, p95, CPU" for k in kinds) + " | req/s ratio | CPU ratio |"]
    lines.append("| --- |" + " --- |" * (len(kinds) + 2))
    for workload in arguments.only or WORKLOADS:
        cells = []
        for kind in kinds:
            found = results[workload, kind]
            failed = sum(one["failed"] for one in found)
            cells.append(
                f"{median(found, 'per_second'):,.0f}, {median(found, 'p95_ms'):.1f} ms, "
                f"{median(found, 'cpu_ms'):.2f} ms" + (f" ({failed} failed)" if failed else "")
            )
        ratios = ["–", "–"]
        if baselines and "ours" in kinds:
            answered = [kind for kind in baselines if median(results[workload, kind], "per_second") > 0]
            mine = results[workload, "ours"]
            if answered:
                best = max(median(results[workload, kind], "per_second") for kind in answered)
                least = min(median(results[workload, kind], "cpu_ms") for kind in answered)
                ratios = [f"{median(mine, 'per_second') / best:.0f}x", f"1/{least / median(mine, 'cpu_ms'):.0f}"]
            else:
                ratios = ["MLflow answered nothing", "–"]
        lines.append(f"| {WORKLOADS[workload]} | " + " | ".join(cells + ratios) + " |")
    lines += ["", "| server | healthy, existing database | healthy, empty | memory at rest | after the load |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for kind in kinds:
        rest, loaded = memory[kind]
        lines.append(
            f"| {KINDS[kind]} | {starts[kind]['existing']:,.0f} ms | {starts[kind]['empty']:,.0f} ms "
            f"| {rest:,.1f} MiB | {loaded:,.1f} MiB |"
        )
    loads = [one["load"] for found in results.values() for one in found]
    lines += [
        "",
        f"{arguments.rounds} rounds of {arguments.seconds} s a cell, interleaved, {arguments.connections} connections, "
        f"one wrk thread, {os.cpu_count()} cores; load average {min(loads):.1f} to {max(loads):.1f}. Medians; CPU is the "
        "server's own per request; memory is PSS of the whole process tree. Ratios are against the better of the two.",
        "",
    ]
    if many:
        written = f"{many['acknowledged']:,} metrics acknowledged"
        lines += [f"64 writers at once (SQLite): {written}, none failed, all in the database.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
