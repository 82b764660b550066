"""Artefacts of runs: written, listed and read back, byte for byte."""

import hashlib
import json
import os
import pathlib
from unittest import mock

import mlflow
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from steps.world import same

BLOB = bytes(range(256)) * 12_000
# A large file is one above 5 MiB, the least part that S3 takes.
IN_PARTS = {
    "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
    "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "true",
    "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(5 << 20),
    "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 << 20),
    "MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE": str(5 << 20),
    "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE": str(5 << 20),
}


def optional(module):
    """A package that only the full MLflow brings along."""
    try:
        return __import__(module, fromlist=["_"])
    except ImportError:
        return None


def digests(files):
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}


def listed(world, run, path=None):
    # MLflow's server leaves out a size of 0, an S3 store says it.
    return {(f.path, f.is_dir, f.file_size or None) for f in world.client.list_artifacts(run, path)}


def files_and_folders(world):
    mlflow.set_experiment(world.name("files"))
    folder = world.scratch("files")
    tree = {"a.txt": b"hello\n", "empty.bin": b"", "sub/b.bin": BLOB, "sub/deep/c d ü.json": b'{"a": 1}'}
    for path, content in tree.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    with mlflow.start_run() as active:
        run = active.info.run_id
        mlflow.log_artifacts(folder, artifact_path="tree")
        mlflow.log_artifact(folder / "a.txt")
        mlflow.log_artifact(folder / "a.txt", artifact_path="x/y")
    same(listed(world, run), {("a.txt", False, 6), ("tree", True, None), ("x", True, None)})
    top = {("tree/a.txt", False, 6), ("tree/empty.bin", False, None), ("tree/sub", True, None)}
    same(listed(world, run, "tree"), top)
    same(listed(world, run, "tree/sub/deep"), {("tree/sub/deep/c d ü.json", False, 8)})
    same(listed(world, run, "x/y/a.txt"), set())
    same(listed(world, run, "nothing/here"), set())
    back = world.scratch("back")
    mlflow.artifacts.download_artifacts(run_id=run, artifact_path="tree", dst_path=back)
    found = {f.relative_to(back / "tree").as_posix(): f.read_bytes() for f in back.rglob("*") if f.is_file()}
    same(digests(found), digests(tree))
    uri = active.info.artifact_uri
    for place, source in {"by run": f"runs:/{run}", "by uri": uri}.items():
        one = mlflow.artifacts.download_artifacts(f"{source}/tree/sub/b.bin", dst_path=world.scratch(place))
        assert pathlib.Path(one).read_bytes() == BLOB, f"{source} came back changed"
    everything = mlflow.artifacts.download_artifacts(run_id=run, dst_path=world.scratch("everything"))
    same(sum(f.is_file() for f in (world.folder / "everything").rglob("*")), 6)
    assert str(world.folder / "everything") in everything


def texts_and_tables(world):
    mlflow.set_experiment(world.name("texts"))
    with mlflow.start_run() as active:
        mlflow.log_text("zwölf\n", "notes/a.txt")
        mlflow.log_dict({"a": [1, 2, {"b": "ü"}]}, "data/d.json")
        mlflow.log_dict({"a": [1, 2]}, "data/d.yaml")
        mlflow.log_text("<h1>page</h1>", "page.html")
        mlflow.log_table({"x": [1, 2], "y": ["a", "b"]}, "table.json")
        mlflow.log_table({"x": [3], "y": ["c"]}, "table.json")
        uri = mlflow.get_artifact_uri()
        same(mlflow.get_artifact_uri("data/d.json"), f"{uri}/data/d.json")
    run = active.info.run_id
    same(mlflow.artifacts.load_text(f"{uri}/notes/a.txt"), "zwölf\n")
    same(mlflow.artifacts.load_dict(f"runs:/{run}/data/d.json"), {"a": [1, 2, {"b": "ü"}]})
    same(mlflow.artifacts.load_text(f"{uri}/page.html"), "<h1>page</h1>")
    table = mlflow.load_table("table.json", run_ids=[run])
    same(table.to_dict("list"), {"x": [1, 2, 3], "y": ["a", "b", "c"]})
    logged = json.loads(world.client.get_run(run).data.tags["mlflow.loggedArtifacts"])
    same(logged, [{"path": "table.json", "type": "table"}])


