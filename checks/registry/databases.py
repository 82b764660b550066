"""Databases that MLflow made open in our server as they are, and then in MLflow again, with every row there.

    .venv/mlflow/bin/python databases.py --gauntlet target/debug/gauntlet [--only PATTERN]

For SQLite and PostgreSQL of MLflow 3.17.2 and SQLite of 3.12.0: a real server makes and fills a database; ours has to
answer everything in it as the real one did, and then writes to it; every old row has to be there unchanged, in all of
MLflow's tables; the real server opens it again and has to answer all of it as ours did. A database whose head our
server does not know is refused with that head's name, and stays as it was.
"""

import argparse
import collections
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import time

import sqlalchemy

import compare
import services
from backends import run_client
from dump import everything
from services import PROJECT, Storage

# Steps that every release answers alike, and that together write to every table.
FILL = "|".join(
    [
        r"^runs\.",
        r"^experiments\.(tags|deletion)",
        r"^registry\.(a_model|renaming|versions|stages|a_version|searching_models)",
        r"^models\.logged_models",
    ]
)
# Enough to see that MLflow can still write.
AGAIN = r"^runs\.(a_run_has|datasets)|^registry\.a_version"
NEW, OLD = "3.17.2", "3.12.0"
# MLflow's tables that tracking and registering use.
CORE = """
    experiments experiment_tags runs params tags metrics latest_metrics datasets inputs input_tags logged_models
    logged_model_params logged_model_tags logged_model_metrics registered_models registered_model_tags
    registered_model_aliases model_versions model_version_tags
""".split()
HEADS = {NEW: "dc11669786a5", OLD: "7d34483879f0"}
NOBODY_KNOWS = "0123456789ab"
FORGET = f"UPDATE alembic_version SET version_num = '{NOBODY_KNOWS}'"


def rows(uri):
    """How often each row stands in each table."""
    engine = sqlalchemy.create_engine(uri)
    with engine.connect() as connection:
        names = sqlalchemy.inspect(engine).get_table_names()
        found = {name: connection.execute(sqlalchemy.text(f'SELECT * FROM "{name}"')).all() for name in names}
    engine.dispose()
    return {name: collections.Counter(map(as_text, entries)) for name, entries in found.items()}


def as_text(row):
    return repr(tuple(bytes(value) if isinstance(value, memoryview) else value for value in row))


def change(uri, statement):
    engine = sqlalchemy.create_engine(uri)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(statement))
    engine.dispose()


def nothing_lost(before, after, what):
    lost = {table: old - after.get(table, collections.Counter()) for table, old in before.items()}
    for table, missing in lost.items():
        if missing:
            one = next(iter(missing))
            sys.exit(f"{what}: {missing.total()} rows of `{table}` are gone or changed, among them {one:.300}")


def same(expected, found, what):
    different = list(compare.paths(expected, found))
    if different:
        lines = "\n".join(f"  {path}: {theirs!r:.200} became {ours!r:.200}" for path, theirs, ours in different[:20])
        sys.exit(f"{what}: {len(different)} differences\n{lines}")


def told(url, release):
    """Everything the server answers, but for what the older MLflow does not tell."""
    found = everything(url)
    if release == OLD:
        for experiment in found["experiments"].values():
            experiment.pop("workspace", None)
    return found


def fill(url, storage, logs, label, steps=FILL):
    python = pathlib.Path(sys.executable)
    named = Storage(f"{storage.name}-{label}", storage.backend, [], {})
    found = run_client(python, url, named, logs, steps)
    if found["failed"]:
        sys.exit(f"{storage.name}: {label} failed at {', '.join(found['failed'])}; see {found['log']}")


def make(release, storage, folder):
    """Lets a real server make and fill the database: what it answers then, and its rows."""
    with services.mlflow_server(storage, folder) as url:
        fill(url, storage, folder, "mlflow")
        theirs = told(url, release)
    made = rows(storage.backend)
    assert made["alembic_version"] == head(release), made["alembic_version"]
    empty = [name for name in CORE if not made[name]]
    assert not empty, f"the scenario wrote nothing to {empty}"
    return theirs, made


def head(release):
    return collections.Counter([f"('{HEADS[release]}',)"])


