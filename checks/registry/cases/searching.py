"""Searching runs: the filter grammar good and bad, orders, pages and views."""

from cases.runs import experiment, run

RUNS = {
    "a": ("FINISHED", {"kind": "Forest", "depth": "3"}, {"f1": 0.5, "loss": 1.0}, {"team": "red"}),
    "b": ("FAILED", {"kind": "forest", "depth": "10"}, {"f1": 0.75}, {"team": "blue", "my tag": "x_y"}),
    "c": ("RUNNING", {"kind": "linear"}, {"f1": 0.75, "loss": -2.0, "inf": "Infinity"}, {}),
    "d": ("FINISHED", {"empty": ""}, {"f1": "NaN", "loss": 0.0}, {"team": "Red", "my tag": "xzy"}),
    "e": ("KILLED", {"kind": "it's", "percent": "50%"}, {"inf": "-Infinity"}, {"a.b/c": "1"}),
}

FILTERS = [
    "",
    " ",
    "metrics.f1 > 0.5",
    "metrics.f1 >= .5",
    "metrics.f1 = 0.75",
    "metrics.f1 = 75e-2",
    "metrics.f1 != 0.75",
    "metrics.f1 < 0.75",
    "metrics.f1 <= 0",
    "metrics.f1 = 0",
    "metrics.loss > -2.5",
    "metrics.loss=0",
    "metrics.loss = -2",
    "metrics.loss < +1",
    "metrics.inf > 1e308",
    "metric.f1 > 0.5",
    "metrics.`f1` > 0.5",
    'metrics."f1" > 0.5',
    "metrics.'f1' > 0.5",
    "metrics.f1 > '0.5'",
    "metrics.f1 > 0.5 and metrics.f1 < 1",
    "metrics.f1 > 0.5 AND params.kind = 'forest'",
    "metrics.f1 > 0.5 && params.kind = 'forest'",
    "metrics.f1 > 0.5, params.kind = 'forest'",
    "metrics.f1 LIKE '0.5'",
    "metrics.f1 IN (0.5)",
    "metrics.f1 IS NULL",
    "metrics.f1 IS NOT NULL",
    "metrics.nothing > 0",
    "metrics.nothing != 0",
    "metrics.f1 > NaN",
    "metrics.f1 > infinity",
    "metrics.f1 == 0.5",
    "metrics.f1 <> 0.5",
    "metrics.f1 > 0.5.5",
    "metrics.f1 > 1 1",
    "metrics.f1 BETWEEN 0 AND 1",
    "params.kind = 'Forest'",
    'params.kind = "Forest"',
    "params.kind = `Forest`",
    "param.kind = 'Forest'",
    "parameter.kind = 'Forest'",
    "parameters.kind = 'Forest'",
    "params.kind != 'Forest'",
    "params.kind LIKE '%orest'",
    "params.kind like '_orest'",
    "params.kind ILIKE 'FOREST'",
    "params.kind NOT LIKE 'F%'",
    "params.kind = 'it''s'",
    'params.kind = "it\'s"',
    "params.percent LIKE '50\\%'",
    "params.percent LIKE '%!%%'",
    "params.empty = ''",
    "params.empty != 'x'",
    "params.depth > '2'",
    "params.depth = 3",
    "params.kind = Forest",
    "params.kind IN ('Forest', 'linear')",
    "params.kind NOT IN ('Forest')",
    "params.depth IS NULL",
    "params.depth is not null",
    "params.depth IS 'a'",
    "params.depth IS NOT",
    "tags.team = 'red'",
    "tags.team != 'red'",
    "tag.team ILIKE '%RED%'",
    "tags.`my tag` = 'x_y'",
    "tags.'my tag' = 'x_y'",
    "tags.\"my tag\" LIKE 'x_y'",
    "tags.my tag = 'x_y'",
    "tags.a.b/c = '1'",
    "tags.\"a.b/c\" = '1'",
    "tags.`a.b/c` = '1'",
    "tags.team IS NULL",
    "tags.mlflow.runName = 'a run'",
    "tags.`mlflow.runName` = 'a run'",
    "tags.team IN ('red')",
    "tags.team > 'a'",
    "status = 'FINISHED'",
    "attributes.status = 'FINISHED'",
    "attribute.status = 'finished'",
    "attr.status != 'FINISHED'",
    "run.status LIKE '%ED'",
    "status ILIKE 'fin%'",
    "status IN ('FINISHED')",
    "status > 'A'",
    "status = 3",
    "status IS NULL",
    "Status = 'FINISHED'",
    "start_time > 20",
    "start_time >= 20 AND start_time <= 40",
    "start_time != 20",
    "start_time = '20'",
    "start_time LIKE '2%'",
    "start_time = 20.5",
    "attributes.created > 20",
    "attributes.Created > 20",
    "end_time > 0",
    "end_time < 0",
    "end_time IS NULL",
    "run_name = 'a run'",
    "attributes.run_name LIKE '% run'",
    "attributes.`run name` = 'a run'",
    "attributes.`Run name` = 'a run'",
    "attributes.`Run Name` = 'a run'",
    "run_name ILIKE 'A%'",
    "run_name IN ('a run')",
    "user_id = 'somebody'",
    "attributes.user_id LIKE 'some%'",
    "artifact_uri LIKE 'mlflow-artifacts:%'",
    "lifecycle_stage = 'active'",
    "attributes.experiment_id = '0'",
    "experiment_id != '0'",
    "run_id = 'x'",
    "attributes.run_id IN ('x', 'y')",
    "run_id NOT IN ('x')",
    "run_id IN ()",
    "run_id IN ('x'",
    "run_id IN (x)",
    "run_id IN 'x'",
    "run_id IN ('x',)",
    "run_id LIKE '%'",
    "attributes.nonsense = 'a'",
    "nonsense = 'a'",
    "nonsense.a = 'a'",
    "datasets.name = 'rows'",
    "dataset.name = 'rows'",
    "dataset.name LIKE 'r%'",
    "dataset.digest = 'd1'",
    "dataset.context = 'training'",
    "dataset.name IN ('rows', 'others')",
    "dataset.name NOT IN ('rows')",
    "dataset.nonsense = 'a'",
    "dataset.name > 'a'",
    "metrics.f1 > 0.1 OR metrics.f1 < 0",
    "NOT metrics.f1 > 0.1",
    "(metrics.f1 > 0.1)",
    "metrics.f1 > 0.1 AND",
    "AND metrics.f1 > 0.1",
    "metrics.f1 > 0.1 AND AND metrics.f1 > 0.1",
    "metrics.f1 >",
    "metrics.f1",
    "metrics. > 1",
    "metrics > 1",
    ".f1 > 1",
    "> 1",
    "0.5 < metrics.f1",
    "'Forest' = params.kind",
    "params.kind = params.kind",
    "metrics.f1 > 0.1; DROP TABLE runs",
    "metrics.f1 > 0.1 -- comment",
    "metrics.f1 /* comment */ > 0.1",
    "params.kind = 'Forest",
    "params.kind = Forest'",
    "params.kind = 'ü'",
    "tags.ü = 'a'",
    "tags.`ü` = 'a'",
    "metrics.f1>0.5 AND status='FAILED'",
    "  metrics.f1   >   0.5  ",
    "metrics.f1\n>\t0.5",
    "METRICS.f1 > 0.5",
    "params.kind Like 'F%'",
    "tags.team = 'red' and tags.team = 'red'",
    "*",
    "1 = 1",
    "true",
]

