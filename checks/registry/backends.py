"""The Python scenario with both clients against a server, on each backend.

    .venv/mlflow/bin/python backends.py real [--only PATTERN]
    .venv/mlflow/bin/python backends.py ours --gauntlet target/debug/gauntlet

SQLite with local artefacts, SQLite with S3 through the server and past it, PostgreSQL with S3. The 3.x client is the
MLflow that runs this file; PostgreSQL and an S3 server (moto) are started here. Logs and summaries stay in --logs.
"""

import argparse
import concurrent.futures
import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

import services
from services import BUCKET, PROJECT, Storage

SCENARIO = pathlib.Path(__file__).resolve().parent / "scenario.py"


def storages(folder, s3, cluster):
    """The backends by name, each with a fresh database when it is asked for."""
    through = ["--artifacts-destination", f"s3://{BUCKET}/through"]
    past = ["--default-artifact-root", f"s3://{BUCKET}/past", "--no-serve-artifacts"]

    def sqlite(name, arguments, settings):
        return Storage(name, f"sqlite:///{folder / name}.db", arguments, settings)

    return {
        "sqlite-local": lambda: sqlite("sqlite-local", ["--artifacts-destination", str(folder / "artifacts")], {}),
        "sqlite-s3-through": lambda: sqlite("sqlite-s3-through", through, s3()),
        "sqlite-s3-past": lambda: sqlite("sqlite-s3-past", past, s3()),
        "postgres-s3": lambda: Storage("postgres-s3", cluster().database("registry"), through, s3()),
    }


def once(stack, context):
    """A function that starts the service when it is first called."""
    started = []

    def service():
        if not started:
            started.append(stack.enter_context(context()))
        return started[0]

    return service


def run_client(python, url, storage, logs, only):
    """The scenario in a process of its own. Its summary."""
    name = f"{storage.name}-{python.parent.parent.name}"
    summary = logs / f"{name}.json"
    summary.unlink(missing_ok=True)
    command = [python, SCENARIO, url, "--json", summary, "--only", only]
    # A person's own MLflow settings and files must not matter.
    home = {"HOME": str(logs)}
    start = time.monotonic()
    with open(logs / f"{name}.log", "w") as log:
        settings = services.environment(storage.environment, home)
        subprocess.run(command, env=settings, cwd=logs, stdout=log, stderr=subprocess.STDOUT)
    if not summary.exists():
        return {"failed": ["all of it"], "log": log.name}
    found = json.loads(summary.read_text())
    said = f"{found['steps']} steps, {len(found['skipped'])} skipped, {len(found['failed'])} failed"
    print(f"{storage.name:18} client {found['client']:7} {time.monotonic() - start:6.1f} s  {said}", flush=True)
    return found | {"log": log.name}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("server", choices=["real", "ours"])
    parser.add_argument("--gauntlet", type=pathlib.Path, default=PROJECT / "target/debug/gauntlet")
    parser.add_argument("--only", default="", help="backends whose name this regular expression finds")
    parser.add_argument("--steps", default="", help="passed on to the scenario as --only")
    parser.add_argument("--client", type=pathlib.Path, action="append", help="a Python with MLflow; may be repeated")
    parser.add_argument("--moto", type=pathlib.Path, default=PROJECT / ".venv/dvc/bin/moto_server")
    parser.add_argument("--logs", type=pathlib.Path, default=PROJECT / "target/checks/registry")
    args = parser.parse_args()
    services.unwind_when_told()
    clients = args.client or [pathlib.Path(sys.executable), PROJECT / ".venv/mlflow2/bin/python"]
    logs = (args.logs / args.server).absolute()
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    problems, ran = [], 0
    with contextlib.ExitStack() as stack:
        s3 = once(stack, lambda: services.s3_server(args.moto.absolute(), logs))
        cluster = once(stack, lambda: services.postgres(logs, args.logs.absolute() / "postgres-template"))
        for name, make in storages(logs, s3, cluster).items():
            if not re.search(args.only, name):
                continue
            storage = make()
            folder = logs / name
            folder.mkdir()
            if args.server == "real":
                server = services.mlflow_server(storage, folder)
            else:
                server = services.gauntlet_server(args.gauntlet.absolute(), storage, folder)
            with server as url, concurrent.futures.ThreadPoolExecutor() as pool:
                # At once: the clients spend more time computing than the server does.
                jobs = [
                    pool.submit(run_client, python.absolute(), url, storage, logs, args.steps) for python in clients
                ]
                for found in [job.result() for job in jobs]:
                    ran += 1
                    for step in found["failed"]:
                        problem = found.get("problems", {}).get(step, "").strip().splitlines()
                        problems.append(f"{name}, {step}: {problem[-1] if problem else ''} ({found['log']})")
    if not ran:
        sys.exit(f"no backend matches {args.only!r}")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
