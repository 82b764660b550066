"""Computes the features of vibration with numpy and scipy, from their definitions and as plainly as can be.

    python reference.py store CSV
    python reference.py check CSV

`store` writes the values that the tests of gauntlet-features compare with; `check` computes them again and
compares them with the file. Where the crate is clever, this is not: envelopes are taken of analytic
signals of full length, peaks and medians are searched line by line.
"""

import csv
import math
import sys

import numpy as np
import scipy.fft
import scipy.signal
import scipy.stats
from signals import signals

TOLERANCE = 1e-11
FAULTS = ["bpfo", "bpfi", "bsf2", "ftf"]


def time_domain(x):
    magnitude = np.abs(x)
    rms = math.sqrt(np.mean(x**2))
    return {
        "mean": np.mean(x),
        "mean_abs": np.mean(magnitude),
        "std": np.std(x),
        "rms": rms,
        "peak": magnitude.max(),
        "peak_to_peak": np.ptp(x),
        "crest_factor": magnitude.max() / rms,
        "shape_factor": rms / magnitude.mean(),
        "impulse_factor": magnitude.max() / magnitude.mean(),
        "clearance_factor": magnitude.max() / np.mean(np.sqrt(magnitude)) ** 2,
        "skewness": scipy.stats.skew(x),
        "kurtosis": scipy.stats.kurtosis(x),
    }


