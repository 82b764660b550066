"""The servers that are compared, and what they cost: CPU seconds and memory of a whole process tree."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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

    def tree(self):
        """The pids of the server and all its children."""
        parents = {}
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    parents[int(entry.name)] = int(fields[1])
        tree, grown = {self.process.pid}, True
        while grown:
            more = {pid for pid, parent in parents.items() if parent in tree} - tree
            tree, grown = tree | more, bool(more)
        return tree

    def cpu_seconds(self):
        """CPU time of all living processes; of a server under load none ends."""
        total = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory_mib(self):
        """Resident memory, pages that processes share counted once (PSS)."""
        total = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return total / 1024

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
