"""Runs a command beside a throw-away PostgreSQL and, if wanted, two real MLflow servers.

    python with_services.py FOLDER [--mlflow PYTHON] -- COMMAND...

The command finds them through GAUNTLET_TEST_POSTGRES (a server on which it may create databases) and
GAUNTLET_TEST_MLFLOW and GAUNTLET_TEST_MLFLOW_2 (addresses of two empty servers). Its exit code is passed on.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys

import services


def empty_mlflow(place, python):
    """A real MLflow server on a new database in the folder `place`."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    storage = services.Storage(
        place.name, f"sqlite:///{place / 'mlflow.db'}", ["--artifacts-destination", place / "artifacts"], {}
    )
    return services.mlflow_server(storage, place, python)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="for logs, and a template that makes the next start quick")
    parser.add_argument("--mlflow", metavar="PYTHON", help="a Python that has MLflow")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    services.unwind_when_told()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    settings = {}
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(services.postgres(folder, folder / "postgres-template"))
        settings["GAUNTLET_TEST_POSTGRES"] = f"postgresql://postgres@127.0.0.1:{cluster.port}/postgres"
        if arguments.mlflow:
            # Not resolved: a link out of a virtual environment would lose its packages.
            python = os.path.abspath(arguments.mlflow)
            for variable in ("GAUNTLET_TEST_MLFLOW", "GAUNTLET_TEST_MLFLOW_2"):
                settings[variable] = stack.enter_context(empty_mlflow(folder / variable.lower(), python))
        sys.exit(subprocess.run(arguments.command, env=os.environ | settings).returncode)


if __name__ == "__main__":
    main()
