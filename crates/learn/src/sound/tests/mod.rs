//! Clips that can be followed by hand, and a simulated type of machine.

mod choice;
mod judged;
mod split;

use gauntlet_core::{Seed, Train};
use rand::RngExt;

use super::*;
use crate::testing::rows;
use crate::{Samples, Target};

fn place(id: &str, snr: &str) -> Place {
    Place { machine: "fan".to_owned(), id: id.to_owned(), snr: snr.to_owned() }
}

fn clip(id: &str, snr: &str, recording: &str, abnormal: bool) -> Clip {
    Clip { place: place(id, snr), recording: recording.to_owned(), abnormal, given: None }
}

/// A task with these scores of normal and of abnormal clips.
fn task(id: &str, snr: &str, normal: &[f32], abnormal: &[f32]) -> ScoredTask {
    let clips = |scores: &[f32], abnormal: bool| -> Vec<ScoredClip> {
        let kind = if abnormal { "abnormal" } else { "normal" };
        let clip = |(at, score): (usize, &f32)| ScoredClip {
            recording: format!("{kind}/{at:08}"),
            session: None,
            abnormal,
            score: *score,
        };
        scores.iter().enumerate().map(clip).collect()
    };
    let all = [clips(normal, false), clips(abnormal, true)].concat();
    ScoredTask { place: place(id, snr), threshold: None, clips: all }
}

/// A sum of twelve uniform numbers, which is nearly normal, around `shift`.
fn draws(n: usize, shift: f32, seed: u64) -> Vec<f32> {
    let mut rng = Seed(seed).rng();
    (0..n).map(|_| (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0 + shift).collect()
}

fn protocol() -> Protocol {
    Protocol { replicates: 300, ..Protocol::new(Seed(1)) }
}

/// Normal clips whose group is the clip.
fn normals(columns: Vec<Vec<f32>>) -> Train<Samples> {
    let n = columns[0].len();
    let mut all = columns;
    all.iter_mut().for_each(|column| column.push(0.0));
    let samples = Samples::independent(rows(all), Target::None(n + 1));
    let split = gauntlet_core::Split { train: (0..n as u32).collect(), test: vec![n as u32] };
    split.seal(&samples, n + 1).unwrap().0
}
