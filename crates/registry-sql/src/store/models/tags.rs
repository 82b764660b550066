//! Tags of registered models and versions.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{
    Backend, DeleteModelVersionTag, DeleteRegisteredModelTag, Empty, Result, SetModelVersionTag,
    SetRegisteredModelTag,
};

use super::super::errors::Failed;
use super::super::protection;
use super::{check, rows};
use crate::Store;
use crate::db::sql;

impl Backend<SetRegisteredModelTag> for Store {
    async fn call(&self, request: SetRegisteredModelTag) -> Result<Empty> {
        let name = check::model(request.name)?;
        let (key, value) = check::tag(request.key, request.value)?;
        let set = self.db.write(move |db| {
            async move {
                rows::require_model(db, &name).await?;
                let upsert = sql("INSERT INTO registered_model_tags (key, value, name, workspace)
                    VALUES (?, ?, ?, 'default')
                    ON CONFLICT (workspace, key, name) DO UPDATE SET value = excluded.value");
                db.execute(upsert.bind(key).bind(value).bind(name)).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        });
        Ok(set.await?)
    }
}

impl Backend<DeleteRegisteredModelTag> for Store {
    async fn call(&self, request: DeleteRegisteredModelTag) -> Result<Empty> {
        let name = check::model(request.name)?;
        let key = check::key(request.key)?;
        let deleted = self.db.write(move |db| {
            async move {
                rows::require_model(db, &name).await?;
                let delete = sql("DELETE FROM registered_model_tags
                    WHERE workspace = 'default' AND name = ? AND key = ?");
                db.execute(delete.bind(name).bind(key)).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        });
        Ok(deleted.await?)
    }
}

impl Backend<SetModelVersionTag> for Store {
    async fn call(&self, request: SetModelVersionTag) -> Result<Empty> {
        let name = check::model(request.name)?;
        let number = check::version(request.version)?;
        let (key, value) = check::tag(request.key, request.value)?;
        let set = self.db.write(move |db| {
            async move {
                rows::require_version(db, &name, number).await?;
                protection::check_tag(db, &name, number, &key).await?;
                let upsert =
                    sql("INSERT INTO model_version_tags (key, value, name, version, workspace)
                    VALUES (?, ?, ?, ?, 'default')
                    ON CONFLICT (workspace, key, name, version)
                        DO UPDATE SET value = excluded.value");
                db.execute(upsert.bind(key).bind(value).bind(name).bind(number)).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        });
        Ok(set.await?)
    }
}

impl Backend<DeleteModelVersionTag> for Store {
    async fn call(&self, request: DeleteModelVersionTag) -> Result<Empty> {
        let name = check::model(request.name)?;
        let number = check::version(request.version)?;
        let key = check::key(request.key)?;
        let deleted = self.db.write(move |db| {
            async move {
                rows::require_version(db, &name, number).await?;
                protection::check_tag(db, &name, number, &key).await?;
                let delete = sql("DELETE FROM model_version_tags
                    WHERE workspace = 'default' AND name = ? AND version = ? AND key = ?");
                db.execute(delete.bind(name).bind(number).bind(key)).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        });
        Ok(deleted.await?)
    }
}
