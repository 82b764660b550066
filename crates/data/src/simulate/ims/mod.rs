//! NASA IMS, drawn anew: three tests of four bearings on one shaft, of which four fail in all.
//!
//! Like the real ones in channels, names, length and unpleasantness: test 1 stands still for days and is louder
//! after the restart, sensors of survivors drift, faults are heard on neighbouring bearings, and tests 2 and 3
//! end with snapshots of a rig that stands still. Which bearings fail, how and when is drawn by the seed.

mod layout;

use gauntlet_core::Seed;
use gauntlet_features::vibration::Fault;
use rand::seq::SliceRandom as _;
use rand::{Rng, RngExt as _};

use super::vibration::{
    BearingPlan, ChannelPlan, Character, Course, Drift, FaultPlan, RunPlan, Scale, Simulator, Voice,
};
use crate::vibration::Rig;

pub(super) const SIMULATOR: Simulator = Simulator {
    generator: "ims/1",
    everyday: Scale { every: 3, samples: 2048 },
    samples: 20_480,
    plan,
    text: layout::text,
};

/// One of the tests.
struct Test {
    name: &'static str,
    folder: &'static str,
    channels_per_bearing: usize,
    /// Standard deviation of a healthy bearing.
    levels: [f64; 4],
    offset: f64,
    failures: usize,
    /// The fraction of the test in which damage may begin.
    onset: (f64, f64),
    /// Snapshots at the end with the rig standing still.
    standstill: usize,
}

const TESTS: [Test; 3] = [
    Test {
        name: "1st_test",
        folder: "1st_test",
        channels_per_bearing: 2,
        levels: [0.076, 0.084, 0.093, 0.062],
        offset: -0.094,
        failures: 2,
        onset: (0.75, 0.93),
        standstill: 0,
    },
    Test {
        name: "2nd_test",
        folder: "2nd_test",
        channels_per_bearing: 1,
        levels: [0.074, 0.09, 0.108, 0.053],
        offset: -0.012,
        failures: 1,
        onset: (0.45, 0.7),
        standstill: 2,
    },
    Test {
        name: "3rd_test",
        folder: "4th_test/txt",
        channels_per_bearing: 1,
        levels: [0.08, 0.085, 0.069, 0.075],
        offset: -0.004,
        failures: 1,
        onset: (0.75, 0.95),
        standstill: 1,
    },
];

/// Lines of a healthy rig in hertz: shaft, its double, a family about 505 and 1010 Hz, and a faint one where the
/// outer races are passed.
const LINES: [f64; 8] = [33.33, 66.67, 504.8, 1002.0, 1009.7, 1017.4, 2019.4, 236.4];

fn plan(rig: &Rig, seed: Seed, scale: Scale) -> Vec<RunPlan> {
    let mut rng = seed.derive("ims", 0).rng();
    let mut elements =
        [Fault::InnerRace, Fault::RollingElement, Fault::OuterRace, Fault::OuterRace];
    elements.shuffle(&mut rng);
    let mut characters = [Character::Plain, Character::Healing, Character::Fading, Character::Wear];
    characters.shuffle(&mut rng);
    let mut faults = elements.into_iter().zip(characters);
    TESTS
        .iter()
        .map(|test| {
            let faults = faults.by_ref().take(test.failures).collect::<Vec<_>>();
            run(rig, test, &faults, scale, &mut rng)
        })
        .collect()
}

fn run(
    rig: &Rig,
    test: &Test,
    faults: &[(Fault, Character)],
    scale: Scale,
    rng: &mut impl Rng,
) -> RunPlan {
    let setup = rig.setup(test.name);
    let rate = setup.sampling_rate_hz;
    let files = layout::files(test.name, test.standstill, scale.every, rng);
    let end = files[files.len() - 1 - test.standstill].hours;
    let mut order = [0, 1, 2, 3];
    order.shuffle(rng);
    let (failing, survivors) = order.split_at(faults.len());
    let drifting = survivors[0];
    let mut channels = Vec::new();
    for (bearing, level) in test.levels.iter().enumerate() {
        for _ in 0..test.channels_per_bearing {
            let share = rng.random_range(0.12..0.38);
            let size = if bearing == drifting { rng.random_range(0.08..0.11) } else { 0.012 };
            let from = end * rng.random_range(0.1..0.4);
            channels.push(ChannelPlan {
                bearing,
                level: level * rng.random_range(0.9..1.1),
                offset: test.offset + rng.random_range(-0.003..0.003),
                drift: Drift {
                    change: if rng.random::<bool>() { size } else { -size },
                    from_hours: from,
                    to_hours: from + end * rng.random_range(0.2..0.5),
                },
                voice: Voice::new(&[3400.0, 4600.0, 1400.0], &LINES, share, rate, rng),
            });
        }
    }
    let bearings = (0..4)
        .map(|bearing| {
            let nth = failing.iter().position(|&failing| failing == bearing);
            let fault = nth.map(|nth| {
                let (element, character) = faults[nth];
                let last = match character {
                    Character::Plain | Character::Healing => rng.random_range(6.0..9.0),
                    Character::Fading => rng.random_range(3.0..4.5),
                    Character::Wear => rng.random_range(4.0..7.0),
                };
                FaultPlan {
                    elements: vec![element],
                    onset_hours: end * rng.random_range(test.onset.0..test.onset.1),
                    end_hours: end,
                    course: Course::new(character, last, rng),
                    modes: modes(rng),
                    slip: rng.random_range(0.005..0.015),
                    reach: reach(&channels, bearing, rng),
                }
            });
            BearingPlan { name: (bearing + 1).to_string(), fault }
        })
        .collect();
    RunPlan {
        name: test.name.to_owned(),
        folder: test.folder.to_owned(),
        sampling_rate_hz: rate,
        shaft_hz: setup.shaft_hz,
        orders: setup.geometry.as_ref().map_or(super::xjtu::LDK, |g| g.orders()),
        mains_hz: 60.0,
        files,
        bearings,
        channels,
    }
}

/// Three resonances that strikes excite; the lowest is the most damped, or strikes would run into each other.
fn modes(rng: &mut impl Rng) -> Vec<(f64, f64)> {
    [(1200.0, 0.1), (4300.0, 0.04), (6200.0, 0.03)]
        .map(|(hz, damping)| {
            (hz * rng.random_range(0.93..1.07), damping * rng.random_range(0.8..1.2))
        })
        .to_vec()
}

/// A fault is heard in full on its own channels, and by a tenth to a fifth on the others.
fn reach(channels: &[ChannelPlan], bearing: usize, rng: &mut impl Rng) -> Vec<f64> {
    channels
        .iter()
        .map(|channel| {
            if channel.bearing == bearing {
                rng.random_range(0.8..1.0)
            } else {
                rng.random_range(0.1..0.2)
            }
        })
        .collect()
}
