"""MLflow's official client, unmodified, against a tracking server: every call that training and registering make.

    python scenario.py TRACKING_URI [--only PATTERN] [--json FILE]

Runs under MLflow 2.22 and 3.17; a step says where their calls differ. Each step makes what it needs under names
of its own, so that a server may be used again. Prints a line for each step and a summary; the exit code is 1 if
a step failed.
"""

import argparse
import contextlib
import importlib
import io
import json
import logging
import os
import pathlib
import re
import sys
import tempfile
import time
import traceback
import uuid
import warnings

PARTS = ["experiments", "runs", "artifacts", "searching", "registry", "models", "commands"]
# A mistake of the server has to show at once, not after seven retries with growing pauses.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}


def prepare(uri):
    """MLflow reads these when it is imported."""
    os.environ.update(PATIENCE)
    os.environ["MLFLOW_TRACKING_URI"] = uri
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    warnings.simplefilter("ignore")


@contextlib.contextmanager
def quiet():
    """The client prints where a person could look at each run and model."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def run(step, world):
    """Word for the outcome, and what is to be said about it."""
    try:
        with quiet():
            reason = step(world)
        return ("skipped", reason) if reason else ("ok", "")
    except Exception:
        return "FAILED", traceback.format_exc(limit=-5, chain=False)
    finally:
        import mlflow

        with quiet():
            while mlflow.active_run():
                mlflow.end_run()
        mlflow.tracking.fluent._active_experiment_id = None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("uri")
    parser.add_argument("--only", default="", help="steps whose `part.name` this regular expression finds")
    parser.add_argument("--json", type=pathlib.Path, help="where the summary is written too")
    args = parser.parse_args()
    prepare(args.uri)

    import mlflow

    from steps.world import World

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(args.uri)
    said, seconds = {"FAILED": {}, "skipped": {}, "ok": {}}, {}
    with tempfile.TemporaryDirectory() as scratch:
        world = World(args.uri, f"s{uuid.uuid4().hex[:8]}", pathlib.Path(scratch))
        for part in PARTS:
            for step in importlib.import_module(f"steps.{part}").STEPS:
                name = f"{part}.{step.__name__}"
                if not re.search(args.only, name):
                    continue
                start = time.monotonic()
                word, said[word][name] = run(step, world)
                seconds[name] = round(time.monotonic() - start, 2)
                print(f"{word:7} {seconds[name]:6.2f} s  {name}  {said[word][name]}".rstrip(), flush=True)
    if not seconds:
        sys.exit(f"no step matches {args.only!r}")
    summary = {
        "client": mlflow.__version__,
        "server": args.uri,
        "steps": len(seconds),
        "skipped": said["skipped"],
        "failed": sorted(said["FAILED"]),
        "seconds": round(sum(seconds.values()), 1),
    }
    print(json.dumps(summary))
    if args.json:
        args.json.write_text(json.dumps(summary | {"each": seconds, "problems": said["FAILED"]}, indent=1))
    sys.exit(1 if said["FAILED"] else 0)


if __name__ == "__main__":
    main()
