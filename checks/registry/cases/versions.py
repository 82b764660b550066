"""Model versions: sources, life, tags, aliases, stages and searches."""

from cases.models import model, names
from cases.runs import experiment, run

ALIASES = {
    "good": "champion",
    "signs": "a-b_C9",
    "latest": "latest",
    "latest, large": "LATEST",
    "a version": "v1",
    "a version, large": "V12",
    "nearly a version": "v1a",
    "blank": "a b",
    "slash": "a/b",
    "at": "a@b",
    "empty": "",
    "unicode": "größe",
    "255": "a" * 255,
    "256": "a" * 256,
    "number": 3,
    "digits": "12",
}
VERSIONS = ["1", 1, "01", "0", "-1", "9", "1.0", "one", "", None, " 1", "1 ", "99999999999999999999", "latest"]
STAGES = ["Staging", "production", "ARCHIVED", "none", "None", "Nowhere", "", None, 3, "Deleted_Internal"]
FILTERS = [
    "name = '{0}'",
    "name LIKE '{p}%'",
    "name ILIKE '%-A'",
    "name != '{0}'",
    "name IN ('{0}', 'x')",
    "name NOT IN ('{0}')",
    "run_id = '{run}'",
    "run_id != '{run}'",
    "run_id IN ('{run}')",
    "run_id IN ('{run}', 'x')",
    "run_id IN ()",
    "run_id LIKE '%'",
    "source_path = 's3://b/one'",
    "source_path LIKE 's3://b/%'",
    "source_path ILIKE 'S3://B/ONE'",
    "source = 's3://b/one'",
    "version_number = 1",
    "version_number != 1",
    "version_number > 1",
    "version_number <= 1",
    "version_number = '1'",
    "version_number = 'a'",
    "version_number LIKE '1'",
    "version_number = 1.5",
    "version = 1",
    "tags.k = 'one'",
    "tag.k != 'one'",
    "tags.`k` LIKE 'o%'",
    "tags.k ILIKE 'O%'",
    "tags.k IS NULL",
    "tags.k > 'a'",
    "tags.k = 'one' AND tags.l = '1'",
    "tags.k = 'one' AND tags.l = '2'",
    "current_stage = 'None'",
    "stage = 'None'",
    "status = 'READY'",
    "user_id = ''",
    "creation_timestamp > 0",
    "nonsense = 'a'",
    "attributes.name = '{0}'",
    "attribute.version_number = 1",
    "aliases.champion = '1'",
    "name = '{0}' OR version_number = 1",
    "(name = '{0}')",
    "name =",
    "name",
    "model_id = 'm'",
]
ORDERS = [
    [],
    ["name"],
    ["name DESC", "version_number"],
    ["version_number DESC", "name"],
    ["version_number ASC", "name ASC"],
    ["creation_timestamp"],
    ["creation_timestamp DESC", "name"],
    ["last_updated_timestamp", "name", "version_number"],
    ["nonsense"],
    ["source"],
    ["run_id"],
    ["name", "name"],
    ["name UP"],
    [""],
    "name",
    ["tags.k"],
]


def version(talk, text="a", label="version", **fields):
    body = {"name": talk.name(text), "source": "s3://b/one"} | fields
    return talk.post("model-versions/create", body, label=label)


