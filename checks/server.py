"""A gauntlet-serve process on a free loopback port, and a client for it."""

import contextlib
import json
import os
import subprocess
import urllib.error
import urllib.request

# The checks listen on loopback only; a proxy has no business there.
CLIENT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server:
    def __init__(self, url):
        self.url = url

    def ask(self, path, body=None):
        """Status and JSON answer of a GET, or of a POST if there is a body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"content-type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with CLIENT.open(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def predict(self, body):
        return self.ask("/api/v1/ml/predict", body)


@contextlib.contextmanager
def serving(binary, registry, model=None, log="error"):
    """The server with a model, or every champion, of a registry's folder; it is stopped at the end."""
    command = [binary, "--registry", registry, "--host", "127.0.0.1", "--port", "0"]
    if model:
        command += ["--model", model]
    environment = os.environ | {"RUST_LOG": log}
    environment.pop("GAUNTLET_API_KEY", None)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        # It prints its address once every model has answered its own example.
        line = process.stdout.readline().strip()
        word, _, url = line.rpartition(" ")
        if word != "listening on":
            raise SystemExit(f"the server did not start: exit code {process.wait(30)}")
        yield Server(url)
    finally:
        process.terminate()
        code = process.wait(30)
    if code != 0:
        raise SystemExit(f"the server ended with exit code {code} when it was told to stop")
