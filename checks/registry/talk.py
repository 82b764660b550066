"""Plain HTTP with a registry server, each request and its answer noted in order.

Nothing rewrites a path on its way: `..` and `%2e` arrive at the server as a case wrote them.
"""

import dataclasses
import http.client
import itertools
import json
import urllib.parse

API = "/api/2.0/mlflow/"
TIMEOUT = 60


@dataclasses.dataclass
class Answer:
    status: int
    kind: str
    body: object
    headers: dict

    def __getitem__(self, key):
        """A field of a JSON answer. A case that needs one which is not there ends here."""
        if not isinstance(self.body, dict) or key not in self.body:
            raise Missing(f"the answer {self.status} has no `{key}`: {self.body!r:.300}")
        return self.body[key]


class Missing(Exception):
    """An answer lacks what the rest of a case builds upon."""


@dataclasses.dataclass
class Exchange:
    label: str
    asked: str
    answer: Answer


class Talk:
    """One case's conversation with one server."""

    def __init__(self, base, token):
        self.address = urllib.parse.urlsplit(base)
        self.token = token
        self.case = ""
        self.exchanges = []
        self.connection = None

    def begin(self, case):
        self.case = case
        self.exchanges = []

    def name(self, text):
        """A name that no other run of the cases uses, of equal length in each of them."""
        return f"{self.token}-{self.case}-{text}"

    def get(self, path, /, label=None, **query):
        return self.call("GET", API + path, query=query, label=label)

    def post(self, path, body, label=None):
        return self.call("POST", API + path, body=body, label=label)

    def patch(self, path, body, label=None):
        return self.call("PATCH", API + path, body=body, label=label)

    def delete(self, path, body, label=None):
        return self.call("DELETE", API + path, body=body, label=label)

    def call(self, method, path, *, query=None, body=None, raw=None, headers=None, label=None):
        """Sends `body` as JSON, or the bytes `raw` as they are."""
        target = path
        if query:
            target += "?" + urllib.parse.urlencode(query, doseq=True)
        data, sent = raw, dict(headers or {})
        if body is not None:
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        answer = self.send(method, target, data, sent)
        shown = "" if data is None else " " + data[:300].decode("utf-8", "backslashreplace")
        self.exchanges.append(Exchange(self.unique(label or f"{method} {path}"), f"{method} {target}{shown}", answer))
        return answer

    def unique(self, label):
        taken = {exchange.label for exchange in self.exchanges}
        names = itertools.chain([label], (f"{label} ({number})" for number in itertools.count(2)))
        return next(name for name in names if name not in taken)

    def send(self, method, target, data, headers):
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=TIMEOUT)
            try:
                self.connection.request(method, target, data, headers)
                found = self.connection.getresponse()
                return read(found)
            except (http.client.HTTPException, ConnectionError) as error:
                self.close()
                if attempt == 2:
                    return Answer(0, "", f"no answer: {type(error).__name__}", {})

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def read(found):
    content = found.read()
    kind = (found.headers.get_content_type() if "content-type" in found.headers else "") or ""
    if kind == "application/json":
        try:
            # A bare NaN would not equal itself.
            body = json.loads(content, parse_constant=lambda name: f"<{name}>") if content else ""
        except ValueError:
            body = content.decode("utf-8", "backslashreplace")
    else:
        body = content.decode("utf-8", "backslashreplace")
        # A page is nobody's contract.
        body = "a page" if kind == "text/html" and "<" in body else body
    return Answer(found.status, kind, body, {name.lower(): value for name, value in found.headers.items()})
