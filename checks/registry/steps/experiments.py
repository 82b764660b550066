"""Experiments: made, found, tagged, renamed, deleted and restored."""

import time

import mlflow
from mlflow.entities import ViewType

from steps.world import refuses, same


def set_experiment_creates_then_finds(world):
    name = world.name("set Ω")
    before = int(time.time() * 1000) - 5_000
    made = mlflow.set_experiment(name)
    same(made.name, name)
    same(made.lifecycle_stage, "active")
    assert made.artifact_location.endswith(f"/{made.experiment_id}"), made
    assert before <= made.creation_time <= made.last_update_time, made
    same(mlflow.set_experiment(name).experiment_id, made.experiment_id)
    same(mlflow.set_experiment(experiment_id=made.experiment_id).name, name)
    same(dict(world.client.get_experiment(made.experiment_id)), dict(made))
    same(dict(world.client.get_experiment_by_name(name)), dict(made))
    same(mlflow.get_experiment_by_name(world.name("nobody made this")), None)


def default_experiment_is_there(world):
    same(world.client.get_experiment("0").name, "Default")


def tags_are_kept(world):
    tags = {"team": "pumps", "mlflow.note.content": "a **note**", "grün/α β": "ö" * 300, "empty": ""}
    made = world.experiment("tagged", tags=tags)
    same(world.client.get_experiment(made).tags, tags)
    world.client.set_experiment_tag(made, "team", "motors")
    world.client.set_experiment_tag(made, "count", 3)
    same(world.client.get_experiment(made).tags, tags | {"team": "motors", "count": "3"})
    mlflow.set_experiment(experiment_id=made)
    mlflow.set_experiment_tags({"a": "1", "b": "2"})
    same(world.client.get_experiment(made).tags["b"], "2")
    if world.modern:
        world.client.delete_experiment_tag(made, "count")
        assert "count" not in world.client.get_experiment(made).tags
        refuses("RESOURCE_DOES_NOT_EXIST", world.client.delete_experiment_tag, made, "count")


def a_location_of_its_own_is_kept(world):
    location = "s3://another-bucket/some/where"
    made = world.experiment("own location", artifact_location=location)
    same(world.client.get_experiment(made).artifact_location, location)
    run = world.client.create_run(made)
    same(run.info.artifact_uri, f"{location}/{run.info.run_id}/artifacts")


def renaming(world):
    made = world.experiment("old name")
    before = world.client.get_experiment(made)
    world.client.rename_experiment(made, world.name("new name"))
    after = world.client.get_experiment(made)
    same(after.name, world.name("new name"))
    assert after.last_update_time >= before.last_update_time, after
    same(world.client.get_experiment_by_name(world.name("old name")), None)
    other = world.experiment("old name")
    assert other != made
    refuses("BAD_REQUEST", world.client.rename_experiment, other, world.name("new name"))
    same(world.client.get_experiment(other).name, world.name("old name"))


def deletion_takes_the_runs_and_restoring_brings_them_back(world):
    made = world.experiment("deleted")
    run = world.client.create_run(made)
    world.client.delete_experiment(made)
    gone = world.client.get_experiment(made)
    same(gone.lifecycle_stage, "deleted")
    same(world.client.get_run(run.info.run_id).info.lifecycle_stage, "deleted")
    same(world.client.get_experiment_by_name(world.name("deleted")).experiment_id, made)
    refuses("INVALID_PARAMETER_VALUE", mlflow.set_experiment, world.name("deleted"))
    refuses("RESOURCE_ALREADY_EXISTS", world.client.create_experiment, world.name("deleted"))
    refuses("INVALID_PARAMETER_VALUE", world.client.create_run, made)
    refuses("INVALID_PARAMETER_VALUE", world.client.set_experiment_tag, made, "a", "b")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.delete_experiment, made)
    world.client.restore_experiment(made)
    same(world.client.get_experiment(made).lifecycle_stage, "active")
    same(world.client.get_run(run.info.run_id).info.lifecycle_stage, "active")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.restore_experiment, made)