ORDERS = [
    [],
    ["start_time"],
    ["start_time ASC"],
    ["start_time DESC"],
    ["start_time desc"],
    ["attributes.start_time DESC"],
    ["attribute.start_time"],
    ["attributes.created"],
    ["Created DESC"],
    ["metrics.f1"],
    ["metrics.f1 DESC"],
    ["metric.f1 ASC", "start_time ASC"],
    ["metrics.`f1` DESC", "params.kind"],
    ["metrics.loss"],
    ["metrics.loss DESC"],
    ["metrics.inf"],
    ["metrics.nothing"],
    ["params.kind"],
    ["params.kind DESC"],
    ["param.depth"],
    ["tags.team"],
    ["tags.team DESC", "start_time"],
    ['tags."my tag"'],
    ["status"],
    ["status DESC", "run_name"],
    ["run_name"],
    ["attributes.`Run Name` DESC"],
    ["end_time"],
    ["end_time DESC"],
    ["user_id", "start_time"],
    ["metrics.f1", "metrics.f1"],
    ["metrics.f1", "metrics.f1 DESC"],
    ["nonsense"],
    ["nonsense.a"],
    ["attributes.nonsense"],
    ["dataset.name"],
    ["metrics.f1 UP"],
    ["metrics.f1 DESC DESC"],
    ["metrics.f1, start_time"],
    ["metrics."],
    [""],
    [" "],
    [3],
    "start_time",
    ["tags.my tag"],
    ["start_time;DROP TABLE runs"],
]


