//! Curves of loudness over pitch.

use rand::Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// Points, half an octave apart.
const POINTS: usize = 16;

/// The pitch of the first point in hertz; the last is at 8 kHz.
const FIRST_HZ: f32 = 44.2;

/// Decibels at points that are half an octave apart, straight lines between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Curve([f32; POINTS]);

impl Curve {
    /// Falls by so many decibels per octave, from 0 at 1 kHz.
    pub(super) fn falling(per_octave: f32) -> Self {
        let mut curve = [0.0; POINTS];
        for (point, value) in curve.iter_mut().enumerate() {
            *value = -per_octave * (pitch(point) / 1000.0).log2();
        }
        Self(curve)
    }

    /// Wanders by so many decibels.
    pub(super) fn random(decibels: f32, rng: &mut impl Rng) -> Self {
        Self([0.0; POINTS].map(|_| {
            let drawn: f32 = StandardNormal.sample(rng);
            decibels * drawn.clamp(-2.5, 2.5)
        }))
    }

    /// With so many decibels more about `hz`, as wide as `octaves`.
    pub(super) fn bump(mut self, hz: f32, octaves: f32, decibels: f32) -> Self {
        for (point, value) in self.0.iter_mut().enumerate() {
            let away = (pitch(point) / hz).log2() / octaves;
            *value += decibels * (-0.5 * away * away).exp();
        }
        self
    }

    /// Both, one after the other.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(value, more)| *value += more);
        self
    }

    /// The factor of amplitude at `hz`.
    pub(super) fn gain(&self, hz: f32) -> f32 {
        let place = (2.0 * (hz.max(1.0) / FIRST_HZ).log2()).clamp(0.0, (POINTS - 1) as f32);
        let below = (place as usize).min(POINTS - 2);
        let part = place - below as f32;
        let decibels = self.0[below] * (1.0 - part) + self.0[below + 1] * part;
        10_f32.powf(decibels / 20.0)
    }
}

fn pitch(point: usize) -> f32 {
    FIRST_HZ * (point as f32 / 2.0).exp2()
}