def create(talk):
    model(talk, "a")
    where = experiment(talk)
    made = run(talk, where)
    bodies = {
        "everything": {
            "run_id": made, "run_link": "http://x/y", "description": "d", "tags": [{"key": "k", "value": "v"}],
        },
        "nothing more": {},
        "unknown model": {"name": talk.name("nobody")},
        "no name": {"name": None},
        "no source": {"source": None},
        "empty source": {"source": ""},
        "number as source": {"source": 3},
        "unknown run": {"run_id": "0" * 32},
        "empty run": {"run_id": ""},
        "wrong run": {"run_id": "../x"},
        "number as run": {"run_id": 3},
        "unknown model id": {"model_id": "m-" + "0" * 32},
        "tags as a map": {"tags": {"a": "b"}},
        "tag without a key": {"tags": [{"value": "v"}]},
        "tag twice": {"tags": [{"key": "k", "value": "1"}, {"key": "k", "value": "2"}]},
        "long tag value": {"tags": [{"key": "k", "value": "v" * 100_001}]},
        "long tag key": {"tags": [{"key": "k" * 251, "value": "v"}]},
        "long description": {"description": "d" * 5001},
        "unknown field": {"nonsense": 1},
        "camel case": {"runId": made, "runLink": "x"},
    }  # fmt: skip
    for label, body in bodies.items():
        version(talk, label=label, **body)
    talk.get("registered-models/get", name=talk.name("a"), label="the model")
    for number in VERSIONS:
        talk.get("model-versions/get", name=talk.name("a"), version=number, label=f"get {number!r}")
        talk.get("model-versions/get-download-uri", name=talk.name("a"), version=number, label=f"uri of {number!r}")
    talk.get("model-versions/get", version="1", label="get, no name")
    talk.get("model-versions/get", name=talk.name("a"), label="get, no version")
    talk.get("model-versions/get", name=talk.name("nobody"), version="1", label="get, unknown name")


def sources(talk):
    """Where a version's files may be. What resolves to a local path is for the paths cases."""
    model(talk, "a")
    version(talk, label="the version that others name")
    made = run(talk, experiment(talk))
    uri = talk.get("runs/get", run_id=made, label="its folder")["run"]["info"]["artifact_uri"]
    for number, (label, source, owner) in enumerate([
        ("s3", "s3://bucket/a/b", ""),
        ("s3 with a run", "s3://bucket/a/b", made),
        ("gs", "gs://bucket/a", ""),
        ("http", "http://host/a", ""),
        ("https with a port", "https://host:1/a", ""),
        ("dbfs", "dbfs:/a", ""),
        ("hdfs", "hdfs://a/b", ""),
        ("the run's folder", f"{uri}/model", made),
        ("the run's folder without the run", f"{uri}/model", ""),
        ("another folder", "mlflow-artifacts:/0/x/artifacts/model", made),
        ("another folder without a run", "mlflow-artifacts:/0/x/artifacts/model", ""),
        ("runs", f"runs:/{made}/model", made),
        ("runs without the run", f"runs:/{made}/model", ""),
        ("runs of another", f"runs:/{'0' * 32}/model", made),
        ("models", f"models:/{talk.name('a')}/1", ""),
        ("models, unknown version", f"models:/{talk.name('a')}/999", ""),
        ("models, unknown name", "models:/nobody-has-this/1", ""),
        ("models, alias", f"models:/{talk.name('a')}@nobody", ""),
        ("models, latest", f"models:/{talk.name('a')}/latest", ""),
        ("models, unknown id", "models:/m-" + "0" * 32, ""),
        ("models, broken", "models:/", ""),
        ("models, more", "models:/a/b/c", ""),
        ("dots", "s3://bucket/../b", ""),
        ("encoded dots", "s3://bucket/%2e%2e/b", ""),
        ("double encoded dots", "s3://bucket/%252e%252e/b", ""),
        ("dot", "s3://bucket/./b", ""),
        ("double slash", "s3://bucket//b", ""),
        ("trailing slash", "s3://bucket/b/", ""),
        ("null byte", "s3://bucket/b%00", ""),
        ("fragment", "s3://bucket/b#../c", ""),
        ("query", "s3://bucket/b?x=../c", ""),
        ("unicode", "s3://bucket/ü 漢", ""),
        ("plus", "s3://bucket/a+b", ""),
        ("unknown scheme", "nonsense://a/b", ""),
        ("long", "s3://bucket/" + "a" * 600, ""),
    ]):  # fmt: skip
        # Each in a model of its own, so that one refused more or less does not number the others.
        model(talk, str(number))
        found = version(talk, str(number), label, source=source, **({"run_id": owner} if owner else {}))
        if found.status == 200:
            talk.get(
                "model-versions/get-download-uri", name=talk.name(str(number)), version="1", label=f"{label}, its uri"
            )


