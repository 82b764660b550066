"""The features of vibration beside numpy and scipy, on one thread and the same samples, in turn.

    python vibration.py VIBRATION_FEATURES [FILE] [--rounds 20] [--repeats 20] [--markdown FILE]

VIBRATION_FEATURES is the release build of `crates/features/examples/vibration_features.rs`. FILE holds one
row per sample and one column per channel; without it a damaged bearing's signal is made. Python has two ways:
`plain` takes every step from scipy at full length, as its users do; `short` takes the crate's own short cuts,
with whole levels of the kurtogram in one call. All three give the same values, which is checked first.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import math
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import scipy
import scipy.fft
import scipy.signal
import scipy.stats

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "checks" / "features"))
import reference
import signals

DIVISIONS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


def time_domain(x):
    magnitude = np.abs(x)
    mean, mean_abs, peak = x.mean(), magnitude.mean(), magnitude.max()
    rms = math.sqrt(np.dot(x, x) / len(x))
    centred = x - mean
    square = centred * centred
    variance = square.mean()
    return [
        mean,
        mean_abs,
        math.sqrt(variance),
        rms,
        peak,
        x.max() - x.min(),
        peak / rms,
        rms / mean_abs,
        peak / mean_abs,
        peak / np.sqrt(magnitude).mean() ** 2,
        np.dot(square, centred) / len(x) / variance**1.5,
        np.dot(square, square) / len(x) / variance**2 - 3,
    ], centred


def strongest(power, centre, reach):
    low, high = max(1, math.ceil(centre - reach)), min(len(power) - 1, math.floor(centre + reach))
    return low + int(power[low : high + 1].argmax()) if low <= high else None


def snr(power, floor, line, sideband):
    ratios = []
    for centre in (line, 2 * line, 3 * line):
        peak = strongest(power, centre, 0.02 * centre)
        half = max(0.25 * line, 10)
        background = np.median(power[max(1, math.ceil(centre - half)) : math.floor(centre + half) + 1]) + floor
        found = [peak]
        if sideband:
            reach = max(0.02 * sideband, 1)
            found += [strongest(power, peak - sideband, reach), strongest(power, peak + sideband, reach)]
        ratios += [(power[i] + floor) / background for i in found]
    return 10 * math.log10(sum(ratios) / len(ratios))


class Extractor:
    """What does not depend on the samples is computed once, here as in the crate."""

    def __init__(self, signal, short):
        self.signal, self.short = signal, short
        self.count = len(signal.samples)
        per_hz = self.count / signal.sampling_rate_hz
        self.faults = [[hz and hz * per_hz for hz in both] for both in reference.frequencies(signal).values()]
        reach = [3.06 * line + max(0.25 * line, 10) + 1.02 * (side or 0) for line, side in self.faults]
        self.reach = int(max(reach)) + 2
        self.below = self.count // 2
        self.start, self.end = math.ceil(2000 * per_hz), math.floor(8000 * per_hz)
        lines = np.arange(self.below + 1)
        self.borders = [1, *(self.count // part + 1 for part in (16, 8, 4, 2))]
        self.frequencies = lines[1:] / per_hz
        self.levels = [(n, self.below // n) for n in DIVISIONS if self.below // n > self.reach]

    def spectral(self, spectrum):
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        power[-1] /= 2
        bands = np.add.reduceat(power, self.borders[:-1])
        power = power[1:]
        total = power.sum()
        share = power / total
        entropy = -np.dot(share, np.log(share)) / math.log(len(share))
        centroid = np.dot(self.frequencies, power) / total
        return [*(np.sqrt(2 * bands) / self.count), centroid, entropy]

    def envelope(self, spectrum, start, width, least):
        """The squared envelope of a band."""
        if not self.short:
            band = np.zeros(self.count, dtype=complex)
            band[start : start + width] = 2 * spectrum[start : start + width]
            return np.abs(scipy.fft.ifft(band, overwrite_x=True)) ** 2
        length = reference.fast_length(width + least)
        z = scipy.fft.ifft(spectrum[start : start + width], length)
        return (np.square(z.real) + np.square(z.imag)) * (2 * length / self.count) ** 2

    def lines(self, envelope):
        spectrum = scipy.fft.rfft(envelope)[: self.reach + 1] / len(envelope)
        return np.square(spectrum.real) + np.square(spectrum.imag)

    def ratios(self, spectrum, start, width, variance):
        power = self.lines(self.envelope(spectrum, start, width, self.reach))
        floor = 1e-12 * power[0] + (1e-12 * variance) ** 2
        return [snr(power, floor, *fault) for fault in self.faults]

    def choose(self, spectrum):
        best = None
        for bands, width in self.levels:
            starts = [band * self.below // bands for band in range(bands)]
            if self.short:
                rows = np.stack([spectrum[start : start + width] for start in starts])
                c = scipy.fft.ifft(rows, reference.fast_length(width), axis=1)
                square = np.square(c.real) + np.square(c.imag)
                second, fourth = square.sum(1), np.einsum("ij,ij->i", square, square)
                kurtoses = square.shape[1] * fourth / second**2 - 2
            else:
                each = [
                    scipy.fft.ifft(spectrum[start : start + width], reference.fast_length(width)) for start in starts
                ]
                kurtoses = [np.mean(np.abs(c) ** 4) / np.mean(np.abs(c) ** 2) ** 2 - 2 for c in each]
            for start, kurtosis in zip(starts, kurtoses):
                if kurtosis > 10 / math.sqrt(width) and (best is None or kurtosis > best[0]):
                    best = (kurtosis, start, width)
        return best[1:] if best else (self.start, self.end - self.start)

    def extract(self, x):
        if self.short:
            values, centred = time_domain(x)
        else:
            values, centred = list(reference.time_domain(x).values()), x - x.mean()
        spectrum = scipy.fft.rfft(centred)
        spectrum[0] = 0
        values += self.spectral(spectrum)

        # Both ways sample the fixed band's envelope alike, because that is its definition.
        width = self.end - self.start
        length = reference.fast_length(2 * width)
        fixed = np.abs(scipy.fft.ifft(spectrum[self.start : self.end], length)) * (2 * length / self.count)
        values.append(fixed.std())
        amplitudes = 2 * np.sqrt(self.lines(fixed))
        for line, _ in self.faults:
            values.append(sum(amplitudes[strongest(amplitudes, k * line, 0.02 * k * line)] for k in (1, 2, 3)))
        values += self.ratios(spectrum, *self.choose(spectrum), np.dot(centred, centred) / self.count)
        magnitude = np.abs(spectrum)
        least = 1e-7 * math.sqrt(np.dot(magnitude, magnitude) / len(magnitude))
        whitened = spectrum / np.maximum(magnitude, least)
        values += self.ratios(whitened, 0, self.below, 2 * len(spectrum) / self.count**2)
        return values


def ours(program, path, repeats):
    output = subprocess.run([program, path, str(repeats)], check=True, capture_output=True, text=True).stdout
    values = dict(line.split() for line in output.splitlines())
    return float(values.pop("median_us")), {name: float(value) for name, value in values.items()}


def timed(extractor, channels, repeats):
    micros = []
    for _ in range(repeats):
        for channel in channels:
            start = time.perf_counter()
            extractor.extract(channel)
            micros.append((time.perf_counter() - start) * 1e6)
    return statistics.median(micros)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("file", nargs="?")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--markdown", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file or pathlib.Path(folder) / "signal.txt"
        if not arguments.file:
            pathlib.Path(path).write_text(
                "".join(f"{x!r}\n" for x in signals.ringing(2, 20480, (204800, 2364), (0, 1), 0.0625))
            )
        table = np.loadtxt(path, ndmin=2)
        channels = [np.ascontiguousarray(column) for column in table.T]
        signal = signals.Signal("measured", 20480.0, 2000.0 / 60.0, signals.IMS, channels[0])
        ways = {"plain": Extractor(signal, short=False), "short": Extractor(signal, short=True)}
        _, expected = ours(arguments.program, path, 1)
        for way, extractor in ways.items():
            for (name, value), found in zip(expected.items(), extractor.extract(channels[0]), strict=True):
                if not math.isclose(value, found, rel_tol=1e-9):
                    sys.exit(f"{way} {name}: {found!r}, ours {value!r}")

        micros = {"gauntlet": [], "plain": [], "short": []}
        for _ in range(arguments.rounds):
            micros["gauntlet"].append(ours(arguments.program, path, arguments.repeats)[0])
            for way, extractor in ways.items():
                micros[way].append(timed(extractor, channels, arguments.repeats))

    medians = {way: statistics.median(values) for way, values in micros.items()}
    faster = min(medians["plain"], medians["short"])
    labels = {
        "gauntlet": "gauntlet",
        "plain": f"numpy {np.__version__} + scipy {scipy.__version__}, plain",
        "short": "the same with the crate's short cuts",
    }
    lines = ["| way | median per channel | least | most |", "| --- | --- | --- | --- |"]
    for way, values in micros.items():
        lines.append(f"| {labels[way]} | {medians[way]:.0f} us | {min(values):.0f} us | {max(values):.0f} us |")
    lines += [
        "",
        f"{len(expected)} features of {len(channels[0])} samples, one thread, {arguments.rounds} rounds of "
        f"{arguments.repeats} x {len(channels)} channels in turn; values agree to 1e-9. Gauntlet is "
        f"**{faster / medians['gauntlet']:.1f} times** as fast as the faster Python way. {processor()}, "
        f"load average {os.getloadavg()[0]:.2f}.",
    ]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if arguments.markdown:
        arguments.markdown.write_text(text)


if __name__ == "__main__":
    main()
