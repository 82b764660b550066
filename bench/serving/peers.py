"""The servers that are compared: how each is started with some models, and how it is asked."""

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "checks" / "serve")]

import process  # noqa: E402
import rows  # noqa: E402
from published import Published  # noqa: E402

CLIENT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
JSON = {"content-type": "application/json"}
# Libraries that would each start a thread per core: one, so that servers do not fight over two cores.
THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")}


@dataclasses.dataclass
class Programs:
    """What is started: our binary, and the folders of programs of the virtual environments of the others."""

    serve: pathlib.Path
    serving: pathlib.Path
    mlserver: pathlib.Path | None


class Running:
    """Servers that together answer for some models; `urls` are their addresses by model."""

    def __init__(self, commands, urls, folder, environment):
        self.urls, self.begun, self.processes = urls, time.monotonic(), []
        for number, command in enumerate(commands):
            log = (folder / f"server-{number}.log").open("wb")
            self.processes.append(subprocess.Popen(
                [str(word) for word in command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            ))
            log.close()
        self.folder = folder

    def wait(self, ask):
        """Waits until every model has answered; seconds since the start."""
        for model in self.urls:
            while True:
                with contextlib.suppress(OSError, urllib.error.URLError):
                    ask(model)
                    break
                dead = [p for p in self.processes if p.poll() is not None]
                if dead or time.monotonic() - self.begun > 240:
                    self.stop()
                    raise SystemExit(f"a server does not answer for {model}: see {self.folder}")
                time.sleep(0.001)
        return time.monotonic() - self.begun

    def cpu_seconds(self):
        return sum(process.cpu_seconds(one.pid) for one in self.processes)

    def memory_bytes(self):
        found = [process.memory_bytes(one.pid) for one in self.processes]
        return sum(rss for rss, _ in found), sum(pss for _, pss in found)

    def stop(self):
        for one in self.processes:
            process.stop(one)


def environment(more=None):
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("MLFLOW_", "GAUNTLET_", "AWS_", "MLSERVER_"))}
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet", "NO_PROXY": "127.0.0.1"}
    return clean | THREADS | quiet | {"TOKIO_WORKER_THREADS": str(os.cpu_count())} | (more or {})


class Peer:
    """A kind of server. `forms` are the ways to write rows that are measured."""

    title = ""
    forms = ("split",)

    def __init__(self, programs):
        self.programs = programs

    def start(self, models, folder):
        raise NotImplementedError

    def path(self, form, model):
        raise NotImplementedError

    def body(self, form, names, table):
        """Bytes and headers of a request for these rows."""
        if form == "split":
            return json.dumps(rows.split(names, table)).encode(), JSON
        if form == "v2":
            return json.dumps(rows.tensors(names, table)).encode(), JSON
        return rows.binary(names, table)

    def scores(self, form, body, headers):
        """The probabilities of an answer."""
        if form == "split":
            return [row["probability"] for row in json.loads(body)["predictions"]]
        if form == "v2":
            outputs = json.loads(body)["outputs"]
            return next(o["data"] for o in outputs if o["name"] == "probability")
        answer = dataclasses.make_dataclass("Answer", ["headers", "body"])(headers, body)
        return rows.read_binary(answer)[1]["probability"]

    def ask(self, running, form, model, names, table):
        body, headers = self.body(form, names, table)
        request = urllib.request.Request(running.urls[model] + self.path(form, model), body, headers)
        with CLIENT.open(request, timeout=60) as answer:
            return self.scores(form, answer.read(), dict(answer.headers))


