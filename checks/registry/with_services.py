"""Runs a command beside a throw-away PostgreSQL and, if wanted, a real MLflow server.

    python with_services.py FOLDER [--mlflow PYTHON] -- COMMAND...

The command finds them through GAUNTLET_TEST_POSTGRES (a server on which it may create databases) and
GAUNTLET_TEST_MLFLOW (an address). Its exit code is passed on.
"""

import argparse
import contextlib
import os
import pathlib
import subprocess
import sys

import services


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
            place = folder / "mlflow"
            place.mkdir(exist_ok=True)
            database = place / "mlflow.db"
            database.unlink(missing_ok=True)
            storage = services.Storage(
                "contract", f"sqlite:///{database}", ["--artifacts-destination", place / "artifacts"], {}
            )
            # Not resolved: a link out of a virtual environment would lose its packages.
            python = os.path.abspath(arguments.mlflow)
            settings["GAUNTLET_TEST_MLFLOW"] = stack.enter_context(services.mlflow_server(storage, place, python))
        sys.exit(subprocess.run(arguments.command, env=os.environ | settings).returncode)


if __name__ == "__main__":
    main()
