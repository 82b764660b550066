//! Tags of logged models.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use gauntlet_mlflow::{
    Backend, DeleteLoggedModelTag, Empty, Error, LoggedModelAnswer, Result, SetLoggedModelTags,
};

use super::super::{check, many, quote};
use super::create::by_key;
use super::row::{ModelRow, find};
use crate::Store;
use crate::db::{Conn, DbError, sql};
use crate::store::errors::Failed;

impl Backend<SetLoggedModelTags> for Store {
    async fn call(&self, request: SetLoggedModelTags) -> Result<LoggedModelAnswer> {
        let model_id = request.model_id.unwrap_or_default();
        let tags = by_key(request.tags);
        for key in tags.keys() {
            check::within("key", 255, key)?;
        }
        self.write(move |db| {
            async move {
                let row = find(db, &model_id).await?;
                upsert(db, &row, tags).await?;
                Ok::<_, Failed>(LoggedModelAnswer::default())
            }
            .boxed()
        })
        .await
    }
}

impl Backend<DeleteLoggedModelTag> for Store {
    async fn call(&self, request: DeleteLoggedModelTag) -> Result<Empty> {
        let model_id = request.model_id.unwrap_or_default();
        let key = request.tag_key.unwrap_or_default();
        self.write(move |db| {
            async move {
                find(db, &model_id).await?;
                let delete =
                    sql("DELETE FROM logged_model_tags WHERE model_id = ? AND tag_key = ?");
                if db.execute(delete.bind(&model_id).bind(&key)).await? == 0 {
                    let (key, id) = (quote::text(&key), quote::text(&model_id));
                    let message = format!("No tag with key {key} found for model with ID {id}.");
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
    model: &ModelRow,
    tags: BTreeMap<String, String>,
) -> Result<(), DbError> {
    let rows = tags.into_iter().map(|(key, value)| {
        [model.model_id.as_str().into(), model.experiment_id.into(), key.into(), value.into()]
    });
    let head = "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES";
    let tail = " ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value";
    many::insert(db, head, tail, rows.collect()).await?;
    Ok(())
}
