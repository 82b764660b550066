"""Registered models and their versions: tags, aliases, stages, copies and searches."""

import time

import mlflow

from steps.world import refusal, refuses, same, same_for_all

SOURCE = "s3://models-elsewhere/one"


def model(world, text, **named):
    return world.client.create_registered_model(world.name(text), **named).name


def version(world, name, **named):
    return world.client.create_model_version(name, SOURCE, **named)


def a_model_has_a_life(world):
    before = int(time.time() * 1000) - 1
    name = world.name("Modell ü")
    made = world.client.create_registered_model(name, tags={"a": "1", "long": "x" * 5000}, description="what it is")
    same((made.name, made.description, made.tags["a"], len(made.tags["long"])), (name, "what it is", "1", 5000))
    same((made.latest_versions, made.aliases), ([], {}))
    assert before <= made.creation_timestamp == made.last_updated_timestamp, made
    updated = world.client.update_registered_model(name, "another")
    same(updated.description, "another")
    assert updated.last_updated_timestamp >= made.last_updated_timestamp, updated
    world.client.set_registered_model_tag(name, "a", "2")
    world.client.set_registered_model_tag(name, "b/c d", "3")
    world.client.delete_registered_model_tag(name, "long")
    world.client.delete_registered_model_tag(name, "never was there")
    found = world.client.get_registered_model(name)
    same((found.tags, found.description), ({"a": "2", "b/c d": "3"}, "another"))
    refuses("RESOURCE_ALREADY_EXISTS", world.client.create_registered_model, name)
    world.client.delete_registered_model(name)
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_registered_model, name)
    world.client.create_registered_model(name)


def renaming_takes_versions_and_aliases_along(world):
    old, new = model(world, "before"), world.name("after")
    version(world, old)
    version(world, old, tags={"t": "1"})
    world.client.set_registered_model_alias(old, "champion", "2")
    world.client.rename_registered_model(old, new)
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_registered_model, old)
    found = world.client.get_registered_model(new)
    same(found.aliases, {"champion": "2"})
    same({v.name for v in world.client.search_model_versions(f"name = '{new}'")}, {new})
    same(world.client.get_model_version_by_alias(new, "champion").tags, {"t": "1"})
    other = model(world, "in the way")
    refuses("RESOURCE_ALREADY_EXISTS", world.client.rename_registered_model, new, other)


def versions_are_numbered_and_described(world):
    name = model(world, "versions")
    run = world.client.create_run(world.experiment("versions")).info.run_id
    one = version(world, name, run_id=run, tags={"a": "1"}, description="first", run_link="http://127.0.0.1/run")
    same((one.name, one.version, one.source, one.run_id, one.status), (name, "1", SOURCE, run, "READY"))
    same((one.description, one.tags, one.current_stage, one.aliases), ("first", {"a": "1"}, "None", []))
    same(one.run_link, "http://127.0.0.1/run")
    two = version(world, name)
    same(str(two.version), "2")
    assert not two.run_id, two
    world.client.update_model_version(name, "1", "changed")
    world.client.set_model_version_tag(name, "1", "a", "2")
    world.client.set_model_version_tag(name, "1", "b", "ü")
    world.client.delete_model_version_tag(name, "1", "a")
    found = world.client.get_model_version(name, "1")
    same((found.description, found.tags), ("changed", {"b": "ü"}))
    assert found.last_updated_timestamp >= found.creation_timestamp == one.creation_timestamp, found
    same(world.client.get_model_version_download_uri(name, "1"), SOURCE)
    world.client.delete_model_version(name, "2")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_model_version, name, "2")
    world.client.delete_model_version(name, "1")
    # A number is never given twice.
    same(str(version(world, name).version), "3")
    latest = world.client.get_registered_model(name).latest_versions
    same([str(entry.version) for entry in latest], ["3"])


def aliases(world):
    name = model(world, "aliases")
    for _ in range(3):
        version(world, name)
    world.client.set_registered_model_alias(name, "champion", "1")
    world.client.set_registered_model_alias(name, "Challenger-2", "2")
    world.client.set_registered_model_alias(name, "previous", "1")
    same(world.client.get_registered_model(name).aliases, {"champion": "1", "Challenger-2": "2", "previous": "1"})
    same(sorted(world.client.get_model_version(name, "1").aliases), ["champion", "previous"])
    same(str(world.client.get_model_version_by_alias(name, "champion").version), "1")
    world.client.set_registered_model_alias(name, "champion", "3")
    same(str(world.client.get_model_version_by_alias(name, "champion").version), "3")
    same(world.client.get_model_version(name, "1").aliases, ["previous"])
    world.client.delete_registered_model_alias(name, "previous")
    world.client.delete_registered_model_alias(name, "never-was-there")
    refuses("INVALID_PARAMETER_VALUE", world.client.get_model_version_by_alias, name, "previous")
    world.client.delete_model_version(name, "3")
    refuses("INVALID_PARAMETER_VALUE", world.client.get_model_version_by_alias, name, "champion")
    same(world.client.get_registered_model(name).aliases, {"Challenger-2": "2"})
    for wrong in ["latest", "LATEST", "v3", "V12", "a b", "a/b", "", "x" * 256]:
        refuses("INVALID_PARAMETER_VALUE", world.client.set_registered_model_alias, name, wrong, "2")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.set_registered_model_alias, name, "champion", "9")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_model_version_by_alias, world.name("no model"), "champion")


