"""Searching runs: the filter grammar, orders and pages, against runs with known values."""

import math

import mlflow
from mlflow.entities import Metric, Param, RunTag, ViewType

from steps.world import refusal, refuses, same, same_for_all

# Letter: status, start time, params, metrics, tags. An absent key is absent in the run.
RUNS = {
    "a": ("FINISHED", 1_000, {"kind": "Forest", "depth": "3"}, {"f1": 0.5, "loss": 1.0}, {"team": "red"}),
    "b": ("FAILED", 2_000, {"kind": "forest", "depth": "10"}, {"f1": 0.75}, {"team": "blue", "my tag": "x_y"}),
    "c": ("RUNNING", 3_000, {"kind": "linear"}, {"f1": 0.75, "loss": -2.0}, {}),
    "d": ("FINISHED", 4_000, {}, {"f1": math.nan}, {"team": "Red", "my tag": "xzy"}),
    "e": ("KILLED", 5_000, {"kind": "it's"}, {}, {"a.b/c": "1"}),
}

FILTERS = {
    "": "edcba",
    "metrics.f1 > 0.5": "cb",
    "metrics.f1 >= 0.5": "cba",
    "metric.f1 = 0.75": "cb",
    "metrics.f1 != 0.75": "da",
    "metrics.f1 < 0.6": "a",
    "metrics.`f1` <= 0.5": "a",
    'metrics."loss" < 0': "c",
    "metrics.loss > -2.5 and metrics.loss < 1.0e0": "c",
    "params.kind = 'Forest'": "a",
    "param.kind != 'Forest'": "ecb",
    "parameters.kind LIKE '%orest'": "ba",
    "params.kind like 'F%'": "a",
    "params.kind ILIKE 'f%'": "ba",
    'params.kind = "it\'s"': "e",
    "params.depth IS NULL": "edc",
    "params.depth IS NOT NULL": "ba",
    "tags.team = 'red'": "a",
    "tags.team != 'red'": "db",
    "tag.team ILIKE 'RED'": "da",
    "tags.`my tag` LIKE 'x_y'": "db",
    'tags."my tag" = "x_y"': "b",
    "tags.\"a.b/c\" = '1'": "e",
    "tags.team IS NULL": "ec",
    "attributes.status = 'FINISHED'": "da",
    "status != 'FINISHED'": "ecb",
    "attr.status LIKE '%ED'": "edba",
    "run.status ILIKE 'run%'": "c",
    "start_time > 2000": "edc",
    "attributes.start_time <= 2000": "ba",
    "attributes.created = 3000": "c",
    "run_name = 'c run'": "c",
    "attributes.`run name` LIKE '% run'": "edcba",
    "attributes.run_name ILIKE 'C%'": "c",
    "attributes.artifact_uri LIKE '%/artifacts'": "edcba",
    "attributes.user_id = 'somebody'": "edcba",
    "metrics.f1 > 0.1 AND params.kind = 'linear' AND status = 'RUNNING'": "c",
    "metrics.f1 > 0.7 AND tags.team = 'blue'": "b",
    "metrics.nothing > 0": "",
}

ORDERS = {
    ("start_time",): "abcde",
    ("attributes.start_time DESC",): "edcba",
    ("start_time asc",): "abcde",
    ("metrics.f1",): "acb",
    ("metrics.f1 DESC", "start_time ASC"): "bca",
    ("metric.loss ASC",): "ca",
    ("params.kind",): "abec",
    ("params.kind DESC",): "ceba",
    ("tags.team", "attributes.start_time"): "dba",
    ("status", "start_time DESC"): "bdaec",
    ("run_name DESC",): "edcba",
}

MISTAKES = [
    "metrics.f1 > 'text'",
    "metrics.f1 LIKE '1'",
    "params.kind = Forest",
    "params.kind = 3",
    "params.kind IN ('a')",
    "nonsense.a = 'b'",
    "attributes.nonsense = 'b'",
    "status > 'FINISHED'",
    "start_time = 'soon'",
    "metrics.f1 > 0.1 OR metrics.f1 < 0",
    "(metrics.f1 > 0.1)",
    "metrics.f1 >",
    "metrics.f1",
    "> 3",
    "a.b.c = 'd'; DROP TABLE runs",
    "status IN ('FINISHED')",
    "metrics.f1 IS NULL",
]


