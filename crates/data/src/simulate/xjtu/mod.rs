//! XJTU-SY, drawn anew: fifteen bearings run to failure, one a run, at three speeds and loads.
//!
//! Elements and lives are those of the real bearings (lives vary by the seed), onset comes as early or late in life as
//! published labels have it, and a run ends when one axis exceeds 20 g.

use std::fmt::Write as _;

use gauntlet_core::Seed;
use gauntlet_features::vibration::FaultOrders;
use rand::{Rng, RngExt as _};

use super::vibration::{
    BearingPlan, ChannelPlan, Character, Course, Drift, FaultPlan, FilePlan, RunPlan, Scale,
    Simulator, Voice, draw,
};
use crate::vibration::{Rig, Run};

pub(super) const SIMULATOR: Simulator = Simulator {
    generator: "xjtu_sy/1",
    everyday: Scale { every: 3, samples: 2048 },
    samples: 32_768,
    plan,
    text,
};

/// Orders of the LDK UER204, for a descriptor without a geometry.
pub(super) const LDK: FaultOrders =
    FaultOrders { ftf: 0.385, bsf: 2.067, bpfo: 3.083, bpfi: 4.917 };

/// Lives in minutes.
const LIVES: [(&str, usize); 15] = [
    ("Bearing1_1", 123),
    ("Bearing1_2", 161),
    ("Bearing1_3", 158),
    ("Bearing1_4", 122),
    ("Bearing1_5", 52),
    ("Bearing2_1", 491),
    ("Bearing2_2", 161),
    ("Bearing2_3", 533),
    ("Bearing2_4", 42),
    ("Bearing2_5", 339),
    ("Bearing3_1", 2538),
    ("Bearing3_2", 2496),
    ("Bearing3_3", 371),
    ("Bearing3_4", 1515),
    ("Bearing3_5", 114),
];

/// Bearings whose damage is wear: kurtosis falls.
const WORN: [&str; 2] = ["Bearing1_5", "Bearing2_5"];

/// Minutes to which no longer life is shortened.
const SHORTEST: usize = 60;

/// Amplitudes in g of which one is exceeded at the end.
const END_G: (f64, f64) = (22.0, 45.0);

const HEADER: &str = "Horizontal_vibration_signals,Vertical_vibration_signals\r\n";

/// A header, a comma between the axes, all digits of each number, CRLF.
fn text(channels: &[Vec<f64>]) -> String {
    let rows = channels[0].len();
    let mut text = String::with_capacity(HEADER.len() + rows * 42);
    text.push_str(HEADER);
    for (horizontal, vertical) in channels[0].iter().zip(&channels[1]) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{horizontal},{vertical}\r\n");
    }
    text
}

fn plan(rig: &Rig, seed: Seed, scale: Scale) -> Vec<RunPlan> {
    let known = LIVES.iter().enumerate().filter_map(|(index, &(name, life))| {
        let run = rig.runs.iter().find(|run| run.name == name)?;
        let mut rng = seed.derive("xjtu_sy", index as u64).rng();
        Some(bearing(rig, run, life, seed, scale, &mut rng))
    });
    known.collect()
}

fn bearing(
    rig: &Rig,
    run: &Run,
    life: usize,
    seed: Seed,
    scale: Scale,
    rng: &mut impl Rng,
) -> RunPlan {
    let setup = rig.setup(&run.name);
    let rate = setup.sampling_rate_hz;
    let described = run.bearings.first();
    let label = described.and_then(|bearing| bearing.onset_file).unwrap_or(life / 2);
    let share = label as f64 / life as f64 * rng.random_range(0.85..1.1);
    let shortened = (life / scale.every).max(life.min(SHORTEST)) as f64;
    let minutes = (shortened * rng.random_range(0.85..1.15)).round() as usize;
    let end = (minutes - 1) as f64 / 60.0;
    let lines = [1.0, 2.0, 3.0, 5.0].map(|order| order * setup.shaft_hz);
    let channels: Vec<ChannelPlan> = [0.5, 0.42]
        .into_iter()
        .map(|level| ChannelPlan {
            bearing: 0,
            level: level * rng.random_range(0.8..1.2),
            offset: rng.random_range(-0.01..0.01),
            drift: Drift {
                change: rng.random_range(-0.05..0.05),
                from_hours: 0.1 * end,
                to_hours: 0.9 * end,
            },
            voice: Voice::new(&[2200.0, 4200.0, 7000.0], &lines, 0.1, rate, rng),
        })
        .collect();
    let character = match run.name.as_str() {
        name if WORN.contains(&name) => Character::Wear,
        _ => *[Character::Plain, Character::Healing, Character::Fading]
            .get(rng.random_range(0..3))
            .unwrap_or(&Character::Plain),
    };
    let fault = FaultPlan {
        elements: described.map(|bearing| bearing.faults.clone()).unwrap_or_default(),
        onset_hours: end * share.clamp(0.03, 0.95),
        end_hours: end,
        course: Course::new(character, 12.0, rng),
        modes: [1500.0, 3500.0, 7200.0]
            .map(|hz| (hz * rng.random_range(0.93..1.07), rng.random_range(0.02..0.05)))
            .to_vec(),
        slip: rng.random_range(0.005..0.015),
        reach: vec![1.0, rng.random_range(0.5..0.9)],
    };
    let files = (0..minutes)
        .map(|minute| FilePlan {
            name: format!("{}.csv", minute + 1),
            hours: minute as f64 / 60.0,
            stopped: false,
            gain: 1.0,
        })
        .collect();
    let name = described.map_or(run.name.clone(), |bearing| bearing.name.clone());
    let mut plan = RunPlan {
        name: run.name.clone(),
        folder: run.folders.first().unwrap_or(&run.name).clone(),
        sampling_rate_hz: rate,
        shaft_hz: setup.shaft_hz,
        orders: setup.geometry.as_ref().map_or(LDK, |geometry| geometry.orders()),
        mains_hz: 50.0,
        files,
        bearings: vec![BearingPlan { name, fault: Some(fault) }],
        channels,
    };
    end_at(&mut plan, rng.random_range(END_G.0..END_G.1), scale.samples, seed);
    plan
}

/// Sets the last level so that the last snapshot's largest amplitude is about `peak` g.
fn end_at(plan: &mut RunPlan, peak: f64, samples: usize, seed: Seed) {
    // The healthy part does not grow with the level, so one step comes near and a second one hits.
    for _ in 0..3 {
        let last = draw(plan, plan.files.len() - 1, samples, seed);
        let found = last.iter().flatten().fold(0.0_f64, |largest, y| largest.max(y.abs()));
        if let Some(fault) = &mut plan.bearings[0].fault {
            fault.course.last *= peak / found;
        }
    }
}
