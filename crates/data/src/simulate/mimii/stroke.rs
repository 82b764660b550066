//! Sliders and valves: what they do again and again, and nothing between.

use rand::{Rng, RngExt as _};

use super::bench::{Bench, LENGTH, RATE};
use super::curve::Curve;
use super::fault::{Broken, Fault};

/// One slide rail.
#[derive(Debug, Clone)]
pub(super) struct Slider {
    /// Seconds from one stroke to the next.
    period: f32,
    /// The part of it in which the slider moves.
    duty: f32,
    friction: Curve,
    squeal_hz: f32,
    ring_hz: f32,
}

impl Slider {
    pub(super) fn new(rng: &mut impl Rng) -> Self {
        let falling = Curve::falling(rng.random_range(0.5..2.0));
        Self {
            period: rng.random_range(1.0..2.0),
            duty: rng.random_range(0.45..0.65),
            friction: falling.and(&Curve::random(3.0, rng)).bump(1800.0, 0.8, 6.0),
            squeal_hz: rng.random_range(1300.0..3600.0),
            ring_hz: rng.random_range(500.0..1100.0),
        }
    }

    /// Adds ten seconds of it to `out`.
    pub(super) fn sound(
        &self,
        broken: Option<Broken>,
        bench: &mut Bench,
        rng: &mut impl Rng,
        out: &mut [f32],
    ) {
        let period = self.period * rng.random_range(0.985..1.015);
        let start = rng.random::<f32>();
        let speed = |at: usize| {
            let place = (at as f32 / RATE / period + start).fract() / self.duty;
            if place < 1.0 { 4.0 * place * (1.0 - place) } else { 0.0 }
        };
        let friction = self.friction.and(&Curve::random(0.8, rng));
        bench.add_noise(&friction, |at| 0.05 + 1.2 * speed(at), rng, out);
        let grease = Broken::by(broken, Fault::Grease);
        if grease > 0.0 {
            let hz = self.squeal_hz * rng.random_range(0.96..1.04);
            let band = Curve::falling(0.0).bump(hz, 0.35, 45.0);
            let level = |at: usize| 2.4 * grease * (speed(at) - 0.3).max(0.0);
            bench.add_noise(&band, level, rng, out);
        }
        // It stops with a knock at either end; a loose belt knocks once more.
        let belt = Broken::by(broken, Fault::Belt);
        let mut seconds = (1.0 - start) * period;
        while seconds < LENGTH as f32 / RATE {
            let knock = |at: f32, hz: f32, size: f32, out: &mut [f32]| {
                ring(at, hz, 0.03, size, out);
            };
            knock(seconds, self.ring_hz, 2.0 * rng.random_range(0.7..1.3), out);
            let end = seconds + self.duty * period;
            knock(end, 1.2 * self.ring_hz, 1.6 * rng.random_range(0.7..1.3), out);
            if belt > 0.0 {
                let late = seconds + self.duty * period * rng.random_range(0.3..0.7);
                knock(late, 1.9 * self.ring_hz, 6.0 * belt * rng.random_range(0.6..1.4), out);
            }
            seconds += period;
        }
    }
}

/// One solenoid valve.
#[derive(Debug, Clone)]
pub(super) struct Valve {
    /// Seconds from one click to the next, at least and at most.
    every: (f32, f32),
    ring_hz: [f32; 3],
    /// Seconds in which each fades.
    fade: [f32; 3],
    hiss: Curve,
}

impl Valve {
    pub(super) fn new(rng: &mut impl Rng) -> Self {
        let shortest = rng.random_range(0.35..0.5);
        Self {
            every: (shortest, shortest * 2.2),
            ring_hz: [(1900.0, 2600.0), (3100.0, 4200.0), (4800.0, 6000.0)]
                .map(|(low, high)| rng.random_range(low..high)),
            fade: [0.08, 0.05, 0.02].map(|fade| fade * rng.random_range(0.7..1.3)),
            hiss: Curve::falling(0.0).and(&Curve::random(3.0, rng)).bump(3000.0, 1.0, 6.0),
        }
    }

    /// Adds ten seconds of it to `out`.
    pub(super) fn sound(
        &self,
        broken: Option<Broken>,
        bench: &mut Bench,
        rng: &mut impl Rng,
        out: &mut [f32],
    ) {
        let (weak, double) = (Broken::by(broken, Fault::Weak), Broken::by(broken, Fault::Double));
        let mut seconds = rng.random_range(0.0..self.every.1);
        while seconds < LENGTH as f32 / RATE {
            let loud = rng.random_range(0.8..1.25);
            self.click(seconds, 1.0, loud, 1.0 - 0.45 * weak, out);
            if double > 0.0 {
                let late = seconds + rng.random_range(0.06..0.11);
                self.click(late, 1.3, 0.4 * double * loud, 0.8, out);
            }
            seconds += rng.random_range(self.every.0..self.every.1);
        }
        bench.add_noise(&self.hiss, |_| 0.012, rng, out);
    }

    /// Rings as three tones, `higher` than usual; `bright` is how loud each is beside the one below.
    fn click(&self, seconds: f32, higher: f32, loud: f32, bright: f32, out: &mut [f32]) {
        let mut size = loud;
        for (hz, fade) in self.ring_hz.into_iter().zip(self.fade) {
            ring(seconds, higher * hz, fade, size, out);
            size *= bright;
        }
    }
}

/// Adds a tone that rises within 2 ms and fades to a third within `fade` seconds.
fn ring(seconds: f32, hz: f32, fade: f32, size: f32, out: &mut [f32]) {
    let from = (seconds * RATE) as usize;
    let length = (6.0 * fade * RATE) as usize;
    let turn = std::f32::consts::TAU * hz / RATE;
    let (keep, rise) = ((-1.0 / (fade * RATE)).exp(), 0.002 * RATE);
    let mut level = size;
    for (at, out) in out.iter_mut().skip(from).take(length).enumerate() {
        let place = at as f32;
        *out += level * (place / rise).min(1.0) * (turn * place).sin();
        level *= keep;
    }
}
