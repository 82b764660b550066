"""Registered models: life, tags, searches."""

NAMES = {
    "empty": "",
    "slash": "a/b",
    "colon": "a:b",
    "up": "..",
    "dot": ".",
    "trailing dot": "name.",
    "blank": " ",
    "percent": "a%b",
    "number": 3,
    "null": None,
    "list": ["a"],
    "256 and more": "n" * 257,
}
FILTERS = [
    "",
    "name = '{0}'",
    "name != '{0}'",
    "name LIKE '{p}%'",
    "name ILIKE '%-B'",
    "name IN ('{0}')",
    "name NOT IN ('{0}')",
    "name > 'a'",
    "name = {0}",
    "name",
    "name =",
    "attribute.name = '{0}'",
    "attributes.name = '{0}'",
    "model.name = '{0}'",
    "tags.team = 'red'",
    "tag.team = 'red'",
    "tags.`team` != 'red'",
    "tags.team LIKE 'r%'",
    "tags.team ILIKE 'R%'",
    "tags.team IS NULL",
    "tags.team IS NOT NULL",
    "tags.team > 'a'",
    "tags.team = 'red' AND tags.size = '1'",
    "tags.team = 'red' OR tags.size = '1'",
    "tags.team = 3",
    "nonsense = 'a'",
    "version_number = 1",
    "run_id = 'a'",
    "aliases.champion = '1'",
    "name = 'a' AND",
    "(name = 'a')",
    "NAME = '{0}'",
    "name LIKE '%_-%'",
    "tags.`mlflow.prompt.is_prompt` = 'true'",
    "tags.`mlflow.prompt.is_prompt` != 'true'",
]
ORDERS = [
    [],
    ["name"],
    ["name ASC"],
    ["name DESC"],
    ["name desc"],
    ["timestamp"],
    ["timestamp DESC"],
    ["last_updated_timestamp"],
    ["last_updated_timestamp DESC", "name DESC"],
    ["creation_timestamp"],
    ["name", "name"],
    ["name", "timestamp"],
    ["nonsense"],
    ["tags.team"],
    ["name UP"],
    [""],
    "name",
    [3],
]


def model(talk, text, **fields):
    return talk.post("registered-models/create", {"name": talk.name(text)} | fields, label=f"model {text}")


def create(talk):
    tags = [{"key": "k", "value": "v"}, {"key": "ü", "value": ""}]
    model(talk, "a", tags=tags, description="what it is")
    talk.get("registered-models/get", name=talk.name("a"))
    for label, name in NAMES.items():
        full = talk.name("") + name if isinstance(name, str) and len(name) > 2 else name
        talk.post("registered-models/create", {"name": full}, label=f"name {label}")
    bodies = {
        "again": {"name": talk.name("a")},
        "other case": {"name": talk.name("A")},
        "no name": {},
        "unicode": {"name": talk.name("Ω 漢字 🎈")},
        "empty description": {"name": talk.name("b"), "description": ""},
        "number as description": {"name": talk.name("c"), "description": 3},
        "long description": {"name": talk.name("d"), "description": "d" * 5001},
        "tags as a map": {"name": talk.name("e"), "tags": {"a": "b"}},
        "tag without a key": {"name": talk.name("f"), "tags": [{"value": "v"}]},
        "tag without a value": {"name": talk.name("g"), "tags": [{"key": "k"}]},
        "tag twice": {"name": talk.name("h"), "tags": [{"key": "k", "value": "1"}, {"key": "k", "value": "2"}]},
        "long tag key": {"name": talk.name("i"), "tags": [{"key": "k" * 251, "value": "v"}]},
        "long tag value": {"name": talk.name("j"), "tags": [{"key": "k", "value": "v" * 100_001}]},
        "wrong tag key": {"name": talk.name("k"), "tags": [{"key": "a;b", "value": "v"}]},
        "deployment job": {"name": talk.name("l"), "deployment_job_id": "7"},
        "unknown field": {"name": talk.name("m"), "nonsense": 1},
    }
    for label, body in bodies.items():
        talk.post("registered-models/create", body, label=label)
    for text in ["g", "h", "Ω 漢字 🎈", "A"]:
        talk.get("registered-models/get", name=talk.name(text), label=f"read {text}")
    talk.get("registered-models/get", label="no name given")
    talk.get("registered-models/get", name="", label="empty name given")
    talk.get("registered-models/get", name=talk.name("nobody"), label="unknown name given")


def update(talk):
    model(talk, "a", description="one")
    name = talk.name("a")
    bodies = {
        "good": {"name": name, "description": "two"},
        "empty": {"name": name, "description": ""},
        "no description": {"name": name},
        "null": {"name": name, "description": None},
        "number": {"name": name, "description": 3},
        "no name": {"description": "x"},
        "unknown": {"name": talk.name("nobody"), "description": "x"},
        "deployment job": {"name": name, "description": "x", "deployment_job_id": "7"},
    }
    for label, body in bodies.items():
        talk.patch("registered-models/update", body, label=label)
    talk.get("registered-models/get", name=name, label="after all")
    talk.post("registered-models/update", bodies["good"], label="with POST")


