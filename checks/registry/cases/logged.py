"""Logged models, which 3.x clients make before they register: life, params, tags, metrics, searches."""

from cases.runs import experiment, run

FILTERS = [
    None,
    "",
    "name = 'model-a'",
    "name != 'model-a'",
    "name LIKE 'model%'",
    "name ILIKE 'MODEL-A'",
    "name IN ('model-a')",
    "attributes.name = 'model-a'",
    "attribute.name = 'model-a'",
    "model_type = 'tree'",
    "model_type != 'tree'",
    "model_id = 'x'",
    "status = 'READY'",
    "status = 'LOGGED_MODEL_READY'",
    "status = 2",
    "status = '2'",
    "source_run_id = '{run}'",
    "source_run_id IN ('{run}')",
    "creation_timestamp > 0",
    "creation_time > 0",
    "last_updated_timestamp >= 0",
    "last_updated_time > 0",
    "creation_timestamp = 'a'",
    "experiment_id = '0'",
    "metrics.f1 > 0.15",
    "metrics.f1 = 0.2",
    "metrics.f1 <= 0.1 AND params.depth = '0'",
    "metrics.f1 > 'a'",
    "metrics.f1 LIKE '0'",
    "metrics.nothing > 0",
    "params.depth = '1'",
    "params.depth != '1'",
    "params.depth LIKE '%'",
    "params.depth > '1'",
    "params.depth IS NULL",
    "tags.letter = 'a'",
    "tags.letter != 'a'",
    "tags.`letter` ILIKE 'A'",
    "tags.letter IN ('a', 'b')",
    "tags.letter IS NULL",
    "tags.letter > 'a'",
    "nonsense = 'a'",
    "nonsense.a = 'a'",
    "name",
    "name =",
    "name = 'a' OR name = 'b'",
    "(name = 'a')",
    "name = model-a",
    3,
]
ORDERS = [
    [{"field_name": "creation_timestamp"}],
    [{"field_name": "creation_timestamp", "ascending": True}],
    [{"field_name": "creation_time", "ascending": False}],
    [{"field_name": "name", "ascending": True}],
    [{"field_name": "name", "ascending": False}],
    [{"field_name": "metrics.f1", "ascending": True}],
    [{"field_name": "metrics.f1", "ascending": False}],
    [{"field_name": "metrics.f1", "ascending": True, "dataset_name": "rows", "dataset_digest": "d1"}],
    [{"field_name": "metrics.f1", "dataset_digest": "d1"}],
    [{"field_name": "metrics.nothing"}, {"field_name": "name", "ascending": True}],
    [{"field_name": "params.depth"}],
    [{"field_name": "tags.letter"}],
    [{"field_name": "nonsense"}],
    [{"field_name": "name"}, {"field_name": "name"}],
    [{}],
    [{"field_name": ""}],
    ["name"],
    "name",
    [],
]


def logged(talk, where, text, label=None, **fields):
    body = {"experiment_id": where, "name": text} | fields
    return talk.post("logged-models", body, label=label or f"logged {text}")["model"]["info"]["model_id"]


def create(talk):
    where = experiment(talk)
    made = run(talk, where)
    bodies = {
        "everything": {
            "name": "m", "model_type": "tree", "source_run_id": made,
            "params": [{"key": "p", "value": "1"}], "tags": [{"key": "t", "value": "2"}],
        },
        "the same name": {"name": "m"},
        "no name": {},
        "empty name": {"name": ""},
        "slash": {"name": "a/b"},
        "colon": {"name": "a:b"},
        "dot": {"name": "a.b"},
        "percent": {"name": "a%b"},
        "quotes": {"name": "a'b"},
        "unicode": {"name": "ü 漢"},
        "number": {"name": 3},
        "long": {"name": "n" * 501},
        "unknown run": {"name": "m", "source_run_id": "0" * 32},
        "unknown experiment": {"name": "m", "experiment_id": "987654321"},
        "no experiment": {"name": "m", "experiment_id": None},
        "text as experiment": {"name": "m", "experiment_id": "abc"},
        "params as a map": {"name": "m", "params": {"a": "b"}},
        "param without a key": {"name": "m", "params": [{"value": "b"}]},
        "param without a value": {"name": "m", "params": [{"key": "b"}]},
        "long param value": {"name": "m", "params": [{"key": "k", "value": "v" * 6001}]},
        "long param key": {"name": "m", "params": [{"key": "k" * 251, "value": "v"}]},
        "wrong param key": {"name": "m", "params": [{"key": "../a", "value": "v"}]},
        "param twice": {"name": "m", "params": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]},
        "tag without a key": {"name": "m", "tags": [{"value": "b"}]},
        "long tag value": {"name": "m", "tags": [{"key": "k", "value": "v" * 8001}]},
        "tag twice": {"name": "m", "tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]},
        "camel case": {"name": "m", "modelType": "x", "sourceRunId": made},
    }  # fmt: skip
    for label, body in bodies.items():
        found = talk.post("logged-models", {"experiment_id": where} | body, label=label)
        if found.status == 200:
            invented(found)
    talk.post("experiments/delete", {"experiment_id": where})
    talk.post("logged-models", {"experiment_id": where, "name": "m"}, label="deleted experiment")


