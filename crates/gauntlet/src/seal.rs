//! The record of openings of sealed test sets: `reports/<name>/seal.jsonl`, one line each.

use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use gauntlet_core::{Digest, Opening};
use serde::{Deserialize, Serialize};

use crate::home::Home;

#[derive(Serialize, Deserialize)]
struct Line {
    at_ms: u128,
    split: Digest,
    rows: usize,
    pipeline: Digest,
}

/// Appends an opening and returns how often that test set has been opened, this time included.
pub(crate) fn record(
    home: &Home,
    gauntlet: &str,
    pipeline: Digest,
    opening: &Opening,
) -> Result<usize> {
    let folder = home.reports(gauntlet);
    fs_err::create_dir_all(&folder)?;
    let path = folder.join("seal.jsonl");
    let at_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let line = Line { at_ms, split: opening.split, rows: opening.rows, pipeline };
    let mut text = serde_json::to_string(&line)?;
    text.push('\n');
    // One write of one line: a process that is killed leaves the line or nothing of it.
    let mut file = fs_err::OpenOptions::new().create(true).append(true).open(&path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    count(&path, opening.split)
}

fn count(path: &Path, split: Digest) -> Result<usize> {
    let text = fs_err::read_to_string(path)?;
    let lines = text.lines().enumerate().map(|(number, line)| {
        serde_json::from_str::<Line>(line)
            .with_context(|| format!("{}, line {} is damaged", path.display(), number + 1))
    });
    let lines = lines.collect::<Result<Vec<Line>>>()?;
    Ok(lines.iter().filter(|line| line.split == split).count())
}
