"""Serves what quick runs registered and asks as the guide does, rightly and wrongly.

    python serve_answers.py GAUNTLET_SERVE ROOT...
"""

import json
import pathlib
import sys

import guide
from server import serving


def refused(server, model, name, features):
    """Exactly this feature is named, with a status that blames the request."""
    status, answer = server.predict(guide.request(model, features))
    assert 400 <= status < 500, (status, answer)
    assert f"`{name}`" in answer["detail"], answer


def check(binary, root):
    registry = root / "registry"
    verdicts = json.loads((root / "reports/ai4i/verdict.json").read_text())
    model = guide.published(registry)
    assert model, f"no champion of {guide.MODEL} in {registry}: {verdicts}"
    simulated = json.loads((root / "reports/ai4i/metrics.json").read_text())["origin"] == "simulated"
    assert model.endswith("_sim") == simulated, (model, simulated)
    digest = next(v["digest"] for v in verdicts if v["model"] == model)

    with serving(binary, registry) as server:
        status, health = server.ask("/health")
        assert status == 200, health
        served = {entry["model_name"] for entry in health["models"]}
        assert served == {v["model"] for v in verdicts if v["champion"]}, health

        status, answer = server.predict(guide.request(model))
        assert status == 200, answer
        assert answer["prediction"] in ([0], [1]), answer
        assert answer["prediction"] == [int(answer["probability"] >= answer["threshold"])], answer
        assert answer["bundle_digest"] == digest, (answer, digest)
        assert answer["model_info"]["data_origin"] == ("simulated" if simulated else "real"), answer

        # A worn tool under high torque at low speed breaks one of the published rules; new and idle it does not.
        worn = guide.FEATURES | {"Tool_wear_min": 240, "Torque_Nm": 70.0, "Rotational_speed_rpm": 1200}
        status, failing = server.predict(guide.request(model, worn))
        assert status == 200 and failing["prediction"] == [1], failing
        assert failing["probability"] > answer["probability"], (failing, answer)

        for name in guide.FEATURES:
            rest = {other: value for other, value in guide.FEATURES.items() if other != name}
            refused(server, model, name, rest)
            refused(server, model, name, guide.FEATURES | {name: "298.1"})
            refused(server, model, name, guide.FEATURES | {name: None})
        refused(server, model, "Machine_failure", guide.FEATURES | {"Machine_failure": 0})

        status, answer = server.predict(guide.request("no_such_model"))
        assert status == 404 and model in answer["detail"], answer
        other = guide.MODEL if simulated else f"{guide.MODEL}_sim"
        status, _ = server.predict(guide.request(other))
        assert status == 404, "a model must not answer under its twin's name"
        assert server.predict(guide.request(model))[0] == 200
    print(f"{root}: {model} answers, {len(served)} champions served")


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: serve_answers.py GAUNTLET_SERVE ROOT...")
    for root in sys.argv[2:]:
        check(sys.argv[1], pathlib.Path(root))


if __name__ == "__main__":
    main()
