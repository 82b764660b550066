//! How much is drawn of what the real recordings hold.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Machines and ids, and how many normal and abnormal clips of each id were published.
pub(super) const PUBLISHED: [(&str, [(usize, usize); 4]); 4] = [
    ("fan", [(1011, 407), (1016, 359), (1033, 348), (1015, 361)]),
    ("pump", [(1006, 143), (1005, 111), (702, 100), (1036, 102)]),
    ("slider", [(1068, 356), (1068, 267), (534, 178), (534, 89)]),
    ("valve", [(991, 119), (708, 120), (1000, 120), (992, 120)]),
];

/// The names of the four ids of a machine.
pub(super) const IDS: [&str; 4] = ["00", "02", "04", "06"];

/// The fewest clips of an id, normal and abnormal.
const LEAST: (usize, usize) = (4, 2);

/// How much is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Powers of machine over noise in decibels; every recording is written under each.
    pub snrs_db: Vec<i32>,
    /// How many ids there are of each machine, up to four.
    pub ids: BTreeMap<String, usize>,
    /// Clips of each id.
    pub clips: Clips,
}

/// How many clips an id has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Clips {
    /// As many of every id.
    Each {
        /// Normal ones.
        normal: usize,
        /// Abnormal ones.
        abnormal: usize,
    },
    /// This share of those that were published, from over 0 to 1.
    Share(f64),
}

impl Scale {
    /// A size for every day: under 1.5 GB on disk, at 0 dB.
    #[must_use]
    pub fn everyday() -> Self {
        let ids = [("fan", 2), ("pump", 2), ("slider", 1), ("valve", 1)];
        Self {
            snrs_db: vec![0],
            ids: ids.map(|(machine, ids)| (machine.to_owned(), ids)).into(),
            clips: Clips::Each { normal: 70, abnormal: 25 },
        }
    }

    /// As much as was published: 138 GB.
    #[must_use]
    pub fn full() -> Self {
        Self::share(1.0)
    }

    /// All ids at all SNRs, with this share of their clips.
    #[must_use]
    pub fn share(share: f64) -> Self {
        Self {
            snrs_db: vec![-6, 0, 6],
            ids: PUBLISHED.map(|(machine, ids)| (machine.to_owned(), ids.len())).into(),
            clips: Clips::Share(share),
        }
    }

    /// What is wrong with it, if anything is.
    pub(super) fn problem(&self) -> Option<String> {
        for (machine, &ids) in &self.ids {
            if !PUBLISHED.iter().any(|(known, _)| known == machine) {
                return Some(format!("`{machine}` is none of fan, pump, slider, valve"));
            }
            if ids > IDS.len() {
                return Some(format!("{machine} has {} ids, not {ids}", IDS.len()));
            }
        }
        if self.ids.values().sum::<usize>() == 0 || self.snrs_db.is_empty() {
            return Some("there is no machine or no SNR".to_owned());
        }
        match self.clips {
            Clips::Share(share) if !(share > 0.0 && share <= 1.0) => {
                Some(format!("the share {share} is not from over 0 to 1"))
            }
            Clips::Each { normal, abnormal } if normal < LEAST.0 || abnormal < LEAST.1 => {
                let (least, few) = LEAST;
                Some(format!("an id has at least {least} normal and {few} abnormal clips"))
            }
            _ => None,
        }
    }

    /// Normal and abnormal clips of an id of which so many were published.
    pub(super) fn counts(&self, (normal, abnormal): (usize, usize)) -> (usize, usize) {
        match self.clips {
            Clips::Each { normal, abnormal } => (normal, abnormal),
            Clips::Share(share) => {
                let part = |count: usize| (count as f64 * share).round() as usize;
                (part(normal).max(LEAST.0), part(abnormal).max(LEAST.1))
            }
        }
    }
}

impl FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let scale = match text {
            "everyday" => Self::everyday(),
            "full" => Self::full(),
            _ => counted(text).or_else(|| text.parse().ok().map(Self::share)).ok_or_else(|| {
                format!(
                    "`{text}` is not everyday, full, NORMAL:ABNORMAL clips of each id such as 30:10, or a \
                     share of the published clips such as 0.02"
                )
            })?,
        };
        scale.problem().map_or(Ok(scale), Err)
    }
}

/// The machines of every day, with so many normal and abnormal clips of each.
fn counted(text: &str) -> Option<Scale> {
    let (normal, abnormal) = text.split_once(':')?;
    let (normal, abnormal) = (normal.parse().ok()?, abnormal.parse().ok()?);
    Some(Scale { clips: Clips::Each { normal, abnormal }, ..Scale::everyday() })
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.clips {
            Clips::Each { normal, abnormal } => {
                write!(f, "{normal} normal and {abnormal} abnormal clips of each id")
            }
            Clips::Share(share) => write!(f, "{share} of the published clips"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_what_was_published() {
        let full = Scale::full();
        let ids = PUBLISHED.iter().flat_map(|(_, ids)| ids);
        let counts: Vec<_> = ids.map(|&id| full.counts(id)).collect();
        let clips: usize = counts.iter().map(|(normal, abnormal)| normal + abnormal).sum();
        assert_eq!(clips * full.snrs_db.len(), 54_057);
    }

    #[test]
    fn every_day_fits_on_a_small_disk() {
        let everyday = Scale::everyday();
        let (normal, abnormal) = everyday.counts((0, 0));
        assert!(normal >= 60 && abnormal >= 20);
        let ids: usize = everyday.ids.values().sum();
        assert!(ids * (normal + abnormal) * 2_560_080 <= 1_500_000_000);
    }

    #[test]
    fn scales_are_read_and_refused() {
        assert_eq!("everyday".parse::<Scale>().unwrap(), Scale::everyday());
        assert_eq!("0.02".parse::<Scale>().unwrap(), Scale::share(0.02));
        assert_eq!("70:25".parse::<Scale>().unwrap(), Scale::everyday());
        for text in ["30", "1:1", "30:", "0", "2", "-1", "nan", "tiny"] {
            assert!(text.parse::<Scale>().is_err(), "{text}");
        }
    }
}
