"""What every step of the scenario is given, and the few checks that they share."""

import dataclasses
import pathlib
import time

import mlflow
import requests
from mlflow.exceptions import MlflowException


def show(value):
    return f"{value!r:.600}"


def same(found, expected):
    assert found == expected, f"{show(found)} instead of {show(expected)}"


def same_for_all(found, expected):
    """Compares answers by question, and tells every one that differs."""
    wrong = [key for key in expected if found[key] != expected[key]]
    assert not wrong, "\n".join(f"`{key}`: {show(found[key])} instead of {show(expected[key])}" for key in wrong)


def refusal(call, *arguments, **named):
    """The error code with which the call fails, or what it returned."""
    try:
        return call(*arguments, **named)
    except MlflowException as error:
        return error.error_code


def refuses(code, call, *arguments, **named):
    """The call has to fail with this error code. Its message."""
    try:
        found = call(*arguments, **named)
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code} instead of {code}: {error.message}"
        return error.message
    raise AssertionError(f"expected {code}, but the call succeeded with {show(found)}")


def until(check, seconds=20):
    """Waits for what happens on another thread of the client."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"nothing came within {seconds} s"
        time.sleep(0.05)


@dataclasses.dataclass
class World:
    uri: str
    prefix: str
    folder: pathlib.Path

    def __post_init__(self):
        self.client = mlflow.MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
        self.modern = int(mlflow.__version__.split(".")[0]) >= 3

    def name(self, text):
        """A name that no other scenario on this server uses."""
        return f"{self.prefix} {text}"

    def experiment(self, text, **named):
        return self.client.create_experiment(self.name(text), **named)

    def scratch(self, text):
        folder = self.folder / text
        folder.mkdir(parents=True)
        return folder

    def get(self, path, parameters):
        """A plain request, for what the client has no call for."""
        session = requests.Session()
        session.trust_env = False
        answer = session.get(self.uri + path, params=parameters, timeout=30)
        same(answer.status_code, 200)
        return answer.json()
