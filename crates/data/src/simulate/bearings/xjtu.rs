//! The XJTU-SY rig: fifteen bearings under three loads, each run until it shakes ten times as much as when sound.
//!
//! Real layout: a folder per load and bearing, one file a minute with a header and two columns. Lives, elements and
//! onsets follow the published table; lives of more than ten hours are shortened.

use std::io::Write as _;
use std::path::Path;

use gauntlet_core::Seed;
use gauntlet_features::vibration::{Fault, Geometry};
use rand::RngExt;
use rayon::prelude::*;

use super::life::{Course, damage, drift};
use super::signal::{self, Blows, Channel, Clock, Heard};
use super::truth::{Known, Truth};
use super::{Plan, Progress};
use crate::error::DataError;
use crate::place;

const FS: f64 = 25_600.0;
/// LDK UER204.
const GEOMETRY: Geometry = Geometry {
    rolling_elements: 8,
    ball_diameter_mm: 7.92,
    pitch_diameter_mm: 34.55,
    contact_angle_deg: 0.0,
};
const HEADER: &str = "Horizontal_vibration_signals,Vertical_vibration_signals\r\n";
/// Lives are cut to so many minutes.
const LONGEST: f64 = 600.0;

use Fault::{Cage, InnerRace, OuterRace, RollingElement};

