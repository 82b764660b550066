//! Measured extraction of the features of vibration, for `bench/features/vibration.py`.
//!
//! `vibration_features FILE|generated REPEATS`. The file holds one row per sample and one column per
//! channel, apart by white space or commas; `generated` is 20,480 samples of a channel whose outer race is
//! damaged. Sampling rate, shaft and bearing are those of the NASA IMS rig. Prints the features of the first
//! channel, one per line, and the median time per channel.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use gauntlet_features::vibration::{Extractor, Geometry, Setup};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, repeats] = arguments.as_slice() else {
        return Err("usage: vibration_features FILE|generated REPEATS".into());
    };
    let channels = if source == "generated" {
        vec![generated()]
    } else {
        read(&std::fs::read_to_string(source)?)?
    };
    let setup = Setup {
        sampling_rate_hz: 20480.0,
        shaft_hz: 2000.0 / 60.0,
        geometry: Some(Geometry {
            rolling_elements: 16,
            ball_diameter_mm: 0.331 * 25.4,
            pitch_diameter_mm: 2.815 * 25.4,
            contact_angle_deg: 15.17,
        }),
    };
    let first = channels.first().ok_or("no channel")?;
    let mut extractor = Extractor::new(&setup, first.len())?;
    let mut values = vec![0.0; extractor.names().len()];
    let mut micros = Vec::new();
    for _ in 0..repeats.parse::<usize>()?.max(1) {
        for channel in &channels {
            let start = Instant::now();
            extractor.extract(black_box(channel), &mut values)?;
            micros.push(start.elapsed().as_secs_f64() * 1e6);
            black_box(&values);
        }
    }
    micros.sort_by(f64::total_cmp);

    extractor.extract(first, &mut values)?;
    for (name, value) in extractor.names().iter().zip(&values) {
        println!("{name} {value:?}");
    }
    println!("median_us {:.1}", micros[micros.len() / 2]);
    Ok(())
}

/// The channels of a table without a header.
fn read(text: &str) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let mut channels: Vec<Vec<f64>> = Vec::new();
    for line in text.lines() {
        let cells =
            line.split(|c: char| c == ',' || c.is_whitespace()).filter(|cell| !cell.is_empty());
        for (index, cell) in cells.enumerate() {
            if channels.len() == index {
                channels.push(Vec::new());
            }
            channels[index].push(cell.parse()?);
        }
    }
    Ok(channels)
}

/// Impulses at 236.4 Hz through a resonance, in noise of a congruential generator.
fn generated() -> Vec<f64> {
    let mut state = 1_u64;
    let (mut before, mut last) = (0.0, 0.0);
    (0..20_480_u64)
        .map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let noise = (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
            let struck = i * 2364 / 204_800 != (i + 1) * 2364 / 204_800;
            let now = 0.375 * last - 0.9375 * before + if struck { 1.0 } else { 0.0 };
            (before, last) = (last, now);
            now + 0.25 * noise
        })
        .collect()
}
