//! The process, drawn row by row. Every part has a stream of its own, so a new walk leaves the rest as it was.

use gauntlet_core::Seed;
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use rand_distr::{Distribution as _, StandardNormal};

use super::{Draws, ROWS, rules};
use crate::simulate::pchip::Pchip;

/// More rows than this are refused: serial numbers would outgrow their six digits.
const MOST_ROWS: usize = 900_000;

/// Drafts drawn before the published counts are given up.
const MOST_DRAFTS: u64 = 2_000;

/// Failures in 10,000 rows that a draft may have.
const HEAT: (f64, f64) = (60.0, 180.0);
const WEAR: (f64, f64) = (31.0, 61.0);
const POWER: (f64, f64) = (70.0, 120.0);
const OVERSTRAIN: (f64, f64) = (73.0, 123.0);

/// Speed (rpm) over torque (Nm), measured on the published file.
const SPEED: [(f64, f64); 25] = [
    (5.0, 2850.0),
    (7.0, 2790.0),
    (9.0, 2729.0),
    (11.0, 2665.0),
    (13.0, 2535.0),
    (15.0, 2347.0),
    (17.0, 2174.0),
    (19.0, 2052.0),
    (21.0, 1949.0),
    (23.0, 1872.0),
    (25.0, 1802.0),
    (28.0, 1715.0),
    (31.0, 1648.0),
    (34.0, 1591.0),
    (37.0, 1540.0),
    (40.0, 1500.0),
    (43.0, 1462.0),
    (46.0, 1436.0),
    (49.0, 1409.0),
    (52.0, 1384.0),
    (55.0, 1364.0),
    (60.0, 1328.0),
    (65.0, 1299.0),
    (70.0, 1290.0),
    (75.0, 1269.0),
];

/// Quality variant of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Low,
    Medium,
    High,
}

/// One row, as printed: temperatures and torque in tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) air: i64,
    pub(super) process: i64,
    pub(super) speed: i64,
    pub(super) torque: i64,
    pub(super) wear: i64,
    pub(super) failure: bool,
    pub(super) twf: bool,
    pub(super) rnf: bool,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The letter it is printed as.
    pub(super) fn letter(self) -> &'static str {
        match self {
            Self::Low => "L",
            Self::Medium => "M",
            Self::High => "H",
        }
    }

    /// The serial number of row `udi` less that number.
    pub(super) fn serial_offset(self) -> usize {
        match self {
            Self::Low => 47_179,
            Self::Medium => 14_859,
            Self::High => 29_413,
        }
    }

    /// Minutes of wear that one product adds to the tool.
    fn wear(self) -> i64 {
        match self {
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 5,
        }
    }
}

impl Row {
    /// Tenths to the 64-bit number nearest to the printed decimal, as any reader of the file gets it.
    fn printed(tenths: i64) -> f64 {
        tenths as f64 / 10.0
    }

    pub(super) fn hdf(&self) -> bool {
        rules::heat(Self::printed(self.air), Self::printed(self.process), self.speed as f64)
    }

    pub(super) fn pwf(&self) -> bool {
        rules::power(Self::printed(self.torque), self.speed as f64)
    }

    pub(super) fn osf(&self) -> bool {
        rules::overstrain(self.kind.letter(), self.wear as f64, Self::printed(self.torque))
    }

    fn has_mode(&self) -> bool {
        self.twf || self.hdf() || self.pwf() || self.osf()
    }
}

/// Draws the rows, and says how many drafts that took.
pub(super) fn draw(rows: usize, seed: Seed) -> Result<(Vec<Row>, Draws), String> {
    if rows == 0 || rows > MOST_ROWS {
        return Err(format!("ask for 1 to {MOST_ROWS} rows, not {rows}"));
    }
    let (mut drawn, loads) = first_within("load", |attempt| {
        let mut drawn = load(rows, seed.derive("ai4i.load", attempt));
        mount_tools(&mut drawn, seed.derive("ai4i.tools", attempt));
        // These counts only scatter; in a small file they may.
        let fits = rows < ROWS
            || is_within(&drawn, WEAR, |row| row.twf)
                && is_within(&drawn, POWER, Row::pwf)
                && is_within(&drawn, OVERSTRAIN, Row::osf);
        fits.then_some(drawn)
    })?;
    let ((), walks) = first_within("walk", |attempt| {
        walk(&mut drawn, seed.derive("ai4i.walk", attempt));
        is_within(&drawn, HEAT, Row::hdf).then_some(())
    })?;
    label(&mut drawn, seed);
    Ok((drawn, Draws { loads, walks }))
}

