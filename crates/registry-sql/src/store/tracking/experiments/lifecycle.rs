//! Renaming and deleting experiments, and taking that back. A deleted experiment keeps its name.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{
    Backend, DeleteExperiment, Empty, Error, ErrorCode, RestoreExperiment, Result, UpdateExperiment,
};

use super::super::{check, fresh};
use super::row::{find, missing};
use crate::Store;
use crate::db::{DbError, sql};
use crate::store::errors::Failed;
use crate::store::protection;

impl Backend<DeleteExperiment> for Store {
    async fn call(&self, request: DeleteExperiment) -> Result<Empty> {
        let id = check::experiment_id(&request.experiment_id.unwrap_or_default())?;
        self.move_experiment(id, "active", "deleted", Some(fresh::now_ms())).await
    }
}

impl Backend<RestoreExperiment> for Store {
    async fn call(&self, request: RestoreExperiment) -> Result<Empty> {
        let id = check::experiment_id(&request.experiment_id.unwrap_or_default())?;
        self.move_experiment(id, "deleted", "active", None).await
    }
}

impl Store {
    /// Moves an experiment and all its runs from one stage to the other.
    async fn move_experiment(
        &self,
        id: i64,
        from: &'static str,
        to: &'static str,
        deleted: Option<i64>,
    ) -> Result<Empty> {
        let protection = self.protection.clone();
        self.write(move |db| {
            async move {
                if deleted.is_some() {
                    protection::check_experiment(db, &protection, id).await?;
                }
                let update = sql("UPDATE experiments SET lifecycle_stage = ?, last_update_time = ?
                    WHERE experiment_id = ? AND lifecycle_stage = ?");
                let update = update.bind(to).bind(fresh::now_ms()).bind(id).bind(from);
                if db.execute(update).await? == 0 {
                    return Err(Failed::from(missing(id)));
                }
                let runs = sql(
                    "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE experiment_id = ?",
                );
                db.execute(runs.bind(to).bind(deleted).bind(id)).await?;
                Ok(Empty {})
            }
            .boxed()
        })
        .await
    }
}

impl Backend<UpdateExperiment> for Store {
    async fn call(&self, request: UpdateExperiment) -> Result<Empty> {
        let name = request.new_name.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| check::missing_field("new_name"))?;
        check::experiment_name(&name)?;
        let id = check::experiment_id(&request.experiment_id.unwrap_or_default())?;
        self.write(move |db| {
            async move {
                if find(db, id).await?.lifecycle_stage.as_deref() != Some("active") {
                    let message = "Cannot rename a non-active experiment.";
                    return Err(Failed::from(Error::new(ErrorCode::InvalidState, message)));
                }
                let update = sql(
                    "UPDATE experiments SET name = ?, last_update_time = ? WHERE experiment_id = ?",
                );
                match db.execute(update.bind(&name).bind(fresh::now_ms()).bind(id)).await {
                    Err(DbError::Unique(_)) => {
                        let message = format!("An experiment is called '{name}' already");
                        Err(Error::new(ErrorCode::BadRequest, message).into())
                    }
                    ended => ended.map(|_| Empty {}).map_err(Failed::from),
                }
            }
            .boxed()
        })
        .await
    }
}
