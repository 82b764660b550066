//! Loads a pump table and computes its window features for every row: our side of `bench/pump`.
//!
//! `pump_features DATASET.toml FILE` prints one JSON line: seconds of loading and of the features, the peak of
//! resident memory, and sums of the features to compare with.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a measurement that cannot be made ends")]

use std::path::Path;
use std::time::Instant;

use gauntlet_core::Origin;
use gauntlet_data::events::{LogDescriptor, find, load};
use gauntlet_features::windows::{Kind, Recipe, Windows};
use rayon::prelude::*;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, descriptor, file] = &arguments[..] else { panic!("pump_features DATASET.toml FILE") };
    let start = Instant::now();
    let described = LogDescriptor::read(Path::new(descriptor)).unwrap();
    let found = find(&described, Some(Path::new(file)), Path::new("raw")).unwrap();
    let simulated = Path::new(file).with_file_name("simulated.json").exists();
    let origin = if simulated { Origin::Simulated } else { Origin::Real };
    let log = load(&described, &found, origin, None).unwrap();
    let loaded = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let windows = Windows { short: 15, middle: 180, long: 2880, every: 1 };
    let sensors = log.sensors.iter().map(|sensor| sensor.name.clone()).collect();
    let recipe = Recipe::new("bench", sensors, Kind::ALL.to_vec(), windows).unwrap();
    let runs: Vec<_> = log.runs().collect();
    let columns: Vec<Vec<f32>> = log
        .readings
        .par_iter()
        .flat_map_iter(|readings| {
            let mut columns = vec![Vec::with_capacity(readings.len()); recipe.kinds.len()];
            for run in &runs {
                let own = recipe.sensor(&readings[run.clone()]);
                columns.iter_mut().zip(own).for_each(|(all, own)| all.extend(own));
            }
            columns
        })
        .collect();
    let features = start.elapsed().as_secs_f64();
    let sum = |kind: usize| -> f64 {
        let values = columns.iter().skip(kind).step_by(recipe.kinds.len()).flatten();
        values.filter(|v| v.is_finite()).map(|v| f64::from(*v)).sum()
    };
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    println!(
        "{}",
        serde_json::json!({
            "rows": log.rows(),
            "features": columns.len(),
            "load_s": loaded,
            "features_s": features,
            "peak_mb": peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0,
            "sums": (0..recipe.kinds.len()).map(sum).collect::<Vec<f64>>(),
        })
    );
}
