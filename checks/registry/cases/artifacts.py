"""Artefacts: through the proxy, of runs, of model versions and of logged models."""

from cases.models import model
from cases.runs import experiment, run

PROXY = "/api/2.0/mlflow-artifacts/"
TEXT = {"Content-Type": "text/plain"}


def place(talk, text="a"):
    """A run and its folder below the artefact root."""
    made = run(talk, experiment(talk, text), label=f"run {text}")
    uri = talk.get("runs/get", run_id=made, label=f"folder {text}")["run"]["info"]["artifact_uri"]
    return made, uri.removeprefix("mlflow-artifacts:/")


def put(talk, path, content=b"hello\n", label=None, headers=None):
    target = f"{PROXY}artifacts/{path}"
    return talk.call("PUT", target, raw=content, headers=TEXT if headers is None else headers, label=label)


def fetch(talk, path, label, prefix=PROXY):
    """A download, with the headers that keep a browser from showing it."""
    found = talk.call("GET", f"{prefix}artifacts/{path}", label=label)
    kept = ("content-disposition", "x-content-type-options")
    found.body = {"content": found.body, "headers": {name: found.headers.get(name) for name in kept}}


def listed(talk, label, **query):
    found = talk.call("GET", f"{PROXY}artifacts", query=query, label=label)
    if found.status == 200:
        found.body.get("files", []).sort(key=lambda file: file["path"])


def proxy(talk):
    made, folder = place(talk)
    put(talk, f"{folder}/a.txt", label="put")
    put(talk, f"{folder}/a.txt", b"another\n", label="put again")
    put(
        talk,
        f"{folder}/deep/er/b.bin",
        bytes(range(256)),
        label="put deep",
        headers={"Content-Type": "application/octet-stream"},
    )
    put(talk, f"{folder}/empty.txt", b"", label="put nothing")
    put(
        talk,
        f"{folder}/page.html",
        b"<script>alert(1)</script>",
        label="put a page",
        headers={"Content-Type": "text/html"},
    )
    put(talk, f"{folder}/plain.json", b'{"a": 1}', label="put json", headers={"Content-Type": "application/json"})
    put(talk, f"{folder}/MLmodel", b"a: 1\n", label="put without an ending", headers={})
    put(talk, f"{folder}/with%20blank%20%C3%BC.txt", b"x", label="put with a blank")
    put(talk, f"{folder}/plus+sign%2B.txt", b"x", label="put with a plus")
    put(talk, f"{folder}/semi;colon,comma.txt", b"x", label="put with signs")
    put(talk, f"{folder}/quote%22.txt", b"x", label="put with a quote")
    put(talk, f"{folder}/deep", b"x", label="put over a folder")
    put(talk, f"{folder}/a.txt/below", b"x", label="put below a file")
    for path in [
        "a.txt", "deep/er/b.bin", "empty.txt", "page.html", "plain.json", "MLmodel", "with%20blank%20%C3%BC.txt",
        "plus+sign%2B.txt",
        "semi;colon,comma.txt", "quote%22.txt", "nothing.txt", "deep", "deep/", "a.txt/", "a.txt/below",
        "",
    ]:  # fmt: skip
        fetch(talk, f"{folder}/{path}", f"get {path}")
    for path in ["", "/deep", "/deep/", "/deep/er", "/nothing", "/a.txt"]:
        listed(talk, f"list {path}", path=folder + path)
    listed(talk, "list twice", path=[folder, f"{folder}/deep"])
    fetch(talk, f"{folder}/a.txt", "get by ajax", "/ajax-api/2.0/mlflow-artifacts/")
    found = talk.call("GET", f"{PROXY}artifacts/{folder}/a.txt", headers={"Range": "bytes=2-4"}, label="a part")
    found.body = {"content": found.body, "range": found.headers.get("content-range")}
    talk.call("HEAD", f"{PROXY}artifacts/{folder}/a.txt", label="head")
    talk.call("POST", f"{PROXY}artifacts/{folder}/a.txt", raw=b"x", headers=TEXT, label="post")
    talk.call("PATCH", f"{PROXY}artifacts/{folder}/a.txt", raw=b"x", headers=TEXT, label="patch")
    for path in ["a.txt", "a.txt", "deep", "nothing", "page.html"]:
        talk.call("DELETE", f"{PROXY}artifacts/{folder}/{path}", label=f"delete {path}")
    listed(talk, "list what is left", path=folder)
    talk.call("DELETE", f"{PROXY}artifacts/{folder}", label="delete the folder")
    listed(talk, "list nothing", path=folder)


