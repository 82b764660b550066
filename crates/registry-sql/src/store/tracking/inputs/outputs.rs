//! Models that runs made.

use futures_util::FutureExt as _;
use gauntlet_mlflow::{Backend, Empty, LogOutputs, Result};

use super::super::runs::active;
use super::super::{check, fresh, many};
use super::log::EDGE;
use crate::Store;
use crate::store::errors::Failed;

impl Backend<LogOutputs> for Store {
    async fn call(&self, request: LogOutputs) -> Result<Empty> {
        let run_id = check::run_id(request.run_id, None);
        if request.models.is_empty() {
            return Err(check::missing_field("models"));
        }
        self.write(move |db| {
            async move {
                active(db, &run_id).await?;
                let rows = request.models.into_iter().map(|model| {
                    [
                        fresh::id().into(),
                        "RUN_OUTPUT".into(),
                        run_id.as_str().into(),
                        "MODEL_OUTPUT".into(),
                        model.model_id.unwrap_or_default().into(),
                        model.step.unwrap_or_default().into(),
                    ]
                });
                many::insert(db, EDGE, "", rows.collect()).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        })
        .await
    }
}
