//! Tags of experiments.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use gauntlet_mlflow::{Backend, DeleteExperimentTag, Empty, Error, Result, SetExperimentTag};

use super::super::{check, many};
use super::active;
use crate::Store;
use crate::db::{Conn, DbError, sql};
use crate::store::errors::Failed;

impl Backend<SetExperimentTag> for Store {
    async fn call(&self, request: SetExperimentTag) -> Result<Empty> {
        let (key, value) = (request.key.unwrap_or_default(), request.value.unwrap_or_default());
        check::experiment_tag(&key, &value)?;
        let id = check::experiment_id(&request.experiment_id.unwrap_or_default())?;
        self.write(move |db| {
            async move {
                active(db, id).await?;
                upsert(db, id, BTreeMap::from([(key, value)])).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        })
        .await
    }
}

impl Backend<DeleteExperimentTag> for Store {
    async fn call(&self, request: DeleteExperimentTag) -> Result<Empty> {
        let key = request.key.unwrap_or_default();
        let id = check::experiment_id(&request.experiment_id.unwrap_or_default())?;
        self.write(move |db| {
            async move {
                active(db, id).await?;
                let delete = sql("DELETE FROM experiment_tags WHERE key = ? AND experiment_id = ?");
                if db.execute(delete.bind(&key).bind(id)).await? == 0 {
                    let message = format!("No tag with name: {key} in experiment with id {id}");
                    return Err(Failed::from(Error::missing(message)));
                }
                Ok(Empty {})
            }
            .boxed()
        })
        .await
    }
}

pub(super) async fn upsert(
    db: &mut Conn,
    id: i64,
    tags: BTreeMap<String, String>,
) -> Result<(), DbError> {
    let rows = tags.into_iter().map(|(key, value)| [key.into(), value.into(), id.into()]);
    let head = "INSERT INTO experiment_tags (key, value, experiment_id) VALUES";
    let tail = " ON CONFLICT (key, experiment_id) DO UPDATE SET value = excluded.value";
    many::insert(db, head, tail, rows.collect()).await?;
    Ok(())
}
