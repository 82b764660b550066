"""Requests made from the server's own OpenAPI document, sane and insane, for as long as is said.

    python3 schemathesis_run.py GAUNTLET_SERVE REGISTRY FOLDER --schemathesis PROGRAM [--seconds 300] [--seed N]

REGISTRY is a registry's folder. Fails on an answer of 5xx, on a status, header, content type or body that the document
does not describe, and if the server does not outlive it or takes ever more memory. 503 is no fault where the document says it.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from server import environment, serving  # noqa: E402

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "ignored_auth",
)
KEY = "of-the-fuzzer"
# A dev build with all champions of a run takes a tenth of it.
MOST_MIB = 512


def resident_mib(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def known(model):
    """Settings for schemathesis: the names and versions of a path and of a query."""
    name, version = json.dumps(model["model_name"]), json.dumps(str(model["model_version"]))
    return f'[parameters]\n"path.name" = {name}\n"path.version" = {version}\n"query.model" = {name}\n"query.version" = {version}\n'


def run(program, folder, command, config):
    folder.mkdir()
    (folder / "schemathesis.toml").write_text(config)
    more = ["--report", "ndjson", "--report-ndjson-path", folder / "events.ndjson"]
    words = [program, "--config-file", folder / "schemathesis.toml", *command, *more]
    return subprocess.run([str(word) for word in words], cwd=folder, env=environment()).returncode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("serve", type=pathlib.Path)
    parser.add_argument("registry", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--schemathesis", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, help="to repeat a run; it prints its own")
    parser.add_argument("--document", help="another document than the server's own")
    args = parser.parse_args()
    folder = args.folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    program = args.schemathesis.absolute()
    with open(folder / "serve.log", "ab") as sink:
        with serving(args.serve, args.registry, key=KEY, log="warn", sink=sink) as server:
            command = ["run", args.document or f"{server.url}/openapi.json", "--url", server.url]
            command += ["--max-time", args.seconds // 2, "--header", f"x-api-key: {KEY}", "--workers", 2]
            command += ["--checks", ",".join(CHECKS), "--continue-on-failure", "--request-timeout", 20]
            if args.seed is not None:
                command += ["--seed", args.seed]
            before = resident_mib(server.process)
            # Once with any model, and once with one that is there, so that more than the path is tried.
            _, about = server.ask("/health")
            codes = [
                run(program, folder / "any-model", command, ""),
                run(program, folder / "a-model", command, known(about["models"][0])),
            ]
            after = resident_mib(server.process)
            internal = {labels["kind"]: value for labels, value in server.metrics("gauntlet_serve_errors_total")}
            status, health = server.ask("/health")
    print(f"memory (RSS) {before:.0f} to {after:.0f} MiB; errors by kind: {internal}")
    if any(codes):
        sys.exit(f"schemathesis ended with exit codes {codes}; the events are in {folder}")
    if internal["internal"] or internal["model"]:
        sys.exit("the server counts faults of its own")
    if status != 200:
        sys.exit(f"the server is not well after it: {health}")
    if after > MOST_MIB:
        sys.exit(f"the server takes {after:.0f} MiB after it")


if __name__ == "__main__":
    main()
