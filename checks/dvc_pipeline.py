"""Runs dvc.yaml with a real DVC in a repository of its own, and its remote against an S3 server.

    .venv/dvc/bin/python dvc_pipeline.py GAUNTLET PIPELINE WORK_DIR

The repository holds this project's files with a small pipeline on simulated data, and runs the binary that
is there in place of `cargo run`. The S3 server is moto on a free loopback port.
"""

import contextlib
import hashlib
import json
import logging
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.request

from moto.server import ThreadedMotoServer

import quick_run

PROJECT = quick_run.PROJECT
TOOLS = pathlib.Path(sys.executable).parent
STAGES = ["prepare", "features", "train", "judge"]
SMALLER = quick_run.SMALLER | {"trees": 8, "replicates": 100}


class Repository:
    def __init__(self, folder, cache):
        self.folder = folder
        # Nothing of the person who runs this reaches the repository, nor the other way round.
        self.environment = quick_run.environment() | {
            "AWS_ACCESS_KEY_ID": "throwaway",
            "AWS_SECRET_ACCESS_KEY": "throwaway",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "DVC_NO_ANALYTICS": "1",
            "DVC_GLOBAL_CONFIG_DIR": str(cache),
            "DVC_SYSTEM_CONFIG_DIR": str(cache),
            "DVC_SITE_CACHE_DIR": str(cache),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def run(self, *command):
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != 0:
            sys.exit(f"{done.stdout}\n{' '.join(map(str, command))}: exit code {done.returncode}")
        return done.stdout

    def dvc(self, *arguments):
        return self.run(TOOLS / "dvc", *arguments)

    def json(self, *arguments):
        """The last line of what DVC prints: a warning may stand above it."""
        return json.loads(self.dvc(*arguments, "--json").strip().splitlines()[-1])

    def commit(self, message):
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=check", "-c", "user.email=", "commit", "-qm", message)


def lay_out(folder, pipeline, gauntlet):
    """This project's files as a stranger would clone them, with the two settings that differ."""
    quick = quick_run.place(folder, pipeline, SMALLER)
    own = shutil.ignore_patterns("cache", "tmp", "config.local")
    shutil.copytree(PROJECT / ".dvc", folder / ".dvc", ignore=own)
    shutil.copytree(PROJECT / "crates", folder / "crates")
    (folder / "reports").mkdir()
    ignores = [f"{place}.gitignore" for place in ("", "datasets/", "registry/", "reports/")]
    for name in [".dvcignore", "Cargo.lock", *ignores]:
        shutil.copy(PROJECT / name, folder / name)
    text = (PROJECT / "dvc.yaml").read_text()
    for pattern, value in [(r"- gauntlet: .*", f"- gauntlet: {gauntlet}"), (r"- data: .*", "- data: simulated")]:
        text, count = re.subn(pattern, value, text)
        assert count == 1, pattern
    (folder / "dvc.yaml").write_text(text)
    return quick


def contents(work):
    """Digests of what the stages left."""
    files = [path for stage in STAGES for path in (work / stage).rglob("*") if path.is_file()]
    assert files, f"{work} is empty"
    return {str(f.relative_to(work)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


@contextlib.contextmanager
def s3_server():
    """The address of an S3 server on a free loopback port."""
    # One line for each request would bury the result.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def check_pipeline(repository, name):
    """A first run, a second one that does nothing, and everything that reads the result."""
    stages = [f"{stage}@{name}" for stage in STAGES]
    assert repository.dvc("stage", "list", "--name-only").split() == stages
    graph = repository.dvc("dag", "--mermaid")
    assert all(stage in graph for stage in stages), graph
    first = repository.dvc("repro")
    assert all(f"Running stage '{stage}'" in first for stage in stages), first
    assert "SIMULATED DATA" in first, "a simulated run has to say so"
    again = repository.dvc("repro")
    assert "Running stage" not in again and "up to date" in again, again
    status = repository.dvc("status")
    assert "up to date" in status, status
    left = repository.run("git", "status", "--porcelain", "--untracked-files=all").splitlines()
    stray = [line for line in left if not line[3:].startswith(("dvc.lock", f"reports/{name}/"))]
    assert not stray, f"a run leaves files that should be ignored: {stray}"
    repository.commit("first run")
    print(f"dvc repro: {len(stages)} stages ran, a second repro ran none")


def check_reports(repository, name, pipeline):
    """A change of one number runs what follows from it and shows in every diff."""
    metrics_path = f"reports/{name}/metrics.json"
    metrics = repository.json("metrics", "show")[""]["data"][metrics_path]["data"]
    winner = metrics["winner"]
    found = metrics["participants"][winner]["test"]["pr_auc"]["value"]
    assert 0.5 < found <= 1, metrics["participants"][winner]

    changed = quick_run.shrink(pipeline.read_text(), {"trees": 9})
    pipeline.write_text(changed)
    repository.dvc("repro")
    params = json.dumps(repository.json("params", "diff"))
    assert "contenders" in params and pipeline.name in params, params
    diff = repository.json("metrics", "diff")[metrics_path]
    assert any(key.endswith("pr_auc.value") for key in diff), diff
    curve = f"reports/{name}/plots/pr_curve.csv"
    shown = repository.json("plots", "diff", "HEAD")["data"][curve]
    spec = json.dumps(shown)
    assert "<DVC_METRIC" not in spec, "the plot's template has an anchor that DVC does not know"
    values = shown[0]["content"]["data"]["values"]
    assert {row["rev"] for row in values} == {"HEAD", "workspace"}
    assert {"participant", "recall", "precision"} <= set(values[0]), values[0]
    page = repository.dvc("plots", "show").strip().splitlines()[-1]
    assert page.endswith("index.html"), page
    html = (repository.folder / "dvc_plots" / "index.html").read_text()
    assert "pr_curve" in html and "contenders" in html
    repository.commit("another number of trees")
    print(f"dvc metrics, params and plots: {len(diff)} numbers differ after a change of `trees`")


def check_remote(repository, name, address):
    """What was pushed comes back byte for byte after everything local is gone."""
    creation = urllib.request.Request(f"{address}/gauntlet", method="PUT")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(creation, timeout=30).close()
    repository.dvc("remote", "add", "--local", "--default", "store", "s3://gauntlet/dvc")
    repository.dvc("remote", "modify", "--local", "store", "endpointurl", address)
    work = repository.folder / "work" / name
    before = contents(work)
    pushed = repository.dvc("push")
    assert re.search(r"[1-9]\d* files? pushed", pushed), pushed
    shutil.rmtree(work)
    shutil.rmtree(repository.folder / ".dvc" / "cache")
    repository.dvc("pull")
    differ = set(before.items()) ^ set(contents(work).items())
    assert not differ, f"not as before: {sorted({path for path, _ in differ})}"
    status = repository.dvc("status")
    assert "up to date" in status, status
    again = repository.dvc("repro")
    assert "Running stage" not in again, again
    print(f"dvc push and pull through S3: {len(before)} files came back as they were")


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: dvc_pipeline.py GAUNTLET PIPELINE WORK_DIR")
    gauntlet, pipeline, work = (pathlib.Path(word).resolve() for word in sys.argv[1:])
    shutil.rmtree(work, ignore_errors=True)
    folder = work / "project"
    repository = Repository(folder, work / "site")
    quick = lay_out(folder, pipeline, gauntlet)
    repository.run("git", "init", "-q", "-b", "main")
    repository.commit("the project")
    check_pipeline(repository, pipeline.stem)
    check_reports(repository, pipeline.stem, quick)
    with s3_server() as address:
        check_remote(repository, pipeline.stem, address)


if __name__ == "__main__":
    main()
