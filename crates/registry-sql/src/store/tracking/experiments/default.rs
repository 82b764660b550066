//! Experiment 0, which every client expects.

use futures_util::FutureExt as _;
use gauntlet_mlflow::Result;

use super::super::{fresh, uri};
use crate::Store;
use crate::db::{Conn, DbError, Dialect, sql};
use crate::store::errors::Failed;

impl Store {
    /// Makes sure that there is an experiment 0, with its artefacts at `0` below the default root. One that
    /// is there, in a database that MLflow made or with runs in it, stays as it is.
    ///
    /// # Errors
    /// The database refused.
    pub async fn ensure_default_experiment(&self) -> Result<()> {
        let location = uri::append(&self.settings.default_artifact_root, &["0"])?;
        self.write(move |db| async move { ensure(db, location).await }.boxed()).await
    }
}

async fn ensure(db: &mut Conn, location: String) -> Result<(), Failed> {
    let now = fresh::now_ms();
    let insert =
        sql("INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage,
            creation_time, last_update_time, workspace)
        VALUES (0, 'Default', ?, 'active', ?, ?, 'default') ON CONFLICT DO NOTHING");
    let inserted = db.execute(insert.bind(&location).bind(now).bind(now)).await?;
    if inserted == 0 && !is_mlflows(db).await? {
        let update = sql("UPDATE experiments SET artifact_location = ?
            WHERE experiment_id = 0 AND artifact_location <> ? AND NOT EXISTS (SELECT 1 FROM runs)
                AND NOT EXISTS (SELECT 1 FROM logged_models WHERE experiment_id = 0)");
        db.execute(update.bind(&location).bind(&location)).await?;
    }
    Ok(())
}

async fn is_mlflows(db: &mut Conn) -> Result<bool, DbError> {
    let select = match db.dialect() {
        Dialect::Sqlite => {
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
        }
        Dialect::Postgres => {
            "SELECT 1 FROM information_schema.tables
            WHERE table_schema = current_schema() AND table_name = 'alembic_version'"
        }
    };
    Ok(db.row(sql(select)).await?.is_some())
}