def invented(answer):
    """A model without a name is given one."""
    info = answer.body["model"]["info"]
    words = info["name"].split("-")
    if len(words) == 3 and words[2].isdigit():
        info["name"] = "<invented>"


def life(talk):
    where = experiment(talk)
    model = logged(talk, where, "m")
    path = f"logged-models/{model}"
    talk.get(path, label="get")
    for status in [
        "LOGGED_MODEL_READY",
        "LOGGED_MODEL_UPLOAD_FAILED",
        "LOGGED_MODEL_PENDING",
        2,
        "2",
        9,
        "READY",
        None,
        "",
    ]:
        talk.patch(path, {"model_id": model, "status": status}, label=f"status {status!r}")
    talk.patch(path, {"status": "LOGGED_MODEL_READY"}, label="status without the id")
    talk.patch(path, {"model_id": "m-" + "0" * 32, "status": "LOGGED_MODEL_READY"}, label="status of another id")
    talk.patch(path, {"model_id": model}, label="no status")
    for label, body in {
        "good": {"params": [{"key": "a", "value": "1"}]},
        "the same": {"params": [{"key": "a", "value": "1"}]},
        "changed": {"params": [{"key": "a", "value": "2"}]},
        "none": {"params": []},
        "nothing": {},
        "not a list": {"params": "a"},
        "no key": {"params": [{"value": "1"}]},
        "long": {"params": [{"key": "long", "value": "v" * 6001}]},
    }.items():
        talk.post(f"{path}/params", {"model_id": model} | body, label=f"params: {label}")
    talk.post(f"{path}/params", {"params": [{"key": "b", "value": "1"}]}, label="params: without the id")
    for label, body in {
        "good": {"tags": [{"key": "a", "value": "1"}, {"key": "b", "value": ""}]},
        "changed": {"tags": [{"key": "a", "value": "2"}]},
        "none": {"tags": []},
        "nothing": {},
        "not a list": {"tags": "a"},
        "no key": {"tags": [{"value": "1"}]},
        "wrong key": {"tags": [{"key": "../a", "value": "1"}]},
        "long": {"tags": [{"key": "long", "value": "v" * 8001}]},
        "reserved": {"tags": [{"key": "mlflow.x", "value": "1"}]},
    }.items():
        talk.patch(f"{path}/tags", body, label=f"tags: {label}")
    for key in ["a", "a", "nothing", "b%20c", "x/y"]:
        talk.call("DELETE", f"/api/2.0/mlflow/{path}/tags/{key}", label=f"delete tag {key}")
    talk.get(path, label="after all")
    for label, wrong in {"unknown": "m-" + "0" * 32, "short": "m-1", "blank": "%20", "up": "..%2fx"}.items():
        talk.get(f"logged-models/{wrong}", label=f"get {label}")
        talk.call("DELETE", f"/api/2.0/mlflow/logged-models/{wrong}", label=f"delete {label}")
        talk.patch(
            f"logged-models/{wrong}", {"model_id": "m-1", "status": "LOGGED_MODEL_READY"}, label=f"status of {label}"
        )
        talk.patch(f"logged-models/{wrong}/tags", {"tags": [{"key": "a", "value": "1"}]}, label=f"tags of {label}")
    talk.call("DELETE", f"/api/2.0/mlflow/{path}", label="delete")
    talk.call("DELETE", f"/api/2.0/mlflow/{path}", label="delete again")
    talk.get(path, label="deleted")
    talk.get(path, allow_deleted="true", label="deleted, but allowed")
    talk.patch(f"{path}/tags", {"tags": [{"key": "a", "value": "1"}]}, label="tags of a deleted one")
    talk.patch(path, {"model_id": model, "status": "LOGGED_MODEL_READY"}, label="status of a deleted one")
    talk.post(
        f"{path}/params", {"model_id": model, "params": [{"key": "z", "value": "1"}]}, label="params of a deleted one"
    )


