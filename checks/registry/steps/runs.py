"""Runs: their life, and what is logged to them."""

import math
import time

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Metric, Param, RunStatus, RunTag, ViewType

from steps.world import refuses, same, until

LARGEST = 1.7976931348623157e308


def in_experiment(world, text):
    return mlflow.set_experiment(world.name(text)).experiment_id


def a_run_has_a_life(world):
    experiment = in_experiment(world, "life")
    before = int(time.time() * 1000) - 1
    with mlflow.start_run(run_name="first", tags={"a": "1"}, description="what it is") as active:
        running = world.client.get_run(active.info.run_id)
        same(running.info.status, "RUNNING")
        same(running.info.end_time, None)
    run = world.client.get_run(active.info.run_id)
    same(run.info.experiment_id, experiment)
    same(run.info.run_name, "first")
    same(run.info.status, "FINISHED")
    same(run.info.lifecycle_stage, "active")
    assert before <= run.info.start_time <= run.info.end_time, run.info
    same(run.data.tags["a"], "1")
    same(run.data.tags["mlflow.runName"], "first")
    same(run.data.tags["mlflow.note.content"], "what it is")
    same(run.data.tags["mlflow.user"], run.info.user_id)
    root = world.client.get_experiment(experiment).artifact_location
    same(run.info.artifact_uri, f"{root}/{run.info.run_id}/artifacts")
    same(mlflow.last_active_run().info.run_id, run.info.run_id)


def the_server_names_a_run_without_a_name(world):
    run = world.client.create_run(world.experiment("unnamed"))
    assert run.info.run_name, run.info
    same(run.data.tags["mlflow.runName"], run.info.run_name)


def a_raised_error_makes_it_failed(world):
    in_experiment(world, "failing")
    try:
        with mlflow.start_run() as active:
            raise RuntimeError("on purpose")
    except RuntimeError:
        pass
    same(world.client.get_run(active.info.run_id).info.status, "FAILED")


