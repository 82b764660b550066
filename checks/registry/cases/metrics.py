"""Metrics: every kind of value, histories in pages, and histories of many runs."""

from cases.runs import KEYS, experiment, run

VALUES = {
    "integer": 3,
    "fraction": 0.1,
    "text": "1.5",
    "exponent": "1e3",
    "NaN": "NaN",
    "infinite": "Infinity",
    "minus infinite": "-Infinity",
    "nan in small": "nan",
    "inf": "inf",
    "largest": 1.7976931348623157e308,
    "smallest": 5e-324,
    "minus zero": -0.0,
    "2 to the 53": 9007199254740993,
    "word": "abc",
    "empty": "",
    "true": True,
    "null": None,
    "list": [1],
    "blank": " 1 ",
}
TIMES = {
    "zero": 0,
    "text": "5",
    "negative": -1,
    "fraction": 1.5,
    "round fraction": 2.0,
    "word": "now",
    "null": None,
    "large": 2**62,
    "too large": 2**64,
}
STEPS = {"zero": 0, "text": "5", "negative": -3, "fraction": 1.5, "word": "a", "null": None, "large": 2**62}


def log(talk):
    made = run(talk, experiment(talk))
    base = {"run_id": made, "key": "m", "value": 1.0, "timestamp": 10, "step": 0}
    for label, value in VALUES.items():
        talk.post("runs/log-metric", base | {"key": f"value {label}", "value": value}, label=f"value {label}")
    for label, value in TIMES.items():
        talk.post("runs/log-metric", base | {"key": f"time {label}", "timestamp": value}, label=f"time {label}")
    for label, value in STEPS.items():
        talk.post("runs/log-metric", base | {"key": f"step {label}", "step": value}, label=f"step {label}")
    for label, key in KEYS.items():
        talk.post("runs/log-metric", base | {"key": key}, label=f"key {label}")
    for absent in base:
        talk.post("runs/log-metric", {k: v for k, v in base.items() if k != absent}, label=f"no {absent}")
    talk.post("runs/log-metric", base | {"run_id": "0" * 32}, label="unknown run")
    rest = {k: v for k, v in base.items() if k != "run_id"}
    talk.post("runs/log-metric", rest | {"run_uuid": made, "key": "uuid"}, label="run_uuid")
    talk.post("runs/log-metric", rest | {"runUuid": made, "key": "camel"}, label="camel case")
    talk.post(
        "runs/log-metric", base | {"key": "d", "dataset_name": "n", "dataset_digest": "g"}, label="with a dataset"
    )
    talk.post("runs/log-metric", base | {"key": "mm", "model_id": "m-" + "0" * 32}, label="with an unknown model")
    talk.get("runs/get", run_id=made, label="after all")
    for key in ["d", "value NaN", "value infinite", "step negative"]:
        talk.get("metrics/get-history", run_id=made, metric_key=key, label=f"history of {key}")


def the_latest_wins(talk):
    """By step, then time, then value."""
    made = run(talk, experiment(talk))
    for key, rows in {
        "step": [(1, 5, 9.0), (2, 4, 1.0), (1, 6, 3.0)],
        "time": [(1, 5, 9.0), (1, 7, 1.0), (1, 6, 3.0)],
        "value": [(1, 5, 1.0), (1, 5, 9.0), (1, 5, 3.0)],
        "nan after": [(1, 5, 1.0), (1, 5, "NaN")],
        "nan before": [(1, 5, "NaN"), (1, 5, 1.0)],
        "nan then later": [(1, 5, "NaN"), (2, 5, 1.0)],
        "negative": [(-2, 5, 1.0), (-1, 5, 2.0), (-3, 9, 3.0)],
    }.items():
        for step, time, value in rows:
            body = {"run_id": made, "key": key, "value": value, "timestamp": time, "step": step}
            talk.post("runs/log-metric", body, label=f"{key} {step} {time} {value}")
    talk.get("runs/get", run_id=made, label="after all")


