//! Whether names, artefacts, pointers and history agree.

use std::collections::{BTreeMap, BTreeSet};

use gauntlet_core::{Alias, Digest, ModelName, Version};
use gauntlet_registry::{Event, Result, published};
use serde::Serialize;

use crate::EmbeddedRegistry;
use crate::convert::{During as _, parse};
use crate::db::{Conn, Dialect, sql};
use crate::registry::read;

const DOING: &str = "checking it";

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Versions with a bundle.
    pub versions: usize,
    /// Bundles whose files were all hashed again.
    pub bundles: usize,
    /// Aliases.
    pub aliases: usize,
    /// Moves of aliases.
    pub events: usize,
    /// What is wrong; empty if all is well.
    pub findings: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about: a model, an alias, a bundle, a table.
    pub subject: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Checked {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, subject: impl Into<String>, problem: impl Into<String>) {
        self.findings.push(Finding { subject: subject.into(), problem: problem.into() });
    }
}

impl EmbeddedRegistry {
    /// Checks that every version with a bundle and every alias has its artefacts with the right bytes, that pointer
    /// files say what the database says, that rows refer to rows that exist, and that the history has no gap.
    ///
    /// It reads only, and may run beside writers: what they change meanwhile is no finding.
    ///
    /// # Errors
    /// It could not be looked at; what is wrong is in the answer.
    pub async fn check(&self) -> Result<Checked> {
        let mut checked = Checked::default();
        // Pointers follow a commit a moment later: only what two looks agree on is wrong.
        let pointers = self.stale_pointers().await? && {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            self.stale_pointers().await?
        };
        if pointers {
            checked.find("pointers", "the published files are not what the database says");
        }
        let mut db = self.snapshot().await?;
        rows(&mut db, &mut checked).await?;
        aliases(&mut db, &mut checked).await?;
        history(&mut db, &mut checked).await?;
        let bundles = bundles(&mut db, &mut checked).await?;
        drop(db);
        for (digest, subject) in bundles {
            match self.artifacts().verify(&digest).await {
                Ok(_) => checked.bundles += 1,
                Err(error) => checked.find(subject, error.to_string()),
            }
        }
        Ok(checked)
    }

    async fn stale_pointers(&self) -> Result<bool> {
        let mut db = self.snapshot().await?;
        let pointers = read::pointers(&mut db, self.artifacts().as_ref()).await?;
        Ok(!published::agrees(self.root(), &pointers)?)
    }
}

/// Rows that refer to nothing. PostgreSQL enforces this itself.
async fn rows(db: &mut Conn, checked: &mut Checked) -> Result<()> {
    if db.dialect() == Dialect::Sqlite {
        for row in db
            .rows(sql("SELECT integrity_check FROM pragma_integrity_check"))
            .await
            .during(DOING)?
        {
            let problem: String = row.get(0).during(DOING)?;
            if problem != "ok" {
                checked.find("database", problem);
            }
        }
        let orphans = sql("SELECT \"table\", count(*), \"parent\" FROM pragma_foreign_key_check
            GROUP BY \"table\", \"parent\"");
        for row in db.rows(orphans).await.during(DOING)? {
            let (table, count): (String, i64) =
                (row.get(0).during(DOING)?, row.get(1).during(DOING)?);
            let parent: String = row.get(2).during(DOING)?;
            checked
                .find(table, format!("{count} rows refer to rows of {parent} that are not there"));
        }
    }
    Ok(())
}

/// Aliases that point at no version.
async fn aliases(db: &mut Conn, checked: &mut Checked) -> Result<()> {
    let select =
        sql("SELECT a.name, a.alias, a.version, v.current_stage FROM registered_model_aliases a
        LEFT JOIN model_versions v ON v.workspace = a.workspace AND v.name = a.name
            AND v.version = a.version
        WHERE a.workspace = 'default' ORDER BY a.name, a.alias");
    for row in db.rows(select).await.during(DOING)? {
        checked.aliases += 1;
        let stage: Option<String> = row.get(3).during(DOING)?;
        if stage.as_deref().is_none_or(|stage| stage == "Deleted_Internal") {
            let (name, alias): (String, String) =
                (row.get(0).during(DOING)?, row.get(1).during(DOING)?);
            let version: i64 = row.get(2).during(DOING)?;
            let problem = format!("it points at version {version}, which is not there");
            checked.find(format!("{name}@{alias}"), problem);
        }
    }
    Ok(())
}

/// Gaps in the history, and aliases that are not where it ends.
async fn history(db: &mut Conn, checked: &mut Checked) -> Result<()> {
    let events = read::all_events(db).await?;
    checked.events = events.len();
    let mut ends: BTreeMap<(ModelName, Alias), Option<Version>> = BTreeMap::new();
    for (expected, event) in (1_i64..).zip(&events) {
        if event.id != expected {
            let problem = format!("event {expected} is missing: {} follows", event.id);
            checked.find("history", problem);
            break;
        }
    }
    for event in &events {
        let key = (event.model.clone(), event.alias.clone());
        if let Some(end) = ends.insert(key, event.to)
            && end != event.from
        {
            checked.find(
                subject(event),
                format!("event {} does not begin where the last ended", event.id),
            );
        }
    }
    let mut known: BTreeMap<ModelName, BTreeMap<Alias, Version>> = BTreeMap::new();
    for ((model, alias), end) in ends {
        if !known.contains_key(&model) {
            known.insert(model.clone(), read::aliases(db, &model).await?);
        }
        let place = known.get(&model).and_then(|aliases| aliases.get(&alias)).copied();
        if place != end {
            let says =
                |v: Option<Version>| v.map_or("nowhere".to_owned(), |v| format!("at version {v}"));
            let problem = format!("it is {}, and the history says {}", says(place), says(end));
            checked.find(format!("{model}@{alias}"), problem);
        }
    }
    Ok(())
}

fn subject(event: &Event) -> String {
    format!("{}@{}", event.model, event.alias)
}

/// The bundles of all versions, each with the first version that has it.
async fn bundles(db: &mut Conn, checked: &mut Checked) -> Result<BTreeMap<Digest, String>> {
    let select = sql("SELECT d.name, d.version, d.digest FROM gauntlet_digests d
        JOIN model_versions v ON v.workspace = d.workspace AND v.name = d.name
            AND v.version = d.version AND v.current_stage <> 'Deleted_Internal'
        WHERE d.workspace = 'default' ORDER BY d.name, d.version");
    let mut bundles = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for row in db.rows(select).await.during(DOING)? {
        let (name, digest): (String, String) =
            (row.get(0).during(DOING)?, row.get(2).during(DOING)?);
        let version: i64 = row.get(1).during(DOING)?;
        checked.versions += 1;
        let digest: Digest = parse("gauntlet_digests.digest", &digest)?;
        if seen.insert(digest) {
            bundles.insert(digest, format!("{name} version {version}"));
        }
    }
    Ok(bundles)
}