/// Folder, shaft Hz, bearing, minutes, minute of the onset, elements.
type Row = (&'static str, f64, &'static str, f64, f64, &'static [Fault]);

const BEARINGS: [Row; 15] = [
    ("35Hz12kN", 35.0, "Bearing1_1", 123.0, 65.0, &[OuterRace]),
    ("35Hz12kN", 35.0, "Bearing1_2", 161.0, 31.0, &[OuterRace]),
    ("35Hz12kN", 35.0, "Bearing1_3", 158.0, 58.0, &[OuterRace]),
    ("35Hz12kN", 35.0, "Bearing1_4", 122.0, 79.0, &[Cage]),
    ("35Hz12kN", 35.0, "Bearing1_5", 52.0, 34.0, &[InnerRace, OuterRace]),
    ("37.5Hz11kN", 37.5, "Bearing2_1", 491.0, 452.0, &[InnerRace]),
    ("37.5Hz11kN", 37.5, "Bearing2_2", 161.0, 46.0, &[OuterRace]),
    ("37.5Hz11kN", 37.5, "Bearing2_3", 533.0, 122.0, &[Cage]),
    ("37.5Hz11kN", 37.5, "Bearing2_4", 42.0, 30.0, &[OuterRace]),
    ("37.5Hz11kN", 37.5, "Bearing2_5", 339.0, 121.0, &[OuterRace]),
    ("40Hz10kN", 40.0, "Bearing3_1", 2538.0, 748.0, &[OuterRace]),
    ("40Hz10kN", 40.0, "Bearing3_2", 2496.0, 1020.0, &[InnerRace, RollingElement, Cage, OuterRace]),
    ("40Hz10kN", 40.0, "Bearing3_3", 371.0, 339.0, &[InnerRace]),
    ("40Hz10kN", 40.0, "Bearing3_4", 1515.0, 1417.0, &[InnerRace]),
    ("40Hz10kN", 40.0, "Bearing3_5", 114.0, 5.0, &[OuterRace]),
];

/// A bearing with everything drawn but the samples.
struct Drawn {
    folder: String,
    shaft_hz: f64,
    blows: Vec<Blows>,
    power: Vec<f64>,
    gains: [Vec<f64>; 2],
    base_rms: [f64; 2],
}

/// Writes all bearings under `folder`.
pub(super) fn write(
    dataset: &str,
    folder: &Path,
    seed: Seed,
    plan: &Plan,
    progress: Progress<'_>,
) -> Result<Truth, DataError> {
    let mut bearings = Vec::new();
    let drawn: Vec<Drawn> =
        BEARINGS.iter().map(|row| draw(row, seed.derive(row.2, 0), &mut bearings)).collect();
    let total: usize = drawn.iter().map(|bearing| bearing.power.len()).sum();
    let truth = Truth {
        simulated: true,
        dataset: dataset.to_owned(),
        generator: "xjtu_sy/1".to_owned(),
        seed,
        samples: plan.samples,
        every: 1,
        complete: false,
        bearings,
    };
    // The note goes first: a file of ours is never without one.
    fs_err::create_dir_all(folder)?;
    truth.write(folder)?;
    let done = std::sync::atomic::AtomicU64::new(0);
    for bearing in &drawn {
        let place = folder.join(&bearing.folder);
        fs_err::create_dir_all(&place)?;
        (0..bearing.power.len()).into_par_iter().try_for_each(|i| {
            let seed = seed.derive(&bearing.folder, 1 + i as u64);
            place::write(&place.join(format!("{}.csv", i + 1)), &file(bearing, i, seed, plan))?;
            let done = 1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            progress(done, total as u64);
            Ok::<(), DataError>(())
        })?;
    }
    let truth = Truth { complete: true, ..truth };
    truth.write(folder)?;
    Ok(truth)
}

fn draw(row: &Row, seed: Seed, bearings: &mut Vec<Known>) -> Drawn {
    let (condition, shaft_hz, name, minutes, onset, faults) = *row;
    let mut rng = seed.rng();
    let cut = (LONGEST / minutes).min(1.0);
    // Lives differ between draws, or every seed would tell the same story.
    let stretch = cut * rng.random_range(0.85..1.15);
    let (life, onset) = ((minutes * stretch).round(), onset * stretch);
    let hours: Vec<f64> = (0..life as usize).map(|i| i as f64 / 60.0).collect();
    let lead = (life - onset) / 60.0;
    let course = Course {
        lead_hours: (lead, lead),
        first: (0.15, 0.4),
        // Ten times the amplitude when sound is a hundred times its power.
        last: (18.0, 30.0),
        heals: rng.random::<bool>(),
    };
    let drawn = damage(&hours, &course, seed.derive("damage", 0));
    let blows = faults.iter().map(|fault| blows(*fault, shaft_hz, rng.random())).collect();
    let folder = format!("{condition}/{name}");
    bearings.push(Known {
        run: folder.clone(),
        bearing: name.to_owned(),
        faults: faults.to_vec(),
        onset_hours: hours.get(drawn.onset).copied(),
    });
    let gains = [0, 1].map(|c| drift(&hours, 0.03, seed.derive("drift", c)));
    let base = rng.random_range(0.45..0.75);
    let base_rms = [base, base * rng.random_range(0.75..1.0)];
    Drawn { folder, shaft_hz, blows, power: drawn.power, gains, base_rms }
}

fn blows(fault: Fault, shaft_hz: f64, draw: f64) -> Blows {
    let orders = GEOMETRY.orders();
    let ring = (3000.0 + 3000.0 * draw, 0.04);
    let of = |order: f64, modulation, scatter, extended| Blows {
        hz: order * shaft_hz,
        modulation,
        scatter,
        extended,
        ring,
    };
    match fault {
        OuterRace => of(orders.bpfo, (shaft_hz, 0.1), 0.2, 0.7 * draw),
        InnerRace => of(orders.bpfi, (shaft_hz, 0.9), 0.4, 0.0),
        RollingElement => of(2.0 * orders.bsf, (orders.ftf * shaft_hz, 0.9), 0.5, 0.0),
        // Wear of the cage has no blows to speak of: kurtosis falls while the power rises.
        Cage => of(orders.ftf, (shaft_hz, 0.2), 0.3, 0.9),
    }
}

/// The bytes of one file.
fn file(bearing: &Drawn, snapshot: usize, seed: Seed, plan: &Plan) -> Vec<u8> {
    /// What of the fault the second axis hears, in power.
    const VERTICAL: f64 = 0.6;
    let mut rng = seed.rng();
    let turning = bearing.shaft_hz * (1.0 + 0.002 * (rng.random::<f64>() - 0.5));
    let clock = Clock { sampling_rate_hz: FS, shaft_hz: turning, samples: plan.samples };
    let columns = [0, 1].map(|axis| {
        let channel = Channel {
            noise_rms: bearing.base_rms[axis] * bearing.gains[axis][snapshot],
            offset: 0.0,
            shaft: 0.2,
            line: (50.0, 0.05),
        };
        let share = if axis == 0 { 1.0 } else { VERTICAL } / bearing.blows.len() as f64;
        let power = share * bearing.power[snapshot];
        let heard: Vec<Heard> =
            bearing.blows.iter().map(|blows| Heard { blows: *blows, power }).collect();
        signal::samples(clock, &channel, &heard, &mut rng)
    });
    let mut bytes = HEADER.as_bytes().to_vec();
    bytes.reserve(plan.samples * 42);
    for (horizontal, vertical) in columns[0].iter().zip(&columns[1]) {
        // A vector takes any number of bytes.
        let _ = write!(bytes, "{horizontal},{vertical}\r\n");
    }
    bytes
}
