//! Aliases. What happens to one of a model with bundles is recorded, whoever does it.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{
    Backend, DeleteRegisteredModelAlias, Empty, Error, GetModelVersionByAlias, ModelVersionAnswer,
    Result, SetRegisteredModelAlias,
};
use gauntlet_registry::EventKind;

use super::super::errors::Failed;
use super::super::protection;
use super::check;
use super::rows::{self, ALIASES, VERSION, WITH_TAGS};
use crate::Store;
use crate::clock::now_ms;
use crate::db::{Conn, DbError, sql};
use crate::history::{self, Entry};

impl Backend<GetModelVersionByAlias> for Store {
    async fn call(&self, request: GetModelVersionByAlias) -> Result<ModelVersionAnswer> {
        let name = check::model(request.name)?;
        let alias = check::alias(request.alias)?;
        let mut db = self.db.read().await.map_err(Failed::from)?;
        let version = if alias.eq_ignore_ascii_case("latest") {
            latest(&mut db, &name).await?
        } else {
            let select = sql(format!(
                "SELECT {VERSION}, {ALIASES} FROM registered_model_aliases x
                JOIN model_versions v ON v.workspace = x.workspace AND v.name = x.name
                    AND v.version = x.version AND v.current_stage <> 'Deleted_Internal'
                {WITH_TAGS} WHERE x.workspace = 'default' AND x.name = ? AND x.alias = ?"
            ));
            let found = db.rows(select.bind(&name).bind(&alias)).await.map_err(Failed::from)?;
            match rows::version(&found).map_err(Failed::from)? {
                Some(version) => version,
                None => return Err(missing(&mut db, &name, &alias).await?),
            }
        };
        Ok(ModelVersionAnswer { model_version: Some(version) })
    }
}

async fn latest(db: &mut Conn, name: &str) -> Result<gauntlet_mlflow::ModelVersion, Failed> {
    let select =
        sql("SELECT max(version) FROM model_versions WHERE workspace = 'default' AND name = ?
            AND current_stage <> 'Deleted_Internal'");
    let row = db.row(select.bind(name)).await?;
    match row.map(|row| row.get::<Option<i64>>(0)).transpose()?.flatten() {
        Some(number) => rows::find_version(db, name, number).await,
        None => {
            rows::require_model(db, name).await?;
            Err(Error::missing(format!("Latest version not found for model {name}.")).into())
        }
    }
}

/// Why an alias leads to no version.
async fn missing(db: &mut Conn, name: &str, alias: &str) -> Result<Error, Failed> {
    rows::require_model(db, name).await?;
    Ok(match place(db, name, alias).await? {
        Some(number) => rows::no_version(name, number),
        None => Error::invalid(format!("Registered model alias {alias} not found.")),
    })
}

/// Where an alias points.
pub(super) async fn place(db: &mut Conn, name: &str, alias: &str) -> Result<Option<i64>, DbError> {
    let select = sql("SELECT version FROM registered_model_aliases
        WHERE workspace = 'default' AND name = ? AND alias = ?");
    db.row(select.bind(name).bind(alias)).await?.map(|row| row.get(0)).transpose()
}

impl Backend<SetRegisteredModelAlias> for Store {
    async fn call(&self, request: SetRegisteredModelAlias) -> Result<Empty> {
        let name = check::model(request.name)?;
        let alias = check::new_alias(request.alias)?;
        let number = check::version(request.version)?;
        let (protection, actor) = (self.protection.clone(), self.actor.clone());
        let set = self.db.write(move |db| {
            async move {
                let recorded = protection::has_bundles(db, &name).await?;
                if recorded {
                    history::turn(db).await?;
                }
                rows::require_version(db, &name, number).await?;
                let from = place(db, &name, &alias).await?;
                if from == Some(number) {
                    return Ok(());
                }
                protection::check_alias(db, &protection, &name, &alias).await?;
                let upsert =
                    sql("INSERT INTO registered_model_aliases (alias, version, name, workspace)
                    VALUES (?, ?, ?, 'default')
                    ON CONFLICT (workspace, name, alias) DO UPDATE SET version = excluded.version");
                db.execute(upsert.bind(&alias).bind(number).bind(&name)).await?;
                if recorded {
                    record(db, &actor, &name, &alias, from, Some(number)).await?;
                }
                Ok::<_, Failed>(())
            }
            .boxed()
        });
        set.await?;
        self.moved.notify_one();
        Ok(Empty {})
    }
}

impl Backend<DeleteRegisteredModelAlias> for Store {
    async fn call(&self, request: DeleteRegisteredModelAlias) -> Result<Empty> {
        let name = check::model(request.name)?;
        let alias = check::alias(request.alias)?;
        let (protection, actor) = (self.protection.clone(), self.actor.clone());
        let deleted = self.db.write(move |db| {
            async move {
                let recorded = protection::has_bundles(db, &name).await?;
                if recorded {
                    history::turn(db).await?;
                }
                rows::require_model(db, &name).await?;
                let Some(from) = place(db, &name, &alias).await? else {
                    return Ok(());
                };
                protection::check_alias(db, &protection, &name, &alias).await?;
                let delete = sql("DELETE FROM registered_model_aliases
                    WHERE workspace = 'default' AND name = ? AND alias = ?");
                db.execute(delete.bind(&name).bind(&alias)).await?;
                if recorded {
                    record(db, &actor, &name, &alias, Some(from), None).await?;
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

/// Removes the aliases of a model, or only those of one version.
pub(super) async fn remove(
    db: &mut Conn,
    actor: &str,
    name: &str,
    version: Option<i64>,
) -> Result<(), DbError> {
    let recorded = protection::has_bundles(db, name).await?;
    if recorded {
        history::turn(db).await?;
    }
    let mut of = sql(" FROM registered_model_aliases WHERE workspace = 'default' AND name = ");
    of.push_bind(name);
    if let Some(version) = version {
        of.push(" AND version = ").push_bind(version);
    }
    if recorded {
        let mut select = sql("SELECT alias, version");
        select.push_sql(of.clone()).push(" ORDER BY alias");
        for row in db.rows(select).await? {
            let alias: String = row.get(0)?;
            record(db, actor, name, &alias, row.get(1)?, None).await?;
        }
    }
    let mut delete = sql("DELETE");
    delete.push_sql(of);
    db.execute(delete).await.map(|_| ())
}

/// Records what MLflow's endpoint did to an alias.
async fn record(
    db: &mut Conn,
    actor: &str,
    name: &str,
    alias: &str,
    from: Option<i64>,
    to: Option<i64>,
) -> Result<(), DbError> {
    let entry = Entry {
        at_ms: now_ms(),
        who: actor,
        kind: if to.is_some() { EventKind::Move } else { EventKind::Remove },
        model: name,
        alias,
        from,
        to,
        verdict_digest: None,
        forced: false,
        reason: "through MLflow's interface",
        undoes: None,
    };
    history::append(db, entry).await.map(|_| ())
}
