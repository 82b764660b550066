"""A gauntlet-serve process on a free loopback port, and a client for it."""

import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

# The checks listen on loopback only; a proxy has no business there.
CLIENT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# Else settings of the caller's would reach the server.
FOREIGN = ("GAUNTLET_", "MLFLOW_", "AWS_")
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


class Server:
    def __init__(self, url, process=None, key=None):
        self.url = url
        self.process = process
        self.key = key

    def send(self, path, body=None, headers=None, method=None, timeout=30):
        """The answer to a GET, or to a POST if there is a body (bytes)."""
        headers = ({"x-api-key": self.key} if self.key else {}) | (headers or {})
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with CLIENT.open(request, timeout=timeout) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())

    def ask(self, path, body=None):
        """Status and JSON answer of a GET, or of a POST if there is a body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"content-type": "application/json"}
        answer = self.send(path, data, headers)
        return answer.status, answer.json()

    def predict(self, body):
        return self.ask("/api/v1/ml/predict", body)

    def metrics(self, name):
        """The samples of one metric: labels and value of each."""
        answer = self.send("/metrics")
        assert answer.status == 200, answer
        lines = map(SAMPLE.match, answer.body.decode().splitlines())
        return [(dict(LABEL.findall(m[2] or "")), float(m[3])) for m in lines if m and m[1] == name]

    def tell(self, signal):
        self.process.send_signal(signal)


def environment(settings=None, log="error"):
    """This environment without settings that would reach the server, and with those given."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return clean | {"RUST_LOG": log, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"} | (settings or {})


@contextlib.contextmanager
def serving(binary, registry, model=None, log="error", state=None, key=None, arguments=(), settings=None, sink=None):
    """The server with a model, or every champion, of a registry; it is stopped at the end.

    Without a `key` this machine may ask without one; without a `state` directory it has one that goes with it. What
    it logs goes to the file `sink`, if there is one. `settings` are environment variables.
    """
    with tempfile.TemporaryDirectory(prefix="gauntlet-state-") as own:
        command = [binary, "--registry", registry, "--host", "127.0.0.1", "--port", "0"]
        command += ["--state-dir", state or own, *(["--model", model] if model else []), *arguments]
        command += ["--api-key", key] if key else ["--anonymous"]
        process = subprocess.Popen(
            command, env=environment(settings, log), stdout=subprocess.PIPE, stderr=sink, text=True
        )
        try:
            # It prints its address once every model has answered its own example.
            line = process.stdout.readline().strip()
            word, _, url = line.rpartition(" ")
            if word != "listening on":
                raise SystemExit(f"the server did not start: exit code {process.wait(30)}")
            yield Server(url, process, key)
        finally:
            process.terminate()
            try:
                code = process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise SystemExit("the server did not end within 30 s after it was told to stop") from None
        if code not in (0, -signal.SIGKILL):
            raise SystemExit(f"the server ended with exit code {code} when it was told to stop")