def searching(world):
    ids = {}
    for text, team, size in [("a Alpha", "red", "1"), ("b beta", "blue", "2"), ("c Gamma", "red", "3")]:
        ids[text] = world.experiment(f"find {text}", tags={"team": team, "size": size})
    world.client.delete_experiment(ids["c Gamma"])
    mine = f"name LIKE '{world.prefix} find %'"

    def found(clause="", view=ViewType.ACTIVE_ONLY, **named):
        text = f"{mine} AND {clause}" if clause else mine
        answer = world.client.search_experiments(view_type=view, filter_string=text, **named)
        return [experiment.name.removeprefix(f"{world.prefix} find ")[0] for experiment in answer]

    same(found(), ["b", "a"])
    same(found(view=ViewType.DELETED_ONLY), ["c"])
    same(found(view=ViewType.ALL), ["c", "b", "a"])
    same(found(view=ViewType.ALL, order_by=["name"]), ["a", "b", "c"])
    same(found(view=ViewType.ALL, order_by=["name DESC"]), ["c", "b", "a"])
    same(found(view=ViewType.ALL, order_by=["creation_time ASC", "experiment_id"]), ["a", "b", "c"])
    same(found("tags.team = 'red'", view=ViewType.ALL, order_by=["name"]), ["a", "c"])
    same(found("tags.team != 'red'", view=ViewType.ALL), ["b"])
    same(found("tag.size ILIKE '2%'"), ["b"])
    same(found("name LIKE '%alpha'"), [])
    same(found("name ILIKE '%alpha'"), ["a"])
    same(found(f"name = '{world.name('find b beta')}'"), ["b"])
    same(found("creation_time > 0 AND last_update_time >= 0 AND creation_time <= 99999999999999"), ["b", "a"])
    first = world.client.search_experiments(filter_string=mine, max_results=1, view_type=ViewType.ALL)
    same(len(first), 1)
    rest = world.client.search_experiments(
        filter_string=mine, max_results=5, view_type=ViewType.ALL, page_token=first.token
    )
    same([e.experiment_id for e in rest], [ids["b beta"], ids["a Alpha"]])
    same(rest.token, None)
    same(len(mlflow.search_experiments(filter_string=mine, max_results=1)), 1)
    for wrong in ["name = unquoted", "size > 3", "name LIKE", "tags.team > 'a'", "creation_time = 'x'", "a OR b"]:
        refuses("INVALID_PARAMETER_VALUE", world.client.search_experiments, filter_string=wrong)
    refuses("INVALID_PARAMETER_VALUE", world.client.search_experiments, order_by=["nonsense"])
    refuses("INVALID_PARAMETER_VALUE", world.client.search_experiments, max_results=50_001)
    refuses("INVALID_PARAMETER_VALUE", world.client.search_experiments, page_token="no token")


def mistakes(world):
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_experiment, "987654321")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.delete_experiment, "987654321")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.rename_experiment, "987654321", "x")
    refuses("INVALID_PARAMETER_VALUE", world.client.create_experiment, "")
    refuses("INVALID_PARAMETER_VALUE", world.client.create_experiment, "n" * 501)
    made = world.experiment("mistakes")
    refuses("RESOURCE_ALREADY_EXISTS", world.client.create_experiment, world.name("mistakes"))
    refuses("INVALID_PARAMETER_VALUE", world.client.set_experiment_tag, made, "k" * 251, "v")
    refuses("INVALID_PARAMETER_VALUE", world.client.set_experiment_tag, made, "a", "v" * 20_001)
    refuses("INVALID_PARAMETER_VALUE", world.client.set_experiment_tag, made, "../a", "v")


STEPS = [
    set_experiment_creates_then_finds,
    default_experiment_is_there,
    tags_are_kept,
    a_location_of_its_own_is_kept,
    renaming,
    deletion_takes_the_runs_and_restoring_brings_them_back,
    searching,
    mistakes,
]