def stages(world):
    name = model(world, "stages")
    for _ in range(4):
        version(world, name)

    def at(number):
        return world.client.get_model_version(name, str(number)).current_stage

    def latest(*stages):
        found = world.client.get_latest_versions(name, list(stages) or None)
        return {entry.current_stage: int(entry.version) for entry in found}

    same(world.client.transition_model_version_stage(name, "1", "Production").current_stage, "Production")
    same(world.client.transition_model_version_stage(name, "2", "staging").current_stage, "Staging")
    same(latest(), {"Production": 1, "Staging": 2, "None": 4})
    same(latest("Production"), {"Production": 1})
    same(latest("none", "PRODUCTION"), {"None": 4, "Production": 1})
    same(latest("Archived"), {})
    world.client.transition_model_version_stage(name, "3", "Production")
    same((at(1), at(3), latest("Production")), ("Production", "Production", {"Production": 3}))
    world.client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    same([at(number) for number in (1, 2, 3, 4)], ["Archived", "Production", "Archived", "None"])
    world.client.transition_model_version_stage(name, "4", "Archived")
    world.client.transition_model_version_stage(name, "4", "None")
    same(at(4), "None")
    refuses("INVALID_PARAMETER_VALUE", world.client.transition_model_version_stage, name, "1", "Nowhere")
    refuses("INVALID_PARAMETER_VALUE", world.client.get_latest_versions, name, ["Nowhere"])
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.transition_model_version_stage, name, "9", "Staging")


def a_version_is_copied(world):
    source, target = model(world, "copied from"), world.name("copied to")
    run = world.client.create_run(world.experiment("copies")).info.run_id
    first = version(world, source, run_id=run, tags={"a": "1"}, description="text")
    copied = world.client.copy_model_version(f"models:/{source}/1", target)
    same((copied.name, str(copied.version), copied.source), (target, "1", f"models:/{source}/1"))
    same((copied.tags, copied.description, copied.run_id), ({"a": "1"}, "text", run))
    same(world.client.get_model_version_download_uri(target, "1"), SOURCE)
    world.client.set_registered_model_alias(source, "champion", str(first.version))
    again = world.client.copy_model_version(f"models:/{source}@champion", target)
    same((str(again.version), again.source), ("2", f"models:/{source}/1"))
    further = world.client.copy_model_version(f"models:/{target}/2", world.name("copied on"))
    same(further.source, f"models:/{target}/2")
    same(world.client.get_model_version_download_uri(further.name, "1"), SOURCE)
    # The client wraps what the server answers.
    message = refuses("INTERNAL_ERROR", world.client.copy_model_version, f"models:/{source}/9", target)
    assert "RESOURCE_DOES_NOT_EXIST: Model Version" in message, message


def searching_models(world):
    for letter, tags in {"A": {"team": "red"}, "b": {"team": "blue"}, "C": {"team": "red", "x": "1"}}.items():
        version(world, model(world, f"find {letter}", tags=tags))
    mine = f"name LIKE '{world.prefix} find %'"

    def found(clause="", **named):
        text = f"{mine} AND {clause}" if clause else mine
        answer = world.client.search_registered_models(text, **named)
        return "".join(entry.name[-1] for entry in answer)

    asked = {
        "": "ACb",
        "tags.team = 'red'": "AC",
        "tags.team != 'red'": "b",
        "tag.`x` = '1'": "C",
        "tags.team LIKE '%l%'": "b",
        "tags.team ILIKE 'RED' AND tags.x = '1'": "C",
        f"name = '{world.name('find b')}'": "b",
        f"name != '{world.name('find b')}'": "AC",
        "name ILIKE '%FIND a'": "A",
        "name LIKE '%FIND a'": "",
    }
    same_for_all({text: found(text) for text in asked}, asked)
    same(found(order_by=["name DESC"]), "bCA")
    same(found(order_by=["last_updated_timestamp DESC", "name"]), "CbA")
    same(found(order_by=["timestamp ASC"]), "AbC")
    first = world.client.search_registered_models(mine, max_results=2)
    assert first.token, first
    same(first[0].latest_versions[0].source, SOURCE)
    rest = world.client.search_registered_models(mine, max_results=2, page_token=first.token)
    same(([entry.name[-1] for entry in rest], rest.token or None), (["b"], None))
    wrong = ["name = x", "team = 'a'", "name > 'a'", "name = 'a' OR name = 'b'", "version_number = 1"]
    codes = {text: refusal(world.client.search_registered_models, text) for text in wrong}
    same_for_all(codes, dict.fromkeys(wrong, "INVALID_PARAMETER_VALUE"))
    refuses("INVALID_PARAMETER_VALUE", world.client.search_registered_models, max_results=1001)
    refuses("INVALID_PARAMETER_VALUE", world.client.search_registered_models, order_by=["team"])


