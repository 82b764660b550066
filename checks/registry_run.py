"""`gauntlet run` into registries elsewhere, looked at through MLflow's client.

    python3 registry_run.py GAUNTLET --python PYTHON --moto MOTO FOLDER

PYTHON has MLflow, MOTO is moto's server. The same small pipeline on simulated data goes into our server, into a real
MLflow, into PostgreSQL with local bundles, and into SQLite with bundles in S3. Each time a second run has to change
nothing. What is only in a database is looked at through our server. Last come registries that refuse: the run has to say so with exit code 1, and leave nothing behind.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import urllib.request

CHECKS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(CHECKS / "registry"))

import quick_run  # noqa: E402
import services  # noqa: E402

PIPELINE = services.PROJECT / "pipelines" / "ai4i.toml"
SMALLER = quick_run.SMALLER | {"trees": 5, "replicates": 200}

# Runs in PYTHON: everything a tracking server tells of the registered versions, as JSON, after loading a champion.
LOOK = """
import json, sys
import mlflow
from mlflow import MlflowClient
client, found = MlflowClient(), {}
def files(run, path=""):
    for entry in client.list_artifacts(run, path):
        yield from files(run, entry.path) if entry.is_dir else [entry.path]
for model in client.search_registered_models():
    for version in client.search_model_versions(f"name = '{model.name}'"):
        run = client.get_run(version.run_id)
        found[f"{model.name}/{version.version}"] = {
            "experiment": client.get_experiment(run.info.experiment_id).name,
            "status": run.info.status,
            "params": run.data.params, "metrics": run.data.metrics, "tags": run.data.tags,
            "datasets": [[i.dataset.name, i.dataset.digest] for i in run.inputs.dataset_inputs],
            "files": sorted(files(version.run_id)),
            "aliases": dict(model.aliases), "version_tags": version.tags, "source": version.source,
        }
loaded = []
for model in client.search_registered_models():
    for alias in dict(model.aliases):
        uri = f"models:/{model.name}@{alias}"
        mlflow.pyfunc.load_model(uri)
        if "onnx" in mlflow.models.get_model_info(uri).flavors:
            mlflow.onnx.load_model(uri)
        loaded.append(uri)
