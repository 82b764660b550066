"""Computes the features of sound with librosa.

    python audio_reference.py store CSV
    python audio_reference.py check CSV
    python audio_reference.py compare AUDIO_ANSWERS [FOLDER]

`store` writes the values that the tests of gauntlet-features compare with; `check` computes them again and
compares them with the file. `compare` writes WAV files, asks the example of that name of gauntlet-features what it
computes of them and of every WAV file under FOLDER, and compares that with librosa's answers.
"""

import csv
import math
import pathlib
import subprocess
import sys
import tempfile

import librosa
import numpy as np
import signals
import soundfile

# Between two runs of librosa; between it and the crate, as decibels and as a fraction.
SAME = 1e-9
DECIBELS = 1e-4
RELATIVE = 1e-6
RATE, N_FFT, HOP = 16000, 1024, 512


def spectrogram(y, rate, n_fft, hop, mels, scale, top_db=None):
    power = librosa.feature.melspectrogram(
        y=y, sr=rate, n_fft=n_fft, hop_length=hop, n_mels=mels, htk=scale == "htk", power=2.0
    )
    return librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=top_db)


def pooled(values, r):
    ranked = np.sort(values, axis=1)[:, ::-1]
    weights = r ** np.arange(values.shape[1])
    return {
        "mean": values.mean(1),
        "std": values.std(1),
        "max": values.max(1),
        f"ranked_{r}".replace(".", "_"): ranked @ weights / weights.sum(),
    }


def features(y, rate, n_fft, hop, mels, scale, coefficients, r):
    """The features of a clip, in double precision: librosa computes in that of the samples."""
    y = np.asarray(y, dtype=np.float64)
    decibels = spectrogram(y, rate, n_fft, hop, mels, scale)
    limited = spectrogram(y, rate, n_fft, hop, mels, scale, top_db=80.0)
    frames = {"y": y, "hop_length": hop, "frame_length": n_fft}
    spectra = {"S": np.abs(librosa.stft(y, n_fft=n_fft, hop_length=hop)), "sr": rate, "n_fft": n_fft}
    rows = {f"mel_{i:0{max(2, len(str(mels - 1)))}}": row for i, row in enumerate(decibels)}
    if coefficients:
        mfcc = librosa.feature.mfcc(S=limited, n_mfcc=coefficients)
        rows |= {f"mfcc_{i:02}": row for i, row in enumerate(mfcc)}
    rows["centroid_hz"] = librosa.feature.spectral_centroid(**spectra)[0]
    rows["bandwidth_hz"] = librosa.feature.spectral_bandwidth(**spectra)[0]
    rows["rolloff_hz"] = librosa.feature.spectral_rolloff(**spectra, roll_percent=0.85)[0]
    rows["flatness"] = librosa.feature.spectral_flatness(S=spectra["S"])[0]
    rows["zero_crossing_rate"] = librosa.feature.zero_crossing_rate(**frames)[0]
    rows["rms"] = librosa.feature.rms(**frames, dtype=np.float64)[0]
    return {
        f"{name}_{pooling}": float(value)
        for pooling, values in pooled(np.stack(list(rows.values())), r).items()
        for name, value in zip(rows, values)
    }


def made():
    """The clips of `crates/features/tests/signals/audio_reference.rs`."""
    made = {
        "slaney": (RATE, N_FFT, HOP, 64, "slaney", 13, signals.ringing(21, 16000, (160000, 731), (32, 5000), 0.01)),
        "htk": (RATE, N_FFT, HOP, 128, "htk", 20, signals.ringing(22, 16384, (160000, 97), (0, 1), 0.001)),
        "odd": (8000, 600, 250, 20, "slaney", 0, signals.noise(23, 3333, 0.25, 0.01)),
    }
    rows = []
    for name, (rate, n_fft, hop, mels, scale, coefficients, samples) in made.items():
        y = np.array(samples).astype(np.float32)
        values = features(y, rate, n_fft, hop, mels, scale, coefficients, 0.75)
        frames = spectrogram(y.astype(np.float64), rate, n_fft, hop, mels, scale).T
        for row in (0, 1, len(frames) // 2, len(frames) - 2, len(frames) - 1):
            values |= {f"frame_{row}_mel_{band}": float(value) for band, value in enumerate(frames[row])}
        rows += [(name, feature, value) for feature, value in values.items()]
    return rows


def store(path):
    rows = made()
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["clip", "feature", "value"])
        writer.writerows((clip, feature, f"{value:.10g}") for clip, feature, value in rows)
    print(f"{len(rows)} values")


