"""The registry's server is killed, S3 is killed, the disk is full: the last good model goes on."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.request

from asking import asking, degraded, healthy
from case import MODEL

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "registry"))

import guide  # noqa: E402
import services  # noqa: E402

BUCKET = "models"
# moto looks at who signed, not at the signature; without one it lets nobody write an object twice.
OWNER = "AWS4-HMAC-SHA256 Credential=throwaway/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


def kill(process):
    """As a crash ends it: the whole group, without a chance to say anything."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


def registry_server(case, root):
    """Our registry's server is killed and comes back on the same port."""
    shutil.copytree(root / "registry", case.folder / "registry")
    model = guide.published(case.folder / "registry")
    port = services.free_port()
    url = f"http://127.0.0.1:{port}"
    command = [case.gauntlet, "--root", case.folder, "registry", "serve", "--port", port]

    def running():
        return services.running(command, f"{url}/health", case.folder / "registry.log", services.environment(), case.folder)

    with contextlib.ExitStack() as stack:
        process = stack.enter_context(running())
        state = case.folder / "state"
        row = list(guide.FEATURES.values())
        with case.serving(url, model=f"{model}@champion", state=state) as server:
            with asking(server, model, list(guide.FEATURES), row) as asker:
                healthy(server)
                kill(process)
                degraded(server, "unreachable")
                stack.enter_context(running())
                healthy(server)
            assert len(asker.versions) == 1, asker.versions
    return f"{asker.count} answers, none failed, the slowest after {asker.slowest * 1e3:.0f} ms"


class Moto:
    """An S3 server that keeps a bucket in memory; what it held is uploaded again after it was killed."""

    def __init__(self, case):
        self.case, self.port = case, services.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.stack = contextlib.ExitStack()
        self.process = None

    def start(self, registry):
        command = [self.case.moto, "-H", "127.0.0.1", "-p", self.port]
        log = self.case.folder / "moto.log"
        self.process = self.stack.enter_context(
            services.running(command, f"{self.url}/moto-api/data.json", log, services.environment(), self.case.folder)
        )
        self.put("", b"")
        self.upload(registry)

    def put(self, key, body):
        headers = {"content-type": "application/octet-stream", "authorization": OWNER}
        request = urllib.request.Request(f"{self.url}/{BUCKET}{key}", body, headers, method="PUT")
        services.CLIENT.open(request, timeout=30).close()

    def upload(self, registry):
        """The folder as it is now; pointers last, so that no pointer is there before its bundle."""
        files = [path for path in registry.root.rglob("*") if path.is_file()]
        for path in sorted(files, key=lambda path: path.suffix == ".json" and "published" in path.parts):
            self.put(f"/prefix/{path.relative_to(registry.root).as_posix()}", path.read_bytes())

    @property
    def settings(self):
        return {
            "AWS_ACCESS_KEY_ID": "throwaway",
            "AWS_SECRET_ACCESS_KEY": "throwaway",
            "AWS_REGION": "us-east-1",
            "MLFLOW_S3_ENDPOINT_URL": self.url,
        }


def object_store(case):
    """S3 is killed and comes back with a newer champion; meanwhile the server itself is started anew."""
    registry = case.published()
    moto = Moto(case)
    place, how = f"s3://{BUCKET}/prefix", {"settings": moto.settings, "state": case.folder / "state"}
    with moto.stack:
        moto.start(registry)
        with case.serving(place, **how) as server, asking(server, MODEL, case.names, case.row) as before:
            healthy(server, 1)
            kill(moto.process)
            degraded(server, "unreachable")
        assert before.versions == ["1"], before.versions
        with case.serving(place, **how) as server:
            degraded(server, "unreachable")
            with asking(server, MODEL, case.names, case.row) as after:
                registry.point(MODEL, 2, registry.place(case.second))
                moto.start(registry)
                healthy(server, 2)
            assert after.versions in (["1", "2"], ["1"]), after.versions
    return f"{before.count} and {after.count} answers, none failed; started anew without S3, then followed to version 2"


def full_disk(case):
    """The state directory's disk has no room for the new version; then it has."""
    registry = case.published()
    moto = Moto(case)
    disk = case.folder / "disk"
    disk.mkdir()
    size = sum(path.stat().st_size for path in [*case.first.iterdir(), *case.second.iterdir()]) * 2 + (2 << 20)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        return f"SKIPPED: no small disk can be mounted here ({mounted.stderr.strip()})"
    try:
        with moto.stack:
            moto.start(registry)
            how = {"settings": moto.settings, "state": disk / "state"}
            with case.serving(f"s3://{BUCKET}/prefix", **how) as server:
                with asking(server, MODEL, case.names, case.row) as asker:
                    healthy(server, 1)
                    ballast = disk / "ballast"
                    fill(ballast)
                    registry.point(MODEL, 2, registry.place(case.second))
                    moto.upload(registry)
                    degraded(server, "storage")
                    assert asker.versions == ["1"], asker.versions
                    ballast.unlink()
                    healthy(server, 2)
    finally:
        subprocess.run(["umount", disk], check=True)
    return f"{asker.count} answers, none failed; version 2 was fetched once there was room"


def fill(path):
    """Writes until the disk is full."""
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
