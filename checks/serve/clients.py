"""Clients that others wrote, unmodified, and the examples of the documents.

    python clients.py GAUNTLET_SERVE ROOT FOLDER

Runs in an environment with MLflow and tritonclient; ROOT is the root of a quick run. MLflow's own scoring server of
the same bundle stands beside ours, and every difference is printed.
"""

import json
import pathlib
import shutil
import sys

import client_examples
import client_mlflow
import client_triton

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import guide  # noqa: E402
from server import serving  # noqa: E402


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: clients.py GAUNTLET_SERVE ROOT FOLDER")
    binary, root, folder = (pathlib.Path(path).absolute() for path in sys.argv[1:])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    registry = root / "registry"
    model = guide.published(registry)
    assert model, f"no champion of {guide.MODEL} in {registry}"
    pointer = json.loads((registry / "published" / model / "champion.json").read_text())
    bundle, version = registry / pointer["artifact"], str(pointer["version"])
    failures = []
    with open(folder / "serve.log", "ab") as sink, serving(binary, registry, model, sink=sink, log="info") as server:
        host = server.url.removeprefix("http://")
        answers = client_mlflow.pyfunc(bundle, server.url)
        print(f"mlflow.pyfunc answers {len(answers)} rows as the server does")

        expected = {name: answers[name].to_numpy() for name in answers.columns}
        client_triton.check(host, model, version, bundle, expected)
        print("tritonclient: health, metadata, JSON and binary, by version, chosen outputs, refusals")

        count = client_examples.run(client_examples.project(), host, sys.executable, guide.MODEL, model, folder)
        print(f"examples that ran as written: {count}")
        if not count:
            failures.append(f"no document holds an example for {client_examples.WRITTEN}")

        program = pathlib.Path(sys.executable).parent / "mlflow"
        differences = client_mlflow.compare(program, bundle, server.url, folder)
        failures += differences
    for failure in failures:
        print(f"DIFFERS  {failure}")
    if failures:
        sys.exit(1)
    print(f"{root}: `mlflow models serve` and ours answer every form alike")


if __name__ == "__main__":
    main()