def check(path):
    with open(path, newline="") as file:
        stored = {(row["clip"], row["feature"]): float(row["value"]) for row in csv.DictReader(file)}
    rows = made()
    if list(stored) != [row[:2] for row in rows]:
        sys.exit(f"{path} has other rows than are computed: store it again")
    wrong = [
        f"{clip} {feature}: {value!r}, stored {stored[clip, feature]!r}"
        for clip, feature, value in rows
        if not math.isclose(value, stored[clip, feature], rel_tol=SAME, abs_tol=SAME)
    ]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(rows)} stored values are what librosa {librosa.__version__} computes")


def ask(program, path, channel, scale, mels, coefficients, r):
    command = [program, path, str(channel), scale, str(mels), str(coefficients), str(r)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    frames, _, values = output.partition("\n\n")
    frames = np.array([line.split() for line in frames.splitlines()], dtype=np.float64)
    return frames, {name: float(value) for name, value in map(str.split, values.splitlines())}


def compare(program, folder=None):
    worst = {"single": 0.0, "double": 0.0, "pooled": 0.0, "statistics": 0.0}
    cases = 0
    with tempfile.TemporaryDirectory() as place:
        paths = write(pathlib.Path(place))
        paths += sorted(pathlib.Path(folder).rglob("*.wav")) if folder else []
        for path in paths:
            y, rate = soundfile.read(path, dtype="float32", always_2d=True)
            for channel, scale, mels, coefficients, r in ((0, "slaney", 64, 13, 0.9), ("mean", "htk", 128, 20, 0.5)):
                frames, values = ask(program, path, channel, scale, mels, coefficients, r)
                one = librosa.to_mono(y.T) if channel == "mean" else np.ascontiguousarray(y[:, channel])
                setup = (rate, N_FFT, HOP, mels, scale)
                for precision, samples in (("single", one), ("double", one.astype(np.float64))):
                    expected = spectrogram(samples, *setup).T
                    worst[precision] = max(worst[precision], np.abs(frames - expected).max())
                expected = features(one, *setup, coefficients, r)
                if list(values) != list(expected):
                    sys.exit(f"{path}: other features than expected")
                for name, value in values.items():
                    if name.startswith(("mel_", "mfcc_")):
                        worst["pooled"] = max(worst["pooled"], abs(value - expected[name]))
                    else:
                        error = abs(value - expected[name]) / max(abs(expected[name]), 1e-12)
                        worst["statistics"] = max(worst["statistics"], error)
                cases += 1
    print(
        f"{len(paths)} files, {cases} cases, largest differences: log-mel {worst['single']:.1e} dB from librosa in "
        f"single precision, {worst['double']:.1e} dB in double; pooled decibels and coefficients "
        f"{worst['pooled']:.1e}; pooled statistics {worst['statistics']:.1e} relative"
    )
    if max(worst["single"], worst["double"], worst["pooled"]) > DECIBELS or worst["statistics"] > RELATIVE:
        sys.exit("that is too much")


def write(place):
    """A clip of eight channels with an extensible format, and one of one channel."""
    count = 32000
    channels = [signals.ringing(31 + i, count, (160000, 731 + i), (32, 5000), 0.02) for i in range(8)]
    many, one = place / "many.wav", place / "one.wav"
    soundfile.write(many, 0.25 * np.array(channels).T, RATE, subtype="PCM_16", format="WAVEX")
    soundfile.write(one, np.array(signals.noise(40, count, 0.01, 0.0)), RATE, subtype="PCM_16", format="WAV")
    return [many, one]


if __name__ == "__main__":
    commands = {"store": store, "check": check, "compare": compare}
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
