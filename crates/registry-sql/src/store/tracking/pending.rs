//! Endpoints that are not answered yet.

use gauntlet_mlflow::*;

use crate::Store;

macro_rules! pending {
    ($($request:ident)*) => {$(
        impl Backend<$request> for Store {
            async fn call(&self, _: $request) -> Result<<$request as Endpoint>::Answer> {
                Err(Error::new(ErrorCode::NotImplemented, concat!(stringify!($request), " is not answered yet")))
            }
        }
    )*};
}

pending! {
    CreateExperiment SearchExperiments GetExperiment GetExperimentByName DeleteExperiment RestoreExperiment
    UpdateExperiment SetExperimentTag DeleteExperimentTag SearchDatasets
    CreateRun GetRun UpdateRun DeleteRun RestoreRun SearchRuns LogParam SetTag DeleteTag LogBatch LogModel
    LogMetric GetMetricHistory GetMetricHistoryBulkInterval GetMetricHistoryBulk LogInputs LogOutputs
    CreateLoggedModel FinalizeLoggedModel GetLoggedModel DeleteLoggedModel SetLoggedModelTags
    DeleteLoggedModelTag LogLoggedModelParams SearchLoggedModels
}