def history(talk):
    made = run(talk, experiment(talk))
    rows = [{"key": "m", "value": n / 2, "timestamp": 100 + n, "step": n} for n in range(7)]
    talk.post("runs/log-batch", {"run_id": made, "metrics": rows}, label="log")
    talk.get("metrics/get-history", run_id=made, metric_key="m", label="whole")
    talk.get("metrics/get-history", run_uuid=made, metric_key="m", label="run_uuid")
    talk.get("metrics/get-history", run_id=made, metric_key="nothing", label="unknown key")
    talk.get("metrics/get-history", run_id=made, label="no key")
    talk.get("metrics/get-history", metric_key="m", label="no run")
    talk.get("metrics/get-history", run_id="0" * 32, metric_key="m", label="unknown run")
    for size in ["3", "7", "8", "0", "-1", "x", "1.5", "99999999999"]:
        talk.get("metrics/get-history", run_id=made, metric_key="m", max_results=size, label=f"size {size}")
    page = talk.get("metrics/get-history", run_id=made, metric_key="m", max_results=3, label="first page")
    token = page["next_page_token"]
    page = talk.get(
        "metrics/get-history", run_id=made, metric_key="m", max_results=3, page_token=token, label="second page"
    )
    token = page["next_page_token"]
    talk.get("metrics/get-history", run_id=made, metric_key="m", max_results=3, page_token=token, label="third page")
    talk.get("metrics/get-history", run_id=made, metric_key="m", page_token=token, label="a page without a size")
    for wrong in ["x", "e30=", ""]:
        talk.get(
            "metrics/get-history",
            run_id=made,
            metric_key="m",
            max_results=2,
            page_token=wrong,
            label=f"token {wrong!r}",
        )
    talk.post("runs/delete", {"run_id": made})
    talk.get("metrics/get-history", run_id=made, metric_key="m", label="of a deleted run")


def bulk(talk):
    where = experiment(talk)
    runs = [run(talk, where, label=f"run {n}") for n in range(2)]
    for number, made in enumerate(runs):
        rows = [{"key": "m", "value": number + n / 10, "timestamp": 100 + n, "step": n} for n in range(6)]
        rows.append({"key": "n", "value": "NaN", "timestamp": 1, "step": 0})
        talk.post("runs/log-batch", {"run_id": made, "metrics": rows}, label=f"log {number}")
    path = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
    one = runs[0]
    asked = {
        "one": {"run_id": one, "metric_key": "m"},
        "NaN": {"run_id": one, "metric_key": "n"},
        "3 results": {"run_id": one, "metric_key": "m", "max_results": 3},
        "no results": {"run_id": one, "metric_key": "m", "max_results": 0},
        "no run": {"metric_key": "m"},
        "no key": {"run_id": one},
        "unknown run": {"run_id": "0" * 32, "metric_key": "m"},
        "unknown key": {"run_id": one, "metric_key": "nothing"},
        "101 runs": {"run_id": [one] * 101, "metric_key": "m"},
    }
    for label, query in asked.items():
        talk.call("GET", path, query=query, label=label)
    both = talk.call("GET", path, query={"run_id": runs, "metric_key": "m"}, label="both")
    both.body["metrics"].sort(key=lambda row: (row["value"], row["step"]))


def bulk_interval(talk):
    where = experiment(talk)
    one, other = run(talk, where, label="one"), run(talk, where, label="other")
    rows = [{"key": "m", "value": n / 4, "timestamp": 100 + n, "step": n} for n in range(40)]
    talk.post("runs/log-batch", {"run_id": one, "metrics": rows}, label="log one")
    asked = {
        "everything": {"run_ids": one, "metric_key": "m"},
        "5 results": {"run_ids": one, "metric_key": "m", "max_results": 5},
        "1 result": {"run_ids": one, "metric_key": "m", "max_results": 1},
        "between": {"run_ids": one, "metric_key": "m", "start_step": 5, "end_step": 9},
        "between, 3 results": {"run_ids": one, "metric_key": "m", "start_step": 5, "end_step": 30, "max_results": 3},
        "one step": {"run_ids": one, "metric_key": "m", "start_step": 5, "end_step": 5},
        "outside": {"run_ids": one, "metric_key": "m", "start_step": 500, "end_step": 600},
        "two runs": {"run_ids": [one, other], "metric_key": "m", "max_results": 4},
        "backwards": {"run_ids": one, "metric_key": "m", "start_step": 9, "end_step": 5},
        "only a start": {"run_ids": one, "metric_key": "m", "start_step": 9},
        "only an end": {"run_ids": one, "metric_key": "m", "end_step": 9},
        "word as start": {"run_ids": one, "metric_key": "m", "start_step": "a", "end_step": 5},
        "no results": {"run_ids": one, "metric_key": "m", "max_results": 0},
        "2501 results": {"run_ids": one, "metric_key": "m", "max_results": 2501},
        "word as results": {"run_ids": one, "metric_key": "m", "max_results": "a"},
        "no runs": {"metric_key": "m"},
        "no key": {"run_ids": one},
        "101 runs": {"run_ids": [one] * 101, "metric_key": "m"},
        "unknown run": {"run_ids": "0" * 32, "metric_key": "m"},
        "unknown key": {"run_ids": one, "metric_key": "nothing"},
    }
    for label, query in asked.items():
        talk.call("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval", query=query, label=label)
    talk.get("metrics/get-history-bulk-interval", run_ids=one, metric_key="m", max_results=2, label="as an API")


CASES = [log, the_latest_wins, history, bulk, bulk_interval]