def of_logged_models(talk):
    where = experiment(talk)
    made = run(talk, where)
    body = {"experiment_id": where, "name": "m", "source_run_id": made}
    logged = talk.post("logged-models", body, label="logged")["model"]["info"]
    model(talk, "a")
    identity = {"model_id": logged["model_id"], "source": f"models:/{logged['model_id']}", "run_id": made}
    version(talk, label="by id", **identity)
    version(talk, label="by its folder", model_id=logged["model_id"], source=logged["artifact_uri"])
    model(talk, "c")
    version(talk, "c", "another id", **identity | {"model_id": "m-" + "0" * 32})
    version(talk, "c", "without the id", source=identity["source"])
    talk.get("model-versions/get", name=talk.name("a"), version="1", label="get")
    talk.get("model-versions/get-download-uri", name=talk.name("a"), version="1", label="uri")
    found = talk.get(f"logged-models/{logged['model_id']}", label="the logged model")
    for tag in found.body["model"]["info"].get("tags", []):
        tag["value"] = tag["value"].replace(logged["model_id"], "m-id")
    copy = {"name": talk.name("b"), "source": f"models:/{talk.name('a')}/1"}
    model(talk, "b")
    talk.post("model-versions/create", copy, label="copy")
    talk.post("model-versions/create", copy | {"run_id": made, "model_id": logged["model_id"]}, label="copy with ids")
    talk.post("model-versions/create", copy | {"run_id": "0" * 32}, label="copy with another run")
    talk.get("model-versions/get-download-uri", name=talk.name("b"), version="1", label="uri of the copy")


def update_and_delete(talk):
    model(talk, "a")
    for number in "123":
        version(talk, label=f"version {number}", description=number, tags=[{"key": "k", "value": number}])
    name = talk.name("a")
    bodies = {
        "good": {"version": "1", "description": "new"},
        "number as version": {"version": 1, "description": "newer"},
        "empty": {"version": "1", "description": ""},
        "no description": {"version": "1"},
        "unknown": {"version": "9", "description": "x"},
        "wrong": {"version": "one", "description": "x"},
        "no version": {"description": "x"},
        "number": {"version": "1", "description": 3},
    }
    for label, body in bodies.items():
        talk.patch("model-versions/update", {"name": name} | body, label=f"update: {label}")
    talk.patch("model-versions/update", {"version": "1", "description": "x"}, label="update: no name")
    talk.get("model-versions/get", name=name, version="1", label="updated")
    talk.post("registered-models/alias", {"name": name, "alias": "champion", "version": "3"}, label="alias")
    for label, body in {
        "unknown": {"name": name, "version": "9"},
        "wrong": {"name": name, "version": "one"},
        "no version": {"name": name},
        "no name": {"version": "3"},
        "good": {"name": name, "version": "3"},
        "again": {"name": name, "version": "3"},
    }.items():
        talk.delete("model-versions/delete", body, label=f"delete: {label}")
    for path in ["model-versions/get", "model-versions/get-download-uri"]:
        talk.get(path, name=name, version="3", label=f"{path} of a deleted version")
    talk.get("registered-models/alias", name=name, alias="champion", label="its alias")
    talk.patch(
        "model-versions/update", {"name": name, "version": "3", "description": "x"}, label="update a deleted one"
    )
    body = {"name": name, "version": "3", "key": "a", "value": "b"}
    talk.post("model-versions/set-tag", body, label="tag a deleted one")
    body = {"name": name, "version": "3", "stage": "Staging", "archive_existing_versions": False}
    talk.post("model-versions/transition-stage", body, label="stage of a deleted one")
    body = {"name": name, "alias": "champion", "version": "3"}
    talk.post("registered-models/alias", body, label="alias to a deleted one")
    talk.get("registered-models/get", name=name, label="the model")
    version(talk, label="the next number")
    talk.get("model-versions/search", filter=f"name = '{name}'", label="search")


