//! Ending and deleting logged models, and logging their parameters.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{
    Backend, DeleteLoggedModel, Empty, FinalizeLoggedModel, KeyValue, LogLoggedModelParams,
    LoggedModelAnswer, LoggedModelStatus, Result,
};

use super::super::{check, fresh, many};
use super::row::{ModelRow, answer, find};
use crate::Store;
use crate::db::{Conn, DbError, sql};
use crate::store::errors::Failed;

impl Backend<FinalizeLoggedModel> for Store {
    async fn call(&self, request: FinalizeLoggedModel) -> Result<LoggedModelAnswer> {
        let model_id = request.model_id.unwrap_or_default();
        let status = request.status.unwrap_or(LoggedModelStatus::Unspecified);
        self.write(move |db| {
            async move {
                let mut row = find(db, &model_id).await?;
                row.status = status;
                row.updated = fresh::now_ms();
                let update =
                    sql("UPDATE logged_models SET status = ?, last_updated_timestamp_ms = ?
                    WHERE model_id = ?");
                db.execute(update.bind(status.number()).bind(row.updated).bind(&model_id)).await?;
                Ok::<_, Failed>(answer(db, row).await?)
            }
            .boxed()
        })
        .await
    }
}

impl Backend<DeleteLoggedModel> for Store {
    async fn call(&self, request: DeleteLoggedModel) -> Result<Empty> {
        let model_id = request.model_id.unwrap_or_default();
        self.write(move |db| {
            async move {
                find(db, &model_id).await?;
                let update = sql("UPDATE logged_models SET lifecycle_stage = 'deleted',
                    last_updated_timestamp_ms = ? WHERE model_id = ?");
                db.execute(update.bind(fresh::now_ms()).bind(&model_id)).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        })
        .await
    }
}

impl Backend<LogLoggedModelParams> for Store {
    async fn call(&self, request: LogLoggedModelParams) -> Result<Empty> {
        let model_id = request.model_id.unwrap_or_default();
        for param in &request.params {
            check::within("key", 255, param.key.as_deref().unwrap_or_default())?;
        }
        self.write(move |db| {
            async move {
                let row = find(db, &model_id).await?;
                insert_params(db, &row, request.params).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        })
        .await
    }
}

/// Logs parameters; one that is there already is refused by the database.
pub(super) async fn insert_params(
    db: &mut Conn,
    model: &ModelRow,
    params: Vec<KeyValue>,
) -> Result<(), DbError> {
    let rows = params.into_iter().map(|param| {
        [
            model.model_id.as_str().into(),
            model.experiment_id.into(),
            param.key.unwrap_or_default().into(),
            param.value.unwrap_or_default().into(),
        ]
    });
    let head =
        "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES";
    many::insert(db, head, "", rows.collect()).await?;
    Ok(())
}
