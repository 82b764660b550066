"""Runs: their life, params, tags, batches, inputs and outputs."""

import json

KEYS = {
    "empty": "",
    "up": "../x",
    "absolute": "/x",
    "dot": ".",
    "dots inside": "a/../b",
    "double slash": "a//b",
    "trailing slash": "a/",
    "semicolon": "a;b",
    "new line": "a\nb",
    "percent": "a%b",
    "unicode": "grün α 漢",
    "allowed signs": "a/b-c.d e_f:g",
    "250": "k" * 250,
    "251": "k" * 251,
    "number": 3,
    "null": None,
    "list": ["a"],
}


def experiment(talk, text="a"):
    return talk.post("experiments/create", {"name": talk.name(text)}, label=f"experiment {text}")["experiment_id"]


def run(talk, experiment_id, label="run", **fields):
    body = {"experiment_id": experiment_id, "run_name": "r", "start_time": 1} | fields
    return talk.post("runs/create", body, label=label)["run"]["info"]["run_id"]


def create(talk):
    where = experiment(talk)
    gone = experiment(talk, "gone")
    talk.post("experiments/delete", {"experiment_id": gone})
    name_tag = [{"key": "mlflow.runName", "value": "by tag"}]
    bodies = {
        "nothing but the experiment": {"experiment_id": where},
        "everything": {
            "experiment_id": where,
            "user_id": "u",
            "run_name": "n",
            "start_time": 5,
            "tags": [{"key": "a", "value": "b"}],
        },
        "name by tag": {"experiment_id": where, "tags": name_tag},
        "name twice, equal": {"experiment_id": where, "run_name": "by tag", "tags": name_tag},
        "name twice, different": {"experiment_id": where, "run_name": "other", "tags": name_tag},
        "empty name": {"experiment_id": where, "run_name": ""},
        "number as name": {"experiment_id": where, "run_name": 3},
        "start as text": {"experiment_id": where, "start_time": "17"},
        "start as word": {"experiment_id": where, "start_time": "soon"},
        "start as fraction": {"experiment_id": where, "start_time": 1.5},
        "negative start": {"experiment_id": where, "start_time": -1},
        "user by tag": {"experiment_id": where, "tags": [{"key": "mlflow.user", "value": "t"}]},
        "tag twice": {"experiment_id": where, "tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]},
        "tag without a value": {"experiment_id": where, "tags": [{"key": "a"}]},
        "tag without a key": {"experiment_id": where, "tags": [{"value": "a"}]},
        "tag with a wrong key": {"experiment_id": where, "tags": [{"key": "a;b", "value": "1"}]},
        "long tag value": {"experiment_id": where, "tags": [{"key": "a", "value": "v" * 8001}]},
        "long tag key": {"experiment_id": where, "tags": [{"key": "k" * 251, "value": "v"}]},
        "tags as a map": {"experiment_id": where, "tags": {"a": "b"}},
        "unicode": {"experiment_id": where, "run_name": "Läufer 🎈", "tags": [{"key": "ü", "value": "漢"}]},
        "long name": {"experiment_id": where, "run_name": "n" * 300},
        "camel case": {"experimentId": where, "runName": "camel", "startTime": 3},
        "no experiment": {},
        "the default experiment": {"experiment_id": "0", "run_name": "r"},
        "unknown experiment": {"experiment_id": "987654321"},
        "experiment as text": {"experiment_id": "abc"},
        "experiment as a number": {"experiment_id": int(where)},
        "deleted experiment": {"experiment_id": gone},
        "unknown field": {"experiment_id": where, "run_name": "r", "nonsense": 1},
    }
    for label, body in bodies.items():
        made = talk.post("runs/create", body, label=label)
        if made.status == 200:
            talk.get("runs/get", run_id=made["run"]["info"]["run_id"], label=f"{label}, read")


def get(talk):
    made = run(talk, experiment(talk))
    talk.get("runs/get", run_uuid=made, label="by run_uuid")
    talk.get("runs/get", run_uuid="0" * 32, run_id=made, label="by both")
    talk.get("runs/get", runId=made, label="camel case")
    talk.get("runs/get", label="no id")
    for wrong in ["", "0" * 32, "x", "../x", "ü", "a b", "1 OR 1=1"]:
        talk.get("runs/get", run_id=wrong, label=f"id {wrong!r}")
    talk.call("GET", f"/ajax-api/2.0/mlflow/runs/get?run_id={made}", label="ajax")


def update(talk):
    where = experiment(talk)
    made = run(talk, where)
    for status in [
        "SCHEDULED",
        "FINISHED",
        "FAILED",
        "KILLED",
        "RUNNING",
        3,
        "4",
        9,
        "9",
        "nonsense",
        "finished",
        None,
        "",
    ]:
        talk.post("runs/update", {"run_id": made, "status": status}, label=f"status {status!r}")
    bodies = {
        "end": {"end_time": 99},
        "end as text": {"end_time": "98"},
        "end as word": {"end_time": "late"},
        "end null": {"end_time": None},
        "name": {"run_name": "new"},
        "empty name": {"run_name": ""},
        "number as name": {"run_name": 3},
        "all": {"run_name": "all", "status": "FINISHED", "end_time": 7},
        "nothing": {},
    }
    for label, body in bodies.items():
        talk.post("runs/update", {"run_id": made} | body, label=label)
    talk.get("runs/get", run_id=made, label="after all")
    talk.post("runs/update", {"run_uuid": made, "status": "FAILED"}, label="by run_uuid")
    talk.post("runs/update", {"run_uuid": made, "run_id": made, "status": "FINISHED"}, label="by both")
    talk.post("runs/update", {"status": "FAILED"}, label="no id")
    talk.post("runs/update", {"run_id": "0" * 32, "status": "FAILED"}, label="unknown")
    talk.post("runs/set-tag", {"run_id": made, "key": "mlflow.runName", "value": "by tag"})
    talk.get("runs/get", run_id=made, label="renamed by tag")
    talk.post("runs/delete", {"run_id": made})
    talk.post("runs/update", {"run_id": made, "status": "FAILED"}, label="deleted")


def delete_and_restore(talk):
    made = run(talk, experiment(talk))
    talk.post("runs/restore", {"run_id": made}, label="restore what is there")
    talk.post("runs/delete", {"run_id": made}, label="delete")
    talk.post("runs/delete", {"run_id": made}, label="delete again")
    talk.get("runs/get", run_id=made, label="deleted")
    writes = {
        "log-metric": {"key": "a", "value": 1, "timestamp": 1},
        "log-parameter": {"key": "a", "value": "1"},
        "set-tag": {"key": "a", "value": "1"},
        "delete-tag": {"key": "a"},
        "log-batch": {"metrics": [{"key": "a", "value": 1, "timestamp": 1}]},
        "log-inputs": {"datasets": [{"dataset": {"name": "a", "digest": "b", "source_type": "c", "source": "d"}}]},
        "outputs": {"models": [{"model_id": "m-" + "0" * 32, "step": 1}]},
        "log-model": {"model_json": "{}"},
    }
    for path, body in writes.items():
        talk.post(f"runs/{path}", {"run_id": made} | body, label=f"{path} on a deleted run")
    talk.post("runs/restore", {"run_id": made}, label="restore")
    talk.get("runs/get", run_id=made, label="restored")
    for path in ["runs/delete", "runs/restore"]:
        for label, body in {
            "no id": {},
            "unknown": {"run_id": "0" * 32},
            "number": {"run_id": 3},
            "wrong": {"run_id": "../x"},
        }.items():
            talk.post(path, body, label=f"{path}: {label}")
        talk.post(path, {"run_uuid": made}, label=f"{path}: run_uuid")


def params(talk):
    made = run(talk, experiment(talk))
    for label, key in KEYS.items():
        talk.post("runs/log-parameter", {"run_id": made, "key": key, "value": "v"}, label=f"key {label}")
    values = {
        "text": "a", "same": "a", "other": "b", "empty": "", "number": 1, "null": None, "true": True, "list": ["a"],
        "unicode": "ü漢🎈", "quotes": "'\"\\;--", "6000": "v" * 6000, "6001": "v" * 6001, "8001": "v" * 8001,
    }  # fmt: skip
    for label, value in values.items():
        key = "same" if label in ("same", "other", "text") else label
        talk.post("runs/log-parameter", {"run_id": made, "key": key, "value": value}, label=f"value {label}")
    talk.post("runs/log-parameter", {"run_id": made, "key": "6001", "value": "v" * 6002}, label="cut to the same")
    talk.post("runs/log-parameter", {"run_id": made, "key": "none"}, label="no value")
    talk.post("runs/log-parameter", {"run_id": made, "value": "x"}, label="no key")
    talk.post("runs/log-parameter", {"key": "a", "value": "x"}, label="no run")
    talk.post("runs/log-parameter", {"run_uuid": made, "key": "uuid", "value": "x"}, label="run_uuid")
    talk.post("runs/log-parameter", {"run_id": "0" * 32, "key": "a", "value": "x"}, label="unknown run")
    talk.get("runs/get", run_id=made, label="after all")


def tags(talk):
    made = run(talk, experiment(talk))
    for label, key in KEYS.items():
        talk.post("runs/set-tag", {"run_id": made, "key": key, "value": "v"}, label=f"key {label}")
    values = {
        "text": "a", "changed": "b", "empty": "", "number": 1, "null": None, "true": True,
        "unicode": "ü漢🎈", "new line": "a\nb", "8000": "v" * 8000, "8001": "v" * 8001,
    }  # fmt: skip
    for label, value in values.items():
        key = "text" if label in ("text", "changed") else label
        talk.post("runs/set-tag", {"run_id": made, "key": key, "value": value}, label=f"value {label}")
    talk.post("runs/set-tag", {"run_id": made, "key": "none"}, label="no value")
    talk.post("runs/set-tag", {"run_id": made, "value": "x"}, label="no key")
    talk.post("runs/set-tag", {"key": "a", "value": "x"}, label="no run")
    talk.post("runs/set-tag", {"run_uuid": made, "key": "uuid", "value": "x"}, label="run_uuid")
    talk.post("runs/set-tag", {"run_id": "0" * 32, "key": "a", "value": "x"}, label="unknown run")
    talk.post("runs/set-tag", {"run_id": made, "key": "mlflow.user", "value": "somebody"}, label="mlflow.user")
    talk.post("runs/set-tag", {"run_id": made, "key": "mlflow.runName", "value": ""}, label="empty run name")
    for label, body in {
        "good": {"run_id": made, "key": "text"},
        "again": {"run_id": made, "key": "text"},
        "never there": {"run_id": made, "key": "nothing"},
        "no key": {"run_id": made},
        "empty key": {"run_id": made, "key": ""},
        "no run": {"key": "a"},
        "run_uuid": {"run_uuid": made, "key": "uuid"},
        "unknown run": {"run_id": "0" * 32, "key": "a"},
        "the run's name": {"run_id": made, "key": "mlflow.runName"},
    }.items():
        talk.post("runs/delete-tag", body, label=f"delete: {label}")
    talk.get("runs/get", run_id=made, label="after all")


def batch(talk):
    where = experiment(talk)
    made = run(talk, where)
    metric = {"key": "m", "value": 1.5, "timestamp": 5, "step": 2}
    bodies = {
        "good": {"metrics": [metric], "params": [{"key": "p", "value": "1"}], "tags": [{"key": "t", "value": "x"}]},
        "again": {"metrics": [metric], "params": [{"key": "p", "value": "1"}], "tags": [{"key": "t", "value": "y"}]},
        "nothing": {},
        "empty lists": {"metrics": [], "params": [], "tags": []},
        "changed param": {"params": [{"key": "p", "value": "2"}]},
        "changed param, the rest": {
            "metrics": [metric | {"key": "rest"}], "params": [{"key": "q", "value": "1"}, {"key": "p", "value": "2"}],
            "tags": [{"key": "rest", "value": "x"}],
        },
        "param twice, equal": {"params": [{"key": "twice", "value": "1"}, {"key": "twice", "value": "1"}]},
        "param twice, different": {"params": [{"key": "twice2", "value": "1"}, {"key": "twice2", "value": "2"}]},
        "tag twice": {"tags": [{"key": "t2", "value": "1"}, {"key": "t2", "value": "2"}]},
        "metric twice": {"metrics": [metric, metric, metric | {"step": 3}]},
        "no key": {"metrics": [{"value": 1, "timestamp": 1}]},
        "no value": {"metrics": [{"key": "a", "timestamp": 1}]},
        "no timestamp": {"metrics": [{"key": "a", "value": 1}]},
        "no step": {"metrics": [{"key": "nostep", "value": 1, "timestamp": 1}]},
        "NaN": {"metrics": [metric | {"key": "nan", "value": "NaN"}]},
        "infinite": {"metrics": [metric | {"key": "inf", "value": "Infinity"}]},
        "minus infinite": {"metrics": [metric | {"key": "-inf", "value": "-Infinity"}]},
        "text as value": {"metrics": [metric | {"value": "abc"}]},
        "number as text": {"metrics": [metric | {"key": "astext", "value": "2.5"}]},
        "true as value": {"metrics": [metric | {"value": True}]},
        "null as value": {"metrics": [metric | {"value": None}]},
        "negative time": {"metrics": [metric | {"timestamp": -1}]},
        "time as text": {"metrics": [metric | {"key": "timetext", "timestamp": "7"}]},
        "wrong metric key": {"metrics": [metric | {"key": "a;b"}]},
        "wrong second metric key": {"metrics": [metric, metric | {"key": "../b"}]},
        "long metric key": {"metrics": [metric | {"key": "k" * 251}]},
        "no param key": {"params": [{"value": "1"}]},
        "no param value": {"params": [{"key": "pv"}]},
        "wrong param key": {"params": [{"key": "/a", "value": "1"}]},
        "long param key": {"params": [{"key": "k" * 251, "value": "1"}]},
        "long param value": {"params": [{"key": "long", "value": "v" * 6001}]},
        "no tag key": {"tags": [{"value": "1"}]},
        "no tag value": {"tags": [{"key": "tv"}]},
        "wrong tag key": {"tags": [{"key": "a;b", "value": "1"}]},
        "long tag value": {"tags": [{"key": "long", "value": "v" * 8001}]},
        "metrics as a map": {"metrics": {"a": 1}},
        "params as a text": {"params": "a"},
        "metric as a text": {"metrics": ["a"]},
        "1001 metrics": {"metrics": [metric | {"step": step} for step in range(1001)]},
        "1000 metrics": {"metrics": [metric | {"key": "thousand", "step": step} for step in range(1000)]},
        "101 params": {"params": [{"key": f"o{n}", "value": "1"} for n in range(101)]},
        "100 params": {"params": [{"key": f"h{n}", "value": "1"} for n in range(100)]},
        "101 tags": {"tags": [{"key": f"o{n}", "value": "1"} for n in range(101)]},
        "1001 in all": {
            "metrics": [metric | {"step": step} for step in range(950)],
            "params": [{"key": f"x{n}", "value": "1"} for n in range(51)],
        },
        "run name": {"tags": [{"key": "mlflow.runName", "value": "by batch"}]},
        "unknown field": {"nonsense": 1, "tags": [{"key": "u", "value": "1", "nonsense": 2}]},
    }  # fmt: skip
    for label, body in bodies.items():
        talk.post("runs/log-batch", {"run_id": made} | body, label=label)
    talk.get("runs/get", run_id=made, label="after all")
    talk.post("runs/log-batch", bodies["good"], label="no run")
    talk.post("runs/log-batch", {"run_uuid": made} | bodies["good"], label="run_uuid")
    talk.post("runs/log-batch", {"run_id": "0" * 32} | bodies["good"], label="unknown run")
    talk.post("runs/log-batch", {"run_id": "0" * 32}, label="unknown run, nothing")
    talk.post("runs/log-batch", {"runId": made, "tags": [{"key": "camel", "value": "1"}]}, label="camel case")


def inputs(talk):
    where = experiment(talk)
    made = run(talk, where)
    data = {"name": "rows", "digest": "d1", "source_type": "local", "source": "{}", "schema": "s", "profile": "p"}
    label_tag = {"key": "mlflow.data.context", "value": "training"}
    bodies = {
        "good": {"datasets": [{"tags": [label_tag], "dataset": data}]},
        "again": {"datasets": [{"tags": [label_tag], "dataset": data}]},
        "other tags": {"datasets": [{"tags": [{"key": "more", "value": "1"}], "dataset": data}]},
        "two": {"datasets": [{"dataset": data | {"name": "a"}}, {"dataset": data | {"name": "b"}}]},
        "no schema": {"datasets": [{"dataset": {"name": "c", "digest": "d", "source_type": "e", "source": "f"}}]},
        "nothing": {},
        "empty": {"datasets": []},
        "no dataset": {"datasets": [{"tags": []}]},
        "no name": {"datasets": [{"dataset": {"digest": "d", "source_type": "e", "source": "f"}}]},
        "empty name": {"datasets": [{"dataset": data | {"name": ""}}]},
        "no digest": {"datasets": [{"dataset": {"name": "d", "source_type": "e", "source": "f"}}]},
        "no source": {"datasets": [{"dataset": {"name": "d", "digest": "e", "source_type": "f"}}]},
        "500": {"datasets": [{"dataset": data | {"name": "n" * 500}}]},
        "501": {"datasets": [{"dataset": data | {"name": "n" * 501}}]},
        "digest of 37": {"datasets": [{"dataset": data | {"digest": "n" * 37}}]},
        "long source": {"datasets": [{"dataset": data | {"source": "n" * 65_536}}]},
        "tag key of 256": {"datasets": [{"tags": [{"key": "k" * 256, "value": "v"}], "dataset": data}]},
        "tag value of 501": {"datasets": [{"tags": [{"key": "k", "value": "v" * 501}], "dataset": data}]},
        "no tag key": {"datasets": [{"tags": [{"value": "v"}], "dataset": data}]},
        "not a list": {"datasets": {"a": 1}},
        "models": {"models": [{"model_id": "m-" + "0" * 32}]},
    }
    for label, body in bodies.items():
        talk.post("runs/log-inputs", {"run_id": made} | body, label=label)
    found = talk.get("runs/get", run_id=made, label="after all")
    found.body["run"]["inputs"]["dataset_inputs"].sort(key=lambda entry: entry["dataset"]["name"])
    talk.post("runs/log-inputs", bodies["good"], label="no run")
    talk.post("runs/log-inputs", {"run_id": "0" * 32} | bodies["good"], label="unknown run")
    for label, body in {
        "good": {"experiment_ids": [where]},
        "two": {"experiment_ids": [where, "987654321"]},
        "no ids": {},
        "empty": {"experiment_ids": []},
        "21": {"experiment_ids": [where] * 21},
        "text": {"experiment_ids": where},
        "wrong": {"experiment_ids": ["abc"]},
    }.items():
        talk.post("experiments/search-datasets", body, label=f"search: {label}")
    for path in ["/ajax-api/2.0/mlflow/experiments/search-datasets", "/api/2.0mlflow/experiments/search-datasets"]:
        talk.call("POST", path, body={"experiment_ids": [where]}, label=f"search at {path}")


def outputs(talk):
    where = experiment(talk)
    made = run(talk, where)
    model = talk.post("logged-models", {"experiment_id": where, "name": "m"}, label="model")["model"]["info"][
        "model_id"
    ]
    bodies = {
        "good": {"models": [{"model_id": model, "step": 3}]},
        "again": {"models": [{"model_id": model, "step": 3}]},
        "no step": {"models": [{"model_id": model}]},
        "unknown": {"models": [{"model_id": "m-" + "0" * 32, "step": 1}]},
        "no model": {"models": [{"step": 1}]},
        "nothing": {},
        "not a list": {"models": "a"},
    }
    for label, body in bodies.items():
        talk.post("runs/outputs", {"run_id": made} | body, label=label)
    talk.get("runs/get", run_id=made, label="after all")
    talk.post("runs/log-inputs", {"run_id": made, "models": [{"model_id": model}]}, label="as an input")
    talk.get("runs/get", run_id=made, label="with an input")
    talk.post("runs/outputs", bodies["good"], label="no run")
    talk.post("runs/outputs", {"run_id": "0" * 32} | bodies["good"], label="unknown run")


def old_models(talk):
    """How 2.x clients tell of a model."""
    made = run(talk, experiment(talk))
    good = {
        "artifact_path": "model",
        "flavors": {"onnx": {}},
        "utc_time_created": "2026-01-01 00:00:00",
        "run_id": made,
    }
    bodies = {
        "good": {"model_json": json.dumps(good)},
        "another": {"model_json": json.dumps(good | {"artifact_path": "other", "signature": None})},
        "no json": {"model_json": "{"},
        "a list": {"model_json": "[]"},
        "no path": {"model_json": json.dumps({k: v for k, v in good.items() if k != "artifact_path"})},
        "no flavors": {"model_json": json.dumps({k: v for k, v in good.items() if k != "flavors"})},
        "empty": {"model_json": ""},
        "nothing": {},
        "not a text": {"model_json": good},
    }
    for label, body in bodies.items():
        talk.post("runs/log-model", {"run_id": made} | body, label=label)
    found = talk.get("runs/get", run_id=made, label="after all")
    for tag in found.body["run"]["data"]["tags"]:
        if tag["key"] == "mlflow.log-model.history":
            # The order of its keys is Python's.
            tag["value"] = json.loads(tag["value"])
    talk.post("runs/log-model", {"run_id": "0" * 32} | bodies["good"], label="unknown run")
    talk.post("runs/log-model", bodies["good"], label="no run")


CASES = [create, get, update, delete_and_restore, params, tags, batch, inputs, outputs, old_models]
