"""Everything that a registry server holds, read back over REST."""

import contextlib
import json
import re
import urllib.parse
import urllib.request

from services import CLIENT

API = "/api/2.0/mlflow/"
PAGE = 200


def ask(base, path, body=None, **query):
    """The JSON answer of a POST if there is a body, else of a GET."""
    url = f"{base}{API}{path}"
    if query:
        url += "?" + urllib.parse.urlencode(query, doseq=True)
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {} if data is None else {"Content-Type": "application/json"})
    with CLIENT.open(request, timeout=120) as answer:
        return json.load(answer)


def pages(base, path, field, body=None, **query):
    """Every entry of a list that comes in pages."""
    found, token = [], {}
    while True:
        page = ask(base, path, **query, **token) if body is None else ask(base, path, body | token)
        found += page.get(field, [])
        if not page.get("next_page_token"):
            return found
        token = {"page_token": page["next_page_token"]}


def tidy(value):
    """With every list whose order nobody promises in one order."""
    if isinstance(value, dict):
        return {key: tidy(part) for key, part in value.items()}
    if isinstance(value, list):
        return sorted((tidy(part) for part in value), key=lambda part: json.dumps(part, sort_keys=True))
    return value


def history(base, run, key):
    # Without a size, MLflow 3.12 answers nothing.
    return pages(base, "metrics/get-history", "metrics", run_id=run, metric_key=key, max_results=25_000)


def runs_of(base, experiment):
    body = {"experiment_ids": [experiment], "run_view_type": "ALL", "max_results": PAGE}
    for run in pages(base, "runs/search", "runs", body):
        keys = [metric["key"] for metric in run["data"].get("metrics", [])]
        identity = run["info"]["run_id"]
        run["history"] = {key: history(base, identity, key) for key in keys}
        yield run


def everything(base):
    experiments = pages(base, "experiments/search", "experiments", {"view_type": "ALL", "max_results": PAGE})
    ids = [experiment["experiment_id"] for experiment in experiments]
    versions = pages(base, "model-versions/search", "model_versions", filter="name LIKE '%'", max_results=PAGE)
    for version in versions:
        name, number = version["name"], version["version"]
        found = ask(base, "model-versions/get-download-uri", name=name, version=number)
        version["download"] = found.get("artifact_uri", "")
    logged = [
        model for one in ids for model in pages(base, "logged-models/search", "models", {"experiment_ids": [one]})
    ]
    return {
        "experiments": {experiment["experiment_id"]: tidy(experiment) for experiment in experiments},
        "runs": {run["info"]["run_id"]: tidy(run) for one in ids for run in runs_of(base, one)},
        "models": {
            model["name"]: tidy(model)
            for model in pages(base, "registered-models/search", "registered_models", max_results=PAGE)
        },
        "versions": {f"{version['name']}/{version['version']}": tidy(version) for version in versions},
        "logged models": {model["info"]["model_id"]: tidy(model) for model in logged},
    }


# What another registry gives anew: times of its own, places of its own, and who wrote.
OWN = {
    "creation_time", "last_update_time", "creation_timestamp", "last_updated_timestamp", "creation_timestamp_ms",
    "last_updated_timestamp_ms", "artifact_location", "artifact_uri", "download", "source", "user_id",
    "creator_id", "workspace",
}  # fmt: skip
OWN_TAG = "gauntlet."


def without_ids(found):
    """The same, named by what a person would name it by: comparable between two registries."""
    names = {}
    for identity, experiment in found["experiments"].items():
        names[("experiment_id", identity)] = f"experiment {experiment['name']}"
    for kind in ("runs", "logged models"):
        taken = {}
        for identity, entry in sorted(found[kind].items(), key=lambda pair: when(pair[1])):
            info = entry["info"]
            where = names[("experiment_id", info["experiment_id"])]
            name = f"{kind[:-1]} {info.get('run_name') or info.get('name')} at {info.get('start_time', '')} in {where}"
            taken[name] = taken.get(name, 0) + 1
            names[identity] = f"{name} #{taken[name]}"
    ids = re.compile("|".join(re.escape(identity) for identity in names if isinstance(identity, str)) or "$^")

    def clean(value, key=None):
        if isinstance(value, dict):
            found = {name: clean(part, name) for name, part in value.items() if name not in OWN}
            return {name: part for name, part in found.items() if part != []}
        if isinstance(value, list):
            return tidy([clean(part, key) for part in value if not own(part)])
        if not isinstance(value, str):
            return value
        if key == "experiment_id":
            return names.get((key, value), value)
        return spaced(ids.sub(lambda match: names[match[0]], value))

    return {
        "experiments": {names[("experiment_id", key)]: clean(entry) for key, entry in found["experiments"].items()},
        "runs": {names[key]: clean(entry) for key, entry in found["runs"].items()},
        "models": {key: clean(entry) for key, entry in found["models"].items()},
        "versions": {key: clean(entry) for key, entry in found["versions"].items()},
        "logged models": {names[key]: clean(entry) for key, entry in found["logged models"].items()},
    }


def own(part):
    """Whether it is a tag in which our server says where something came from."""
    return isinstance(part, dict) and str(part.get("key", "")).startswith(OWN_TAG)


def spaced(text):
    """JSON inside a text, as Python would write it."""
    if text[:1] in ("[", "{"):
        with contextlib.suppress(ValueError):
            return json.dumps(json.loads(text))
    return text


def when(entry):
    info = entry["info"]
    return (
        info.get("start_time", 0),
        info.get("creation_timestamp_ms", 0),
        info.get("run_name") or info.get("name") or "",
    )
