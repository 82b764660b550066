"""Reading clips and making log-mel spectrograms beside librosa, on one thread and the same file, in turn.

    python audio.py AUDIO_FEATURES [FILE] [--rounds 10] [--repeats 50] [--markdown FILE]

AUDIO_FEATURES is the release build of `crates/features/examples/audio_features.rs`. FILE is a WAV file, of which the
first channel is taken; without it 10 seconds of 8 channels at 16 kHz are made, as long as a clip of MIMII. Python
reads with soundfile, which librosa uses and which is the faster of the two.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import librosa
import numpy as np
import soundfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "checks" / "features"))
import audio_reference
import signals

STEPS = {
    "log_mel": "log-mel of 10 s in memory",
    "read": "reading the file",
    "both": "reading and log-mel",
    "features": "reading and pooled features",
}


def ours(program, path, repeats, mels):
    command = [program, path, str(repeats), str(mels)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in map(str.split, output.splitlines())}


def read(path):
    return np.ascontiguousarray(soundfile.read(path, dtype="float32", always_2d=True)[0][:, 0])


def features(y, mels):
    """The features that the example pools, in single precision, with the spectrum computed once."""
    magnitude = np.abs(librosa.stft(y, n_fft=1024, hop_length=512))
    power = librosa.feature.melspectrogram(S=magnitude**2, sr=16000, n_fft=1024, n_mels=mels)
    spectra = {"S": magnitude, "sr": 16000, "n_fft": 1024}
    frames = {"y": y, "hop_length": 512, "frame_length": 1024}
    centroid = librosa.feature.spectral_centroid(**spectra)
    rows = np.vstack([
        librosa.power_to_db(power, top_db=None),
        librosa.feature.mfcc(S=librosa.power_to_db(power), n_mfcc=13),
        centroid,
        librosa.feature.spectral_bandwidth(**spectra, centroid=centroid),
        librosa.feature.spectral_rolloff(**spectra),
        librosa.feature.spectral_flatness(S=magnitude),
        librosa.feature.zero_crossing_rate(**frames),
        librosa.feature.rms(**frames),
    ])
    return np.concatenate([rows.mean(1), rows.std(1), rows.max(1)])


def theirs(path, repeats, mels):
    y = read(path)

    def log_mel(y):
        return audio_reference.spectrogram(y, 16000, 1024, 512, mels, "slaney")

    steps = {
        "log_mel": lambda: log_mel(y),
        "read": lambda: read(path),
        "both": lambda: log_mel(read(path)),
        "features": lambda: features(read(path), mels),
    }
    found = {}
    for name, step in steps.items():
        micros = []
        for _ in range(repeats):
            start = time.perf_counter()
            step()
            micros.append((time.perf_counter() - start) * 1e6)
        found[name] = statistics.median(micros)
    return found


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.processor()


def write(path):
    one = 0.25 * np.array(signals.ringing(31, 160000, (160000, 731), (32, 5000), 0.02))
    soundfile.write(path, np.stack([one] * 8, axis=1), 16000, subtype="PCM_16", format="WAVEX")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("file", nargs="?", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--markdown", type=pathlib.Path)
    arguments = parser.parse_args()
    lines = [
        "| step | mels | gauntlet | librosa | ratio |",
        "| --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file or pathlib.Path(folder) / "clip.wav"
        if not arguments.file:
            write(path)
        for mels in (64, 128):
            theirs(path, 1, mels)
            rounds = []
            for _ in range(arguments.rounds):
                found = ours(arguments.program, path, arguments.repeats, mels)
                rounds.append((found, theirs(path, arguments.repeats, mels)))
            for step, label in STEPS.items():
                mine, other = (statistics.median(pair[side][step] for pair in rounds) for side in (0, 1))
                lines.append(f"| {label} | {mels} | {mine:.0f} us | {other:.0f} us | {other / mine:.1f} |")
        hound = statistics.median(found["hound"] for found, _ in rounds)
        rate = 1e6 / statistics.median(found["features"] for found, _ in rounds)
    lines += [
        "",
        f"librosa {librosa.__version__}, soundfile {soundfile.__version__}, one thread, medians of {arguments.rounds} "
        f"rounds of {arguments.repeats} in turn. hound alone reads the file in {hound:.0f} us. From files to vectors "
        f"of 128 mels: {rate:.0f} clips per second. {processor()}, load average {os.getloadavg()[0]:.2f}.",
    ]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if arguments.markdown:
        arguments.markdown.write_text(text)


if __name__ == "__main__":
    main()
