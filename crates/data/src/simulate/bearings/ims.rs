//! The NASA IMS rig: four bearings on a shaft, run until one fails, three times.
//!
//! Real layout: one file of tab-separated decimals every ten minutes, named by its time stamp. What makes the real
//! files hard is in here too: a stop after which all channels are louder, drifts of sensors on sound bearings,
//! cross-talk of a failing bearing on its neighbours, blows that get weaker again, and files of a rig that stands.

use std::io::Write as _;
use std::path::Path;

use gauntlet_core::Seed;
use gauntlet_features::vibration::{Fault, Geometry};
use rand::RngExt;
use rayon::prelude::*;

use super::life::{Course, damage, drift};
use super::signal::{self, Blows, Channel, Clock, Heard};
use super::truth::{Known, Truth};
use super::{Plan, Progress, stamp};
use crate::error::DataError;
use crate::place;

const FS: f64 = 20_480.0;
const SHAFT_HZ: f64 = 2000.0 / 60.0;
/// Rexnord ZA-2115.
const GEOMETRY: Geometry = Geometry {
    rolling_elements: 16,
    ball_diameter_mm: 8.4074,
    pitch_diameter_mm: 71.501,
    contact_angle_deg: 15.17,
};

/// A run as it is drawn: what differs from run to run of the real rig.
struct Run {
    folder: &'static str,
    first: &'static str,
    files: usize,
    channels_per_bearing: usize,
    base_rms: [f64; 4],
    offset: f64,
    failures: &'static [Fault],
    /// Stops: before which share of the files, and for how many hours.
    stops: &'static [(f64, f64)],
    standing: usize,
}

/// The third run is shorter than the real one of 6,324 files, whose first two thirds are all alike.
const RUNS: [Run; 3] = [
    Run {
        folder: "1st_test",
        first: "2003.10.22.12.06.24",
        files: 2156,
        channels_per_bearing: 2,
        base_rms: [0.125, 0.13, 0.12, 0.128],
        offset: -0.094,
        failures: &[Fault::InnerRace, Fault::RollingElement],
        stops: &[(0.072, 120.0), (0.3, 34.0), (0.55, 96.0)],
        standing: 0,
    },
    Run {
        folder: "2nd_test",
        first: "2004.02.12.10.32.39",
        files: 984,
        channels_per_bearing: 1,
        base_rms: [0.074, 0.091, 0.109, 0.054],
        offset: -0.01,
        failures: &[Fault::OuterRace],
        stops: &[],
        standing: 2,
    },
    Run {
        folder: "3rd_test",
        first: "2004.03.04.09.27.46",
        files: 2200,
        channels_per_bearing: 1,
        base_rms: [0.08, 0.085, 0.078, 0.09],
        offset: -0.01,
        failures: &[Fault::OuterRace],
        stops: &[(0.4, 20.0)],
        standing: 1,
    },
];

/// A run with everything drawn but the samples.
struct Drawn {
    folder: &'static str,
    names: Vec<String>,
    /// Per snapshot and channel.
    channels: Vec<Vec<Channel>>,
    /// Per bearing: its blows and their power per snapshot.
    faults: Vec<Option<(Blows, Vec<f64>)>>,
    channels_per_bearing: usize,
    standing: usize,
}

/// Writes all runs under `folder`.
pub(super) fn write(
    dataset: &str,
    folder: &Path,
    seed: Seed,
    plan: &Plan,
    progress: Progress<'_>,
) -> Result<Truth, DataError> {
    let mut bearings = Vec::new();
    let drawn: Vec<Drawn> = RUNS
        .iter()
        .map(|run| draw(run, seed.derive(run.folder, 0), plan.every, &mut bearings))
        .collect();
    let total: usize = drawn.iter().map(|run| run.names.len()).sum();
    let truth = Truth {
        simulated: true,
        dataset: dataset.to_owned(),
        generator: "ims/1".to_owned(),
        seed,
        samples: plan.samples,
        every: plan.every,
        complete: false,
        bearings,
    };
    // The note goes first: a file of ours is never without one.
    fs_err::create_dir_all(folder)?;
    truth.write(folder)?;
    let done = std::sync::atomic::AtomicU64::new(0);
    for run in &drawn {
        let place = folder.join(run.folder);
        fs_err::create_dir_all(&place)?;
        (0..run.names.len()).into_par_iter().try_for_each(|snapshot| {
            let bytes = file(run, snapshot, seed.derive(run.folder, 1 + snapshot as u64), plan);
            place::write(&place.join(&run.names[snapshot]), &bytes)?;
            let done = 1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            progress(done, total as u64);
            Ok::<(), DataError>(())
        })?;
    }
    let truth = Truth { complete: true, ..truth };
    truth.write(folder)?;
    Ok(truth)
}