def an_artefact_is_replaced(world):
    run = world.client.create_run(world.experiment("replaced")).info
    for text in ["first, and longer", "second"]:
        world.client.log_text(run.run_id, text, "a.txt")
    same(mlflow.artifacts.load_text(f"{run.artifact_uri}/a.txt"), "second")
    same(listed(world, run.run_id), {("a.txt", False, 6)})


def a_large_file_goes_in_parts(world):
    """Where the server can; where it cannot, the client has to notice and send it whole."""
    run = world.client.create_run(world.experiment("large")).info
    file = world.scratch("large") / "large.bin"
    file.write_bytes(BLOB * 4)
    with mock.patch.dict(os.environ, IN_PARTS):
        world.client.log_artifact(run.run_id, str(file), "deep/er")
        back = world.client.download_artifacts(run.run_id, "deep/er/large.bin", str(world.scratch("large-back")))
    same(listed(world, run.run_id, "deep/er"), {("deep/er/large.bin", False, 4 * len(BLOB))})
    assert pathlib.Path(back).read_bytes() == BLOB * 4, "a large file came back changed"


def pictures(world):
    mlflow.set_experiment(world.name("pictures"))
    pyplot, images = optional("matplotlib"), optional("PIL.Image")
    with mlflow.start_run() as active:
        if pyplot:
            from matplotlib.figure import Figure

            figure = Figure()
            figure.subplots().plot([1, 2, 3])
            mlflow.log_figure(figure, "plots/line.png")
        if images:
            mlflow.log_image(images.new("RGB", (4, 3), (255, 0, 0)), "red.png")
            mlflow.log_image(images.new("RGB", (4, 3)), key="steps", step=1)
    found = {f.path for f in world.client.list_artifacts(active.info.run_id)}
    expected = ({"plots"} if pyplot else set()) | ({"red.png", "images"} if images else set())
    same(found, expected)
    if images:
        same(mlflow.artifacts.load_image(f"{active.info.artifact_uri}/red.png").size, (4, 3))


def deletion(world):
    run = world.client.create_run(world.experiment("deleted files")).info
    for path in ["keep.txt", "drop/a.txt", "drop/b/c.txt", "one.txt"]:
        world.client.log_text(run.run_id, path, path)
    repository = get_artifact_repository(run.artifact_uri)
    repository.delete_artifacts("drop")
    repository.delete_artifacts("one.txt")
    same({f.path for f in world.client.list_artifacts(run.run_id)}, {"keep.txt"})


def listing_through_the_server(world):
    """What the web page asks, wherever the artefacts are."""
    run = world.client.create_run(world.experiment("asked")).info
    for path in ["a.txt", "sub/b.txt"]:
        world.client.log_text(run.run_id, path, path)
    ask = "/api/2.0/mlflow/artifacts/list"
    found = world.get(ask, {"run_id": run.run_id})
    files = [{"path": "a.txt", "is_dir": False, "file_size": 5}, {"path": "sub", "is_dir": True}]
    same(sorted(found["files"], key=lambda f: f["path"]), files)
    same(found["root_uri"], run.artifact_uri)
    found = world.get(ask, {"run_uuid": run.run_id, "path": "sub"})
    same(found["files"], [{"path": "sub/b.txt", "is_dir": False, "file_size": 9}])


def mistakes(world):
    run = world.client.create_run(world.experiment("missing files")).info
    world.client.log_text(run.run_id, "a", "a.txt")
    for path in ["nothing.txt", "a.txt/b"]:
        try:
            found = world.client.download_artifacts(run.run_id, path, str(world.scratch(path.replace("/", "-"))))
        except Exception:
            continue
        raise AssertionError(f"{path} is not there, but came as {found}")


STEPS = [
    files_and_folders,
    texts_and_tables,
    an_artefact_is_replaced,
    a_large_file_goes_in_parts,
    pictures,
    deletion,
    listing_through_the_server,
    mistakes,
]
