"""Export and import: everything of a live MLflow server into ours, and from ours into a live MLflow server.

    .venv/mlflow/bin/python move.py --gauntlet target/debug/gauntlet

A real server A is filled by the scenario, with models and artefacts. `registry export` reads it, `registry import`
writes it to our server B; then from B to an empty real server C. What A, B and C hold is compared by name: ids,
places and the registries' own times are theirs. A second import changes nothing. At the end the client loads A's
champion from C.
"""

import argparse
import contextlib
import pathlib
import shutil
import subprocess
import sys
import time

import compare
import services
from backends import run_client
from dump import ask, everything, without_ids
from services import PROJECT, Storage

# One of each kind, and models that can be loaded.
FILL = r"^runs\.(a_run|nested|params|metrics|values|batches|tags|datasets|deletion)|^experiments\.(tags|deletion)" \
    r"|^registry\.(versions|aliases|stages)|^models\.(registered|logged)|^artifacts\.(files|texts)"  # fmt: skip
LOAD = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
import pandas
rows = pandas.DataFrame({"x": [0.0, 3.9], "z": [0.0, 6.0]})
print(list(mlflow.pyfunc.load_model(sys.argv[2]).predict(rows)))
"""


def store(name, folder):
    home = folder / name
    home.mkdir(parents=True)
    return Storage(
        name, f"sqlite:///{home / 'registry.db'}", ["--artifacts-destination", str(home / "artifacts")], {}
    ), home


def run(command, folder):
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=services.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\n{' '.join(map(str, command))}: exit code {done.returncode}")
    return done.stdout


def export(gauntlet, url, place):
    run([gauntlet, "registry", "export", "--from", url, place], place.parent)


def bring(gauntlet, place, url):
    run([gauntlet, "registry", "import", place, "--to", url], place.parent)


def compared(expected, found, what):
    """Prints how the two differ. Whether they are equal."""
    different = list(compare.paths(expected, found))
    if not different:
        counts = ", ".join(f"{len(entries)} {kind}" for kind, entries in expected.items())
        print(f"{what}: equal ({counts})", flush=True)
        return True
    told = "\n".join(f"  {path}: {theirs!r:.200} became {ours!r:.200}" for path, theirs, ours in different[:20])
    print(f"{what}: {len(different)} differences\n{told}", flush=True)
    return False


def champion(url):
    """A model whose alias `champion` points to something that can be loaded."""
    for model in ask(url, "registered-models/search", filter="name LIKE '% pump'")["registered_models"]:
        return f"models:/{model['name']}@champion"
    raise SystemExit("the scenario registered no model")


def answers(url, model, folder):
    return run([sys.executable, "-c", LOAD, url, model], folder).strip().splitlines()[-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gauntlet", type=pathlib.Path, default=PROJECT / "target/debug/gauntlet")
    parser.add_argument("--logs", type=pathlib.Path, default=PROJECT / "target/checks/registry")
    args = parser.parse_args()
    services.unwind_when_told()
    gauntlet, logs = args.gauntlet.absolute(), args.logs.absolute() / "move"
    shutil.rmtree(logs, ignore_errors=True)
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(services.mlflow_server(*store("first", logs)))
        found = run_client(pathlib.Path(sys.executable), first, Storage("first", "", [], {}), logs, FILL)
        if found["failed"]:
            sys.exit(f"filling failed at {', '.join(found['failed'])}; see {found['log']}")
        expected = without_ids(everything(first))
        model = champion(first)
        ours = stack.enter_context(services.gauntlet_server(gauntlet, *store("ours", logs)))
        export(gauntlet, first, logs / "from-mlflow")
        bring(gauntlet, logs / "from-mlflow", ours)
        good = compared(expected, without_ids(everything(ours)), "MLflow to ours")
        bring(gauntlet, logs / "from-mlflow", ours)
        good &= compared(expected, without_ids(everything(ours)), "the same import again")
        last = stack.enter_context(services.mlflow_server(*store("last", logs)))
        export(gauntlet, ours, logs / "from-ours")
        bring(gauntlet, logs / "from-ours", last)
        good &= compared(expected, without_ids(everything(last)), "ours to MLflow")
        there, here = answers(first, model, logs), answers(last, model, logs)
        if there != here:
            sys.exit(f"{model} answers {there} where it was made and {here} where it was moved to")
    print(f"{model} answers {here} at both ends; done in {time.monotonic() - start:.0f} s")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
