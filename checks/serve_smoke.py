"""Starts the server over a registry, sends it the guide's request in each protocol, prints the answers and stops it.

    python serve_smoke.py GAUNTLET_SERVE REGISTRY_DIR

Only the standard library is needed, and nothing is trained. It fails unless all answers give the same probability.
"""

import json
import pathlib
import sys

import guide
from serve import rows
from server import serving

JSON = {"content-type": "application/json"}
NAMES, ROW = list(guide.FEATURES), list(guide.FEATURES.values())


def posted(server, path, body, headers=JSON):
    answer = server.send(path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)
    if answer.status != 200:
        sys.exit(f"POST {path}: {answer.status} {answer.body.decode(errors='replace')}")
    return answer


def by_guide(server, model):
    request = guide.request(model)
    print(f"POST {server.url}/api/v1/ml/predict\n{json.dumps(request, indent=2)}")
    answer = posted(server, "/api/v1/ml/predict", request).json()
    print(json.dumps(answer, indent=2))
    print(f"answered by {model}, trained on {answer['model_info']['data_origin']} rows\n")
    return answer["probability"], answer["prediction"][0]


def invocations(server, model):
    """MLflow's five ways to write a row."""
    path, columns = f"/invocations?model={model}", rows.as_columns(NAMES, [ROW])
    forms = {
        "dataframe_split": rows.split(NAMES, [ROW]),
        "dataframe_records": rows.records(NAMES, [ROW]),
        "instances": {"instances": [guide.FEATURES]},
        "inputs": {"inputs": columns},
    }
    for form, body in forms.items():
        first = posted(server, path, body).json()["predictions"][0]
        yield f"/invocations {form}", (first["probability"], first["prediction"])
    answer = posted(server, path, rows.csv(NAMES, [ROW]).encode(), {"content-type": "text/csv"})
    first = answer.json()["predictions"][0]
    yield "/invocations csv", (first["probability"], first["prediction"])


def inference(server, model):
    """The Open Inference Protocol, with tensors in the JSON and as bytes behind it."""
    path = f"/v2/models/{model}/infer"
    outputs = posted(server, path, rows.tensors(NAMES, [ROW])).json()["outputs"]
    found = {tensor["name"]: tensor["data"] for tensor in outputs}
    yield "/v2 JSON", (found["probability"][0], found["prediction"][0])
    _, found = rows.read_binary(posted(server, path, *rows.binary(NAMES, [ROW])))
    yield "/v2 binary", (found["probability"][0], found["prediction"][0])


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: serve_smoke.py GAUNTLET_SERVE REGISTRY_DIR")
    registry = pathlib.Path(sys.argv[2])
    model = guide.published(registry)
    if model is None:
        sys.exit(
            f"{guide.MODEL} has no champion in {registry}, nor has its simulated twin: "
            "run `make classification-gauntlet` first"
        )
    with serving(sys.argv[1], registry, model, log="info") as server:
        answers = {"guide": by_guide(server, model)}
        answers |= dict(invocations(server, model)) | dict(inference(server, model))
    for protocol, (probability, label) in answers.items():
        print(f"{protocol:32} probability {probability:.9g}, prediction {label}")
    # A probability is a 32-bit number, whichever way it is written.
    first = answers["guide"]
    other = {p: a for p, a in answers.items() if abs(a[0] - first[0]) > 1e-7 or a[1] != first[1]}
    if other:
        sys.exit(f"not every protocol gives the same answer: {other} are not {first}")
    print(f"{len(answers)} ways to ask, one answer")


if __name__ == "__main__":
    main()
