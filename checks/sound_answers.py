"""Serves the champions of a gauntlet of sound and sends them WAV files: the answer is the score that was judged.

    python sound_answers.py GAUNTLET_SERVE ROOT

ROOT is the folder of a run of pipelines/audio.toml on simulated clips.
"""

import base64
import json
import pathlib
import sys

from server import serving

# Clips of each kind that are sent, per machine.
CLIPS = 3


def file_of(root, place, recording):
    """The WAV file of a recording, by the layout of MIMII."""
    label, name = recording.split("/")
    snr = place["snr"].removesuffix(" dB")
    found = list(root.glob(f"datasets/mimii/simulated/**/{place['machine']}/{place['id']}/{label}/{name}.wav"))
    if snr:
        found = [path for path in found if f"{snr}_dB_" in str(path)]
    assert len(found) == 1, (place, recording, found)
    return found[0]


def check(server, root, name, machine):
    winner = machine["participants"][0]
    sent = 0
    for task in winner["scores"]:
        place = task["place"]
        unit = f"{place['id']} at {place['snr']}" if place["snr"] else place["id"]
        for abnormal in (False, True):
            for clip in [c for c in task["clips"] if c["abnormal"] == abnormal][:CLIPS]:
                wav = base64.b64encode(file_of(root, place, clip["recording"]).read_bytes()).decode()
                body = {"model_name": name, "wav": wav, "features": {"unit": unit}}
                status, answer = server.predict(body)
                assert status == 200, answer
                difference = abs(answer["score"] - clip["score"])
                assert difference <= 1e-4 * max(1, abs(clip["score"])), (clip, answer)
                assert answer["prediction"] == [int(answer["score"] >= 1)], answer
                sent += 1
    half = base64.b64encode(base64.b64decode(wav)[:1000]).decode()
    status, answer = server.predict({"model_name": name, "wav": half, "features": {"unit": unit}})
    assert status == 422 and "truncated" in answer["detail"], answer
    status, answer = server.predict({"model_name": name, "wav": wav, "features": {"unit": "id_99"}})
    assert status == 422 and "unit" in answer["detail"], answer
    return sent


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, root = sys.argv[1], pathlib.Path(sys.argv[2])
    judged = json.loads((root / "reports/audio/metrics.json").read_text())
    verdicts = json.loads((root / "reports/audio/verdict.json").read_text())
    champions = {v["model"] for v in verdicts if v["champion"]}
    assert champions, f"no machine has a champion: {verdicts}"
    with serving(binary, root / "registry") as server:
        for machine in judged["machines"]:
            name = f"mimii_audio_anomaly_{machine['machine']}_sim"
            if name in champions:
                print(f"{name}: {check(server, root, name, machine)} clips are scored as they were judged")


if __name__ == "__main__":
    main()
