"""Experiments: good, missing, wrong and over-long input; deleted ones; the search grammar."""

FILTERS = [
    "name = '{0}'",
    "name != '{0}'",
    "name LIKE '{p}%'",
    "name like '{p}%' and name LIKE '%a'",
    "name ILIKE '%EXPERIMENTS-SEARCH-A'",
    "attribute.name = '{0}'",
    "attributes.name = '{0}'",
    "attr.name = '{0}'",
    'name = "{0}"',
    "`name` = '{0}'",
    "tags.team = 'red'",
    "tag.team = 'red'",
    "tags.`team` != 'red'",
    "tags.\"team\" LIKE 'r%'",
    "tags.team ILIKE 'R%'",
    "tags.team IS NULL",
    "tags.team IS NOT NULL",
    "tags.Team = 'red'",
    "creation_time > 0",
    "creation_time < 0",
    "last_update_time >= 0 AND creation_time >= 0",
    "creation_time = 99.5",
    "experiment_id IN ('1', '2')",
    "experiment_id = '1'",
    "experiment_id > '1'",
    "name IN ('{0}')",
    "name = {0}",
    "name = 3",
    "name > 'a'",
    "name IS NULL",
    "name",
    "name =",
    "= 'a'",
    "name = 'a' OR name = 'b'",
    "name = 'a' AND",
    "AND name = 'a'",
    "(name = 'a')",
    "name = 'a' name = 'b'",
    "nonsense = 'a'",
    "metrics.a > 1",
    "params.a = 'b'",
    "tags.team > 'a'",
    "tags.team = red",
    "creation_time = 'a'",
    "creation_time LIKE '1%'",
    "name LIKE 'a''",
    "name = 'ü'",
    "name = '\\'",
    "name LIKE '%\\%%'",
    "name LIKE '_'",
    "'a' = name",
    "   ",
    "name='{0}'",
    "name  =   '{0}'   ",
    "NAME = '{0}'",
    "name = '{0}'; DROP TABLE experiments",
    "name = '{0}' -- comment",
    "name = 'a' AND AND name = 'b'",
    "tags.a.b = 'c'",
    "tags. = 'c'",
    ".name = 'c'",
    "attributes.attributes.name = 'a'",
]
ORDERS = [
    ["name"],
    ["name ASC"],
    ["name DESC"],
    ["name desc"],
    ["attribute.name"],
    ["creation_time DESC", "name"],
    ["last_update_time"],
    ["experiment_id DESC"],
    ["name", "name"],
    ["name UP"],
    ["name DESC DESC"],
    ["nonsense"],
    ["tags.team"],
    ["metrics.a"],
    [""],
    ["`name`"],
    "name",
    [3],
]


def create(talk):
    good = {"name": talk.name("a"), "tags": [{"key": "k", "value": "v"}, {"key": "ü/ .-", "value": ""}]}
    made = talk.post("experiments/create", good)["experiment_id"]
    talk.get("experiments/get", experiment_id=made)
    talk.post("experiments/create", good, label="again")
    bodies = {
        "empty": {},
        "empty name": {"name": ""},
        "null name": {"name": None},
        "number as name": {"name": 3},
        "list as name": {"name": ["a"]},
        "blank at the end": {"name": talk.name("b ")},
        "500 characters": {"name": (talk.name("b") + "n" * 500)[:500]},
        "501 characters": {"name": (talk.name("c") + "n" * 501)[:501]},
        "unicode": {"name": talk.name("Ω 漢字 🎈")},
        "slashes and dots": {"name": talk.name("../../a")},
        "unknown field": {"name": talk.name("d"), "nonsense": 1},
        "tags as a map": {"name": talk.name("e"), "tags": {"a": "b"}},
        "tags as a text": {"name": talk.name("e"), "tags": "a"},
        "tag without a key": {"name": talk.name("f"), "tags": [{"value": "v"}]},
        "tag without a value": {"name": talk.name("g"), "tags": [{"key": "v"}]},
        "tag with an empty key": {"name": talk.name("f2"), "tags": [{"key": "", "value": "v"}]},
        "tag with a number": {"name": talk.name("h"), "tags": [{"key": "a", "value": 1}]},
        "the same tag twice": {
            "name": talk.name("i"),
            "tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}],
        },
        "long tag key": {"name": talk.name("j"), "tags": [{"key": "k" * 251, "value": "v"}]},
        "long tag value": {"name": talk.name("k"), "tags": [{"key": "k", "value": "v" * 20_001}]},
        "camel case": {"name": talk.name("l"), "artifactLocation": "s3://bucket/camel"},
        "both cases": {"name": talk.name("m"), "artifactLocation": "s3://b/a", "artifact_location": "s3://b/a"},
        "a list": [1, 2],
        "a text": "text",
        "a number": 3,
    }
    for label, body in bodies.items():
        talk.post("experiments/create", body, label=label)
    for name in ["l", "Ω 漢字 🎈", "g", "i"]:
        talk.get("experiments/get-by-name", experiment_name=talk.name(name))