def searching_versions(world):
    run = world.client.create_run(world.experiment("version search")).info.run_id
    one, two = model(world, "vfind one"), model(world, "vfind two")
    version(world, one, run_id=run, tags={"q": "good"})
    version(world, one, tags={"q": "bad"})
    world.client.create_model_version(two, "s3://other/place", run_id=run)
    deleted = version(world, two)
    world.client.delete_model_version(two, deleted.version)
    mine = f"name LIKE '{world.prefix} vfind %'"

    def found(clause="", **named):
        text = f"{mine} AND {clause}" if clause else mine
        answer = world.client.search_model_versions(text, **named)
        return [f"{entry.name[-3:]}{entry.version}" for entry in answer]

    asked = {
        f"run_id = '{run}'": ["one1", "two1"],
        f"run_id IN ('{run}', 'another')": ["one1", "two1"],
        "tags.q = 'good'": ["one1"],
        "tags.q != 'good'": ["one2"],
        "version_number = 2": ["one2"],
        "version_number >= 1 AND source_path LIKE 's3://other%'": ["two1"],
        f"name = '{one}'": ["one2", "one1"],
    }
    same_for_all({text: found(text, order_by=["name", "version_number DESC"]) for text in asked}, asked)
    same(sorted(found()), ["one1", "one2", "two1"])
    same(found(order_by=["name ASC", "version_number DESC"]), ["one2", "one1", "two1"])
    same(found(order_by=["version_number", "name DESC"]), ["two1", "one1", "one2"])
    same(found(order_by=["creation_timestamp"]), ["one1", "one2", "two1"])
    page = world.client.search_model_versions(mine, max_results=2, order_by=["creation_timestamp ASC"])
    rest = world.client.search_model_versions(mine, 2, ["creation_timestamp ASC"], page.token)
    same(([e.name[-3:] for e in [*page, *rest]], rest.token or None), (["one", "one", "two"], None))
    same(len(mlflow.search_model_versions(filter_string=mine)), 3)
    same(len(mlflow.search_registered_models(filter_string=mine)), 2)
    wrong = ["version_number > 'a'", "name = 1", "nonsense = 'a'", "run_id LIKE", "name IN ('a')  OR 1"]
    codes = {text: refusal(world.client.search_model_versions, text) for text in wrong}
    same_for_all(codes, dict.fromkeys(wrong, "INVALID_PARAMETER_VALUE"))


def mistakes(world):
    nobody = world.name("nobody")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_registered_model, nobody)
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.update_registered_model, nobody, "x")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.rename_registered_model, nobody, nobody + "x")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.delete_registered_model, nobody)
    refuses("RESOURCE_DOES_NOT_EXIST", version, world, nobody)
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_latest_versions, nobody)
    for name in ["", "a/b", "a:b"]:
        refuses("INVALID_PARAMETER_VALUE", world.client.create_registered_model, name)
    name = model(world, "mistakes")
    version(world, name)
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_model_version, name, "2")
    refuses("INVALID_PARAMETER_VALUE", world.client.get_model_version, name, "one")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.delete_model_version, name, "2")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.set_model_version_tag, name, "2", "a", "b")
    refuses("INVALID_PARAMETER_VALUE", world.client.set_registered_model_tag, name, "k" * 251, "b")
    refuses("INVALID_PARAMETER_VALUE", world.client.set_model_version_tag, name, "1", "a", "v" * 100_001)
    for source in ["file:///etc/passwd", "/etc/passwd", "s3://a/../b"]:
        refuses("INVALID_PARAMETER_VALUE", world.client.create_model_version, name, source)


STEPS = [
    a_model_has_a_life,
    renaming_takes_versions_and_aliases_along,
    versions_are_numbered_and_described,
    aliases,
    stages,
    a_version_is_copied,
    searching_models,
    searching_versions,
    mistakes,
]