class Ours(Peer):
    title = "Gauntlet"
    forms = ("split", "v2", "v2-binary")

    def start(self, models, folder):
        registry = Published(folder / "registry")
        for model, bundle in models.items():
            registry.point(model, 1, registry.place(bundle))
        port = process.free_port()
        command = [self.programs.serve, "--registry", registry.root, "--state-dir", folder / "state", "--anonymous"]
        command += ["--host", "127.0.0.1", "--port", port]
        urls = {model: f"http://127.0.0.1:{port}" for model in models}
        return Running([command], urls, folder, environment({"RUST_LOG": "warn"}))

    def path(self, form, model):
        return f"/invocations?model={model}" if form == "split" else f"/v2/models/{model}/infer"


class MlflowServe(Peer):
    """One process group a model, which is how `mlflow models serve` serves several."""

    title = "mlflow models serve"
    workers = 1

    def start(self, models, folder):
        programs, commands, urls = self.programs.serving, [], {}
        for model, bundle in models.items():
            port = process.free_port()
            command = [programs / "mlflow", "models", "serve", "-m", bundle, "--env-manager", "local"]
            commands.append([*command, "--host", "127.0.0.1", "--port", port, "--workers", self.workers])
            urls[model] = f"http://127.0.0.1:{port}"
        path = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "MLFLOW_LOGGING_LEVEL": "ERROR"}
        return Running(commands, urls, folder, environment(path))

    def path(self, form, model):
        return "/invocations"


class MlflowServeTwo(MlflowServe):
    title = "mlflow models serve, 2 workers"
    workers = 2


class MlServer(Peer):
    """MLServer with MLflow's runtime, as its documentation sets it up: one worker process for all models."""

    title = "MLServer"
    # 1.7.1 reads no binary tensors over HTTP.
    forms = ("v2",)

    def start(self, models, folder):
        ports = [process.free_port() for _ in range(3)]
        settings = dict(zip(("http_port", "grpc_port", "metrics_port"), ports))
        settings |= {"host": "127.0.0.1", "debug": False, "parallel_workers": 1}
        home = folder / "models"
        home.mkdir()
        (home / "settings.json").write_text(json.dumps(settings))
        for model, bundle in models.items():
            (home / model).mkdir()
            about = {
                "name": model,
                "implementation": "mlserver_mlflow.MLflowRuntime",
                "parameters": {"uri": str(bundle)},
            }
            (home / model / "model-settings.json").write_text(json.dumps(about))
        urls = {model: f"http://127.0.0.1:{ports[0]}" for model in models}
        path = {"PATH": f"{self.programs.mlserver}{os.pathsep}{os.environ['PATH']}", "MLFLOW_LOGGING_LEVEL": "ERROR"}
        return Running([[self.programs.mlserver / "mlserver", "start", home]], urls, folder, environment(path))

    def path(self, form, model):
        return f"/v2/models/{model}/infer"


class OrtServer(Peer):
    """The Python server beside this file, on uvloop and httptools."""

    title = "onnxruntime + uvicorn"
    workers = 1

    def start(self, models, folder):
        port = process.free_port()
        command = [self.programs.serving / "uvicorn", "ort_server:app", "--app-dir", HERE, "--host", "127.0.0.1"]
        command += ["--port", port, "--workers", self.workers, "--loop", "uvloop", "--http", "httptools"]
        command += ["--no-access-log", "--log-level", "warning", "--lifespan", "off"]
        paths = {model: str(bundle / "model.onnx") for model, bundle in models.items()}
        urls = {model: f"http://127.0.0.1:{port}" for model in models}
        return Running([command], urls, folder, environment({"MODELS": json.dumps(paths)}))

    def path(self, form, model):
        return f"/invocations/{model}"


class OrtServerTwo(OrtServer):
    title = "onnxruntime + uvicorn, 2 workers"
    workers = 2


PEERS = {
    "ours": Ours,
    "mlflow": MlflowServe,
    "mlflow-2": MlflowServeTwo,
    "mlserver": MlServer,
    "ort": OrtServer,
    "ort-2": OrtServerTwo,
}
# More workers change neither the time of a single request nor what the others show of memory and start.
THROUGHPUT_ONLY = ("mlflow-2", "ort-2")