def create_locations(talk):
    locations = [
        "s3://bucket/path",
        "s3://bucket/path/",
        "s3://bucket",
        "s3://bucket/a%20b",
        "gs://bucket/path",
        "mlflow-artifacts:/some/where",
        "mlflow-artifacts://host:1/some/where",
        "http://host/api/2.0/mlflow-artifacts/artifacts/x",
        "hdfs://host/x",
        "s3://bucket/../x",
        "s3://bucket/a/%2e%2e/x",
        "s3://bucket/x#fragment",
        "s3://bucket/x?query=1",
        "mlflow-artifacts:/../x",
        "mlflow-artifacts:/%2e%2e/x",
        "mlflow-artifacts:/a#b",
        "",
    ]
    for number, location in enumerate(locations):
        label = f"location {location}"
        made = talk.post(
            "experiments/create", {"name": talk.name(str(number)), "artifact_location": location}, label=label
        )
        if made.status == 200:
            talk.get("experiments/get", experiment_id=made["experiment_id"], label=f"{label}, read")


def create_local_locations(talk):
    for location in [
        "/etc", "file:///etc", "file:/etc/passwd", "../up", "relative", "C:\\windows", "file://host/etc", "/etc/../x",
        "file:///a/%2e%2e/etc", "file:///etc#x", "nonsense:x", "nonsense://x",
    ]:  # fmt: skip
        body = {"name": talk.name(location), "artifact_location": location}
        talk.post("experiments/create", body, label=f"location {location}")


def get(talk):
    made = talk.post("experiments/create", {"name": talk.name("a")})["experiment_id"]
    talk.get("experiments/get", label="no id")
    for wrong in ["", "987654321", "abc", "-1", "1.5", " ", "0x1", "99999999999999999999999"]:
        talk.get("experiments/get", experiment_id=wrong, label=f"id {wrong!r}")
    talk.get("experiments/get", experimentId=made, label="camel case")
    talk.get("experiments/get", experiment_id=[made, "987654321"], label="id twice")
    talk.get("experiments/get", experiment_id=made, nonsense="x", label="unknown field")
    talk.call("GET", "/api/2.0/mlflow/experiments/get", body={"experiment_id": made}, label="GET with a body")
    talk.get("experiments/get", experiment_id="0", label="the default experiment, by id")
    talk.get("experiments/get-by-name", experiment_name="Default", label="the default experiment, by name")
    talk.get("experiments/get-by-name", label="no name")
    for wrong in ["", talk.name("nobody"), talk.name("A")]:
        talk.get("experiments/get-by-name", experiment_name=wrong, label=f"name {wrong!r}")


def update(talk):
    made = talk.post("experiments/create", {"name": talk.name("a")})["experiment_id"]
    other = talk.post("experiments/create", {"name": talk.name("b")})["experiment_id"]
    bodies = {
        "good": {"experiment_id": made, "new_name": talk.name("c")},
        "same name": {"experiment_id": made, "new_name": talk.name("c")},
        "camel case": {"experimentId": made, "newName": talk.name("d")},
        "taken": {"experiment_id": other, "new_name": talk.name("d")},
        "no name": {"experiment_id": made},
        "empty name": {"experiment_id": made, "new_name": ""},
        "number as name": {"experiment_id": made, "new_name": 3},
        "no id": {"new_name": "x"},
        "unknown id": {"experiment_id": "987654321", "new_name": talk.name("x")},
        "id as a number": {"experiment_id": int(made), "new_name": talk.name("y")},
        "text as id": {"experiment_id": "abc", "new_name": talk.name("x")},
        "long name": {"experiment_id": made, "new_name": "n" * 501},
    }
    for label, body in bodies.items():
        talk.post("experiments/update", body, label=label)
    talk.get("experiments/get", experiment_id=made, label="after all")
    talk.post("experiments/delete", {"experiment_id": other})
    talk.post("experiments/update", {"experiment_id": other, "new_name": talk.name("z")}, label="deleted")


def delete_and_restore(talk):
    made = talk.post("experiments/create", {"name": talk.name("a")})["experiment_id"]
    run = talk.post("runs/create", {"experiment_id": made, "run_name": "r", "start_time": 2})["run"]["info"]["run_id"]
    gone = talk.post("runs/create", {"experiment_id": made, "run_name": "gone", "start_time": 1})["run"]["info"][
        "run_id"
    ]
    talk.post("runs/delete", {"run_id": gone})
    talk.post("experiments/restore", {"experiment_id": made}, label="restore what is there")
    talk.post("experiments/delete", {"experiment_id": made}, label="delete")
    talk.post("experiments/delete", {"experiment_id": made}, label="delete again")
    talk.get("experiments/get", experiment_id=made, label="deleted")
    talk.get("experiments/get-by-name", experiment_name=talk.name("a"), label="deleted, by name")
    talk.get("runs/get", run_id=run, label="its run")
    talk.post("experiments/create", {"name": talk.name("a")}, label="the name is taken")
    talk.post("runs/create", {"experiment_id": made}, label="a run in a deleted experiment")
    talk.post("experiments/set-experiment-tag", {"experiment_id": made, "key": "a", "value": "b"}, label="a tag")
    talk.post("runs/restore", {"run_id": run}, label="restore its run alone")
    talk.post("runs/search", {"experiment_ids": [made], "run_view_type": "ALL"}, label="its runs")
    talk.post("experiments/restore", {"experiment_id": made}, label="restore")
    talk.get("experiments/get", experiment_id=made, label="restored")
    talk.get("runs/get", run_id=gone, label="a run deleted before")
    for path in ["experiments/delete", "experiments/restore"]:
        for label, body in {
            "no id": {},
            "unknown": {"experiment_id": "987654321"},
            "text": {"experiment_id": "abc"},
            "number": {"experiment_id": 987654321},
            "null": {"experiment_id": None},
        }.items():
            talk.post(path, body, label=f"{path}: {label}")