def of_runs(talk):
    made, folder = place(talk)
    for path in ["a.txt", "deep/b.html", "deep/c.json"]:
        put(talk, f"{folder}/{path}", path.encode(), label=f"put {path}")
    asked = {
        "the root": {"run_id": made},
        "a folder": {"run_id": made, "path": "deep"},
        "a folder with a slash": {"run_id": made, "path": "deep/"},
        "a file": {"run_id": made, "path": "a.txt"},
        "nothing": {"run_id": made, "path": "nothing"},
        "an empty path": {"run_id": made, "path": ""},
        "run_uuid": {"run_uuid": made},
        "no run": {"path": "deep"},
        "unknown run": {"run_id": "0" * 32},
        "a page token": {"run_id": made, "page_token": "x"},
    }
    for label, query in asked.items():
        found = talk.get("artifacts/list", **query, label=f"list {label}")
        if found.status == 200:
            found.body.get("files", []).sort(key=lambda file: file["path"])
    for label, query in {
        "a file": {"run_id": made, "path": "a.txt"},
        "deep": {"run_uuid": made, "path": "deep/b.html"},
        "a folder": {"run_id": made, "path": "deep"},
        "nothing": {"run_id": made, "path": "nothing"},
        "an empty path": {"run_id": made, "path": ""},
        "no path": {"run_id": made},
        "no run": {"path": "a.txt"},
        "unknown run": {"run_id": "0" * 32, "path": "a.txt"},
    }.items():
        found = talk.call("GET", "/get-artifact", query=query, label=f"get-artifact {label}")
        shown = [found.headers.get("content-disposition"), found.headers.get("x-content-type-options")]
        found.body = {"content": found.body, "headers": shown}
    upload = "/ajax-api/2.0/mlflow/upload-artifact"
    for label, query, content in [
        ("good", {"run_uuid": made, "path": "up/load.txt"}, b"hello"),
        ("no run", {"path": "x.txt"}, b"hello"),
        ("run_id", {"run_id": made, "path": "x.txt"}, b"hello"),
        ("no path", {"run_uuid": made}, b"hello"),
        ("unknown run", {"run_uuid": "0" * 32, "path": "x.txt"}, b"hello"),
        ("nothing to upload", {"run_uuid": made, "path": "x.txt"}, b""),
        ("too large", {"run_uuid": made, "path": "x.txt"}, b"x" * (10 * 1024 * 1024 + 1)),
    ]:
        talk.call("POST", upload, query=query, raw=content, headers=TEXT, label=f"upload {label}")
    fetch(talk, f"{folder}/up/load.txt", "what was uploaded")
    talk.post("runs/delete", {"run_id": made})
    talk.get("artifacts/list", run_id=made, path="up", label="list of a deleted run")


