//! Versions: made, described, staged, removed. A removed one keeps its number, and nothing else.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{
    Backend, CreateModelVersion, DeleteModelVersion, Empty, GetLatestVersions,
    GetLatestVersionsAnswer, GetModelVersion, GetModelVersionDownloadUri,
    GetModelVersionDownloadUriAnswer, KeyValue, ModelVersion, ModelVersionAnswer,
    ModelVersionStatus, Result, TransitionModelVersionStage, UpdateModelVersion,
};

use super::super::errors::Failed;
use super::super::protection;
use super::rows::{self, Order};
use super::{aliases, check, source, stages};
use crate::Store;
use crate::clock::now_ms;
use crate::db::{Conn, DbError, sql};
use crate::history;

fn answer(version: ModelVersion) -> ModelVersionAnswer {
    ModelVersionAnswer { model_version: Some(version) }
}

/// Notes that a registered model changed.
async fn touch(db: &mut Conn, name: &str, now: i64) -> Result<u64, DbError> {
    let touch = sql("UPDATE registered_models SET last_updated_time = ?
        WHERE workspace = 'default' AND name = ?");
    db.execute(touch.bind(now).bind(name)).await
}

impl Backend<CreateModelVersion> for Store {
    async fn call(&self, request: CreateModelVersion) -> Result<ModelVersionAnswer> {
        let name = check::model(request.name)?;
        let tags = check::tags(request.tags)?;
        let asked = source::Asked {
            source: request.source.unwrap_or_default(),
            run_id: request.run_id,
            model_id: request.model_id,
            prompt: check::is_prompt(&tags),
        };
        let (run_link, description) =
            (request.run_link.unwrap_or_default(), request.description.unwrap_or_default());
        let created = self.db.write(move |db| {
            async move {
                let found = source::resolve(db, asked).await?;
                // Before the model's row is touched: whoever waits for that row must not hold its numbers.
                let number = history::last_version(db, &name).await? + 1;
                let now = now_ms();
                if touch(db, &name, now).await? == 0 {
                    return Err(rows::no_model(&name).into());
                }
                let insert = sql(
                    "INSERT INTO model_versions (name, version, creation_time, last_updated_time,
                        description, current_stage, source, storage_location, run_id, run_link,
                        status, workspace)
                    VALUES (?, ?, ?, ?, ?, 'None', ?, ?, ?, ?, 'READY', 'default')",
                )
                .bind(&name)
                .bind(number)
                .bind(now)
                .bind(now)
                .bind(&description)
                .bind(&found.source)
                .bind(&found.storage_location)
                .bind(found.run_id.as_deref())
                .bind(&run_link);
                db.execute(insert).await?;
                for (key, value) in &tags {
                    let insert =
                        sql("INSERT INTO model_version_tags (key, value, name, version, workspace)
                        VALUES (?, ?, ?, ?, 'default')");
                    db.execute(insert.bind(key).bind(value).bind(&name).bind(number)).await?;
                }
                if let Some(model_id) = &found.logged_model {
                    source::note_registration(db, model_id, &name, number).await?;
                }
                Ok::<_, Failed>(ModelVersion {
                    name: Some(name),
                    version: Some(number.to_string()),
                    creation_timestamp: Some(now),
                    last_updated_timestamp: Some(now),
                    current_stage: Some("None".to_owned()),
                    description: Some(description),
                    source: Some(found.source),
                    run_id: found.run_id,
                    status: Some(ModelVersionStatus::Ready),
                    tags: tags.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect(),
                    run_link: Some(run_link),
                    ..ModelVersion::default()
                })
            }
            .boxed()
        });
        Ok(answer(created.await?))
    }
}

impl Backend<GetModelVersion> for Store {
    async fn call(&self, request: GetModelVersion) -> Result<ModelVersionAnswer> {
        let name = check::model(request.name)?;
        let number = check::version(request.version)?;
        let mut db = self.db.read().await.map_err(Failed::from)?;
        Ok(answer(rows::find_version(&mut db, &name, number).await?))
    }
}

impl Backend<UpdateModelVersion> for Store {
    async fn call(&self, request: UpdateModelVersion) -> Result<ModelVersionAnswer> {
        let name = check::model(request.name)?;
        let number = check::version(request.version)?;
        let updated = self.db.write(move |db| {
            async move {
                let update = sql("UPDATE model_versions SET description = ?, last_updated_time = ?
                    WHERE workspace = 'default' AND name = ? AND version = ?
                        AND current_stage <> 'Deleted_Internal'");
                let update = update.bind(request.description).bind(now_ms());
                db.execute(update.bind(&name).bind(number)).await?;
                rows::find_version(db, &name, number).await
            }
            .boxed()
        });
        Ok(answer(updated.await?))
    }
}

impl Backend<TransitionModelVersionStage> for Store {
    async fn call(&self, request: TransitionModelVersionStage) -> Result<ModelVersionAnswer> {
        let text = request.stage.unwrap_or_default();
        let stage = stages::canonical(&text)?;
        let archive = request.archive_existing_versions.unwrap_or_default();
        if archive {
            stages::check_archiving(stage, &text)?;
        }
        let name = check::model(request.name)?;
        let number = check::version(request.version)?;
        let moved = self.db.write(move |db| {
            async move {
                let now = now_ms();
                rows::require_version(db, &name, number).await?;
                if archive {
                    let update =
                        sql("UPDATE model_versions SET current_stage = ?, last_updated_time = ?
                        WHERE workspace = 'default' AND name = ? AND version <> ?
                            AND current_stage = ?");
                    let update = update.bind(stages::ARCHIVED).bind(now).bind(&name);
                    db.execute(update.bind(number).bind(stage)).await?;
                }
                let update =
                    sql("UPDATE model_versions SET current_stage = ?, last_updated_time = ?
                    WHERE workspace = 'default' AND name = ? AND version = ?");
                db.execute(update.bind(stage).bind(now).bind(&name).bind(number)).await?;
                touch(db, &name, now).await?;
                rows::find_version(db, &name, number).await
            }
            .boxed()
        });
        Ok(answer(moved.await?))
    }
}

impl Backend<DeleteModelVersion> for Store {
    async fn call(&self, request: DeleteModelVersion) -> Result<Empty> {
        let name = check::model(request.name)?;
        let number = check::version(request.version)?;
        let (protection, actor) = (self.protection.clone(), self.actor.clone());
        let deleted = self.db.write(move |db| {
            async move {
                let now = now_ms();
                rows::require_version(db, &name, number).await?;
                protection::check_version(db, &protection, &name, number).await?;
                aliases::remove(db, &actor, &name, Some(number)).await?;
                touch(db, &name, now).await?;
                let redact =
                    sql("UPDATE model_versions SET current_stage = ?, last_updated_time = ?,
                        description = NULL, user_id = NULL, source = 'REDACTED-SOURCE-PATH',
                        run_id = 'REDACTED-RUN-ID', run_link = 'REDACTED-RUN-LINK',
                        status_message = NULL
                    WHERE workspace = 'default' AND name = ? AND version = ?");
                let redact = redact.bind(stages::DELETED).bind(now).bind(&name).bind(number);
                db.execute(redact).await?;
                Ok::<_, Failed>(())
            }
            .boxed()
        });
        deleted.await?;
        self.moved.notify_one();
        Ok(Empty {})
    }
}

impl Backend<GetModelVersionDownloadUri> for Store {
    async fn call(
        &self,
        request: GetModelVersionDownloadUri,
    ) -> Result<GetModelVersionDownloadUriAnswer> {
        let name = check::model(request.name)?;
        let number = check::version(request.version)?;
        let mut db = self.db.read().await.map_err(Failed::from)?;
        let uri = source::download_uri(&mut db, &name, number).await?;
        Ok(GetModelVersionDownloadUriAnswer { artifact_uri: uri })
    }
}

impl Backend<GetLatestVersions> for Store {
    async fn call(&self, request: GetLatestVersions) -> Result<GetLatestVersionsAnswer> {
        let name = check::model(request.name)?;
        let mut db = self.db.read().await.map_err(Failed::from)?;
        rows::require_model(&mut db, &name).await?;
        let wanted = match request.stages.as_slice() {
            [] => stages::ALL.to_vec(),
            asked => asked.iter().map(|s| stages::canonical(s)).collect::<Result<_>>()?,
        };
        let mut names = sql("= ");
        names.push_bind(&name);
        let newest = rows::newest(&mut db, names, Order::FirstSeen).await.map_err(Failed::from)?;
        let mut versions = newest.into_values().next().unwrap_or_default();
        versions.retain(|v| v.current_stage.as_deref().is_some_and(|s| wanted.contains(&s)));
        let pointing = sql("SELECT alias, version FROM registered_model_aliases
            WHERE workspace = 'default' AND name = ? ORDER BY alias");
        let read = |row: &crate::db::Row| Ok((row.get(0)?, row.get::<i64>(1)?.to_string()));
        let pointing = db.rows(pointing.bind(&name)).await.map_err(Failed::from)?;
        let pointing: Result<Vec<(String, String)>, DbError> = pointing.iter().map(read).collect();
        for (alias, number) in pointing.map_err(Failed::from)? {
            let at = versions.iter_mut().find(|v| v.version.as_ref() == Some(&number));
            at.into_iter().for_each(|version| version.aliases.push(alias.clone()));
        }
        Ok(GetLatestVersionsAnswer { model_versions: versions })
    }
}
