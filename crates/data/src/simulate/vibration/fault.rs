//! What a damaged bearing adds: strikes that ring, and roughness that comes and goes with the rolling elements.

use gauntlet_features::vibration::{Fault, FaultOrders};
use rand::{Rng, RngExt as _};
use rand_distr::{Distribution as _, StandardNormal};
use std::f64::consts::TAU;

use super::FaultPlan;
use super::voice::{Resonance, tone};

/// Lead time in seconds in which strikes before the snapshot ring on.
const LEAD: f64 = 0.02;

/// Strikes on `plan`'s elements, of standard deviation 1.
///
/// The way from strike to strike is normal about the geometry's, and deviations add up: elements slip.
pub(super) fn strikes(
    plan: &FaultPlan,
    orders: &FaultOrders,
    shaft_hz: f64,
    rate: f64,
    samples: usize,
    rng: &mut impl Rng,
) -> Vec<f64> {
    let lead = (LEAD * rate) as usize;
    let mut blows = vec![0.0; samples + lead];
    let end = blows.len() as f64 / rate;
    for element in &plan.elements {
        let way = 1.0 / element.frequency(orders, shaft_hz);
        let mut time = way * rng.random_range(0.0..1.0);
        let turn = rng.random_range(0.0..TAU);
        while time < end {
            let size: f64 = StandardNormal.sample(rng);
            let load = load(*element, TAU * shaft_hz * time + turn, orders);
            blows[((time * rate) as usize).min(samples + lead - 1)] += (0.2 * size).exp() * load;
            let slip: f64 = StandardNormal.sample(rng);
            time += way * (1.0 + plan.slip * slip).max(0.1);
        }
    }
    let mut out = vec![0.0; blows.len()];
    for &(hz, damping) in &plan.modes {
        // A strike rings up to the same height whatever the frequency.
        let weight = (TAU * hz / rate).sin();
        Resonance::new(hz, damping, rate).add(&blows, weight, &mut out);
    }
    out.drain(..lead);
    unit(out)
}

/// How hard an element is struck while the shaft stands at `angle`.
fn load(element: Fault, angle: f64, orders: &FaultOrders) -> f64 {
    match element {
        Fault::OuterRace | Fault::Cage => 1.0,
        Fault::InnerRace => 0.2 + 0.8 * angle.cos().max(0.0).powf(1.5),
        Fault::RollingElement => 0.3 + 0.35 * (1.0 + (orders.ftf * angle).cos()),
    }
}

/// Roughness of standard deviation 1: noise around the first mode whose loudness follows the fault frequency, and
/// lines of its harmonics, which the machine carries far.
pub(super) fn roughness(
    plan: &FaultPlan,
    orders: &FaultOrders,
    shaft_hz: f64,
    rate: f64,
    samples: usize,
    rng: &mut impl Rng,
) -> Vec<f64> {
    let element = plan.elements.first().copied().unwrap_or(Fault::OuterRace);
    let hz = element.frequency(orders, shaft_hz);
    let phase = rng.random_range(0.0..TAU);
    let noise: Vec<f64> = (0..samples)
        .map(|sample| {
            let white: f64 = StandardNormal.sample(rng);
            white * (1.0 + 0.3 * (TAU * hz * sample as f64 / rate + phase).cos())
        })
        .collect();
    let mut shaped = vec![0.0; samples];
    for &(hz, _) in plan.modes.iter().take(2) {
        Resonance::new(hz, 0.12, rate).add(&noise, (TAU * hz / rate).sin(), &mut shaped);
    }
    let mut out = unit(shaped);
    for (harmonic, height) in [(2.0, 0.3), (3.0, 0.7), (4.0, 0.8)] {
        tone(&mut out, harmonic * hz / rate, height, rng);
    }
    unit(out)
}

/// Scales to a standard deviation of 1; silence stays silent.
fn unit(mut signal: Vec<f64>) -> Vec<f64> {
    let count = signal.len() as f64;
    let mean = signal.iter().sum::<f64>() / count;
    let variance = signal.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / count;
    if variance > 0.0 {
        let scale = 1.0 / variance.sqrt();
        for y in &mut signal {
            *y = (*y - mean) * scale;
        }
    }
    signal
}