def of_models(talk):
    made, folder = place(talk)
    put(talk, f"{folder}/model/MLmodel", b"a: 1\n", label="put")
    model(talk, "a")
    body = {"name": talk.name("a"), "source": f"mlflow-artifacts:/{folder}/model", "run_id": made}
    talk.post("model-versions/create", body, label="version")
    for label, query in {
        "a file": {"name": talk.name("a"), "version": "1", "path": "MLmodel"},
        "nothing": {"name": talk.name("a"), "version": "1", "path": "nothing"},
        "unknown version": {"name": talk.name("a"), "version": "9", "path": "MLmodel"},
        "unknown model": {"name": talk.name("nobody"), "version": "1", "path": "MLmodel"},
        "no version": {"name": talk.name("a"), "path": "MLmodel"},
        "no name": {"version": "1", "path": "MLmodel"},
    }.items():
        talk.call("GET", "/model-versions/get-artifact", query=query, label=f"version: {label}")
    where = experiment(talk, "logged")
    info = talk.post("logged-models", {"experiment_id": where, "name": "m"}, label="logged")["model"]["info"]
    home = info["artifact_uri"].removeprefix("mlflow-artifacts:/")
    for path in ["MLmodel", "deep/x.txt"]:
        put(talk, f"{home}/{path}", b"a: 1\n", label=f"put {path} into the logged model")
    for label, query in {
        "the root": {},
        "a folder": {"artifact_directory_path": "deep"},
        "nothing": {"artifact_directory_path": "nothing"},
        "up": {"artifact_directory_path": "../x"},
    }.items():
        found = talk.get(f"logged-models/{info['model_id']}/artifacts/directories", **query, label=f"list {label}")
        if found.status == 200:
            found.body.get("files", []).sort(key=lambda file: file["path"])
    files = f"/ajax-api/2.0/mlflow/logged-models/{info['model_id']}/artifacts/files"
    for label, query in {
        "good": {"artifact_file_path": "MLmodel"},
        "deep": {"artifact_file_path": "deep/x.txt"},
        "no path": {},
        "nothing": {"artifact_file_path": "nothing"},
        "up": {"artifact_file_path": "../x"},
    }.items():
        talk.call("GET", files, query=query, label=f"file: {label}")
    unknown = f"/ajax-api/2.0/mlflow/logged-models/m-{'0' * 32}/artifacts/files"
    talk.call("GET", unknown, query={"artifact_file_path": "MLmodel"}, label="file of an unknown model")
    talk.get(f"logged-models/m-{'0' * 32}/artifacts/directories", label="list an unknown model")


def in_parts(talk):
    """What a server with local artefacts cannot do."""
    made, folder = place(talk)
    bodies = {
        "create": {"path": "large.bin", "num_parts": 2},
        "complete": {"path": "large.bin", "upload_id": "x", "parts": [{"part_number": 1, "etag": "e", "url": "u"}]},
        "abort": {"path": "large.bin", "upload_id": "x"},
    }
    body = {"path": "/home/somebody/large.bin", "num_parts": 2}
    talk.call("POST", f"{PROXY}mpu/create/{folder}", body=body, label="create, with the client's own path")
    for action, body in bodies.items():
        talk.call("POST", f"{PROXY}mpu/{action}/{folder}", body=body, label=f"{action}")
        talk.call("POST", f"{PROXY}mpu/{action}/{folder}", body={}, label=f"{action}, nothing")
        talk.call("POST", f"{PROXY}mpu/{action}/..%2f..%2fx", body=body, label=f"{action}, up")
    talk.call("GET", f"{PROXY}presigned/{folder}/a.txt", label="presigned")
    talk.call("GET", f"{PROXY}presigned/..%2fa.txt", label="presigned, up")
    for label, body in {
        "good": {"run_id": made, "path": "a.txt"},
        "no path": {"run_id": made},
        "no run": {"path": "a.txt"},
        "unknown run": {"run_id": "0" * 32, "path": "a.txt"},
        "up": {"run_id": made, "path": "../a.txt"},
        "expired": {"run_id": made, "path": "a.txt", "expiration": 0},
        "too long": {"run_id": made, "path": "a.txt", "expiration": 604801},
        "both": {"run_id": made, "model_id": "m-" + "0" * 32, "path": "a.txt"},
        "a model": {"model_id": "m-" + "0" * 32, "path": "a.txt"},
    }.items():
        for direction in ["upload", "download"]:
            talk.post(f"artifacts/presigned-{direction}-url", body, label=f"presigned {direction}: {label}")


CASES = [proxy, of_runs, of_models, in_parts]
