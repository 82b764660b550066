"""The servers that are compared, and what they cost: CPU seconds and memory of a whole process tree."""

import contextlib
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import process  # noqa: E402
from process import free_port  # noqa: E402, F401


def mlflow(program, database, artifacts, port, lean):
    """MLflow's own server: its defaults (4 workers, job runner), or one worker and nothing else."""
    command = [program, "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", database, "--artifacts-destination", str(artifacts)]
    return command + (["--workers", "1"] if lean else [])


def ours(program, database, artifacts, port):
    command = [program, "registry", "serve", "--host", "127.0.0.1", "--port", str(port)]
    return command + ["--backend-store-uri", database, "--artifacts-destination", str(artifacts)]


class Server:
    """A running server. `started_ms` is from its start to the first answer of /health."""

    def __init__(self, command, port, folder, lean=False):
        environment = dict(os.environ)
        if lean:
            environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{port}"
        self.log = (folder / "server.log").open("wb")
        begun = time.monotonic()
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=self.log, stderr=self.log, start_new_session=True
        )
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() - begun > 180:
                self.stop()
                raise SystemExit(f"{command[0]} does not answer: see {folder / 'server.log'}")
            time.sleep(0.002)
        self.started_ms = (time.monotonic() - begun) * 1e3

    def healthy(self):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
            return answer.status == 200
        return False

    def cpu_seconds(self):
        return process.cpu_seconds(self.process.pid)

    def memory_mib(self):
        """Resident memory, pages that processes share counted once (PSS)."""
        return process.memory_bytes(self.process.pid)[1] / 2**20

    def stop(self):
        process.stop(self.process)
        self.log.close()
