"""Serves a model that Python logged in a real MLflow: finds it, answers as MLflow does, follows its alias, and goes on
when MLflow is gone, its disk is full, or what the alias points at is no ONNX model.

    python sources.py GAUNTLET_SERVE FOLDER
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import mlflow
import numpy as np
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "registry")]

import services
from server import Server

MODEL = "python_motor"
ROWS = np.array([[0.1, 2.0], [1.5, -1.0], [-2.0, 0.3]], dtype=np.float32)


def fitted(seed, kind=LogisticRegression):
    """A model whose answers depend on the seed; a regression is small, a forest is not."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(200, 2)).astype(np.float32)
    labels = (features @ random.normal(size=2) > 0).astype(np.int64)
    return kind().fit(features, labels), features


def log_onnx(client, seed, kind=LogisticRegression):
    """Logs and registers an ONNX model and makes it champion."""
    model, features = fitted(seed, kind)
    onnx = to_onnx(model, features[:1], options={"zipmap": False})
    with mlflow.start_run():
        info = mlflow.onnx.log_model(onnx, name="model", input_example=features[:1], registered_model_name=MODEL)
    client.set_registered_model_alias(MODEL, "champion", info.registered_model_version)


def log_sklearn(client):
    """Makes a model champion that is no ONNX model."""
    model, features = fitted(9)
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(model, name="model", input_example=features[:1], registered_model_name=MODEL)
    client.set_registered_model_alias(MODEL, "champion", info.registered_model_version)


def expected():
    """What MLflow's own scoring server answers for the champion."""
    answer = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion").predict(ROWS)
    return {name: np.asarray(values).tolist() for name, values in answer.items()}


@contextlib.contextmanager
def serving(binary, registry, state, log, wrap=()):
    """The server that follows MLflow's champion."""
    command = [*wrap, binary, "--registry", registry, "--model", MODEL, "--host", "127.0.0.1", "--port", "0"]
    command += ["--state-dir", state, "--anonymous"]
    with open(log, "a") as told:
        process = subprocess.Popen(
            [str(part) for part in command],
            env=services.environment({"RUST_LOG": "info"}),
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        )
    try:
        word, _, url = process.stdout.readline().strip().rpartition(" ")
        if word != "listening on":
            raise SystemExit(f"the server did not start: exit code {process.wait(30)}; its log is {log}")
        server = Server(url)
        server.process = process
        yield server
    finally:
        process.terminate()
        process.wait(30)


def ask(server):
    status, answer = server.ask("/invocations", {"inputs": ROWS.tolist()})
    assert status == 200, (status, answer)
    return answer["predictions"]


def same(found, wanted):
    """Whether two answers are the same numbers, within what two engines may differ by."""
    return found.keys() == wanted.keys() and all(
        np.allclose(found[name], wanted[name], atol=1e-5) for name in wanted
    )


def wait_for(server, wanted, seconds=60):
    deadline = time.monotonic() + seconds
    while not same(ask(server), wanted):
        assert time.monotonic() < deadline, f"still {ask(server)}, not {wanted}"
        time.sleep(0.2)


def goes_on(server, wanted, seconds=12):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert same(ask(server), wanted)
        time.sleep(0.5)


def kept(state):
    """Whole models are in the state directory, and nothing else."""
    names = [path.name for path in (state / "bundles").iterdir()]
    assert names and all(len(name) == 64 for name in names), names


def full_disk(folder):
    """A command's prefix that runs it with a disk of 64 KiB at `folder`, or nothing where that is not allowed."""
    folder.mkdir()
    script = f'mount -t tmpfs -o size=64k none "{folder}" && exec "$0" "$@"'
    prefix = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    if shutil.which("unshare") and subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL).returncode == 0:
        return prefix
    print("NOT CHECKED: a full disk, since this machine lets nobody mount one")
    return None


def check(binary, folder):
    storage = services.Storage(
        "sqlite", f"sqlite:///{folder / 'mlflow.db'}", ["--artifacts-destination", str(folder / "artifacts")], {}
    )
    state, log = folder / "state", folder / "serve.log"
    with services.mlflow_server(storage, folder) as url:
        mlflow.set_tracking_uri(url)
        client = mlflow.MlflowClient()
        log_onnx(client, 1)
        first = expected()
        with serving(binary, url, state, log) as server:
            assert same(ask(server), first), (ask(server), first)
            print("a model that Python logged is found and answers as in MLflow")
            log_onnx(client, 2)
            second = expected()
            assert not same(first, second)
            wait_for(server, second)
            print("the alias is followed")
            log_sklearn(client)
            goes_on(server, second)
            print("a champion that is no ONNX model is refused, and the last good one serves on")
        client.set_registered_model_alias(MODEL, "champion", "2")
        if prefix := full_disk(folder / "full"):
            with serving(binary, url, folder / "full", log, prefix) as server:
                wait_for(server, second)
                log_onnx(client, 3, RandomForestClassifier)
                goes_on(server, second)
                # The disk is seen through the server's own eyes only.
                seen = pathlib.Path(f"/proc/{server.process.pid}/root{folder}/full")
                kept(seen)
                assert "No space left on device" in log.read_text(), log
                client.set_registered_model_alias(MODEL, "champion", "2")
            print("a full disk keeps nothing half, and the last good model serves on")
        with serving(binary, url, state, log) as server:
            wait_for(server, second)
            kept(state)
    with serving(binary, url, state, log) as server:
        wait_for(server, second)
        goes_on(server, second, seconds=3)
    print("a server that starts while MLflow is gone serves the last good model")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path, help="where logs and state go; it is emptied")
    arguments = parser.parse_args()
    services.unwind_when_told()
    for name in [name for name in os.environ if name.startswith(services.FOREIGN)]:
        del os.environ[name]
    shutil.rmtree(arguments.folder, ignore_errors=True)
    arguments.folder.mkdir(parents=True)
    check(arguments.binary.resolve(), arguments.folder.resolve())


if __name__ == "__main__":
    main()
