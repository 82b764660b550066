//! What a judgement was made from, as every report, card and version tells it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gauntlet_core::{Digest, Origin};
use gauntlet_registry::Tag;
use serde::{Deserialize, Serialize};

/// Where the numbers of a judgement come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Provenance {
    pub(crate) title: String,
    pub(crate) dataset: String,
    pub(crate) origin: Origin,
    pub(crate) dataset_digest: Digest,
    pub(crate) split: Digest,
    pub(crate) pipeline: Digest,
    pub(crate) seed: u64,
    /// How often these sealed rows have been opened, this time included.
    pub(crate) openings: usize,
    pub(crate) notes: Vec<String>,
}

impl Provenance {
    /// The first lines of a report; `sealed` is what was opened, such as `sealed hours`.
    pub(crate) fn head(&self, sealed: &str) -> String {
        let mut text = format!("\n{} ({} data)\n", self.title, self.origin);
        if self.origin == Origin::Simulated {
            text += "SIMULATED: these numbers describe the simulator, not real machines\n";
        }
        let _ = writeln!(
            text,
            "dataset {} {}, split {}, pipeline {}, seed {}; {sealed} opened {} time(s)",
            self.dataset,
            self.dataset_digest.short(),
            self.split.short(),
            self.pipeline.short(),
            self.seed,
            self.openings
        );
        for note in &self.notes {
            let _ = writeln!(text, "note: {note}");
        }
        text
    }

    /// The first lines of a card.
    pub(crate) fn card_head(&self) -> String {
        let mut card = format!("# {}\n\n", self.title);
        if self.origin == Origin::Simulated {
            card += "> **Simulated data.** Every number here describes the simulator, not real machines.\n\n";
        }
        card
    }

    /// The sections of a card that say what it was made from, and begin with its limits.
    pub(crate) fn card_sections(&self) -> String {
        let mut card = "## What it was made from\n\n".to_owned();
        for (key, value) in [
            ("dataset", format!("{} ({} data)", self.dataset, self.origin)),
            ("dataset digest", self.dataset_digest.to_string()),
            ("split", self.split.to_string()),
            ("pipeline", self.pipeline.to_string()),
            ("seed", self.seed.to_string()),
        ] {
            let _ = writeln!(card, "- {key}: `{value}`");
        }
        card += "\n## Limits\n\n";
        for note in &self.notes {
            let _ = writeln!(card, "- {note}.");
        }
        card
    }

    /// Tags of a version: whose bundle it is, of which kind, on which recipe.
    pub(crate) fn tags(
        &self,
        bundle: Digest,
        kind: &str,
        recipe: &str,
    ) -> BTreeMap<String, String> {
        BTreeMap::from([
            (Tag::ORIGIN.to_owned(), self.origin.to_string()),
            (Tag::BUNDLE.to_owned(), bundle.to_string()),
            ("gauntlet.kind".to_owned(), kind.to_owned()),
            ("gauntlet.recipe".to_owned(), recipe.to_owned()),
            ("gauntlet.dataset_digest".to_owned(), self.dataset_digest.to_string()),
            ("gauntlet.split_digest".to_owned(), self.split.to_string()),
            ("gauntlet.pipeline_digest".to_owned(), self.pipeline.to_string()),
            ("gauntlet.seed".to_owned(), self.seed.to_string()),
            ("gauntlet.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ])
    }
}

/// Hyperparameters as a registry keeps them: every value as text.
pub(crate) fn params(hyperparameters: &serde_json::Value) -> BTreeMap<String, String> {
    let plain =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let values = hyperparameters.as_object().into_iter().flatten();
    values.map(|(key, value)| (key.clone(), plain(value))).collect()
}