def fill(world, text):
    experiment = world.experiment(text)
    for letter, (status, start, params, metrics, tags) in RUNS.items():
        labels = tags | {"mlflow.runName": f"{letter} run", "mlflow.user": "somebody"}
        run = world.client.create_run(experiment, start_time=start, tags=labels).info.run_id
        world.client.log_batch(
            run,
            metrics=[Metric(key, value, start, 0) for key, value in metrics.items()],
            params=[Param(key, value) for key, value in params.items()],
            tags=[RunTag("letter", letter)],
        )
        if status != "RUNNING":
            world.client.update_run(run, status=status)
    return experiment


def letters(runs):
    return "".join(run.data.tags["letter"] for run in runs)


def filters(world):
    experiment = fill(world, "filters")
    ids = {run.data.tags["letter"]: run.info.run_id for run in world.client.search_runs([experiment])}
    by_id = {
        f"attributes.run_id = '{ids['b']}'": "b",
        f"run_id IN ('{ids['a']}', '{ids['c']}')": "ca",
        f"attributes.run_id NOT IN ('{ids['a']}','{ids['c']}')": "edb",
    }
    found = {text: letters(world.client.search_runs([experiment], text)) for text in FILTERS | by_id}
    same_for_all(found, FILTERS | by_id)


def orders(world):
    experiment = fill(world, "orders")
    for order, expected in ORDERS.items():
        found = letters(world.client.search_runs([experiment], order_by=list(order)))
        # What has no such key comes last, in an order of its own.
        assert found[: len(expected)] == expected, f"{order} gives {found!r} instead of {expected!r}"
        same(sorted(found), list("abcde"))


def pages(world):
    experiment = fill(world, "pages")
    found, token, sizes = "", None, []
    while True:
        page = world.client.search_runs([experiment], max_results=2, order_by=["start_time"], page_token=token)
        found, token = found + letters(page), page.token
        sizes.append(len(page))
        if not token:
            break
    same((found, sizes), ("abcde", [2, 2, 1]))
    everything = world.client.search_runs([experiment], max_results=5)
    same(len(everything), 5)
    refuses("INVALID_PARAMETER_VALUE", world.client.search_runs, [experiment], page_token="no token")


def several_experiments_and_views(world):
    first, second = fill(world, "view one"), fill(world, "view two")
    for run in world.client.search_runs([second], "tags.team IS NOT NULL"):
        world.client.delete_run(run.info.run_id)
    both = [first, second]
    same(len(world.client.search_runs(both)), 7)
    same(len(world.client.search_runs(both, run_view_type=ViewType.ALL)), 10)
    same(letters(world.client.search_runs(both, run_view_type=ViewType.DELETED_ONLY)), "dba")
    same(list(world.client.search_runs([])), [])
    frame = mlflow.search_runs(experiment_names=[world.name("view one")], order_by=["start_time"], max_results=3)
    same(list(frame["tags.letter"]), ["a", "b", "c"])
    same(list(frame["metrics.f1"]), [0.5, 0.75, 0.75])
    same(list(frame["params.kind"]), ["Forest", "forest", "linear"])
    objects = mlflow.search_runs([first], output_format="list", filter_string="metrics.f1 > 0.7")
    same(letters(objects), "cb")


def mistakes(world):
    experiment = world.experiment("wrong filters")
    found = {text: refusal(world.client.search_runs, [experiment], text) for text in MISTAKES}
    same_for_all(found, dict.fromkeys(MISTAKES, "INVALID_PARAMETER_VALUE"))
    for order in ["nonsense.a", "attributes.nonsense", "metrics.f1 SIDEWAYS", "metrics.f1 DESC DESC"]:
        refuses("INVALID_PARAMETER_VALUE", world.client.search_runs, [experiment], order_by=[order])


STEPS = [filters, orders, pages, several_experiments_and_views, mistakes]
