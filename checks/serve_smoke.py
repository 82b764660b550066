"""Starts the server over a registry, sends it the guide's request, prints the answer and stops it.

    python serve_smoke.py GAUNTLET_SERVE REGISTRY_DIR
"""

import json
import pathlib
import sys

import guide
from server import serving


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
        request = guide.request(model)
        print(f"POST {server.url}/api/v1/ml/predict\n{json.dumps(request, indent=2)}")
        status, answer = server.predict(request)
    print(f"{status}\n{json.dumps(answer, indent=2)}")
    if status != 200:
        sys.exit(1)
    print(f"answered by {model}, trained on {answer['model_info']['data_origin']} rows")


if __name__ == "__main__":
    main()