def round_trip(gauntlet, release, storage, folder, theirs, made):
    """Ours reads and writes the database, then MLflow does again."""
    plain = Storage(storage.name, storage.backend, storage.arguments, {})
    with services.gauntlet_server(gauntlet, plain, folder) as url:
        same(theirs, told(url, release), f"{storage.name}: what MLflow wrote, read through our server")
        nothing_lost(made, rows(storage.backend), f"{storage.name}: opened by our server")
        fill(url, storage, folder, "gauntlet")
        ours = told(url, release)
    written = rows(storage.backend)
    nothing_lost(made, written, f"{storage.name}: written to by our server")
    assert written["alembic_version"] == head(release), written["alembic_version"]

    with services.mlflow_server(storage, folder) as url:
        same(ours, told(url, release), f"{storage.name}: what our server wrote, read through MLflow")
        fill(url, storage, folder, "mlflow-again", AGAIN)
    nothing_lost(written, rows(storage.backend), f"{storage.name}: written to by MLflow again")
    more = {name: written[name].total() - made[name].total() for name in ("runs", "metrics", "model_versions")}
    kept = sum(table.total() for table in made.values())
    print(f"{storage.name}: {kept} rows of MLflow {release} kept, ours added {more}")


def refused(gauntlet, uri, folder, picture):
    """Our server must not open this database, nor change what `picture` shows."""
    before = picture()
    storage = Storage("unknown", uri, ["--artifacts-destination", str(folder / "unknown")], {})
    command = [gauntlet, "registry", "serve", *map(str, services.storage_arguments(storage, services.free_port()))]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=services.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=30,
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"our server opened a database whose head it cannot know: {uri}")
    if done.returncode == 0 or NOBODY_KNOWS not in done.stdout:
        sys.exit(f"exit code {done.returncode}, and the head {NOBODY_KNOWS} has to be named:\n{done.stdout}")
    assert picture() == before, f"{uri} was changed although it was refused"
    print(f"{uri.partition(':')[0]}: a database of an unknown head is refused and stays as it was")


def old_release(folder):
    """Settings under which this Python runs the older MLflow upon the packages of the newer one."""
    place = folder / OLD
    if not (place / "mlflow").is_dir():
        shutil.rmtree(place, ignore_errors=True)
        wanted = [f"{package}=={OLD}" for package in ("mlflow", "mlflow-skinny", "mlflow-tracing")]
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile", "--target", place]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, *wanted], check=True)
    return {"PYTHONPATH": str(place)}


def on_sqlite(gauntlet, release, folder, settings):
    file, copy = folder / "mlflow.db", folder / "unknown.db"
    storage = Storage(f"sqlite-{release}", f"sqlite:///{file}", artifacts(folder), settings)
    made = make(release, storage, folder)
    shutil.copy(file, copy)
    unknown = f"sqlite:///{copy}"
    change(unknown, FORGET)

    def picture():
        return {beside.name: hashlib.sha256(beside.read_bytes()).hexdigest() for beside in folder.glob("unknown.db*")}

    refused(gauntlet, unknown, folder, picture)
    round_trip(gauntlet, release, storage, folder, *made)


def on_postgres(gauntlet, release, folder, settings):
    with services.postgres(folder, folder.parent / "postgres-template") as cluster:
        storage = Storage(f"postgres-{release}", cluster.database("mlflow"), artifacts(folder), settings)
        made = make(release, storage, folder)
        unknown = cluster.database("unknown", "mlflow")
        change(unknown, FORGET)
        refused(gauntlet, unknown, folder, lambda: rows(unknown))
        round_trip(gauntlet, release, storage, folder, *made)


def artifacts(folder):
    return ["--artifacts-destination", str(folder / "artifacts")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gauntlet", type=pathlib.Path, default=PROJECT / "target/debug/gauntlet")
    parser.add_argument("--only", default="", help="databases whose name this regular expression finds")
    parser.add_argument("--logs", type=pathlib.Path, default=PROJECT / "target/checks/registry")
    args = parser.parse_args()
    services.unwind_when_told()
    gauntlet, logs = args.gauntlet.absolute(), args.logs.absolute()
    databases = [(on_sqlite, NEW), (on_postgres, NEW), (on_sqlite, OLD)]
    named = [(f"{kind.__name__[3:]}-{release}", kind, release) for kind, release in databases]
    chosen = [entry for entry in named if re.search(args.only, entry[0])]
    if not chosen:
        sys.exit(f"no database matches {args.only!r}")
    for name, kind, release in chosen:
        start = time.monotonic()
        folder = logs / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        kind(gauntlet, release, folder, old_release(logs) if release == OLD else {})
        print(f"{name}: done in {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
