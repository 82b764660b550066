"""Makes the answers of two servers comparable: ids, times and invented names become placeholders.

An id is replaced wherever it stands, by the request whose answer brought it first, so that a server that mixes two
runs up still shows, and one refused request does not rename all that follow.
"""

import os
import re
import time

GENERATED_NAME = re.compile(r"[a-z]+-[a-z]+-\d{1,4}")
HEX = re.compile(r"\b[0-9a-f]{32}\b")
DAY = 86_400_000
EXPERIMENT_KEYS = {"experiment_id", "experimentId"}
# Texts in which an experiment's number may stand.
EXPERIMENT_TEXTS = {
    "message", "detail", "artifact_uri", "artifactUri", "artifact_location", "artifactLocation", "root_uri", "source",
}  # fmt: skip
# Where such a number is an experiment's, and not any other.
EXPERIMENT_PLACE = "|".join(
    [
        r"(?<=[Ee]xperiment ){0}\b",
        r"(?<=id=){0}\b",
        r"(?<=id ){0}\b",
        r"(?<=['/]){0}(?=/|$)",
        r"\b{0}(?= for parameter 'experiment_id')",
    ]
)
TOKEN_KEYS = {"next_page_token", "nextPageToken"}
# No query orders these.
UNORDERED = {"tags", "params", "aliases", "dataset_summaries", "model_outputs", "model_inputs"}
# Python says more about an error than a client needs.
EXTRAS = {"sqlstate", "error_class"}
# Python prints a set in another order each time it starts, and an object's address.
SET = re.compile(r"\{('[^'{}]*'(?:, '[^'{}]*')+)\}")
ADDRESS = re.compile(r"0x[0-9a-f]{8,}")
# Which database is behind the server, and what it says, is nobody's contract.
DATABASE = re.compile(r"(?:(?<=\S) Error: )?\((?:sqlite3|psycopg2?|raised as a result)\b.*", re.DOTALL)


class Normal:
    def __init__(self, token, folder):
        self.token = token
        self.folder = folder
        self.ids = {}
        self.experiments = {}
        self.noted = {}
        self.now = time.time() * 1000

    def learn(self, value, label, key=None):
        """Notes the ids in an answer before they are replaced."""
        if isinstance(value, dict):
            for name, part in value.items():
                self.learn(part, label, name)
        elif isinstance(value, list):
            for part in value:
                self.learn(part, label, key)
        elif isinstance(value, str):
            if key in EXPERIMENT_KEYS and value not in ("", "0"):
                self.note(self.experiments, value, "experiment", label)
            for found in HEX.findall(value):
                if len(set(found)) > 4:
                    self.note(self.ids, found, "id", label)

    def note(self, known, value, kind, label):
        if value not in known:
            count = self.noted[(kind, label)] = self.noted.get((kind, label), 0) + 1
            known[value] = f"<{kind} of {label} #{count}>" if count > 1 else f"<{kind} of {label}>"

    def text(self, value, key):
        value = DATABASE.sub("<the database's words>", value.replace(self.token, "<token>"))
        if self.folder:
            value = value.replace(self.folder, "<folder>").replace(os.path.dirname(self.folder), "<above>")
        value = HEX.sub(lambda match: self.ids.get(match[0], match[0]), value)
        if key in EXPERIMENT_KEYS:
            return self.experiments.get(value, value)
        if key == "message":
            value = SET.sub(lambda match: f"{{{', '.join(sorted(match[1].split(', ')))}}}", value)
            value = ADDRESS.sub("<address>", value)
        if key in EXPERIMENT_TEXTS:
            for number, name in self.experiments.items():
                value = re.sub(EXPERIMENT_PLACE.format(number), lambda _, name=name: name, value)
        return value

    def replace(self, value, key=None):
        if isinstance(value, dict):
            found = {name: self.replace(part, name) for name, part in value.items() if name not in EXTRAS}
            if isinstance(found.get("data"), dict) and isinstance(found["data"].get("metrics"), list):
                # A history has an order, a run's newest metrics have none.
                found["data"]["metrics"].sort(key=repr)
            if found.get("key") == "mlflow.runName" and GENERATED_NAME.fullmatch(str(found.get("value"))):
                found["value"] = "<invented>"
            return found
        if isinstance(value, list):
            found = [self.replace(part, key) for part in value]
            return sorted(found, key=repr) if key in UNORDERED else found
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, (int, float)):
            return "<now>" if abs(value - self.now) < DAY else value
        if key in TOKEN_KEYS:
            return "<page>" if value else value
        if key in ("run_name", "runName") and GENERATED_NAME.fullmatch(value):
            return "<invented>"
        if value.isdigit() and abs(int(value) - self.now) < DAY:
            return "<now as text>"
        return self.text(value, key)


def normal(exchanges, token, folder):
    """The conversation as plain lists: label, status, content type, body. The server's own folder is left out."""
    rules = Normal(token, folder)
    found = []
    for exchange in exchanges:
        label = rules.text(exchange.label, "message")
        rules.learn(exchange.answer.body, label)
        found.append([label, exchange.answer.status, exchange.answer.kind, rules.replace(exchange.answer.body)])
    return found
