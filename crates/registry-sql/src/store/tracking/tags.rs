//! Tags of runs.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use gauntlet_mlflow::{Backend, DeleteTag, Empty, Error, KeyValue, Result, SetTag};

use super::runs::{NAME_TAG, active};
use super::{check, many};
use crate::Store;
use crate::db::{Conn, DbError, sql};
use crate::store::errors::Failed;

/// Up to its rows of key, value and run.
pub(super) const INSERT: &str = "INSERT INTO tags (key, value, run_uuid) VALUES";

impl Backend<SetTag> for Store {
    async fn call(&self, request: SetTag) -> Result<Empty> {
        let run_id = check::run_id(request.run_id, request.run_uuid);
        let tag = check::tag(KeyValue { key: request.key, value: request.value }, "")?;
        self.write(move |db| {
            async move {
                active(db, &run_id).await?;
                set(db, &run_id, vec![tag]).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        })
        .await
    }
}

impl Backend<DeleteTag> for Store {
    async fn call(&self, request: DeleteTag) -> Result<Empty> {
        let run_id = check::run_id(request.run_id, None);
        let key = request.key.unwrap_or_default();
        self.write(move |db| {
            async move {
                active(db, &run_id).await?;
                let delete = sql("DELETE FROM tags WHERE key = ? AND run_uuid = ?");
                if db.execute(delete.bind(&key).bind(&run_id)).await? == 0 {
                    let message = format!("No tag with name: {key} in run with id {run_id}");
                    return Err(Failed::from(Error::missing(message)));
                }
                Ok(Empty {})
            }
            .boxed()
        })
        .await
    }
}

/// Sets tags of an active run; of two with one key the later counts. The name of the run follows its tag.
pub(super) async fn set(
    db: &mut Conn,
    run_id: &str,
    tags: Vec<(String, String)>,
) -> Result<(), DbError> {
    let mut last: BTreeMap<String, String> = tags
        .into_iter()
        // An empty name leaves a run the one it has.
        .filter(|(key, value)| key != NAME_TAG || !value.is_empty())
        .collect();
    if let Some(name) = last.get(NAME_TAG) {
        let rename = sql("UPDATE runs SET name = ? WHERE run_uuid = ?");
        db.execute(rename.bind(name).bind(run_id)).await?;
    }
    let tags = std::mem::take(&mut last).into_iter().collect();
    upsert(db, run_id, tags).await
}

/// Sets tags that have different keys.
pub(super) async fn upsert(
    db: &mut Conn,
    run_id: &str,
    tags: Vec<(String, String)>,
) -> Result<(), DbError> {
    let rows = tags.into_iter().map(|(key, value)| [key.into(), value.into(), run_id.into()]);
    let tail = " ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value";
    many::insert(db, INSERT, tail, rows.collect()).await?;
    Ok(())
}