def tags(talk):
    model(talk, "a")
    version(talk)
    base = {"name": talk.name("a"), "version": "1"}
    setting = {
        "good": {"key": "a", "value": "1"},
        "changed": {"key": "a", "value": "2"},
        "empty": {"key": "b", "value": ""},
        "no value": {"key": "c"},
        "number": {"key": "d", "value": 4},
        "no key": {"value": "1"},
        "251": {"key": "k" * 251, "value": "1"},
        "100000": {"key": "long", "value": "v" * 100_000},
        "100001": {"key": "longer", "value": "v" * 100_001},
        "wrong key": {"key": "../a", "value": "1"},
        "number as version": {"key": "n", "value": "1", "version": 1},
        "unknown version": {"key": "a", "value": "1", "version": "9"},
        "wrong version": {"key": "a", "value": "1", "version": "one"},
        "no version": {"key": "a", "value": "1", "version": None},
    }
    for label, body in setting.items():
        talk.post("model-versions/set-tag", base | body, label=label)
    found = talk.get("model-versions/get", **base, label="all tags")
    for tag in found.body["model_version"]["tags"]:
        tag["value"] = f"{len(tag['value'])} {tag['value'][:5]}"
    for label, body in {
        "good": base | {"key": "a"},
        "again": base | {"key": "a"},
        "no key": base,
        "unknown version": base | {"key": "a", "version": "9"},
        "no version": {"name": talk.name("a"), "key": "a"},
    }.items():
        talk.delete("model-versions/delete-tag", body, label=f"delete: {label}")


def aliases(talk):
    model(talk, "a")
    for number in "12":
        version(talk, label=f"version {number}")
    name = talk.name("a")
    for label, alias in ALIASES.items():
        talk.post("registered-models/alias", {"name": name, "alias": alias, "version": "1"}, label=f"alias {label}")
        talk.get("registered-models/alias", name=name, alias=alias, label=f"get {label}")
    for number in VERSIONS:
        body = {"name": name, "alias": "moving", "version": number}
        talk.post("registered-models/alias", body, label=f"version {number!r}")
    bodies = {
        "no name": {"alias": "a", "version": "1"},
        "no alias": {"name": name, "version": "1"},
        "unknown model": {"name": talk.name("nobody"), "alias": "a", "version": "1"},
        "moved": {"name": name, "alias": "champion", "version": "2"},
    }
    for label, body in bodies.items():
        talk.post("registered-models/alias", body, label=label)
    talk.get("registered-models/get", name=name, label="the model")
    talk.get("model-versions/get", name=name, version="2", label="its version")
    talk.get("model-versions/search", filter=f"name = '{name}'", order_by=["version_number"], label="search")
    talk.get("registered-models/alias", name=name, alias="nobody", label="unknown")
    talk.get("registered-models/alias", name=name, alias="CHAMPION", label="other case")
    talk.get("registered-models/alias", name=name, label="no alias given")
    talk.get("registered-models/alias", alias="champion", label="no name given")
    talk.get("registered-models/alias", name=talk.name("nobody"), alias="champion", label="unknown model given")
    for label, body in {
        "good": {"name": name, "alias": "champion"},
        "again": {"name": name, "alias": "champion"},
        "wrong": {"name": name, "alias": "a b"},
        "latest": {"name": name, "alias": "latest"},
        "no alias": {"name": name},
        "no name": {"alias": "champion"},
        "unknown model": {"name": talk.name("nobody"), "alias": "champion"},
    }.items():
        talk.delete("registered-models/alias", body, label=f"delete: {label}")