def rename(talk):
    for text in ["a", "b"]:
        model(talk, text, tags=[{"key": "k", "value": text}])
    talk.post("model-versions/create", {"name": talk.name("a"), "source": "s3://b/a"}, label="version")
    talk.post("registered-models/alias", {"name": talk.name("a"), "alias": "champion", "version": "1"}, label="alias")
    bodies = {
        "taken": {"name": talk.name("a"), "new_name": talk.name("b")},
        "itself": {"name": talk.name("a"), "new_name": talk.name("a")},
        "no new name": {"name": talk.name("a")},
        "empty new name": {"name": talk.name("a"), "new_name": ""},
        "slash": {"name": talk.name("a"), "new_name": "a/b"},
        "colon": {"name": talk.name("a"), "new_name": "a:b"},
        "number": {"name": talk.name("a"), "new_name": 3},
        "no name": {"new_name": "x"},
        "unknown": {"name": talk.name("nobody"), "new_name": talk.name("x")},
        "good": {"name": talk.name("a"), "new_name": talk.name("c")},
        "back": {"name": talk.name("a"), "new_name": talk.name("d")},
    }
    for label, body in bodies.items():
        talk.post("registered-models/rename", body, label=label)
    talk.get("registered-models/get", name=talk.name("a"), label="the old name")
    talk.get("registered-models/get", name=talk.name("c"), label="the new name")
    talk.get("registered-models/alias", name=talk.name("c"), alias="champion", label="its alias")
    talk.get("model-versions/get", name=talk.name("c"), version="1", label="its version")


def delete(talk):
    model(talk, "a", tags=[{"key": "k", "value": "1"}])
    talk.post("model-versions/create", {"name": talk.name("a"), "source": "s3://b/a"}, label="version")
    talk.post("registered-models/alias", {"name": talk.name("a"), "alias": "champion", "version": "1"}, label="alias")
    for label, body in {
        "no name": {},
        "unknown": {"name": talk.name("nobody")},
        "number": {"name": 3},
        "good": {"name": talk.name("a")},
        "again": {"name": talk.name("a")},
    }.items():
        talk.delete("registered-models/delete", body, label=label)
    talk.get("model-versions/get", name=talk.name("a"), version="1", label="its version")
    model(talk, "a")
    talk.get("registered-models/get", name=talk.name("a"), label="made again")
    talk.post("model-versions/create", {"name": talk.name("a"), "source": "s3://b/a"}, label="its first version")


def tags(talk):
    model(talk, "a")
    name = talk.name("a")
    setting = {
        "good": {"key": "a", "value": "1"},
        "changed": {"key": "a", "value": "2"},
        "empty": {"key": "b", "value": ""},
        "no value": {"key": "c"},
        "number": {"key": "d", "value": 4},
        "no key": {"value": "1"},
        "250": {"key": "k" * 250, "value": "1"},
        "251": {"key": "k" * 251, "value": "1"},
        "long value": {"key": "long", "value": "v" * 5001},
        "too long value": {"key": "longer", "value": "v" * 100_001},
        "up": {"key": "../x", "value": "1"},
        "semicolon": {"key": "a;b", "value": "1"},
        "unicode": {"key": "ü:/ -", "value": "漢"},
    }
    for label, body in setting.items():
        talk.post("registered-models/set-tag", {"name": name} | body, label=label)
    talk.post("registered-models/set-tag", {"key": "a", "value": "1"}, label="no name")
    talk.post("registered-models/set-tag", {"name": talk.name("nobody"), "key": "a", "value": "1"}, label="unknown")
    talk.get("registered-models/get", name=name, label="all tags")
    for label, body in {
        "good": {"name": name, "key": "a"},
        "again": {"name": name, "key": "a"},
        "no key": {"name": name},
        "wrong key": {"name": name, "key": "a;b"},
        "no name": {"key": "a"},
        "unknown": {"name": talk.name("nobody"), "key": "a"},
    }.items():
        talk.delete("registered-models/delete-tag", body, label=f"delete: {label}")


def names(answer, field):
    """Only what was found and whether there is more."""
    if answer.status == 200:
        found = [entry["name"] + str(entry.get("version", "")) for entry in answer.body.get(field, [])]
        answer.body = {field: found, "more": "next_page_token" in answer.body}


def search(talk):
    rows = {"a": ("red", "1"), "b": ("blue", "1"), "c": ("red", "2"), "d": (None, None)}
    for letter, (team, size) in rows.items():
        labels = [{"key": "team", "value": team}, {"key": "size", "value": size}] if team else []
        model(talk, letter, tags=labels)
        talk.post(
            "model-versions/create", {"name": talk.name(letter), "source": "s3://b/a"}, label=f"version of {letter}"
        )
    model(talk, "prompt", tags=[{"key": "mlflow.prompt.is_prompt", "value": "true"}])
    prefix = talk.name("")
    mine = f"name LIKE '{prefix}%'"
    talk.get("registered-models/search", filter=mine, label="everything")
    for text in FILTERS:
        clause = text.replace("{0}", talk.name("a")).replace("{p}", prefix)
        whole = f"{clause} AND {mine}" if clause else mine
        names(talk.get("registered-models/search", filter=whole, label=f"filter `{text}`"), "registered_models")
    for order in ORDERS:
        names(
            talk.get("registered-models/search", filter=mine, order_by=order, label=f"order {order}"),
            "registered_models",
        )
    for size in ["1", "4", "5", "0", "-1", "1000", "1001", "x", "1.5"]:
        names(
            talk.get("registered-models/search", filter=mine, max_results=size, label=f"size {size}"),
            "registered_models",
        )
    page = talk.get("registered-models/search", filter=mine, max_results=3, label="first page")
    token = page["next_page_token"]
    names(page, "registered_models")
    page = talk.get("registered-models/search", filter=mine, max_results=3, page_token=token, label="second page")
    names(page, "registered_models")
    for wrong in ["", "x", "e30="]:
        page = talk.get(
            "registered-models/search", filter=mine, max_results=3, page_token=wrong, label=f"token {wrong!r}"
        )
        names(page, "registered_models")
    talk.post("registered-models/search", {"filter": mine}, label="with POST")


CASES = [create, update, rename, delete, tags, search]
