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
    CreateRegisteredModel GetRegisteredModel RenameRegisteredModel UpdateRegisteredModel DeleteRegisteredModel
    SearchRegisteredModels GetLatestVersions SetRegisteredModelTag DeleteRegisteredModelTag
    SetRegisteredModelAlias DeleteRegisteredModelAlias
    CreateModelVersion GetModelVersion GetModelVersionByAlias UpdateModelVersion TransitionModelVersionStage
    DeleteModelVersion SearchModelVersions GetModelVersionDownloadUri SetModelVersionTag DeleteModelVersionTag
}
