"""The servers that the registry's checks talk to: MLflow's, ours, PostgreSQL and S3.

Each is a context manager, listens on a free loopback port, writes its log into a folder that is named to it, and is
ended by its process group when the context ends. Nothing of the caller's own MLflow or AWS settings reaches them.
"""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
# The checks talk to loopback only; a proxy has no business there.
CLIENT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
BUCKET = "gauntlet"
FOREIGN = ("MLFLOW_", "AWS_", "GAUNTLET_", "PG")


@dataclasses.dataclass
class Storage:
    """Where a registry server keeps rows and artefacts: its arguments, and settings that its clients need too."""

    name: str
    backend: str
    arguments: list
    environment: dict


def environment(*more):
    """The environment for a server or a client: this one without settings that would reach another service."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    clean |= {
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONWARNINGS": "ignore",
    }
    for settings in more:
        clean |= settings
    return clean


def unwind_when_told():
    """Lets a termination end every context, and with it every server."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url):
    try:
        with CLIENT.open(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def end(process):
    """Ends a process and those it started. Its exit code."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        return process.wait(20)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def running(command, ready, log, environment, folder, seconds=120):
    """A server process from its first answer at `ready` on; what it prints goes to the file `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as sink:
        process = subprocess.Popen(
            [str(word) for word in command],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + seconds
        while not answers(ready):
            code = process.poll()
            if code is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-3000:]
                fate = f"ended with exit code {code}" if code is not None else f"is silent after {seconds} s"
                raise SystemExit(f"{said}\n{command[0]} {fate}; its log is {log}")
            time.sleep(0.02)
        yield process
    finally:
        end(process)


def storage_arguments(storage, port):
    return [
        *("--host", "127.0.0.1", "--port", port, "--backend-store-uri", storage.backend),
        *storage.arguments,
    ]


@contextlib.contextmanager
def mlflow_server(storage, folder, python=sys.executable):
    """The address of a real MLflow server, in its leanest form: one worker, no jobs."""
    port = free_port()
    command = [python, "-m", "mlflow", "server", "--workers", "1", *storage_arguments(storage, port)]
    # Its log tells every request; nobody reads that unless it fails.
    settings = environment(storage.environment, {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})
    url = f"http://127.0.0.1:{port}"
    with running(command, f"{url}/health", folder / "mlflow-server.log", settings, folder):
        yield url


@contextlib.contextmanager
def gauntlet_server(gauntlet, storage, folder):
    """The address of our server. It has to end with exit code 0 when it is told to stop."""
    port = free_port()
    command = [gauntlet, "registry", "serve", *storage_arguments(storage, port)]
    url = f"http://127.0.0.1:{port}"
    log = folder / "gauntlet-server.log"
    with running(command, f"{url}/health", log, environment(storage.environment), folder) as process:
        yield url
        code = end(process)
    if code != 0:
        raise SystemExit(f"our server ended with exit code {code} when it was told to stop; its log is {log}")


@contextlib.contextmanager
def s3_server(moto, folder):
    """Settings for clients of an S3 server that has one empty bucket."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [moto, "-H", "127.0.0.1", "-p", port]
    with running(command, f"{url}/moto-api/data.json", folder / "s3-server.log", environment(), folder):
        CLIENT.open(urllib.request.Request(f"{url}/{BUCKET}", method="PUT"), timeout=30).close()
        yield {
            "AWS_ACCESS_KEY_ID": "throwaway",
            "AWS_SECRET_ACCESS_KEY": "throwaway",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "MLFLOW_S3_ENDPOINT_URL": url,
        }


class Postgres:
    """A throw-away cluster. As root it runs under the account `postgres`, because it refuses to be root's."""

    def __init__(self, folder, template):
        self.bin = pathlib.Path(subprocess.check_output(["pg_config", "--bindir"], text=True).strip())
        self.port = free_port()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="gauntlet-postgres-"))
        self.log = self.home / "postgres.log"
        self.folder = folder
        self.data = self.home / "data"
        self.template = template

    def run(self, program, *arguments):
        account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        command = [*(account if os.geteuid() == 0 else []), str(self.bin / program), *map(str, arguments)]
        done = subprocess.run(
            command, cwd=self.home, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode != 0:
            said = self.log.read_text(errors="replace") if self.log.exists() else ""
            raise SystemExit(f"{said}{done.stdout}\n{program}: exit code {done.returncode}")
        return done.stdout

    def lay_out(self):
        """The cluster's files: a copy of the template, which is made once."""
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
        if self.template.exists():
            subprocess.run(["cp", "-a", self.template, self.data], check=True)
            return
        self.run("initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", self.data)
        beside = self.template.with_name(f"{self.template.name}.{os.getpid()}")
        beside.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", self.data, beside], check=True)
        beside.rename(self.template)

    def start(self):
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.home} "
            "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200"
        )
        self.run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.log, "-o", options)

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.data)
        if self.log.exists():
            shutil.copyfile(self.log, self.folder / "postgres.log")
        shutil.rmtree(self.home, ignore_errors=True)

    def database(self, name, template="template1"):
        """The URI of a new database, empty or a copy of another one that nobody is connected to.

        It names a driver as MLflow's users do: with psycopg 3, which is SQLAlchemy's choice for a plain
        `postgresql://`, MLflow 3.17.2 cannot archive the versions in a stage (it compares a number with a text).
        """
        self.run("psql", *self.address(), "-c", f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return f"postgresql+psycopg2://postgres@127.0.0.1:{self.port}/{name}"

    def address(self):
        return ["-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-d", "postgres", "-q"]


@contextlib.contextmanager
def postgres(folder, template):
    cluster = Postgres(folder, template)
    try:
        cluster.lay_out()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