def tags(talk):
    made = talk.post("experiments/create", {"name": talk.name("a")})["experiment_id"]
    setting = {
        "good": {"key": "a", "value": "1"},
        "changed": {"key": "a", "value": "2"},
        "empty value": {"key": "b", "value": ""},
        "no value": {"key": "c"},
        "null value": {"key": "c", "value": None},
        "number": {"key": "d", "value": 4},
        "no key": {"value": "1"},
        "empty key": {"key": "", "value": "1"},
        "250": {"key": "k" * 250, "value": "1"},
        "251": {"key": "k" * 251, "value": "1"},
        "20000": {"key": "long", "value": "v" * 20_000},
        "20001": {"key": "longer", "value": "v" * 20_001},
        "up": {"key": "../x", "value": "1"},
        "absolute": {"key": "/x", "value": "1"},
        "dot": {"key": ".", "value": "1"},
        "double slash": {"key": "a//b", "value": "1"},
        "trailing slash": {"key": "a/", "value": "1"},
        "semicolon": {"key": "a;b", "value": "1"},
        "colon and unicode": {"key": "a:b ü-_.", "value": "ü"},
        "new line": {"key": "a\nb", "value": "1"},
    }
    for label, body in setting.items():
        talk.post("experiments/set-experiment-tag", {"experiment_id": made} | body, label=label)
    talk.get("experiments/get", experiment_id=made, label="all tags")
    talk.post("experiments/set-experiment-tag", {"key": "a", "value": "b"}, label="no id")
    talk.post(
        "experiments/set-experiment-tag", {"experiment_id": "987654321", "key": "a", "value": "b"}, label="unknown"
    )
    for label, body in {
        "good": {"experiment_id": made, "key": "a"},
        "again": {"experiment_id": made, "key": "a"},
        "no key": {"experiment_id": made},
        "no id": {"key": "a"},
        "unknown": {"experiment_id": "987654321", "key": "a"},
    }.items():
        talk.post("experiments/delete-experiment-tag", body, label=f"delete: {label}")


def search(talk):
    for letter, team in {"a": "red", "b": "blue", "c": None}.items():
        labels = [{"key": "team", "value": team}] if team else []
        talk.post("experiments/create", {"name": talk.name(letter), "tags": labels})
    prefix = talk.name("")
    for text in FILTERS:
        clause = text.replace("{0}", talk.name("a")).replace("{p}", prefix)
        # Only what this case made is compared.
        mine = f"{clause} AND name LIKE '{prefix}%'" if clause.strip() else f"name LIKE '{prefix}%'"
        talk.post("experiments/search", {"filter": mine, "max_results": 10}, label=f"filter {text}")
    mine = f"name LIKE '{prefix}%'"
    for order in ORDERS:
        talk.post("experiments/search", {"filter": mine, "max_results": 10, "order_by": order}, label=f"order {order}")
    for size in [1, "2", 0, -1, 50_000, 50_001, "x", 1.0, 1.5, None]:
        talk.post("experiments/search", {"filter": mine, "max_results": size}, label=f"size {size!r}")
    talk.post("experiments/search", {"filter": mine}, label="no size")
    for view in ["ACTIVE_ONLY", "DELETED_ONLY", "ALL", 1, 2, 3, "3", 4, "nonsense", None]:
        talk.post("experiments/search", {"filter": mine, "max_results": 9, "view_type": view}, label=f"view {view!r}")
    page = talk.post("experiments/search", {"filter": mine, "max_results": 2}, label="first page")
    after = {"filter": mine, "max_results": 2, "page_token": page["next_page_token"]}
    talk.post("experiments/search", after, label="second page")
    for token in ["", "x", "e30=", "eyJvZmZzZXQiOiAxfQ==", "eyJvZmZzZXQiOiAtMX0=", "eyJvZmZzZXQiOiAieCJ9", "ü"]:
        talk.post("experiments/search", after | {"page_token": token}, label=f"token {token}")
    talk.get("experiments/search", filter=mine, max_results=2, view_type="ALL", order_by=["name DESC"], label="GET")
    talk.get("experiments/search", filter=mine, max_results="x", label="GET with a wrong size")
    talk.get(
        "experiments/search", filter=mine, order_by=["name", "creation_time"], max_results=3, label="GET, two keys"
    )
    talk.post("experiments/search", {"filter": 3}, label="filter as a number")


CASES = [create, create_locations, create_local_locations, get, update, delete_and_restore, tags, search]