def stages(talk):
    model(talk, "a")
    for number in "1234":
        version(talk, label=f"version {number}")
    name = talk.name("a")
    base = {"name": name, "version": "1", "archive_existing_versions": False}
    for stage in STAGES:
        talk.post("model-versions/transition-stage", base | {"stage": stage}, label=f"stage {stage!r}")
    for archive in [True, "true", "false", "maybe", 1, None]:
        body = base | {"stage": "Staging", "version": "2", "archive_existing_versions": archive}
        talk.post("model-versions/transition-stage", body, label=f"archive {archive!r}")
    steps = {
        "1 to production": {"version": "1", "stage": "Production"},
        "2 to production": {"version": "2", "stage": "Production"},
        "3 to production, archiving": {"version": "3", "stage": "Production", "archive_existing_versions": True},
        "4 to staging, archiving": {"version": "4", "stage": "staging", "archive_existing_versions": True},
        "3 to archived, archiving": {"version": "3", "stage": "Archived", "archive_existing_versions": True},
        "3 to none, archiving": {"version": "3", "stage": "None", "archive_existing_versions": True},
        "unknown": {"version": "9", "stage": "Staging"},
        "no version": {"version": None, "stage": "Staging"},
        "no name": {"name": None, "stage": "Staging"},
    }
    for label, body in steps.items():
        talk.post("model-versions/transition-stage", base | body, label=label)
    no_word = {"name": name, "version": "1", "stage": "Staging"}
    talk.post("model-versions/transition-stage", no_word, label="not said whether to archive")
    latest = {
        "all": {},
        "production": {"stages": ["Production"]},
        "two": {"stages": ["staging", "ARCHIVED"]},
        "twice": {"stages": ["Staging", "staging"]},
        "wrong": {"stages": ["Nowhere"]},
        "a text": {"stages": "Production"},
        "number": {"stages": [3]},
        "empty": {"stages": []},
        "unknown": {"name": talk.name("nobody")},
        "no name": {"name": None},
    }
    for label, body in latest.items():
        found = talk.post("registered-models/get-latest-versions", {"name": name} | body, label=f"latest: {label}")
        if found.status == 200:
            found.body.get("model_versions", []).sort(key=lambda entry: entry["version"])
    talk.get("registered-models/get-latest-versions", name=name, stages=["Staging", "Archived"], label="latest: GET")
    talk.get("registered-models/get", name=name, label="the model")


def search(talk):
    made = run(talk, experiment(talk))
    for text in "ab":
        model(talk, text)
    version(talk, "a", "a1", run_id=made, tags=[{"key": "k", "value": "one"}, {"key": "l", "value": "1"}])
    version(talk, "a", "a2", source="s3://b/two", tags=[{"key": "k", "value": "two"}])
    version(talk, "b", "b1", run_id=made, source="gs://c/three")
    version(talk, "b", "b2")
    talk.delete("model-versions/delete", {"name": talk.name("b"), "version": "2"}, label="delete b2")
    mine = f"name LIKE '{talk.name('')}%'"
    fixed = {"order_by": ["name", "version_number"]}
    for text in FILTERS:
        clause = text.replace("{0}", talk.name("a")).replace("{p}", talk.name("")).replace("{run}", made)
        found = talk.get("model-versions/search", filter=f"{clause} AND {mine}", **fixed, label=f"filter `{text}`")
        names(found, "model_versions")
    for text in ["name = '{0}'", "run_id = '{run}'"]:
        clause = text.replace("{0}", talk.name("a")).replace("{run}", made)
        found = talk.get("model-versions/search", filter=clause, **fixed, label=f"only `{text}`")
    for order in ORDERS[1:]:
        names(talk.get("model-versions/search", filter=mine, order_by=order, label=f"order {order}"), "model_versions")
    for size in ["1", "3", "4", "0", "-1", "200000", "200001", "x"]:
        found = talk.get("model-versions/search", filter=mine, max_results=size, **fixed, label=f"size {size}")
        names(found, "model_versions")
    page = talk.get("model-versions/search", filter=mine, max_results=2, **fixed, label="first page")
    token = page["next_page_token"]
    names(page, "model_versions")
    page = talk.get("model-versions/search", filter=mine, max_results=2, page_token=token, **fixed, label="second page")
    names(page, "model_versions")
    found = talk.get("model-versions/search", filter=mine, page_token="x", label="a wrong token")
    talk.post("model-versions/search", {"filter": mine}, label="with POST")


CASES = [create, sources, of_logged_models, update_and_delete, tags, aliases, stages, search]
