//! Ending and renaming runs.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{Backend, Result, RunStatus, UpdateRun, UpdateRunAnswer};

use super::super::{check, tags};
use super::{NAME_TAG, RunRow, active};
use crate::Store;
use crate::db::{Conn, sql};
use crate::store::errors::Failed;

impl Backend<UpdateRun> for Store {
    async fn call(&self, request: UpdateRun) -> Result<UpdateRunAnswer> {
        let run_id = check::run_id(request.run_id, request.run_uuid);
        let (status, end_time, name) = (request.status, request.end_time, request.run_name);
        let run = self.write(move |db| {
            async move {
                let mut run = active(db, &run_id).await?;
                update(db, &mut run, status, end_time, name).await?;
                Ok(run)
            }
            .boxed()
        });
        Ok(UpdateRunAnswer { run_info: Some(run.await?.info()) })
    }
}

async fn update(
    db: &mut Conn,
    run: &mut RunRow,
    status: Option<RunStatus>,
    end_time: Option<i64>,
    name: Option<String>,
) -> Result<(), Failed> {
    if let Some(status) = status {
        run.status = Some(status.as_str().to_owned());
    }
    run.end_time = end_time.or(run.end_time);
    let name = name.filter(|name| !name.is_empty());
    if let Some(name) = &name {
        run.name = Some(name.clone());
        tags::upsert(db, &run.run_id, vec![(NAME_TAG.to_owned(), name.clone())]).await?;
    }
    let update = sql("UPDATE runs SET status = ?, end_time = ?, name = ? WHERE run_uuid = ?")
        .bind(run.status.as_deref())
        .bind(run.end_time)
        .bind(run.name.as_deref())
        .bind(&run.run_id);
    db.execute(update).await?;
    Ok(())
}
