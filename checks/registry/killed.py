"""Kills our server with SIGKILL while 64 clients write, and looks for every write that it acknowledged.

    python killed.py GAUNTLET FOLDER [--writes 1000] [--rounds 3] [--backend URI]

After each kill the server is started again on the same database: every acknowledged metric has to be there, with
its value, `gauntlet registry check` has to be clean, and writing has to go on.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

import services

CLIENTS = 64


class Writers:
    """Clients that log metrics until the server is gone; they remember what it acknowledged."""

    def __init__(self, url, run, first, kill_after, process):
        self.address = url.removeprefix("http://")
        self.run, self.process, self.kill_after = run, process, kill_after
        self.lock = threading.Lock()
        self.next, self.acknowledged, self.refused = first, {}, []

    def work(self):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        while True:
            with self.lock:
                number = self.next
                self.next += 1
            body = {"run_id": self.run, "key": "loss", "value": number / 7, "timestamp": number, "step": number}
            try:
                connection.request(
                    "POST", "/api/2.0/mlflow/runs/log-metric", json.dumps(body), {"content-type": "application/json"}
                )
                answer = connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException):
                return
            with self.lock:
                if answer.status != 200:
                    self.refused.append(said.decode(errors="replace"))
                    return
                self.acknowledged[number] = number / 7
                if len(self.acknowledged) == self.kill_after:
                    os.kill(self.process.pid, signal.SIGKILL)

    def until_killed(self):
        threads = [threading.Thread(target=self.work) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def ask(url, path, body=None):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
    connection.request(method, f"/api/2.0/mlflow/{path}", data, {"content-type": "application/json"})
    answer = connection.getresponse()
    said = json.loads(answer.read())
    if answer.status != 200:
        sys.exit(f"{path}: {said}")
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gauntlet")
    parser.add_argument("folder", type=pathlib.Path, help="emptied first")
    parser.add_argument("--writes", type=int, default=1000, help="acknowledged writes before each kill")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backend", help="a database other than the embedded one")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    folder = arguments.folder.resolve()
    (folder / "registry").mkdir(parents=True)
    gauntlet = str(pathlib.Path(arguments.gauntlet).resolve())

    run, kept, first = None, {}, 0
    for _ in range(arguments.rounds):
        port = services.free_port()
        url = f"http://127.0.0.1:{port}"
        command = [gauntlet, "--root", folder, "registry", "serve", "--port", port]
        if arguments.backend:
            command += ["--backend-store-uri", arguments.backend]
        log = folder / "server.log"
        with services.running(command, f"{url}/health", log, services.environment(), folder) as process:
            if run is None:
                run = ask(url, "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
            compare(url, run, kept)
            writers = Writers(url, run, first, arguments.writes, process)
            writers.until_killed()
            if writers.refused:
                sys.exit(f"{len(writers.refused)} of 64 concurrent writes were refused: {writers.refused[0]}")
            if len(writers.acknowledged) < arguments.writes:
                sys.exit(f"the server was gone after {len(writers.acknowledged)} writes")
            kept |= writers.acknowledged
            first = writers.next
        if not arguments.backend:
            subprocess.run([gauntlet, "--root", folder, "registry", "check"], check=True, stdout=subprocess.DEVNULL)
    print(f"killed: {arguments.rounds} times, with {CLIENTS} writers; all {len(kept)} acknowledged metrics are there")


def compare(url, run, kept):
    """Every acknowledged metric is there, with the value that was sent."""
    history = ask(url, f"metrics/get-history?run_id={run}&metric_key=loss").get("metrics", [])
    there = {metric["step"]: metric["value"] for metric in history}
    lost = [step for step, value in kept.items() if there.get(step) != value]
    if lost:
        sys.exit(f"{len(lost)} of {len(kept)} acknowledged metrics are lost, the first is of step {min(lost)}")


if __name__ == "__main__":
    main()
