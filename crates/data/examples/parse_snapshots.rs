//! Times the parsing of one snapshot on one thread, for `bench/vibration/parse.py`.
//!
//! `parse_snapshots DESCRIPTOR FILE ROUNDS` prints seconds per round as JSON, and the sum of all samples, by which
//! the other side shows that it read the same numbers. The file is read anew in every round.

use std::path::Path;
use std::time::Instant;

use gauntlet_data::vibration::{Rig, SnapshotReader};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [descriptor, file, rounds] = &arguments[..] else {
        return Err("usage: parse_snapshots DESCRIPTOR FILE ROUNDS".into());
    };
    let rig = Rig::read(Path::new(descriptor))?;
    let mut reader = SnapshotReader::new(&rig);
    let mut seconds = Vec::new();
    let mut sum = 0.0;
    for _ in 0..rounds.parse::<usize>()? {
        let start = Instant::now();
        reader.read(Path::new(file))?;
        seconds.push(start.elapsed().as_secs_f64());
        sum = reader.columns().flatten().sum();
    }
    println!("{}", serde_json::json!({ "seconds": seconds, "sum": sum }));
    Ok(())
}
