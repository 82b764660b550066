//! Removing what nobody refers to. In doubt it stays.
//!
//! The store must belong to this registry alone: a bundle that only another registry names looks like garbage here.

use std::collections::BTreeSet;

use gauntlet_core::Digest;
use gauntlet_registry::Result;
use serde::Serialize;

use crate::EmbeddedRegistry;
use crate::convert::{During as _, parse};
use crate::db::{Conn, DbError, sql};

const DOING: &str = "looking for garbage";

/// What was removed, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// Whether it was only looked for.
    pub dry_run: bool,
    /// What was found, by kind and name.
    pub garbage: Vec<Garbage>,
    /// Bytes of the files that were removed; hard links that share them are not told apart.
    pub bytes: u64,
}

/// Something that nobody refers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    /// A bundle that no version, alias or verdict refers to.
    Bundle(Digest),
    /// The files of a deleted run: a folder, relative to the root of the artefacts.
    Run(String),
}

impl EmbeddedRegistry {
    /// Removes bundles that no version, alias or verdict refers to, and the files of deleted runs that no version
    /// was made of. The rows of such runs stay.
    ///
    /// # Errors
    /// Another writer is at work for too long, or storage failed; what was removed until then is removed.
    pub async fn collect_garbage(&self, dry_run: bool) -> Result<Collected> {
        // Nobody registers meanwhile: a bundle is stored before its name is written.
        let _turn = self.turn().await?;
        let mut db = self.begin().await?;
        let store = self.artifacts();
        if !dry_run {
            store.sweep().await?;
        }
        let kept = referred(&mut db).await?;
        let mut garbage: Vec<Garbage> = store
            .list()
            .await?
            .into_iter()
            .filter(|d| !kept.contains(d))
            .map(Garbage::Bundle)
            .collect();
        for folder in deleted_runs(&mut db, store.uri().as_deref()).await? {
            if let Some((parent, name)) = folder.rsplit_once('/')
                && store.folders(parent).await?.iter().any(|known| known == name)
            {
                garbage.push(Garbage::Run(folder));
            }
        }
        let mut bytes = 0;
        if !dry_run {
            for item in &garbage {
                bytes += match item {
                    Garbage::Bundle(digest) => store.remove(digest).await?,
                    Garbage::Run(folder) => store.remove_folder(folder).await?,
                };
            }
        }
        db.rollback().await.during(DOING)?;
        Ok(Collected { dry_run, garbage, bytes })
    }
}

/// The bundles that a version, an alias or a verdict refers to, or whose address a version holds.
async fn referred(db: &mut Conn) -> Result<BTreeSet<Digest>> {
    let mut kept = BTreeSet::new();
    let named = sql("SELECT d.digest FROM gauntlet_digests d
        WHERE EXISTS (SELECT 1 FROM model_versions v WHERE v.workspace = d.workspace
                AND v.name = d.name AND v.version = d.version
                AND v.current_stage <> 'Deleted_Internal')
            OR EXISTS (SELECT 1 FROM registered_model_aliases a WHERE a.workspace = d.workspace
                AND a.name = d.name AND a.version = d.version)
            OR EXISTS (SELECT 1 FROM gauntlet_verdicts j WHERE j.workspace = d.workspace
                AND j.name = d.name AND j.version = d.version)");
    for row in db.rows(named).await.during(DOING)? {
        let digest: String = row.get(0).during(DOING)?;
        kept.insert(parse("gauntlet_digests.digest", &digest)?);
    }
    let addressed =
        sql("SELECT coalesce(storage_location, ''), coalesce(source, '') FROM model_versions
        WHERE storage_location LIKE '%bundles/%' OR source LIKE '%bundles/%'");
    for row in db.rows(addressed).await.during(DOING)? {
        for index in [0, 1] {
            let uri: String = row.get(index).during(DOING)?;
            kept.extend(uri.split('/').filter_map(|part| part.parse::<Digest>().ok()));
        }
    }
    Ok(kept)
}

/// The folders of deleted runs that no version was made of.
async fn deleted_runs(db: &mut Conn, root: Option<&str>) -> Result<Vec<String>> {
    let select = sql("SELECT r.run_uuid, r.artifact_uri FROM runs r
        WHERE r.lifecycle_stage = 'deleted' AND r.artifact_uri IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.run_id = r.run_uuid
                OR v.source LIKE '%' || r.run_uuid || '%'
                OR v.storage_location LIKE '%' || r.run_uuid || '%')
        ORDER BY r.run_uuid");
    let rows = db.rows(select).await.during(DOING)?;
    let folders = rows.iter().map(|row| {
        let (run, uri): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(folder(&run, &uri, root))
    });
    let folders: Result<Vec<Option<String>>, DbError> = folders.collect();
    Ok(folders.during(DOING)?.into_iter().flatten().collect())
}

/// The folder of a run in our store; `None` if its files are elsewhere.
fn folder(run: &str, uri: &str, root: Option<&str>) -> Option<String> {
    let ours = |root: &str| uri.strip_prefix(root)?.strip_prefix('/');
    let path = ours("mlflow-artifacts:").or_else(|| root.and_then(ours))?;
    let folder = path.strip_suffix("/artifacts")?;
    let plain = folder.split('/').all(|part| !matches!(part, "" | "." | ".."));
    (plain && folder.rsplit('/').next() == Some(run)).then(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_runs_own_folder_in_our_store_is_touched() {
        let find = |uri: &str| folder("r1", uri, Some("s3://b/p"));
        assert_eq!(find("mlflow-artifacts:/1/r1/artifacts").as_deref(), Some("1/r1"));
        assert_eq!(find("s3://b/p/1/r1/artifacts").as_deref(), Some("1/r1"));
        for elsewhere in [
            "s3://b/other/1/r1/artifacts",
            "s3://b/pp/1/r1/artifacts",
            "/tmp/1/r1/artifacts",
            "mlflow-artifacts:/1/r2/artifacts",
            "mlflow-artifacts:/1/../r1/artifacts",
            "mlflow-artifacts://host/1/r1/artifacts",
            "mlflow-artifacts:/1/r1",
        ] {
            assert_eq!(find(elsewhere), None, "{elsewhere}");
        }
    }
}
