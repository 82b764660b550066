//! The 52 sensors: their level at work, their level at rest, and what moves them.

use gauntlet_core::Seed;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// Number of sensors.
pub(super) const COUNT: usize = 52;

/// Mean at work per sensor, in the published file's units, which are not named.
const LEVEL: [f64; COUNT] = [
    2.45, 48.0, 51.3, 44.1, 625.0, 75.7, 13.6, 16.0, 15.5, 15.0, 43.0, 46.0, 32.0, 7.5, 410.0, 0.0,
    447.0, 452.0, 2.5, 640.0, 391.0, 860.0, 490.0, 960.0, 600.0, 690.0, 810.0, 540.0, 1010.0,
    700.0, 640.0, 870.0, 830.0, 510.0, 190.0, 440.0, 640.0, 66.0, 49.6, 35.8, 66.5, 35.2, 35.4,
    43.6, 42.1, 42.7, 47.4, 44.0, 148.0, 57.0, 190.0, 201.0,
];

/// Blocks of sensors that share a process, as first and last sensor.
const BLOCKS: [(usize, usize); 5] = [(0, 12), (13, 13), (14, 26), (27, 37), (38, 51)];

/// One sensor.
#[derive(Debug, Clone)]
pub(super) struct Sensor {
    /// Mean at work.
    pub(super) level: f64,
    /// Mean at rest.
    pub(super) rest: f64,
    /// Standard deviation at work.
    pub(super) spread: f64,
    /// Shares of load, ambient, wear and of the block's process, and of the sensor's own noise.
    pub(super) load: f64,
    pub(super) ambient: f64,
    pub(super) wear: f64,
    pub(super) shared: f64,
    pub(super) noise: f64,
    /// Its block.
    pub(super) block: usize,
    /// Steps in which it reads; 0 if it reads seven digits.
    pub(super) quantum: f64,
}

/// The block of a sensor.
pub(super) fn block(sensor: usize) -> usize {
    BLOCKS.iter().position(|(first, last)| (*first..=*last).contains(&sensor)).unwrap_or(0)
}

/// Number of blocks.
pub(super) const BLOCK_COUNT: usize = BLOCKS.len();

/// The sensors: the same pump whatever the seed of a run.
pub(super) fn all() -> Vec<Sensor> {
    let mut rng = Seed(2018).rng();
    let sign = |positive: bool| if positive { 1.0 } else { -1.0 };
    let mut sensors = Vec::with_capacity(COUNT);
    for (sensor, level) in LEVEL.iter().enumerate() {
        let spread = level * rng.random_range(0.02..0.06);
        // The matrix is sparse: half of the sensors follow the load, a third the ambient, a quarter the wear.
        let mut share = |chance: f64, low: f64, high: f64| {
            let (drawn, size, up) =
                (rng.random_bool(chance), rng.random_range(low..high), rng.random_bool(0.7));
            if drawn { size * sign(up) } else { 0.0 }
        };
        let (load, ambient) = (share(0.5, 0.3, 0.8), share(0.35, 0.2, 0.5));
        let (wear, shared) = (share(0.25, 0.2, 0.5), share(1.0, 0.3, 0.6));
        let quantum = match sensor {
            38..=47 | 49 => 0.260_416_7,
            48 | 50 | 51 => 0.289_351_9,
            5 | 12 | 13 | 37 => 0.0,
            _ if sensor % 3 == 1 => spread / 25.0,
            _ => 0.0,
        };
        sensors.push(Sensor {
            level: *level,
            rest: level * rng.random_range(0.02..0.35),
            spread,
            load,
            ambient,
            wear,
            shared,
            noise: rng.random_range(0.35..0.55),
            block: block(sensor),
            quantum,
        });
    }
    sensors
}

/// A walk that returns to 0.
pub(super) struct Walk {
    value: f64,
    keep: f64,
    step: f64,
}

impl Walk {
    /// A walk that remembers about `reach` rows, with standard deviation `sd`.
    pub(super) fn new(reach: f64, sd: f64) -> Self {
        let keep = (-1.0 / reach).exp();
        Self { value: 0.0, keep, step: sd * (1.0 - keep * keep).sqrt() }
    }

    pub(super) fn next(&mut self, rng: &mut impl rand::Rng) -> f64 {
        let draw: f64 = StandardNormal.sample(rng);
        self.value = self.value * self.keep + self.step * draw;
        self.value
    }
}
