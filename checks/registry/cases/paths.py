"""Paths that try to leave their root, by every door that takes a path. None may be followed."""

from cases.artifacts import PROXY, TEXT, place
from cases.models import model
from cases.runs import experiment, run

# As they stand in a URL.
PATHS = [
    "../../../../etc/passwd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252fetc%252fpasswd",
    "%25252e%25252e%25252fetc",
    "..%5c..%5cetc%5cpasswd",
    "..\\..\\etc\\passwd",
    "a/../../b",
    "a/..",
    "..",
    ".",
    "./a",
    "a/./b",
    "a//b",
    "/etc/passwd",
    "//etc/passwd",
    "%2fetc%2fpasswd",
    "%2f%2fetc%2fpasswd",
    "file:///etc/passwd",
    "file:%2f%2f%2fetc%2fpasswd",
    "C:%5cwindows%5cwin.ini",
    "C:/windows/win.ini",
    "c%3a%5cwindows",
    "..;/etc/passwd",
    "a%00b",
    "%00",
    "a%0ab",
    "a%23/../b",
    "a%3f/../b",
    "a#../b",
    "..%c0%afetc",
    "%c0%ae%c0%ae/etc",
    "%uff0e%uff0e/etc",
    "~/.ssh/id_rsa",
    "~root",
    "http://127.0.0.1/x",
    "s3://bucket/x",
    "a%20/..%20/b",
    "...",
    "....//etc",
    "a/.../b",
]
LOCAL = [
    "/etc/passwd",
    "/etc",
    "file:///etc/passwd",
    "file:/etc/passwd",
    "file:etc",
    "FILE:///etc",
    "file://localhost/etc",
    "file://127.0.0.1/etc",
    "file://host/etc",
    "../etc",
    "etc/passwd",
    "./etc",
    "~/x",
    "C:\\windows",
    "C:/windows",
    "\\\\host\\share",
    "//host/share",
    "/%2e%2e/etc",
    "file:///a/../etc",
    "file:///a/%2e%2e/etc",
    "file:///etc#x",
    "file:///etc?x",
    "local:/etc",
    "mlflow-artifacts:/../../etc",
    "mlflow-artifacts:/%2e%2e/%2e%2e/etc",
    "mlflow-artifacts:/%252e%252e/etc",
    "mlflow-artifacts:/a/..%5c..%5cetc",
    "mlflow-artifacts:///etc",
    "mlflow-artifacts:/x#/../../etc",
    "http://127.0.0.1:1/api/2.0/mlflow-artifacts/artifacts/../../etc",
    "http://127.0.0.1:1/api/2.0/mlflow-artifacts/artifacts/%2e%2e/etc",
    "s3://bucket/../../etc",
    "s3:/bucket/../etc",
    "runs:/../etc",
    "models:/../etc",
    " /etc",
    "/etc\x00",
    "",
]


def proxy(talk):
    for path in PATHS:
        for method in ["GET", "PUT", "DELETE"]:
            content = {"raw": b"x", "headers": TEXT} if method == "PUT" else {}
            # Only what a refusal is like; a path that is harmless once cleaned may be written.
            target = (
                f"{PROXY}artifacts/{talk.name('x')}/{path}"
                if not path.startswith((".", "%2", "/", "~"))
                else f"{PROXY}artifacts/{path}"
            )
            if method != "GET" and target.endswith(("/..", "/.", "...", "%20/b")):
                continue
            talk.call(method, target, **content, label=f"{method} {path}")
    for path in PATHS:
        found = talk.call("GET", f"{PROXY}artifacts?path={path.replace('#', '%23')}", label=f"list {path}")
        if found.status == 200 and found.body.get("files"):
            found.body = "the root, which holds what other cases wrote"


def of_runs(talk):
    made, _ = place(talk)
    for path in PATHS:
        path = path.replace("#", "%23").replace("\\", "%5c")
        talk.call("GET", f"/get-artifact?run_id={made}&path={path}", label=f"get {path}")
        talk.call("GET", f"/api/2.0/mlflow/artifacts/list?run_id={made}&path={path}", label=f"list {path}")
    for path in PATHS:
        path = path.replace("#", "%23").replace("\\", "%5c")
        if path.startswith((".", "%2", "/", "C:", "c%", "file", "~", "http", "s3")) and path not in (
            ".",
            "./a",
            "...",
            "....//etc",
        ):
            target = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={made}&path={path}"
            talk.call("POST", target, raw=b"x", headers=TEXT, label=f"upload {path}")


def run_ids(talk):
    """An id that is a path."""
    for wrong in ["..", "../x", "%2e%2e", "/etc", "a/b", "..%2fx", "C:\\x"]:
        talk.get("runs/get", run_id=wrong, label=f"run {wrong}")
        talk.get("artifacts/list", run_id=wrong, label=f"list {wrong}")
        talk.get("experiments/get", experiment_id=wrong, label=f"experiment {wrong}")


def sources(talk):
    """A version whose files would be on the server's own disk."""
    model(talk, "a")
    made = run(talk, experiment(talk))
    for number, source in enumerate(LOCAL):
        for label, owner in {"": {}, ", with a run": {"run_id": made}}.items():
            name = f"{number}{label}"
            model(talk, name)
            body = {"name": talk.name(name), "source": source} | owner
            talk.post("model-versions/create", body, label=f"source {source!r}{label}")
    body = {"name": talk.name("a"), "source": "/etc", "model_id": "m-" + "0" * 32}
    talk.post("model-versions/create", body, label="source with a model")


def locations(talk):
    """An experiment whose artefacts would be on the server's own disk."""
    for number, location in enumerate(LOCAL):
        body = {"name": talk.name(str(number)), "artifact_location": location}
        talk.post("experiments/create", body, label=f"location {location!r}")


CASES = [proxy, of_runs, run_ids, sources, locations]
