//! All that happened, as one document.

use gauntlet_core::{Digest, ModelName, Verdict, Version};
use gauntlet_registry::{Event, Model, ModelVersion, Result};
use serde::Serialize;

use crate::EmbeddedRegistry;
use crate::clock::now_ms;
use crate::convert::{During as _, parse, unreadable, version};
use crate::db::sql;
use crate::registry::read;

/// Models, versions, verdicts and moves of aliases of one moment.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    /// Format of the document.
    pub format: u32,
    /// When it was written, in milliseconds since 1970.
    pub at_ms: i64,
    /// All models, by name.
    pub models: Vec<Model>,
    /// All versions, by model, newest first.
    pub versions: Vec<ModelVersion>,
    /// All verdicts, oldest first, also of versions that were deleted.
    pub verdicts: Vec<RecordedVerdict>,
    /// All moves of aliases, oldest first.
    pub events: Vec<Event>,
}

/// A verdict, when it was given and on what.
#[derive(Debug, Clone, Serialize)]
pub struct RecordedVerdict {
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: Version,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its digest.
    pub digest: Digest,
    /// What it says.
    pub verdict: Verdict,
}

impl EmbeddedRegistry {
    /// Writes down all that happened, as of one moment.
    ///
    /// # Errors
    /// Storage failed, or the database holds a value that this program did not write.
    pub async fn audit(&self) -> Result<Audit> {
        const DOING: &str = "reading verdicts";
        let mut db = self.snapshot().await?;
        let models = read::models(&mut db).await?;
        let mut versions = Vec::new();
        for model in &models {
            let store = self.artifacts().as_ref();
            versions.extend(read::versions(&mut db, store, &model.model, None).await?);
        }
        let select = sql("SELECT name, version, at_ms, digest, verdict FROM gauntlet_verdicts
            WHERE workspace = 'default' ORDER BY id");
        let mut verdicts = Vec::new();
        for row in db.rows(select).await.during(DOING)? {
            let text = |index| row.get::<String>(index).during(DOING);
            let verdict = text(4)?;
            verdicts.push(RecordedVerdict {
                model: parse("gauntlet_verdicts.name", &text(0)?)?,
                version: version("gauntlet_verdicts.version", row.get(1).during(DOING)?)?,
                at_ms: row.get(2).during(DOING)?,
                digest: parse("gauntlet_verdicts.digest", &text(3)?)?,
                verdict: serde_json::from_str(&verdict)
                    .map_err(|e| unreadable("gauntlet_verdicts.verdict", &verdict, &e))?,
            });
        }
        let events = read::all_events(&mut db).await?;
        Ok(Audit { format: 1, at_ms: now_ms(), models, versions, verdicts, events })
    }
}