/// The first draft that fits, and how many were drawn.
fn first_within<T>(
    what: &str,
    mut draft: impl FnMut(u64) -> Option<T>,
) -> Result<(T, u64), String> {
    (0..MOST_DRAFTS).find_map(|attempt| draft(attempt).map(|fits| (fits, attempt + 1))).ok_or_else(
        || format!("no {what} of {MOST_DRAFTS} has the published counts: use another seed"),
    )
}

/// Whether as many rows fail as the bounds for 10,000 allow, scaled to the rows there are.
fn is_within(rows: &[Row], (low, high): (f64, f64), fails: impl Fn(&Row) -> bool) -> bool {
    let scale = rows.len() as f64 / ROWS as f64;
    let count = rows.iter().filter(|row| fails(row)).count() as f64;
    (low * scale).floor() <= count && count <= (high * scale).ceil()
}

/// Types, torques and speeds: independent from row to row.
fn load(rows: usize, seed: Seed) -> Vec<Row> {
    let mut rng = seed.rng();
    let curve = Pchip::new(&SPEED);
    let mut row = || {
        let kind = match rng.random::<f64>() {
            u if u < 0.6 => Kind::Low,
            u if u < 0.9 => Kind::Medium,
            _ => Kind::High,
        };
        let torque = loop {
            let z: f64 = StandardNormal.sample(&mut rng);
            let tenths = ((40.0 + 10.0 * z) * 10.0).round();
            if tenths > 35.0 {
                break tenths as i64;
            }
        };
        let noise: f64 = StandardNormal.sample(&mut rng);
        let speed = (curve.at(Row::printed(torque)) + 50.0 * noise).round().clamp(1168.0, 2886.0);
        Row {
            kind,
            air: 0,
            process: 0,
            speed: speed as i64,
            torque,
            wear: 0,
            failure: false,
            twf: false,
            rnf: false,
        }
    };
    (0..rows).map(|_| row()).collect()
}

/// Wear: each tool works until a limit of its own, then it fails or is replaced.
fn mount_tools(rows: &mut [Row], seed: Seed) {
    let mut rng = seed.rng();
    let mut next_limit = || loop {
        let z: f64 = StandardNormal.sample(&mut rng);
        let limit = 215.7 + 10.6 * z;
        if (198.0..=253.0).contains(&limit) {
            return (limit, rng.random::<f64>() < 0.387);
        }
    };
    let (mut limit, mut fails) = next_limit();
    let mut wear = 0;
    for row in rows {
        row.wear = wear;
        wear += row.kind.wear();
        if row.wear as f64 >= limit {
            row.twf = fails;
            wear = 0;
            (limit, fails) = next_limit();
        }
    }
}

/// Temperatures: two random walks, each brought to its published mean and deviation over the whole series.
fn walk(rows: &mut [Row], seed: Seed) {
    let air = standard_walk(rows.len(), seed.derive("air", 0));
    let above = standard_walk(rows.len(), seed.derive("process", 0));
    for ((row, air), above) in rows.iter_mut().zip(air).zip(above) {
        let air = 300.0 + 2.0 * air;
        row.air = (air * 10.0).round() as i64;
        row.process = ((air + 10.0 + above) * 10.0).round() as i64;
    }
}

/// A random walk with mean 0 and deviation 1.
fn standard_walk(steps: usize, seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    let mut at = 0.0;
    let mut walk: Vec<f64> = (0..steps)
        .map(|_| {
            let step: f64 = StandardNormal.sample(&mut rng);
            at += step;
            at
        })
        .collect();
    let n = steps as f64;
    let mean = walk.iter().sum::<f64>() / n;
    let variance = walk.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    // One step is no walk: it stays at the mean.
    let scale = if variance > 0.0 { variance.sqrt().recip() } else { 0.0 };
    walk.iter_mut().for_each(|x| *x = (*x - mean) * scale);
    walk
}

/// Random failures, which the published label leaves out, and the 9 labels in 10,000 that have no mode.
fn label(rows: &mut [Row], seed: Seed) {
    let mut rng = seed.derive("ai4i.label", 0).rng();
    let mut sound = Vec::new();
    for (position, row) in rows.iter_mut().enumerate() {
        row.rnf = rng.random::<f64>() < 0.0019;
        row.failure = row.has_mode();
        if !row.failure && !row.rnf {
            sound.push(position);
        }
    }
    let flips = (rows.len() as f64 * 9.0 / 10_000.0).round() as usize;
    let (flipped, _) = sound.partial_shuffle(&mut rng, flips);
    for &mut position in flipped {
        rows[position].failure = true;
    }
}
