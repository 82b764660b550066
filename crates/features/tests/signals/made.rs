//! Signals that this file and `checks/features/signals.py` make bit by bit alike.
//!
//! Only integers, and products and sums of doubles in a fixed order: no library function has a say.

use gauntlet_features::vibration::{Geometry, Setup};

/// A snapshot and what it was taken with.
pub(crate) struct Signal {
    pub(crate) name: &'static str,
    pub(crate) setup: Setup,
    pub(crate) samples: Vec<f64>,
}

/// Nearly normal numbers of variance about 1/3: sums of four 16-bit numbers of a congruential generator.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn number(&mut self) -> f64 {
        let mut total = 0;
        for _ in 0..4 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
            self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
            total += i32::try_from(self.0 >> 48).unwrap();
        }
        f64::from(total - 131_070) / 65536.0
    }
}

pub(crate) fn noise(seed: u64, count: usize, scale: f64, offset: f64) -> Vec<f64> {
    let mut source = Noise(seed);
    (0..count).map(|_| offset + scale * source.number()).collect()
}

/// A wave from 0 to 1 and back.
fn triangle(position: usize, period: usize) -> f64 {
    let place = position % period;
    (place.min(period - place) * 2) as f64 / period as f64
}

/// Impulses every `every.0 / every.1` samples, through a resonance, in noise.
///
/// `depth.0` in 64ths is how far a triangle wave of the period `depth.1` modulates them.
pub(crate) fn ringing(
    seed: u64,
    count: usize,
    every: (usize, usize),
    depth: (u32, usize),
    scale: f64,
) -> Vec<f64> {
    let mut source = Noise(seed);
    let (mut before, mut last) = (0.0, 0.0);
    (0..count)
        .map(|i| {
            let struck = i * every.1 / every.0 != (i + 1) * every.1 / every.0;
            let strength =
                if struck { 1.0 - f64::from(depth.0) / 64.0 * triangle(i, depth.1) } else { 0.0 };
            let now = 0.375 * last - 0.9375 * before + strength;
            (before, last) = (last, now);
            now + scale * source.number()
        })
        .collect()
}

fn geometry(elements: u32, ball: f64, pitch: f64, angle: f64) -> Option<Geometry> {
    Some(Geometry {
        rolling_elements: elements,
        ball_diameter_mm: ball,
        pitch_diameter_mm: pitch,
        contact_angle_deg: angle,
    })
}

/// The test rig of the NASA IMS data: Rexnord ZA-2115 bearings at 2000 turns per minute.
pub(crate) fn ims() -> Setup {
    let geometry = geometry(16, 0.331 * 25.4, 2.815 * 25.4, 15.17);
    Setup { sampling_rate_hz: 20480.0, shaft_hz: 2000.0 / 60.0, geometry }
}

pub(crate) fn signals() -> Vec<Signal> {
    let xjtu = || geometry(8, 7.92, 34.55, 0.0);
    let made = |name, sampling_rate_hz, shaft_hz, geometry, samples| Signal {
        name,
        setup: Setup { sampling_rate_hz, shaft_hz, geometry },
        samples,
    };
    let rig = |name, samples| Signal { name, setup: ims(), samples };
    vec![
        rig("noise", noise(1, 20480, 0.25, -0.125)),
        rig("outer", ringing(2, 20480, (204_800, 2364), (0, 1), 0.0625)),
        rig("faint", ringing(3, 20480, (204_800, 2364), (0, 1), 0.5)),
        made("inner", 25600.0, 35.0, xjtu(), ringing(4, 32768, (256_000, 1721), (48, 731), 0.125)),
        made(
            "short",
            25600.0,
            27.5,
            geometry(13, 3.5, 25.6, 0.0),
            ringing(5, 2560, (256_000, 1542), (0, 1), 0.125),
        ),
        made("odd", 16000.0, 20.0, xjtu(), ringing(6, 16001, (160_000, 827), (32, 4000), 0.25)),
        made("plain", 6400.0, 25.0, None, noise(7, 3000, 100.0, 1e4)),
        made("least", 20480.0, 30.0, None, noise(8, 64, 1e-3, 0.0)),
    ]
}
