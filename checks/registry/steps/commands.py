"""MLflow's command line against the server: the same code as the program `mlflow`, called in this process."""

import csv
import io
import json

from click.testing import CliRunner

import mlflow
from mlflow.cli import cli
from steps.models import LABELS, ROWS, fitted, log
from steps.world import same


def command(*words, code=0):
    """What the command prints; it has to end with this exit code."""
    found = CliRunner().invoke(cli, [str(word) for word in words])
    said = found.output if found.exception is None else f"{found.output}\n{found.exception!r}"
    assert found.exit_code == code, f"`mlflow {' '.join(map(str, words))}` ends with {found.exit_code}: {said}"
    return found.output


def experiments(world):
    name = world.name("cli")
    command("experiments", "create", "--experiment-name", name)
    made = mlflow.get_experiment_by_name(name).experiment_id
    assert name in command("experiments", "search")
    command("experiments", "rename", "--experiment-id", made, "--new-name", f"{name} renamed")
    same(world.client.get_experiment(made).name, f"{name} renamed")
    command("experiments", "delete", "--experiment-id", made)
    assert name not in command("experiments", "search")
    assert f"{name} renamed" in command("experiments", "search", "--view", "deleted_only")
    command("experiments", "restore", "--experiment-id", made)
    assert f"{name} renamed" in command("experiments", "search", "--view", "all")
    if world.modern:
        assert f"{name} renamed" in command("experiments", "get", "--experiment-id", made)
        found = json.loads(command("experiments", "get", "--experiment-name", f"{name} renamed", "--output", "json"))
        same(found["experiment_id"], made)
    command("experiments", "delete", "--experiment-id", "987654321", code=1)


def runs(world):
    experiment = world.experiment("cli runs")
    run = world.client.create_run(experiment, run_name="by hand").info.run_id
    world.client.log_metric(run, "loss", 0.5)
    world.client.log_param(run, "depth", 3)
    listed = command("runs", "list", "--experiment-id", experiment)
    assert run in listed and "by hand" in listed, listed
    found = json.loads(command("runs", "describe", "--run-id", run))
    same(found["info"]["run_id"], run)
    same((found["data"]["metrics"], found["data"]["params"]), ({"loss": 0.5}, {"depth": "3"}))
    rows = list(csv.DictReader(io.StringIO(command("experiments", "csv", "--experiment-id", experiment))))
    same([(row["run_id"], row["metrics.loss"], row["params.depth"]) for row in rows], [(run, "0.5", "3")])
    command("runs", "delete", "--run-id", run)
    assert run not in command("runs", "list", "--experiment-id", experiment)
    assert run in command("runs", "list", "--experiment-id", experiment, "--view", "deleted_only")
    command("runs", "restore", "--run-id", run)
    assert run in command("runs", "list", "--experiment-id", experiment)
    if world.modern:
        command("runs", "create", "--experiment-id", experiment, "--run-name", "from the shell")
        (made,) = world.client.search_runs([experiment], "run_name = 'from the shell'")
        same(made.info.status, "FINISHED")
    command("runs", "describe", "--run-id", "0" * 32, code=1)


def artifacts(world):
    run = world.client.create_run(world.experiment("cli artifacts")).info.run_id
    folder = world.scratch("cli")
    (folder / "deep").mkdir()
    (folder / "a.txt").write_text("hello")
    (folder / "deep" / "b.txt").write_text("hello b")
    command("artifacts", "log-artifact", "--run-id", run, "--local-file", folder / "a.txt", "--artifact-path", "one")
    command("artifacts", "log-artifacts", "--run-id", run, "--local-dir", folder, "--artifact-path", "all")
    listed = json.loads(command("artifacts", "list", "--run-id", run))
    same(sorted(entry["path"] for entry in listed), ["all", "one"])
    listed = json.loads(command("artifacts", "list", "--run-id", run, "--artifact-path", "one"))
    same([(entry["path"], entry["is_dir"], entry["file_size"]) for entry in listed], [("one/a.txt", False, 5)])
    into = world.scratch("cli-back")
    command("artifacts", "download", "--run-id", run, "--artifact-path", "all", "--dst-path", into)
    same((into / "all" / "deep" / "b.txt").read_text(), "hello b")
    command("artifacts", "download", "--artifact-uri", f"runs:/{run}/one/a.txt", "--dst-path", into)
    same((into / "a.txt").read_text(), "hello")


def models(world):
    """`mlflow models predict` fetches a registered model by its alias and answers a file."""
    mlflow.set_experiment(world.name("cli models"))
    name, model = f"{world.prefix}-cli", fitted()
    with mlflow.start_run():
        log(world, model, registered_model_name=name)
    world.client.set_registered_model_alias(name, "champion", "1")
    folder = world.scratch("cli-models")
    ROWS.to_csv(folder / "rows.csv", index=False)
    command(
        *("models", "predict", "-m", f"models:/{name}@champion", "-i", folder / "rows.csv", "-t", "csv"),
        *("-o", folder / "found.json", "--env-manager", "local"),
    )
    found = json.loads((folder / "found.json").read_text())["predictions"]
    same(len(found), len(LABELS))
    same(found, model.predict(ROWS).tolist())


STEPS = [experiments, runs, artifacts, models]
