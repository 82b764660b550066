"""A client that asks all the time, and waits for what a server says of itself."""

import contextlib
import http.client
import json
import threading
import time
import urllib.parse


class Asker:
    """Asks for one prediction after the other on a kept connection; every failure is remembered."""

    def __init__(self, server, model, names, row, address="127.0.0.1", pause=0.005):
        self.host = urllib.parse.urlparse(server.url).netloc
        body = {"model_name": model, "features": dict(zip(names, row))}
        self.body = json.dumps(body)
        self.headers = {"content-type": "application/json"}
        if server.key:
            self.headers["x-api-key"] = server.key
        self.address, self.pause = address, pause
        self.versions, self.failures, self.slowest, self.count = [], [], 0.0, 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def connect(self):
        return http.client.HTTPConnection(self.host, timeout=10, source_address=(self.address, 0))

    def run(self):
        connection = self.connect()
        while not self.stopped.wait(self.pause):
            begun = time.monotonic()
            try:
                connection.request("POST", "/api/v1/ml/predict", self.body, self.headers)
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
                connection = self.connect()
                continue
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self.count += 1
            if answer.status != 200:
                self.failures.append(f"{answer.status} {text!r}")
                continue
            version = json.loads(text)["model_info"]["model_version"]
            if not self.versions or self.versions[-1] != version:
                self.versions.append(version)
        connection.close()


@contextlib.contextmanager
def asking(server, model, names, row, **how):
    """Asks while the context lasts; at its end nothing may have failed."""
    asker = Asker(server, model, names, row, **how)
    asker.thread.start()
    try:
        yield asker
    finally:
        asker.stopped.set()
        asker.thread.join(15)
    assert not asker.failures, f"{len(asker.failures)} of {asker.count} answers failed: {asker.failures[:3]}"
    assert asker.count > 0, "nothing was asked"


def until(true, what, seconds=20):
    """Waits until `true()` is; the last thing it returned otherwise tells what was wrong."""
    deadline = time.monotonic() + seconds
    while True:
        found = true()
        if found is True:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not: {what}; {found}")
        time.sleep(0.05)


def state(server):
    """The word of /health, with the metric that says the same, and what the first model's trouble is."""
    status, health = server.ask("/health")
    assert status == 200, health
    flags = {value for _, value in server.metrics("gauntlet_serve_degraded")}
    return health["status"], max(flags), health["models"][0]


def degraded(server, reason, seconds=20):
    """Waits until the server says in both places that it is degraded, and counts this reason."""

    def true():
        word, flag, model = state(server)
        counts = server.metrics("gauntlet_serve_reload_failures_total")
        reasons = {labels["reason"]: value for labels, value in counts if value > 0}
        said = (word, flag, reasons, model)
        return True if word == "degraded" and flag == 1 and reason in reasons and model["trouble"] else said

    until(true, f"degraded because of {reason}", seconds)


def healthy(server, version=None, seconds=30):
    """Waits until all is well again, on a version if one is named."""

    def true():
        word, flag, model = state(server)
        right = version is None or str(model["model_version"]) == str(version)
        return True if word == "healthy" and flag == 0 and right else (word, flag, model)

    until(true, f"healthy{'' if version is None else f' on version {version}'}", seconds)
