//! Registered models: made, described, renamed, removed.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{
    Backend, CreateRegisteredModel, DeleteRegisteredModel, Empty, Error, GetRegisteredModel,
    KeyValue, RegisteredModel, RegisteredModelAnswer, RenameRegisteredModel, Result,
    UpdateRegisteredModel,
};

use super::super::errors::Failed;
use super::super::protection::{self, Deed};
use super::{check, rows};
use crate::Store;
use crate::clock::now_ms;
use crate::db::{Conn, DbError, sql};

fn answer(model: RegisteredModel) -> RegisteredModelAnswer {
    RegisteredModelAnswer { registered_model: Some(model) }
}

impl Backend<CreateRegisteredModel> for Store {
    async fn call(&self, request: CreateRegisteredModel) -> Result<RegisteredModelAnswer> {
        let name = check::model(request.name)?;
        let tags = check::tags(request.tags)?;
        let description = request.description.unwrap_or_default();
        let created = self.db.write(move |db| {
            async move {
                let now = now_ms();
                let insert =
                    sql("INSERT INTO registered_models (name, creation_time, last_updated_time,
                        description, workspace)
                    VALUES (?, ?, ?, ?, 'default') ON CONFLICT DO NOTHING");
                let insert = insert.bind(&name).bind(now).bind(now).bind(&description);
                if db.execute(insert).await? == 0 {
                    return Err(taken(db, &name, &tags).await?.into());
                }
                for (key, value) in &tags {
                    let insert =
                        sql("INSERT INTO registered_model_tags (key, value, name, workspace)
                        VALUES (?, ?, ?, 'default')");
                    db.execute(insert.bind(key).bind(value).bind(&name)).await?;
                }
                Ok::<_, Failed>(RegisteredModel {
                    name: Some(name),
                    creation_timestamp: Some(now),
                    last_updated_timestamp: Some(now),
                    description: Some(description).filter(|text| !text.is_empty()),
                    tags: tags.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect(),
                    ..RegisteredModel::default()
                })
            }
            .boxed()
        });
        Ok(answer(created.await?))
    }
}

/// The error for a name that is taken, which tells models and prompts apart.
async fn taken(db: &mut Conn, name: &str, tags: &[(String, String)]) -> Result<Error, DbError> {
    let select = sql(
        "SELECT 1 FROM registered_model_tags WHERE workspace = 'default' AND name = ? AND key = ?",
    );
    let there = db.row(select.bind(name).bind(check::IS_PROMPT)).await?.is_some();
    let wanted = tags.iter().any(|(key, _)| key == check::IS_PROMPT);
    let kind = |prompt| if prompt { "Prompt" } else { "Registered Model" };
    Ok(Error::exists(if there == wanted {
        format!("{} (name={name}) already exists.", kind(wanted))
    } else {
        format!(
            "Tried to create a {} with name {}, but the name is already taken by a {}. MLflow does not allow creating \
            a model and a prompt with the same name.",
            kind(wanted).to_lowercase(),
            check::quoted(name),
            kind(there).to_lowercase()
        )
    }))
}

impl Backend<GetRegisteredModel> for Store {
    async fn call(&self, request: GetRegisteredModel) -> Result<RegisteredModelAnswer> {
        let name = check::model(request.name)?;
        let mut db = self.db.read().await.map_err(Failed::from)?;
        Ok(answer(rows::find_model(&mut db, &name).await?))
    }
}

impl Backend<UpdateRegisteredModel> for Store {
    async fn call(&self, request: UpdateRegisteredModel) -> Result<RegisteredModelAnswer> {
        let name = check::model(request.name)?;
        let description = request.description.unwrap_or_default();
        let updated = self.db.write(move |db| {
            async move {
                let update =
                    sql("UPDATE registered_models SET description = ?, last_updated_time = ?
                    WHERE workspace = 'default' AND name = ?");
                db.execute(update.bind(description).bind(now_ms()).bind(&name)).await?;
                rows::find_model(db, &name).await
            }
            .boxed()
        });
        Ok(answer(updated.await?))
    }
}

impl Backend<RenameRegisteredModel> for Store {
    async fn call(&self, request: RenameRegisteredModel) -> Result<RegisteredModelAnswer> {
        let new_name = check::new_name(request.new_name)?;
        let name = check::model(request.name)?;
        let protection = self.protection.clone();
        let renamed = self.db.write(move |db| {
            async move {
                rows::require_model(db, &name).await?;
                protection::check_model(db, &protection, &name, Deed::Rename).await?;
                let now = now_ms();
                // Versions, tags and aliases follow by their foreign keys.
                let rename = sql("UPDATE registered_models SET name = ?, last_updated_time = ?
                    WHERE workspace = 'default' AND name = ?");
                match db.execute(rename.bind(&new_name).bind(now).bind(&name)).await {
                    Err(DbError::Unique(_)) => {
                        let taken = format!("Registered Model (name={new_name}) already exists.");
                        return Err(Error::exists(taken).into());
                    }
                    done => done?,
                };
                let touch = sql("UPDATE model_versions SET last_updated_time = ?
                    WHERE workspace = 'default' AND name = ?");
                db.execute(touch.bind(now).bind(&new_name)).await?;
                for table in ["gauntlet_digests", "gauntlet_verdicts", "gauntlet_events"] {
                    let rename = sql(format!(
                        "UPDATE {table} SET name = ? WHERE workspace = 'default' AND name = ?"
                    ));
                    db.execute(rename.bind(&new_name).bind(&name)).await?;
                }
                rows::find_model(db, &new_name).await
            }
            .boxed()
        });
        let renamed = renamed.await?;
        self.moved.notify_one();
        Ok(answer(renamed))
    }
}

impl Backend<DeleteRegisteredModel> for Store {
    async fn call(&self, request: DeleteRegisteredModel) -> Result<Empty> {
        let name = check::model(request.name)?;
        let (protection, actor) = (self.protection.clone(), self.actor.clone());
        let deleted = self.db.write(move |db| {
            async move {
                rows::require_model(db, &name).await?;
                protection::check_model(db, &protection, &name, Deed::Delete).await?;
                super::aliases::remove(db, &actor, &name, None).await?;
                for table in [
                    "model_version_tags",
                    "model_versions",
                    "registered_model_tags",
                    "registered_models",
                ] {
                    let delete = sql(format!(
                        "DELETE FROM {table} WHERE workspace = 'default' AND name = ?"
                    ));
                    db.execute(delete.bind(&name)).await?;
                }
                Ok::<_, Failed>(())
            }
            .boxed()
        });
        deleted.await?;
        self.moved.notify_one();
        Ok(Empty {})
    }
}
