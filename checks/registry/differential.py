"""Sends the same requests to a real MLflow server and to ours, and compares the answers.

    python differential.py --replay FILE --gauntlet BINARY     ours against recorded answers; needs only Python
    python differential.py --mlflow --gauntlet BINARY          ours against a real server
    python differential.py --mlflow --record FILE              records what a real server answers (with --only, adds it)
    python differential.py --replay FILE --show                prints the recording

--gauntlet and --mlflow start a server on an empty database; --ours URL and --real URL take one that runs. Status,
error code and JSON body have to be equal once ids, times and invented names are placeholders. The wording of an error
is compared too, but counted apart and no failure without --strict. What differs on purpose stands in accepted.py.
"""

import argparse
import contextlib
import gzip
import json
import pathlib
import re
import shutil
import sys
import time
import uuid

import compare
import services
from cases import all_cases
from normal import normal
from talk import Missing, Talk


def converse(base, folder, cases, token):
    """Every case's conversation with the server: its name, the questions, and the answers."""
    talk = Talk(base, token)
    for name, case in cases.items():
        talk.begin(name)
        end = ""
        try:
            case(talk)
        except (Missing, AttributeError, LookupError, TypeError) as error:
            # An answer of another shape than MLflow's.
            end = f"{type(error).__name__}: {error}"
        asked = [exchange.asked for exchange in talk.exchanges]
        yield name, asked, {"said": normal(talk.exchanges, token, folder), "end": end}
    talk.close()


def started(stack, context, folder, which):
    """The address and the folder of a server that is started on an empty database."""
    home = folder / which
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    arguments = ["--artifacts-destination", str(home / "artifacts")]
    storage = services.Storage(which, f"sqlite:///{home / 'registry.db'}", arguments, {})
    return stack.enter_context(context(storage, home)), str(home)


def read(file, cases):
    real = json.loads(gzip.decompress(file.read_bytes()))
    unknown = [name for name in cases if name not in real]
    if unknown:
        sys.exit(f"{file} does not know {', '.join(unknown)}: record it again")
    return real


def write(file, real):
    text = json.dumps(real, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def show(real, cases):
    for name in cases:
        print(f"\n{name}  {real[name]['end']}".rstrip())
        for label, status, kind, body in real[name]["said"]:
            print(f"  {label}\n    {status} {kind} {compare.shown(body):.1000}")


def main():
    parser = argparse.ArgumentParser()
    real = parser.add_mutually_exclusive_group(required=True)
    real.add_argument("--mlflow", action="store_true", help="start a real server with the MLflow of this Python")
    real.add_argument("--real", metavar="URL")
    real.add_argument("--replay", metavar="FILE", type=pathlib.Path)
    ours = parser.add_mutually_exclusive_group(required=True)
    ours.add_argument("--gauntlet", metavar="BINARY", type=pathlib.Path)
    ours.add_argument("--ours", metavar="URL")
    ours.add_argument("--record", metavar="FILE", type=pathlib.Path)
    ours.add_argument("--show", action="store_true")
    parser.add_argument("--only", default="", help="cases whose name this regular expression finds")
    parser.add_argument("--strict", action="store_true", help="an error in other words counts too")
    parser.add_argument("--logs", type=pathlib.Path, default=services.PROJECT / "target/checks/registry")
    args = parser.parse_args()
    services.unwind_when_told()
    cases = {name: case for name, case in all_cases().items() if re.search(args.only, name)}
    if not cases:
        sys.exit(f"no case matches {args.only!r}")
    token, start, folder = f"d{uuid.uuid4().hex[:7]}", time.monotonic(), args.logs.absolute()
    if args.replay:
        answers = read(args.replay, cases)
    else:
        with contextlib.ExitStack() as stack:
            place = started(stack, services.mlflow_server, folder, "mlflow") if args.mlflow else (args.real, "")
            answers = {name: said for name, _, said in converse(*place, cases, token)}
    if args.show:
        return show(answers, cases)
    if args.record:
        if args.only and args.record.exists():
            answers = json.loads(gzip.decompress(args.record.read_bytes())) | answers
        write(args.record, answers)
        count = sum(len(case["said"]) for case in answers.values())
        return print(f"{len(answers)} cases, {count} requests in {time.monotonic() - start:.1f} s: {args.record}")
    found, requests = [], 0
    with contextlib.ExitStack() as stack:
        if args.gauntlet:
            binary = args.gauntlet.absolute()
            place = started(stack, lambda *more: services.gauntlet_server(binary, *more), folder, "gauntlet")
        else:
            place = args.ours, ""
        for name, asked, said in converse(*place, cases, token):
            requests += len(asked)
            found += compare.case(name, answers[name], said, asked)
    sys.exit(0 if compare.report(found, requests, len(cases), args.strict, not args.only) else 1)


if __name__ == "__main__":
    main()