def nested_runs_know_their_parent(world):
    in_experiment(world, "nested")
    with mlflow.start_run() as parent, mlflow.start_run(nested=True) as child:
        with mlflow.start_run(nested=True) as grandchild:
            pass
    same(world.client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"], parent.info.run_id)
    same(world.client.get_parent_run(grandchild.info.run_id).info.run_id, child.info.run_id)
    same(world.client.get_parent_run(parent.info.run_id), None)
    found = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    same(list(found["run_id"]), [child.info.run_id])


def a_run_is_resumed(world):
    in_experiment(world, "resumed")
    with mlflow.start_run() as first:
        mlflow.log_metric("loss", 3.0, step=1)
    ended = world.client.get_run(first.info.run_id).info.end_time
    with mlflow.start_run(run_id=first.info.run_id):
        same(world.client.get_run(first.info.run_id).info.status, "RUNNING")
        mlflow.log_metric("loss", 2.0, step=2)
    run = world.client.get_run(first.info.run_id)
    same((run.info.status, run.data.metrics), ("FINISHED", {"loss": 2.0}))
    assert run.info.end_time >= ended


def every_status_is_kept(world):
    experiment = world.experiment("statuses")
    for status in ["SCHEDULED", "KILLED", "FAILED", "FINISHED"]:
        run = world.client.create_run(experiment)
        if status == "SCHEDULED":
            world.client.update_run(run.info.run_id, status=status)
        else:
            world.client.set_terminated(run.info.run_id, status=status, end_time=1234567890123)
            same(world.client.get_run(run.info.run_id).info.end_time, 1234567890123)
        same(world.client.get_run(run.info.run_id).info.status, status)
        assert RunStatus.from_string(status)
    world.client.update_run(run.info.run_id, name="renamed")
    run = world.client.get_run(run.info.run_id)
    same((run.info.run_name, run.data.tags["mlflow.runName"]), ("renamed", "renamed"))
    world.client.set_tag(run.info.run_id, "mlflow.runName", "by tag")
    same(world.client.get_run(run.info.run_id).info.run_name, "by tag")


def params(world):
    in_experiment(world, "params")
    with mlflow.start_run() as active:
        same(mlflow.log_param("depth", 3), 3)
        mlflow.log_param("depth", "3")
        mlflow.log_params({"rate": 0.1, "none": None, "list": [1, "b"], "grün/α β-1.x": "ü", "empty": ""})
        refuses("INVALID_PARAMETER_VALUE", mlflow.log_param, "depth", 4)
        refuses("INVALID_PARAMETER_VALUE", mlflow.log_params, {"rate": 0.2})
        mlflow.log_params({f"p{i}": i for i in range(250)})
        mlflow.log_param("long", "x" * 6000)
    found = world.client.get_run(active.info.run_id).data.params
    expected = {"depth": "3", "rate": "0.1", "none": "None", "list": "[1, 'b']", "grün/α β-1.x": "ü", "empty": ""}
    expected |= {f"p{i}": str(i) for i in range(250)} | {"long": "x" * 6000}
    same(found, expected)


def metrics(world):
    in_experiment(world, "metrics")
    with mlflow.start_run() as active:
        run = active.info.run_id
        for step in range(5):
            mlflow.log_metric("loss", 5 - step, step=step, timestamp=1_700_000_000_000 + step)
        mlflow.log_metrics({"a/b": 0.1, "tiny": 5e-324, "negative": -0.0, "big": LARGEST}, step=7)
        mlflow.log_metric("late", 1.0, step=9)
        mlflow.log_metric("late", 2.0, step=3)
    data = world.client.get_run(run).data
    same(data.metrics, {"loss": 1.0, "a/b": 0.1, "tiny": 5e-324, "negative": 0.0, "big": LARGEST, "late": 1.0})
    history = world.client.get_metric_history(run, "loss")
    assert all(metric.key == "loss" for metric in history), history
    rows = [(metric.step, metric.value, metric.timestamp) for metric in history]
    same(sorted(rows), [(step, 5.0 - step, 1_700_000_000_000 + step) for step in range(5)])
    same(len(world.client.get_metric_history(run, "late")), 2)
    same(list(world.client.get_metric_history(run, "nothing")), [])


def values_that_are_no_numbers(world):
    run = world.client.create_run(world.experiment("not finite")).info.run_id
    world.client.log_metric(run, "nan", math.nan, step=1)
    world.client.log_metric(run, "inf", math.inf)
    world.client.log_metric(run, "-inf", -math.inf)
    world.client.log_metric(run, "mixed", 1.0, timestamp=1, step=1)
    world.client.log_metric(run, "mixed", math.nan, timestamp=2, step=2)
    found = world.client.get_run(run).data.metrics
    assert math.isnan(found["nan"]) and math.isnan(found["mixed"]), found
    same((found["inf"], found["-inf"]), (LARGEST, -LARGEST))
    history = world.client.get_metric_history(run, "mixed")
    same([str(metric.value) for metric in sorted(history, key=lambda metric: metric.step)], ["1.0", "nan"])


def batches(world):
    run = world.client.create_run(world.experiment("batches")).info.run_id
    rows = [Metric(f"m{i % 10}", float(i), 1_000 + i, i // 10) for i in range(990)]
    world.client.log_batch(run, metrics=rows, params=[Param("p", "1")], tags=[RunTag("t", "2")])
    world.client.log_batch(run, metrics=rows[:100])
    data = world.client.get_run(run).data
    same(data.metrics, {f"m{i}": float(980 + i) for i in range(10)})
    same((data.params, data.tags["t"]), ({"p": "1"}, "2"))
    history = world.client.get_metric_history(run, "m3")
    same([(m.step, m.value) for m in sorted(history, key=lambda m: m.step)], [(s, 10.0 * s + 3) for s in range(99)])
    # The client cuts what is too much for one request.
    world.client.log_batch(run, metrics=[Metric("more", float(i), i, i) for i in range(1500)])
    same(len(world.client.get_metric_history(run, "more")), 1500)


def history_of_many_runs(world):
    experiment = world.experiment("bulk")
    runs = [world.client.create_run(experiment).info.run_id for _ in range(3)]
    for number, run in enumerate(runs):
        world.client.log_batch(run, metrics=[Metric("loss", number + step / 10, 50 + step, step) for step in range(20)])
    bulk = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
    found = world.get(bulk, {"run_id": runs, "metric_key": "loss"})["metrics"]
    same(len(found), 60)
    same({row["run_id"] for row in found}, set(runs))
    of_first = [(row["step"], row["value"], row["timestamp"]) for row in found if row["run_id"] == runs[0]]
    same(of_first, [(step, step / 10, 50 + step) for step in range(20)])
    same(len(world.get(bulk, {"run_id": runs, "metric_key": "loss", "max_results": 7})["metrics"]), 7)
    interval = "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"
    asked = {"run_ids": runs[:2], "metric_key": "loss", "start_step": 5, "end_step": 9}
    found = world.get(interval, asked)["metrics"]
    same(sorted({row["step"] for row in found}), [5, 6, 7, 8, 9])


def logging_on_another_thread(world):
    in_experiment(world, "asynchronous")
    with mlflow.start_run() as active:
        for step in range(20):
            mlflow.log_metric("loss", float(step), step=step, synchronous=False)
        mlflow.log_params({"a": 1}, synchronous=False)
        mlflow.set_tags({"b": "2"}, synchronous=False)
        mlflow.flush_async_logging()
    run = active.info.run_id
    until(lambda: len(world.client.get_metric_history(run, "loss")) == 20)
    data = world.client.get_run(run).data
    same((data.params, data.tags["b"], data.metrics), ({"a": "1"}, "2", {"loss": 19.0}))


def tags(world):
    in_experiment(world, "run tags")
    with mlflow.start_run() as active:
        mlflow.set_tag("one", 1)
        mlflow.set_tags({"two": "2", "grün/α β": "ü\n\"'", "empty": "", "long": "x" * 8000})
        mlflow.set_tag("one", "changed")
        mlflow.delete_tag("two")
        refuses("RESOURCE_DOES_NOT_EXIST", mlflow.delete_tag, "two")
    found = world.client.get_run(active.info.run_id).data.tags
    mine = {key: value for key, value in found.items() if not key.startswith("mlflow.")}
    same(mine, {"one": "changed", "grün/α β": "ü\n\"'", "empty": "", "long": "x" * 8000})


def datasets(world):
    in_experiment(world, "datasets")
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    table = mlflow.data.from_pandas(frame, source="s3://bucket/rows.csv", name="rows", targets="y")
    array = mlflow.data.from_numpy(np.zeros((3, 2)), name="zeros")
    with mlflow.start_run() as active:
        mlflow.log_input(table, context="training", tags={"split": "inner"})
        mlflow.log_input(table, context="training")
        mlflow.log_input(array, context="validation")
        mlflow.log_input(array)
    inputs = world.client.get_run(active.info.run_id).inputs.dataset_inputs
    found = {entry.dataset.name: entry for entry in inputs}
    same(sorted(found), ["rows", "zeros"])
    rows = found["rows"].dataset
    same((rows.digest, rows.source_type, rows.profile), (table.digest, "s3", '{"num_rows": 2, "num_elements": 4}'))
    assert '"s3://bucket/rows.csv"' in rows.source and "mlflow_colspec" in rows.schema, rows
    labels = {tag.key: tag.value for tag in found["rows"].tags}
    same(labels, {"mlflow.data.context": "training", "split": "inner"})
    for clause in ["dataset.name = 'rows'", f"dataset.digest = '{table.digest}'", "dataset.context LIKE 'valid%'"]:
        same(list(mlflow.search_runs(filter_string=clause)["run_id"]), [active.info.run_id])
    same(len(mlflow.search_runs(filter_string="dataset.name = 'nothing'")), 0)


def deletion_and_restoring(world):
    experiment = world.experiment("deleted runs")
    run = world.client.create_run(experiment).info.run_id
    world.client.log_metric(run, "a", 1.0)
    world.client.delete_run(run)
    gone = world.client.get_run(run)
    same((gone.info.lifecycle_stage, gone.data.metrics), ("deleted", {"a": 1.0}))
    same(list(world.client.search_runs([experiment])), [])
    same([r.info.run_id for r in world.client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)], [run])
    refuses("INVALID_PARAMETER_VALUE", world.client.log_metric, run, "a", 2.0)
    refuses("INVALID_PARAMETER_VALUE", world.client.log_param, run, "a", 2.0)
    refuses("INVALID_PARAMETER_VALUE", world.client.set_tag, run, "a", "2")
    world.client.restore_run(run)
    same(world.client.get_run(run).info.lifecycle_stage, "active")
    world.client.log_metric(run, "a", 2.0, step=1)
    same(world.client.get_run(run).data.metrics, {"a": 2.0})


def mistakes(world):
    unknown = "0" * 32
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_run, unknown)
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.log_metric, unknown, "a", 1.0)
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.log_param, unknown, "a", 1)
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.delete_run, unknown)
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.set_terminated, unknown)
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.create_run, "987654321")
    run = world.client.create_run(world.experiment("run mistakes")).info.run_id
    for key in ["../up", "a//b", "semi;colon", "", "k" * 251]:
        refuses("INVALID_PARAMETER_VALUE", world.client.log_metric, run, key, 1.0)
        refuses("INVALID_PARAMETER_VALUE", world.client.log_param, run, key, 1.0)
        refuses("INVALID_PARAMETER_VALUE", world.client.set_tag, run, key, "x")
    refuses("INVALID_PARAMETER_VALUE", world.client.log_metric, run, "a", 1.0, timestamp=-1)
    refuses("INVALID_PARAMETER_VALUE", world.client.search_runs, ["0"], max_results=50_001)


STEPS = [
    a_run_has_a_life,
    the_server_names_a_run_without_a_name,
    a_raised_error_makes_it_failed,
    nested_runs_know_their_parent,
    a_run_is_resumed,
    every_status_is_kept,
    params,
    metrics,
    values_that_are_no_numbers,
    batches,
    history_of_many_runs,
    logging_on_another_thread,
    tags,
    datasets,
    deletion_and_restoring,
    mistakes,
]
