//! One snapshot of all channels.

use gauntlet_core::Seed;
use rand_distr::{Distribution as _, StandardNormal};

use super::voice::tone;
use super::{RunPlan, fault};

/// Speed of the shaft varies by this fraction from snapshot to snapshot.
const SPEED: f64 = 0.001;

/// Sensors of a rig that stands still: offset, hum of the mains, noise.
const STANDSTILL: (f64, f64, f64) = (-0.0012, 0.0011, 0.0006);

/// Draws the channels of `run`'s snapshot at `position`, of `samples` samples each.
pub(crate) fn draw(run: &RunPlan, position: usize, samples: usize, seed: Seed) -> Vec<Vec<f64>> {
    let mut rng = seed.derive(&run.name, position as u64).rng();
    let file = &run.files[position];
    let rate = run.sampling_rate_hz;
    if file.stopped {
        let (offset, hum, hiss) = STANDSTILL;
        let silent = |_| {
            let white = |_| {
                offset
                    + hiss
                        * <StandardNormal as rand_distr::Distribution<f64>>::sample(
                            &StandardNormal,
                            &mut rng,
                        )
            };
            let mut channel: Vec<f64> = (0..samples).map(white).collect();
            tone(&mut channel, run.mains_hz / rate, hum, &mut rng);
            channel
        };
        return (0..run.channels.len()).map(silent).collect();
    }
    let drawn: f64 = StandardNormal.sample(&mut rng);
    let speed = 1.0 + SPEED * drawn.clamp(-2.0, 2.0);
    let shaft_hz = run.shaft_hz * speed;
    let mut channels: Vec<Vec<f64>> = run
        .channels
        .iter()
        .map(|channel| {
            let mut signal = channel.voice.draw(samples, speed, &mut rng);
            signal.iter_mut().for_each(|y| *y *= channel.level);
            signal
        })
        .collect();
    for (index, bearing) in run.bearings.iter().enumerate() {
        let Some(plan) = &bearing.fault else { continue };
        let age = (file.hours - plan.onset_hours) / (plan.end_hours - plan.onset_hours);
        let (sharp, rough) = plan.course.levels(age);
        if sharp == 0.0 && rough == 0.0 {
            continue;
        }
        let strikes = fault::strikes(plan, &run.orders, shaft_hz, rate, samples, &mut rng);
        let roughness = fault::roughness(plan, &run.orders, shaft_hz, rate, samples, &mut rng);
        let own = run.channels.iter().filter(|channel| channel.bearing == index);
        let level = own.map(|channel| channel.level).fold(0.0, f64::max);
        for (channel, reach) in channels.iter_mut().zip(&plan.reach) {
            let (sharp, rough) = (level * reach * sharp, level * reach * rough);
            for ((y, s), r) in channel.iter_mut().zip(&strikes).zip(&roughness) {
                *y += sharp * s + rough * r;
            }
        }
    }
    for (signal, channel) in channels.iter_mut().zip(&run.channels) {
        let gain = file.gain * channel.drift.gain(file.hours);
        for y in signal {
            *y = channel.offset + gain * *y;
        }
    }
    channels
}