def metrics(talk):
    where = experiment(talk)
    made = run(talk, where)
    model = logged(talk, where, "m", source_run_id=made)
    data = {"dataset_name": "rows", "dataset_digest": "d1"}
    row = {"run_id": made, "key": "f1", "value": 0.5, "timestamp": 5, "step": 1, "model_id": model}
    talk.post("runs/log-metric", row, label="log")
    talk.post("runs/log-metric", row, label="log again")
    talk.post("runs/log-metric", row | data | {"value": 0.25, "step": 2}, label="with a dataset")
    batch = {key: value for key, value in row.items() if key != "run_id"} | {"key": "loss"}
    talk.post("runs/log-batch", {"run_id": made, "metrics": [batch, batch | {"step": 2}]}, label="batch")
    talk.post(
        "runs/log-batch", {"run_id": made, "metrics": [batch | {"model_id": "m-" + "0" * 32}]}, label="unknown model"
    )
    talk.get(f"logged-models/{model}", label="the model")
    talk.get("runs/get", run_id=made, label="the run")
    talk.get("metrics/get-history", run_id=made, metric_key="f1", label="history")


def search(talk):
    where, other = experiment(talk), experiment(talk, "other")
    made = run(talk, where)
    for number, letter in enumerate("abc"):
        labels = [{"key": "letter", "value": letter}] if letter != "c" else []
        params = [{"key": "depth", "value": str(number)}]
        kind = {"model_type": "tree"} if letter != "b" else {}
        model = logged(talk, where, f"model-{letter}", source_run_id=made, tags=labels, params=params, **kind)
        row = {"run_id": made, "key": "f1", "value": (number + 1) / 10, "timestamp": 5, "step": 1, "model_id": model}
        if letter == "b":
            row |= {"dataset_name": "rows", "dataset_digest": "d1"}
        if letter != "c":
            talk.post("runs/log-metric", row, label=f"metric of {letter}")
        if letter == "a":
            talk.patch(f"logged-models/{model}", {"model_id": model, "status": "LOGGED_MODEL_READY"}, label="ready")
    logged(talk, other, "model-d")
    talk.post("logged-models/search", {"experiment_ids": [where]}, label="everything")
    by_name = {"order_by": [{"field_name": "name", "ascending": True}]}
    for text in FILTERS:
        clause = text.replace("{run}", made) if isinstance(text, str) else text
        body = {"experiment_ids": [where], "filter": clause} | by_name
        found(talk.post("logged-models/search", body, label=f"filter `{text}`"))
    for order in ORDERS:
        body = {"experiment_ids": [where], "order_by": order}
        found(talk.post("logged-models/search", body, label=f"order {order}"))
    for datasets in [
        [{"dataset_name": "rows"}],
        [{"dataset_name": "rows", "dataset_digest": "x"}],
        [{"dataset_digest": "d1"}],
        "a",
        [{}],
    ]:
        body = {"experiment_ids": [where], "filter": "metrics.f1 > 0", "datasets": datasets} | by_name
        found(talk.post("logged-models/search", body, label=f"datasets {datasets}"))
    for size in [1, 3, 4, "2", 0, -1, 51, 1001, "x"]:
        found(
            talk.post(
                "logged-models/search",
                {"experiment_ids": [where], "max_results": size} | by_name,
                label=f"size {size!r}",
            )
        )
    page = talk.post(
        "logged-models/search", {"experiment_ids": [where], "max_results": 2} | by_name, label="first page"
    )
    token = page["next_page_token"]
    found(page)
    body = {"experiment_ids": [where], "max_results": 2, "page_token": token} | by_name
    found(talk.post("logged-models/search", body, label="second page"))
    body = {"experiment_ids": [where], "max_results": 2, "page_token": token}
    found(talk.post("logged-models/search", body, label="second page in another order"))
    found(talk.post("logged-models/search", body | {"page_token": "x"}, label="a wrong token"))
    for label, places in {
        "both": [where, other],
        "none": [],
        "unknown": ["987654321"],
        "text": where,
        "null": None,
    }.items():
        found(talk.post("logged-models/search", {"experiment_ids": places} | by_name, label=f"in {label}"))
    found(talk.post("logged-models/search", by_name, label="nowhere"))


def found(answer):
    if answer.status == 200:
        names = [entry["info"]["name"] for entry in answer.body.get("models", [])]
        answer.body = {"models": names, "more": "next_page_token" in answer.body}


CASES = [create, life, metrics, search]