runs = [r.info.run_id for e in client.search_experiments() for r in client.search_runs([e.experiment_id])]
json.dump({"versions": found, "loaded": loaded, "runs": sorted(runs)}, sys.stdout, sort_keys=True)
"""


class Check:
    def __init__(self, args):
        self.gauntlet = args.gauntlet.absolute()
        self.python = args.python.absolute()
        self.folder = args.folder.absolute()

    def run(self, name, settings, expect=0, root=None):
        """A gauntlet run in a root of its own."""
        root = root or self.folder / name
        if not root.exists():
            quick_run.place(root, PIPELINE, SMALLER)
        quick = root / "pipelines" / PIPELINE.name
        command = [self.gauntlet, "--root", root, "run", quick, "--data", "simulated"]
        done = subprocess.run(
            command, env=services.environment(settings), cwd=self.folder, capture_output=True, text=True
        )
        (self.folder / f"{name}.log").write_text(done.stdout + done.stderr)
        if done.returncode != expect:
            sys.exit(f"{done.stderr}\n{name}: exit code {done.returncode}, not {expect}")
        return done.stderr

    def look(self, settings):
        environment = services.environment(settings, {"HOME": str(self.folder)})
        command = [self.python, "-c", LOOK]
        done = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{done.stderr}\nMLflow's client cannot read what the run left")
        return json.loads(done.stdout)

    def look_in(self, database, name, settings=None):
        """Looks into a database of ours, which MLflow opens through our server only: it has no `alembic_version`."""
        folder = self.folder / "looked"
        folder.mkdir(exist_ok=True)
        place = ["--artifacts-destination", str(self.folder / name / "registry" / "artifacts")]
        storage = services.Storage("looked", database, place, settings or {})
        with services.gauntlet_server(self.gauntlet, storage, folder) as url:
            return self.look({"MLFLOW_TRACKING_URI": url} | (settings or {}))

    def twice(self, name, settings, look):
        """Runs, looks, runs again, and looks whether anything changed."""
        self.run(name, settings)
        first = look()
        whole(name, first)
        self.run(name, settings)
        second = look()
        if second != first:
            sys.exit(f"{name}: a second run changed something:\n{first}\n{second}")
        print(f"{name}: {len(first['versions'])} versions, {len(first['loaded'])} loaded by alias, unchanged by "
              "a second run", flush=True)

    def refused(self, name, settings, words):
        """A run that has to fail, saying each of the words: what it is about and what to do."""
        said = self.run(name, settings, expect=1)
        for word in words:
            if word not in said:
                sys.exit(f"{name}: the error does not name {word!r}:\n{said}")
        database = self.folder / name / "registry" / "registry.db"
        if database.exists():
            left = self.look_in(f"sqlite:///{database}", name)
            if left["versions"] or left["runs"]:
                sys.exit(f"{name}: the run failed and left {left}")
        print(f"{name}: refused with exit code 1", flush=True)


def whole(name, found):
    """Every version has a run with all that a person looks for."""
    versions = found["versions"]
    if not versions or not found["loaded"]:
        sys.exit(f"{name}: nothing is registered, or nothing has an alias: {found}")
    for version, tells in versions.items():
        for what in ("params", "metrics", "tags", "datasets", "version_tags"):
            if not tells[what]:
                sys.exit(f"{name}: {version} has no {what}")
        if tells["status"] != "FINISHED" or tells["experiment"] != "ai4i":
            sys.exit(f"{name}: {version} is of a run {tells['status']} in {tells['experiment']}")
        for file in ("model/MLmodel", "model/manifest.json"):
            if file not in tells["files"]:
                sys.exit(f"{name}: {version} has no {file}: {tells['files']}")
        if not any(file.endswith((".svg", ".png")) for file in tells["files"]):
            sys.exit(f"{name}: {version} has no plot: {tells['files']}")


def objects(settings):
    """The keys in the bucket."""
    url = f"{settings['MLFLOW_S3_ENDPOINT_URL']}/{services.BUCKET}?list-type=2"
    with services.CLIENT.open(urllib.request.Request(url), timeout=30) as answer:
        return answer.read().decode().count("<Key>")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gauntlet", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--python", type=pathlib.Path, required=True)
    parser.add_argument("--moto", type=pathlib.Path, required=True)
    args = parser.parse_args()
    services.unwind_when_told()
    check = Check(args)
    shutil.rmtree(check.folder, ignore_errors=True)
    check.folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        sqlite = f"sqlite:///{check.folder}/ours.db"
        storage = services.Storage("ours", sqlite, ["--artifacts-destination", str(check.folder / "ours-files")], {})
        ours = stack.enter_context(services.gauntlet_server(check.gauntlet, storage, check.folder))
        at_ours = {"MLFLOW_TRACKING_URI": ours}
        check.twice("ours", at_ours, lambda: check.look(at_ours))

        sqlite = f"sqlite:///{check.folder}/real.db"
        storage = services.Storage("real", sqlite, ["--artifacts-destination", str(check.folder / "real-files")], {})
        real = stack.enter_context(services.mlflow_server(storage, check.folder, check.python))
        at_real = {"MLFLOW_TRACKING_URI": real}
        check.twice("real", at_real, lambda: check.look(at_real))

        cluster = stack.enter_context(services.postgres(check.folder, check.folder / "postgres-template"))
        database = cluster.database("registry")
        check.twice("postgres", {"MLFLOW_TRACKING_URI": database}, lambda: check.look_in(database, "postgres"))

        bucket = stack.enter_context(services.s3_server(args.moto.absolute(), check.folder))
        root = {"MLFLOW_ARTIFACT_ROOT": f"s3://{services.BUCKET}/prefix"}
        embedded = f"sqlite:///{check.folder}/s3/registry/registry.db"
        check.twice("s3", bucket | root, lambda: check.look_in(embedded, "s3", bucket))
        before = objects(bucket)
        check.run("s3", bucket | root)
        if not before or objects(bucket) != before:
            sys.exit(f"s3: a further run changed the {before} objects to {objects(bucket)}")

        absent = {"MLFLOW_ARTIFACT_ROOT": "s3://no-such-bucket/prefix"}
        check.refused("no-bucket", bucket | absent, ["no-such-bucket", "create the bucket"])
        nobody = f"http://127.0.0.1:{services.free_port()}"
        check.refused("unreachable", {"MLFLOW_TRACKING_URI": nobody}, [nobody, "see that the server runs"])
        nowhere = bucket | root | {"MLFLOW_S3_ENDPOINT_URL": nobody}
        check.refused("no-store", nowhere, [services.BUCKET, "see that MLFLOW_S3_ENDPOINT_URL is right"])

        secret = {"GAUNTLET_PROMOTE_TOKEN": "a-token-of-the-server-only"}
        storage = services.Storage(
            "closed", f"sqlite:///{check.folder}/closed.db",
            ["--artifacts-destination", str(check.folder / "closed-files")], secret)
        closed_folder = check.folder / "closed"
        closed_folder.mkdir()
        closed = stack.enter_context(services.gauntlet_server(check.gauntlet, storage, closed_folder))
        wrong = {"MLFLOW_TRACKING_URI": closed, "MLFLOW_TRACKING_TOKEN": "another"}
        check.refused("wrong-token", wrong, [closed, "set MLFLOW_TRACKING_TOKEN"])
        left = check.look({"MLFLOW_TRACKING_URI": closed, "MLFLOW_TRACKING_TOKEN": secret["GAUNTLET_PROMOTE_TOKEN"]})
        if left["versions"] or left["runs"]:
            sys.exit(f"wrong-token: the run failed and left {left}")


if __name__ == "__main__":
    main()
