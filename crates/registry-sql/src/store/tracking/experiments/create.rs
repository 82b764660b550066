//! Making experiments.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use gauntlet_mlflow::{Backend, CreateExperiment, CreateExperimentAnswer, Error, Result};

use super::super::{check, fresh, uri};
use super::tags;
use crate::Store;
use crate::db::{Conn, sql};
use crate::store::errors::Failed;

/// An experiment that was checked.
struct New {
    name: String,
    /// Where its artefacts go, if that was asked for.
    location: Option<String>,
    /// Where they go otherwise, below its number.
    root: String,
    tags: BTreeMap<String, String>,
}

impl Backend<CreateExperiment> for Store {
    async fn call(&self, request: CreateExperiment) -> Result<CreateExperimentAnswer> {
        let name = request.name.unwrap_or_default();
        let location = request.artifact_location.filter(|location| !location.is_empty());
        let location = location.map(|location| uri::location(&location)).transpose()?;
        check::experiment_name(&name)?;
        let mut tags = BTreeMap::new();
        for tag in request.tags {
            let (key, value) = (tag.key.unwrap_or_default(), tag.value.unwrap_or_default());
            check::experiment_tag(&key, &value)?;
            if tags.insert(key.clone(), value).is_some() {
                let message =
                    format!("Experiment(name={name}): the tag '{key}' is given more than once.");
                return Err(Error::exists(message));
            }
        }
        let root = self.settings.default_artifact_root.clone();
        let new = New { name, location, root, tags };
        let id = self.write(move |db| async move { create(db, new).await }.boxed()).await?;
        Ok(CreateExperimentAnswer { experiment_id: Some(id.to_string()) })
    }
}

async fn create(db: &mut Conn, new: New) -> Result<i64, Failed> {
    let now = fresh::now_ms();
    let insert = sql("INSERT INTO experiments
            (name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace)
        VALUES (?, ?, 'active', ?, ?, 'default')
        ON CONFLICT (workspace, name) DO NOTHING RETURNING experiment_id")
    .bind(&new.name)
    .bind(new.location.as_deref())
    .bind(now)
    .bind(now);
    let Some(row) = db.row(insert).await? else {
        let message = format!("Experiment(name={}) already exists.", new.name);
        return Err(Error::exists(message).into());
    };
    let id: i64 = row.get(0)?;
    if new.location.is_none() {
        let location = uri::append(&new.root, &[&id.to_string()])?;
        let update = sql("UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?");
        db.execute(update.bind(location).bind(id)).await?;
    }
    tags::upsert(db, id, new.tags).await?;
    Ok(id)
}
