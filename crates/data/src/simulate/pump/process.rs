//! The latent processes, and what the sensors make of them.

use std::f64::consts::TAU;

use gauntlet_core::Seed;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use super::faults::Failure;
use super::schedule::{FAILURES, rows_since_start};
use super::sensors::{BLOCK_COUNT, Sensor, Walk, all};
use super::{ROWS, missing};

const HOUR: f64 = 60.0;
const DAY: f64 = 1440.0;

/// What all sensors share, row by row.
struct Latent {
    load: Vec<f64>,
    ambient: Vec<f64>,
    wear: Vec<f64>,
    blocks: Vec<Vec<f64>>,
}

fn latent(seed: Seed) -> Latent {
    let mut rng = seed.derive("latent", 0).rng();
    let (mut wander, mut weather) = (Walk::new(6.0 * HOUR, 0.5), Walk::new(DAY, 0.4));
    let mut set_point = 0.0;
    let mut latent = Latent {
        load: Vec::with_capacity(ROWS),
        ambient: Vec::with_capacity(ROWS),
        wear: Vec::with_capacity(ROWS),
        blocks: Vec::with_capacity(BLOCK_COUNT),
    };
    for row in 0..ROWS {
        let t = row as f64;
        // The operator changes the set point about every five days.
        if rng.random_bool(1.0 / (5.0 * DAY)) {
            set_point = 0.5 * normal(&mut rng);
        }
        let (day, week) = ((TAU * t / DAY).sin(), (TAU * t / (7.0 * DAY)).sin());
        latent.load.push(0.5 * day + 0.3 * week + set_point + wander.next(&mut rng));
        let season = (std::f64::consts::PI * t / ROWS as f64).sin() - 0.6;
        let noon = (TAU * (t / DAY - 0.3)).sin();
        latent.ambient.push(0.6 * noon + 0.8 * season + weather.next(&mut rng));
        latent.wear.push(rows_since_start(row).map_or(0.0, |rows| rows as f64 / (30.0 * DAY)));
    }
    for block in 0..BLOCK_COUNT {
        let mut rng = seed.derive("block", block as u64).rng();
        let mut walk = Walk::new(2.0 * HOUR, 1.0);
        latent.blocks.push((0..ROWS).map(|_| walk.next(&mut rng)).collect());
    }
    latent
}

fn normal(rng: &mut impl rand::Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// All columns, `columns[sensor][row]`, NaN where nothing is read.
pub(super) fn columns(failures: &[Failure], seed: Seed) -> Vec<Vec<f32>> {
    let latent = latent(seed);
    let column = |(number, sensor): (usize, &Sensor)| {
        let seed = seed.derive("sensor", number as u64);
        let mut values = healthy(sensor, &latent, seed);
        for failure in failures {
            for (_, height) in failure.shown.iter().filter(|(shown, _)| *shown == number) {
                let height = height * sensor.noise * sensor.spread;
                for (row, value) in
                    values.iter_mut().enumerate().take(failure.row).skip(failure.onset)
                {
                    *value += height * failure.profile(row);
                }
            }
        }
        stand(sensor, &mut values, seed);
        defects(sensor, &mut values, seed);
        let mut read: Vec<f32> = values.iter().map(|v| quantise(*v, sensor.quantum)).collect();
        missing::stretches(number).into_iter().for_each(|rows| read[rows].fill(f32::NAN));
        read
    };
    all().iter().enumerate().map(column).collect()
}

/// Readings of a pump that never fails.
fn healthy(sensor: &Sensor, latent: &Latent, seed: Seed) -> Vec<f64> {
    let mut rng = seed.derive("noise", 0).rng();
    let (mut own, mut slow) = (Walk::new(3.0, sensor.noise), Walk::new(60.0 * DAY, 0.6));
    let mut offset = 0.0;
    let block = &latent.blocks[sensor.block];
    (0..ROWS)
        .map(|row| {
            if rows_since_start(row) == Some(0) && row > 0 && rng.random_bool(0.3) {
                // Repairs change set points and seats.
                offset = 0.8 * normal(&mut rng);
            }
            let shared = sensor.load * latent.load[row]
                + sensor.ambient * latent.ambient[row]
                + sensor.wear * latent.wear[row]
                + sensor.shared * block[row];
            let own = own.next(&mut rng) + slow.next(&mut rng);
            sensor.level + sensor.spread * (shared + own + offset)
        })
        .collect()
}

/// The pump stands from each failure on, and warms up after the repair.
fn stand(sensor: &Sensor, values: &mut [f64], seed: Seed) {
    let mut rng = seed.derive("rest", 0).rng();
    for (row, repair) in FAILURES {
        let warm = 3.0 * sensor.spread * normal(&mut rng);
        let running = row + repair + 1;
        for (at, value) in values.iter_mut().enumerate().take(running).skip(row) {
            let fallen = 1.0 - (-((at - row) as f64) / 5.0).exp();
            let risen = (-((running - at) as f64) / 8.0).exp();
            let rest = sensor.rest + 0.02 * sensor.spread * normal(&mut rng);
            *value += (rest - *value) * fallen * (1.0 - risen);
        }
        for (at, value) in values.iter_mut().enumerate().skip(running).take(300) {
            *value += warm * (-((at - running) as f64) / 40.0).exp();
        }
    }
}

/// Stuck stretches and single spikes, about one of each in two weeks.
fn defects(sensor: &Sensor, values: &mut [f64], seed: Seed) {
    let mut rng = seed.derive("defects", 0).rng();
    let chance = 1.0 / (14.0 * DAY);
    let mut row = 0;
    while row < values.len() {
        if rng.random_bool(chance) {
            let until = (row + rng.random_range(10..120)).min(values.len());
            let held = values[row];
            values[row..until].fill(held);
            row = until;
            continue;
        }
        if rng.random_bool(chance) {
            values[row] += 12.0 * sensor.spread * normal(&mut rng);
        }
        row += 1;
    }
}

fn quantise(value: f64, quantum: f64) -> f32 {
    let value = value.max(0.0);
    if quantum > 0.0 { ((value / quantum).round() * quantum) as f32 } else { value as f32 }
}