def spectral(x, rate):
    frequencies, power = scipy.signal.periodogram(x, rate, detrend="constant", scaling="spectrum")
    values = {}
    lines = np.arange(len(power))
    borders = [0, len(x) // 16, len(x) // 8, len(x) // 4, len(x) // 2]
    for band in range(4):
        inside = (lines > borders[band]) & (lines <= borders[band + 1])
        values[f"band_rms_{band + 1}"] = math.sqrt(power[inside].sum())
    power, frequencies = power[1:], frequencies[1:]
    values["spectral_centroid_hz"] = np.average(frequencies, weights=power)
    values["spectral_entropy"] = scipy.stats.entropy(power) / math.log(len(power))
    return values


def frequencies(signal):
    """Every fault's frequency and the distance of its sidebands, in hertz."""
    geometry, shaft = signal.geometry, signal.shaft_hz
    ratio = geometry.ball_diameter_mm / geometry.pitch_diameter_mm * math.cos(math.radians(geometry.contact_angle_deg))
    ftf = (1 - ratio) / 2 * shaft
    bpfo = geometry.rolling_elements * (1 - ratio) / 2 * shaft
    bpfi = geometry.rolling_elements * (1 + ratio) / 2 * shaft
    bsf = geometry.pitch_diameter_mm / (2 * geometry.ball_diameter_mm) * (1 - ratio**2) * shaft
    return {"bpfo": (bpfo, None), "bpfi": (bpfi, shaft), "bsf2": (2 * bsf, ftf), "ftf": (ftf, None)}


def analytic(spectrum, count, start, width):
    """The analytic signal at full length of a band of a real signal's spectrum."""
    band = np.zeros(count, dtype=complex)
    band[start : start + width] = 2 * spectrum[start : start + width]
    return scipy.fft.ifft(band)


def fast_length(least):
    while least % 2 or scipy.fft.next_fast_len(least, real=True) != least:
        least += 1
    return least


def strongest(power, centre, reach):
    inside = [line for line in range(1, len(power)) if centre - reach <= line <= centre + reach]
    if inside:
        return max(inside, key=lambda line: power[line])
    nearest = max(1, math.floor(centre + 0.5))
    return nearest if nearest < len(power) else None


def snr(power, floor, line, sideband):
    ratios = []
    for centre in (line, 2 * line, 3 * line):
        peak = strongest(power, centre, 0.02 * centre)
        if peak is None:
            break
        half = max(0.25 * line, 10)
        around = [power[i] for i in range(1, len(power)) if centre - half <= i <= centre + half]
        found = [peak]
        if sideband:
            reach = max(0.02 * sideband, 1)
            found += [strongest(power, peak - sideband, reach), strongest(power, peak + sideband, reach)]
        background = np.median(around) + floor
        ratios += [(power[i] + floor) / background for i in found if i is not None]
    return 10 * math.log10(np.mean(ratios))


def choose(spectrum, below, narrowest):
    """The band, as start and width, of largest significant kurtosis."""
    best = None
    for bands in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32):
        width = below // bands
        if width < narrowest:
            continue
        for start in (band * below // bands for band in range(bands)):
            c = scipy.fft.ifft(spectrum[start : start + width], fast_length(width))
            kurtosis = np.mean(np.abs(c) ** 4) / np.mean(np.abs(c) ** 2) ** 2 - 2
            if kurtosis > 5 * 2 / math.sqrt(width) and (best is None or kurtosis > best[0]):
                best = (kurtosis, start, width)
    return best and best[1:]


def envelope(signal):
    x, rate = signal.samples, signal.sampling_rate_hz
    count = len(x)
    per_hz = count / rate
    spectrum = scipy.fft.rfft(x - x.mean())
    spectrum[0] = 0
    below = (count + 1) // 2

    high = min(8000.0, rate / 2)
    low = min(2000.0, high / 2)
    start, end = math.ceil(low * per_hz), min(math.floor(high * per_hz), below)
    # The fixed band's envelope is itself sampled anew, at a rate of at least twice the band's width.
    length = fast_length(2 * (end - start))
    moved = np.zeros(length, dtype=complex)
    moved[: end - start] = 2 * spectrum[start:end]
    fixed = np.abs(scipy.fft.ifft(moved)) * length / count
    values = {"env_rms": np.std(fixed)}
    if signal.geometry is None:
        return values

    faults = {name: [hz and hz * per_hz for hz in both] for name, both in frequencies(signal).items()}
    reach = max(
        int(3 * line + 0.02 * 3 * line + max(0.25 * line, 10) + 1.02 * (sideband or 0)) + 2
        for line, sideband in faults.values()
    )
    reach = min(reach, below)
    power = np.abs(scipy.fft.rfft(fixed) / length)[: min(reach, end - start - 1) + 1] ** 2
    for name, (line, _) in faults.items():
        peaks = [strongest(power, k * line, 0.02 * k * line) for k in (1, 2, 3)]
        values[f"env_{name}"] = sum(2 * math.sqrt(power[peak]) for peak in peaks if peak is not None)

    def ratios(kind, spectrum, start, width, variance):
        squared = np.abs(analytic(spectrum, count, start, width)) ** 2
        power = np.abs(scipy.fft.rfft(squared) / count)[: min(reach, width - 1) + 1] ** 2
        floor = 1e-12 * power[0] + (1e-12 * variance) ** 2
        for name, (line, sideband) in faults.items():
            values[f"{kind}_{name}"] = snr(power, floor, line, sideband)

    start, width = choose(spectrum, below, reach + 1) or (start, end - start)
    ratios("ses_snr", spectrum, start, width, np.var(x))
    least = 1e-7 * math.sqrt(np.mean(np.abs(spectrum) ** 2))
    whitened = spectrum / np.maximum(np.abs(spectrum), least)
    ratios("cpw_snr", whitened, 0, below, 2 * len(spectrum) / count**2)
    return values


def features(signal):
    values = time_domain(signal.samples) | spectral(signal.samples, signal.sampling_rate_hz) | envelope(signal)
    return {name: float(value) for name, value in values.items()}


def main(command, path):
    rows = [
        (signal.name, name, value) for signal in signals() for name, value in features(signal).items()
    ]
    if command == "store":
        with open(path, "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["signal", "feature", "value"])
            writer.writerows((signal, name, repr(value)) for signal, name, value in rows)
        print(f"{len(rows)} values of {len(signals())} signals")
        return
    with open(path, newline="") as file:
        stored = {(row["signal"], row["feature"]): float(row["value"]) for row in csv.DictReader(file)}
    if list(stored) != [row[:2] for row in rows]:
        sys.exit(f"{path} has other rows than are computed: store it again")
    wrong = [
        f"{signal} {name}: {value!r}, stored {stored[signal, name]!r}"
        for signal, name, value in rows
        if not math.isclose(value, stored[signal, name], rel_tol=TOLERANCE)
    ]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(rows)} stored values of {len(signals())} signals are what numpy and scipy compute")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("store", "check"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
