//! Deleting runs and taking that back: a mark, not a removal.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{Backend, DeleteRun, Empty, RestoreRun, Result};

use super::super::fresh;
use super::find;
use crate::Store;
use crate::db::sql;
use crate::store::errors::Failed;
use crate::store::protection;

impl Backend<DeleteRun> for Store {
    async fn call(&self, request: DeleteRun) -> Result<Empty> {
        self.mark(request.run_id.unwrap_or_default(), "deleted", Some(fresh::now_ms())).await
    }
}

impl Backend<RestoreRun> for Store {
    async fn call(&self, request: RestoreRun) -> Result<Empty> {
        self.mark(request.run_id.unwrap_or_default(), "active", None).await
    }
}

impl Store {
    async fn mark(&self, run_id: String, stage: &'static str, at: Option<i64>) -> Result<Empty> {
        let protection = self.protection.clone();
        self.write(move |db| {
            async move {
                find(db, &run_id).await?;
                if stage == "deleted" {
                    protection::check_run(db, &protection, &run_id).await?;
                }
                let update =
                    sql("UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE run_uuid = ?");
                db.execute(update.bind(stage).bind(at).bind(&run_id)).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        })
        .await
    }
}
