"""What comes before any handler: paths, methods, bodies, hosts and origins."""

from cases.runs import experiment

GOOD = '{"name": "NAME"}'
PATHS = """
    GET /health
    GET /version
    HEAD /health
    POST /health
    GET /health/
    GET /api/3.0/mlflow/server-info
    GET /ajax-api/3.0/mlflow/server-info
    POST /api/3.0/mlflow/server-info
    GET /api/2.0/mlflow/nonsense
    POST /api/2.0/mlflow/nonsense
    GET /api/2.0/nonsense
    GET /api
    GET /nonsense
    GET /api/1.0/mlflow/runs/get
    GET /api/3.0/mlflow/runs/get
    GET /api/2.0/mlflow/
    GET /api/2.0/mlflow/runs
    GET /api/2.0/mlflow/runs/get/
    GET /api/2.0/mlflow//runs/get
    GET //api/2.0/mlflow/runs/get
    GET /API/2.0/mlflow/runs/get
    GET /api/2.0/preview/mlflow/runs/get
    GET /ajax-api/2.0/preview/mlflow/runs/get
    GET /ajax-api/2.0/mlflow/runs/get
    POST /api/2.0/mlflow/runs/get
    DELETE /api/2.0/mlflow/runs/get
    PUT /api/2.0/mlflow/runs/create
    GET /api/2.0/mlflow/runs/create
    PATCH /api/2.0/mlflow/runs/create
    GET /api/2.0/mlflow/registered-models/create
    POST /api/2.0/mlflow/registered-models/delete
    GET /api/2.0/mlflow/experiments/create
    POST /api/2.0/mlflow/model-versions/delete
    GET /api/2.0/mlflow/logged-models
    POST /api/2.0/mlflow-artifacts/artifacts
    GET /api/2.0/mlflow-artifacts
    GET /api/2.0/mlflow-artifacts/nonsense
    GET /get-artifact/
    POST /get-artifact
    GET /model-versions/get-artifact/x
    GET /static-files/nonsense.js
    GET /static-files/../x
    GET /metrics
"""
# What MLflow has and a registry for training does not.
OUT_OF_SCOPE = """
    POST /api/3.0/mlflow/traces/search
    GET /api/2.0/mlflow/traces
    POST /api/3.0/mlflow/traces
    GET /api/3.0/mlflow/traces/x
    POST /api/2.0/mlflow/webhooks
    GET /api/2.0/mlflow/webhooks
    GET /api/3.0/mlflow/workspaces
    POST /api/3.0/mlflow/datasets/create
    GET /api/3.0/mlflow/scorers/list
    POST /ajax-api/2.0/mlflow/gateway-proxy
    GET /api/3.0/mlflow/gateway/endpoints/list
    POST /ajax-api/2.0/mlflow/runs/create-promptlab-run
    POST /v1/traces
"""


def ask_all(talk, table):
    """Each line of the table is a method and a path; what usually has a body is sent an empty one."""
    for method, path in (line.split() for line in table.strip().splitlines()):
        if method in ("GET", "HEAD"):
            talk.call(method, path)
        else:
            talk.call(method, path, raw=b"{}", headers={"Content-Type": "application/json"})


def paths(talk):
    ask_all(talk, PATHS)


def out_of_scope(talk):
    ask_all(talk, OUT_OF_SCOPE)


def bodies(talk):
    path = "/api/2.0/mlflow/registered-models/create"
    for number, (label, kind, body) in enumerate([
        ("json", "application/json", GOOD),
        ("json with a charset", "application/json; charset=utf-8", GOOD),
        ("json in capitals", "Application/JSON", GOOD),
        ("text", "text/plain", GOOD),
        ("form", "application/x-www-form-urlencoded", "name=NAME"),
        ("json like", "application/vnd.api+json", GOOD),
        ("no type", None, GOOD),
        ("empty type", "", GOOD),
        ("nothing", "application/json", ""),
        ("no type, nothing", None, ""),
        ("broken", "application/json", "{"),
        ("a list", "application/json", "[]"),
        ("a list with something", "application/json", "[1]"),
        ("null", "application/json", "null"),
        ("a number", "application/json", "3"),
        ("true", "application/json", "true"),
        ("an encoded text", "application/json", '"{\\"name\\": \\"NAME\\"}"'),
        ("a text", "application/json", '"abc"'),
        ("twice the key", "application/json", '{"name": "x", "name": "NAME"}'),
        ("a comment", "application/json", '{"name": "NAME"} // x'),
        ("trailing comma", "application/json", '{"name": "NAME",}'),
        ("latin", "application/json; charset=latin-1", '{"name": "NAME"}'),
        ("wrong utf-8", "application/json", b'{"name": "\xff\xfe"}'),
        ("a mark before", "application/json", b"\xef\xbb\xbf" + b'{"name": "NAME"}'),
        ("surrogate", "application/json", '{"name": "NAME", "description": "\\ud83d"}'),
        ("null byte", "application/json", '{"name": "NAME", "description": "a\\u0000b"}'),
        ("NaN", "application/json", '{"name": "NAME", "description": NaN}'),
        ("deep", "application/json", '{"name": "NAME", "x": ' + "[" * 200 + "]" * 200 + "}"),
        ("large number", "application/json", '{"name": "NAME", "x": 1' + "0" * 400 + "}"),
    ]):  # fmt: skip
        content = body if isinstance(body, bytes) else body.encode()
        headers = {} if kind is None else {"Content-Type": kind}
        raw = content.replace(b"NAME", talk.name(str(number)).encode())
        talk.call("POST", path, raw=raw, headers=headers, label=label)


def hosts(talk):
    made = experiment(talk)
    path = "/api/2.0/mlflow/experiments/set-experiment-tag"
    body = {"experiment_id": made, "key": "a", "value": "1"}
    for host in [
        "localhost",
        "127.0.0.1",
        "127.0.0.1:80",
        "localhost:5000",
        "[::1]",
        "example.com",
        "evil.com:80",
        "169.254.169.254",
        "10.0.0.1",
        "x.localhost",
    ]:
        talk.call(
            "GET", f"/api/2.0/mlflow/experiments/get?experiment_id={made}", headers={"Host": host}, label=f"host {host}"
        )
    talk.call("GET", "/health", headers={"Host": "example.com"}, label="health for another host")
    for origin in [
        "http://localhost",
        "http://127.0.0.1:3000",
        "http://evil.com",
        "https://example.com",
        "null",
        "http://localhost.evil.com",
    ]:
        talk.call("POST", path, body=body, headers={"Origin": origin}, label=f"write from {origin}")
        talk.call(
            "GET",
            f"/api/2.0/mlflow/experiments/get?experiment_id={made}",
            headers={"Origin": origin},
            label=f"read from {origin}",
        )


CASES = [paths, out_of_scope, bodies, hosts]