def fill(talk, text="a"):
    where = experiment(talk, text)
    for number, (letter, (status, params, metrics, tags)) in enumerate(RUNS.items(), 1):
        labels = [{"key": key, "value": value} for key, value in tags.items()]
        made = run(
            talk,
            where,
            label=f"run {letter} of {text}",
            run_name=f"{letter} run",
            start_time=number * 10,
            tags=labels,
            user_id="somebody",
        )
        body = {
            "run_id": made,
            "metrics": [{"key": key, "value": value, "timestamp": number, "step": 0} for key, value in metrics.items()],
            "params": [{"key": key, "value": value} for key, value in params.items()],
        }
        talk.post("runs/log-batch", body, label=f"log {letter} of {text}")
        if status != "RUNNING":
            end = {"run_id": made, "status": status, "end_time": 1000 - number * 100}
            talk.post("runs/update", end, label=f"end {letter} of {text}")
        if letter in "ab":
            data = {"name": "rows", "digest": f"d{number}", "source_type": "local", "source": "s"}
            tag = {"key": "mlflow.data.context", "value": "training" if letter == "a" else "validation"}
            body = {"run_id": made, "datasets": [{"tags": [tag], "dataset": data}]}
            talk.post("runs/log-inputs", body, label=f"input {letter} of {text}")
    return where


def names(answer):
    """Only the runs' names: what they hold is compared elsewhere."""
    if answer.status == 200:
        found = [entry["info"]["run_name"] for entry in answer.body.get("runs", [])]
        answer.body = {"runs": found, "more": "next_page_token" in answer.body}


def whole(talk):
    where = fill(talk)
    talk.post("runs/search", {"experiment_ids": [where]}, label="everything")
    talk.call(
        "POST", "/ajax-api/2.0/mlflow/runs/search", body={"experiment_ids": [where], "max_results": 2}, label="ajax"
    )


def filters(talk):
    where = fill(talk)
    for text in FILTERS:
        names(talk.post("runs/search", {"experiment_ids": [where], "filter": text}, label=f"filter `{text}`"))
    for value in [3, None, ["a"], {"a": 1}]:
        names(talk.post("runs/search", {"experiment_ids": [where], "filter": value}, label=f"filter {value!r}"))


def orders(talk):
    where = fill(talk)
    for order in ORDERS:
        names(talk.post("runs/search", {"experiment_ids": [where], "order_by": order}, label=f"order {order}"))


def pages(talk):
    where = fill(talk)
    base = {"experiment_ids": [where], "order_by": ["start_time"]}
    for size in [1, 2, 5, 6, "2", 0, -1, 50_000, 50_001, "x", 1.0, 1.5, None, 2**40]:
        names(talk.post("runs/search", base | {"max_results": size}, label=f"size {size!r}"))
    page = talk.post("runs/search", base | {"max_results": 2}, label="first")
    token = page["next_page_token"]
    names(page)
    page = talk.post("runs/search", base | {"max_results": 2, "page_token": token}, label="second")
    token = page["next_page_token"]
    names(page)
    names(talk.post("runs/search", base | {"max_results": 2, "page_token": token}, label="third"))
    names(talk.post("runs/search", base | {"page_token": token}, label="the rest"))
    for wrong in [
        "",
        "x",
        "e30=",
        "eyJvZmZzZXQiOiAxfQ==",
        "eyJvZmZzZXQiOiAxMDB9",
        "eyJvZmZzZXQiOiAieCJ9",
        "bnVsbA==",
        3,
    ]:
        names(talk.post("runs/search", base | {"max_results": 2, "page_token": wrong}, label=f"token {wrong!r}"))


def places_and_views(talk):
    one, other = fill(talk, "one"), fill(talk, "other")
    page = talk.post("runs/search", {"experiment_ids": [other], "filter": "run_name = 'b run'"}, label="find")
    gone = page["runs"][0]["info"]["run_id"]
    talk.post("runs/delete", {"run_id": gone})
    for view in ["ACTIVE_ONLY", "DELETED_ONLY", "ALL", 1, 2, 3, 4, "nonsense", None, "active_only"]:
        body = {"experiment_ids": [other], "run_view_type": view, "order_by": ["start_time"]}
        names(talk.post("runs/search", body, label=f"view {view!r}"))
    orders = {"order_by": ["start_time", "run_name"]}
    for label, places in {
        "both": [one, other],
        "unknown": ["987654321"],
        "one and unknown": [one, "987654321"],
        "none": [],
        "text in a list": ["abc"],
        "number": [int(one)],
        "a text": one,
        "twice": [one, one],
        "null": None,
    }.items():
        names(talk.post("runs/search", {"experiment_ids": places} | orders, label=f"in {label}"))
    names(talk.post("runs/search", {}, label="nowhere"))
    talk.post("experiments/delete", {"experiment_id": other})
    names(talk.post("runs/search", {"experiment_ids": [other]} | orders, label="in a deleted experiment"))
    body = {"experiment_ids": [other], "run_view_type": "ALL"} | orders
    names(talk.post("runs/search", body, label="all in a deleted experiment"))
    names(
        talk.post(
            "runs/search", {"experimentIds": [one], "maxResults": 2, "orderBy": ["start_time"]}, label="camel case"
        )
    )


CASES = [whole, filters, orders, pages, places_and_views]
