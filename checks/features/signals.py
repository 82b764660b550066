"""Signals that this file and `crates/features/tests/signals/made.rs` make bit by bit alike.

Only integers, and products and sums of doubles in a fixed order: no library function has a say.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass
class Geometry:
    rolling_elements: int
    ball_diameter_mm: float
    pitch_diameter_mm: float
    contact_angle_deg: float


@dataclasses.dataclass
class Signal:
    name: str
    sampling_rate_hz: float
    shaft_hz: float
    geometry: Geometry | None
    samples: np.ndarray


class Noise:
    """Nearly normal numbers of variance about 1/3: sums of four 16-bit numbers of a congruential generator."""

    def __init__(self, seed):
        self.state = seed

    def number(self):
        total = 0
        for _ in range(4):
            self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
            total += self.state >> 48
        return (total - 131070) / 65536.0


def noise(seed, count, scale, offset):
    source = Noise(seed)
    return [offset + scale * source.number() for _ in range(count)]


def triangle(position, period):
    """A wave from 0 to 1 and back."""
    place = position % period
    return min(place, period - place) * 2 / period


def ringing(seed, count, every, depth, scale):
    """Impulses every `every[0] / every[1]` samples, through a resonance, in noise.

    `depth` in 64ths is how far a triangle wave of the period `depth[1]` modulates them.
    """
    source = Noise(seed)
    samples, before, last = [], 0.0, 0.0
    for i in range(count):
        struck = i * every[1] // every[0] != (i + 1) * every[1] // every[0]
        strength = 1.0 - depth[0] / 64.0 * triangle(i, depth[1]) if struck else 0.0
        now = 0.375 * last - 0.9375 * before + strength
        before, last = last, now
        samples.append(now + scale * source.number())
    return samples


IMS = Geometry(16, 0.331 * 25.4, 2.815 * 25.4, 15.17)
XJTU = Geometry(8, 7.92, 34.55, 0.0)
FEMTO = Geometry(13, 3.5, 25.6, 0.0)


def signals():
    ims = (20480.0, 2000.0 / 60.0, IMS)
    made = [
        Signal("noise", *ims, noise(1, 20480, 0.25, -0.125)),
        Signal("outer", *ims, ringing(2, 20480, (204800, 2364), (0, 1), 0.0625)),
        Signal("faint", *ims, ringing(3, 20480, (204800, 2364), (0, 1), 0.5)),
        Signal("inner", 25600.0, 35.0, XJTU, ringing(4, 32768, (256000, 1721), (48, 731), 0.125)),
        Signal("short", 25600.0, 27.5, FEMTO, ringing(5, 2560, (256000, 1542), (0, 1), 0.125)),
        Signal("odd", 16000.0, 20.0, XJTU, ringing(6, 16001, (160000, 827), (32, 4000), 0.25)),
        Signal("plain", 6400.0, 25.0, None, noise(7, 3000, 100.0, 1e4)),
        Signal("least", 20480.0, 30.0, None, noise(8, 64, 1e-3, 0.0)),
    ]
    for signal in made:
        signal.samples = np.array(signal.samples)
    return made