fn draw(run: &Run, seed: Seed, every: usize, bearings: &mut Vec<Known>) -> Drawn {
    let mut rng = seed.rng();
    let mut hours = Vec::with_capacity(run.files);
    let (mut clock, mut louder, mut loudness) = (0.0, Vec::with_capacity(run.files), 1.0);
    for i in 0..run.files {
        if i > 0 {
            clock += if run.channels_per_bearing == 2 && i <= 43 { 5.0 } else { 10.0 } / 60.0;
        }
        if let Some((_, gap)) =
            run.stops.iter().find(|(share, _)| (share * run.files as f64) as usize == i && i > 0)
        {
            clock += gap;
            loudness *= 1.0 + rng.random_range(0.1..0.25);
        }
        hours.push(clock);
        louder.push(loudness);
    }
    let kept: Vec<usize> = (0..run.files).step_by(every.max(1)).collect();
    let hours: Vec<f64> = kept.iter().map(|i| hours[*i]).collect();
    let louder: Vec<f64> = kept.iter().map(|i| louder[*i]).collect();
    let mut places = [0, 1, 2, 3];
    for i in (1..4).rev() {
        places.swap(i, rng.random_range(0..=i));
    }
    let mut faults: Vec<Option<(Blows, Vec<f64>)>> = vec![None; 4];
    for bearing in 0..4 {
        let element = places.iter().position(|p| *p == bearing).and_then(|i| run.failures.get(i));
        let (blows, course) = match element {
            None => {
                bearings.push(known(run, bearing, Vec::new(), None));
                continue;
            }
            Some(fault) => kind(*fault, rng.random::<f64>()),
        };
        let drawn = damage(&hours, &course, seed.derive("damage", bearing as u64));
        let onset = hours.get(drawn.onset).copied();
        bearings.push(known(run, bearing, element.copied().into_iter().collect(), onset));
        faults[bearing] = Some((blows, drawn.power));
    }
    let count = 4 * run.channels_per_bearing;
    let gains: Vec<Vec<f64>> = (0..count)
        .map(|c| {
            let most = [0.02, 0.04, 0.06, 0.1][rng.random_range(0..4)];
            drift(&hours, most, seed.derive("drift", c as u64))
        })
        .collect();
    let line = rng.random_range(0.1..0.3);
    let channels = (0..kept.len()).map(|i| {
        let of = |c: usize| Channel {
            noise_rms: run.base_rms[c / run.channels_per_bearing] * louder[i] * gains[c][i],
            offset: run.offset,
            shaft: 0.15,
            line: (986.0 * 1.024, line),
        };
        (0..count).map(of).collect()
    });
    Drawn {
        folder: run.folder,
        names: hours.iter().map(|h| stamp::name(run.first, *h)).collect(),
        channels: channels.collect(),
        faults,
        channels_per_bearing: run.channels_per_bearing,
        standing: run.standing,
    }
}

fn known(run: &Run, bearing: usize, faults: Vec<Fault>, onset_hours: Option<f64>) -> Known {
    let (run, bearing) = (run.folder.to_owned(), (bearing + 1).to_string());
    Known { run, bearing, faults, onset_hours }
}

/// Blows and course by element: a race in the load zone is loud and regular, an inner race turns with the shaft, a
/// roller strikes both races and is heard first as few strong blows.
fn kind(fault: Fault, draw: f64) -> (Blows, Course) {
    let orders = GEOMETRY.orders();
    let ring = (3800.0 + 1800.0 * draw, 0.03 + 0.02 * draw);
    let slow =
        Course { lead_hours: (65.0, 90.0), first: (0.1, 0.2), last: (6.0, 20.0), heals: true };
    let spiky =
        Course { lead_hours: (80.0, 170.0), first: (0.1, 0.3), last: (1.5, 5.0), heals: true };
    let blows = |hz: f64, modulation, scatter, extended| Blows {
        hz: hz * SHAFT_HZ,
        modulation,
        scatter,
        extended,
        ring,
    };
    match fault {
        Fault::OuterRace => (blows(orders.bpfo, (SHAFT_HZ, 0.1), 0.2, 0.3 * draw), slow),
        Fault::InnerRace => (blows(orders.bpfi, (SHAFT_HZ, 0.9), 0.5, 0.0), spiky),
        Fault::RollingElement => {
            (blows(2.0 * orders.bsf, (orders.ftf * SHAFT_HZ, 0.9), 0.6, 0.0), spiky)
        }
        Fault::Cage => (blows(orders.ftf, (SHAFT_HZ, 0.2), 0.3, 0.7), slow),
    }
}

/// The bytes of one file.
fn file(run: &Drawn, snapshot: usize, seed: Seed, plan: &Plan) -> Vec<u8> {
    const CROSS_TALK: f64 = 0.15;
    let mut rng = seed.rng();
    let turning = SHAFT_HZ * (1.0 + 0.002 * (rng.random::<f64>() - 0.5));
    let clock = Clock { sampling_rate_hz: FS, shaft_hz: turning, samples: plan.samples };
    let stands = snapshot + run.standing >= run.names.len();
    let columns: Vec<Vec<f64>> = run.channels[snapshot]
        .iter()
        .enumerate()
        .map(|(c, channel)| {
            if stands {
                let still =
                    Channel { noise_rms: 0.0015, shaft: 0.0, line: (986.0, 0.0), ..*channel };
                return signal::samples(clock, &still, &[], &mut rng);
            }
            let own = c / run.channels_per_bearing;
            let heard: Vec<Heard> = run
                .faults
                .iter()
                .enumerate()
                .filter_map(|(bearing, fault)| {
                    let (blows, power) = fault.as_ref()?;
                    // Power falls with the square of the amplitude on the way along the shaft.
                    let share = if bearing == own { 1.0 } else { CROSS_TALK * CROSS_TALK };
                    Some(Heard { blows: *blows, power: share * power[snapshot] })
                })
                .collect();
            signal::samples(clock, channel, &heard, &mut rng)
        })
        .collect();
    let mut bytes = Vec::with_capacity(plan.samples * columns.len() * 7);
    for row in 0..plan.samples {
        for (c, column) in columns.iter().enumerate() {
            let end = if c + 1 == columns.len() { "\r\n" } else { "\t" };
            // Three decimals, as the rig's converter wrote them; a vector takes any number of bytes.
            let _ = write!(bytes, "{:.3}{end}", column[row]);
        }
    }
    bytes
}
