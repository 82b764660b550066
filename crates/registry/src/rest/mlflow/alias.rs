//! Moving aliases: checked, then set.

use gauntlet_core::{Alias, ModelName, Version};
use gauntlet_mlflow::SetRegisteredModelAlias;

use super::{FOLDER, MlflowRegistry};
use crate::rest::artifacts::{self, unwrapped};
use crate::rules::{Target, check_target};
use crate::{ModelVersion, Move, Moved, RegistryError, Result, Selector};

impl MlflowRegistry {
    pub(super) async fn move_checked(&self, request: &Move) -> Result<Moved> {
        request.check()?;
        let target = self.read_version(&request.model, &Selector::Number(request.to)).await?;
        let known = super::read::aliases(&self.registered(&request.model).await?);
        let found = known.get(&request.alias).copied();
        let moved = Moved {
            model: request.model.clone(),
            alias: request.alias.clone(),
            from: found,
            to: request.to,
            events: Vec::new(),
        };
        if found != request.expect {
            return Err(RegistryError::Conflict {
                model: request.model.clone(),
                alias: request.alias.clone(),
                expected: request.expect,
                found,
            });
        }
        let rule = Target {
            model: &request.model,
            version: request.to,
            origin: target.origin,
            decision: target.verdict.as_ref().map(|verdict| verdict.decision),
        };
        check_target(&request.alias, rule, request.force)?;
        if found == Some(request.to) {
            return Ok(moved);
        }
        self.verify(&target).await?;
        self.point(&request.model, &request.alias, found, request.to).await?;
        Ok(moved)
    }

    /// Sets the alias, and after `champion` also `previous`.
    pub(super) async fn point(
        &self,
        model: &ModelName,
        alias: &Alias,
        from: Option<Version>,
        to: Version,
    ) -> Result<()> {
        self.set(model, alias, to).await?;
        match from {
            Some(from) if *alias == Alias::champion() => {
                self.set(model, &Alias::previous(), from).await
            }
            _ => Ok(()),
        }
    }

    async fn set(&self, model: &ModelName, alias: &Alias, version: Version) -> Result<()> {
        let request = SetRegisteredModelAlias {
            name: Some(model.to_string()),
            alias: Some(alias.to_string()),
            version: Some(version.to_string()),
        };
        self.client.ask(request).await.map(|_| ())
    }

    /// Hashes the version's bundle again, wherever it is. A version without one passes: another client made it.
    async fn verify(&self, version: &ModelVersion) -> Result<()> {
        let Some(digest) = version.digest else { return Ok(()) };
        let run = self.run(version.run_id.as_deref()).await?;
        let Some(root) = run.and_then(|run| run.info?.artifact_uri) else {
            return Err(RegistryError::NoBundle {
                model: version.model.clone(),
                version: version.version,
            });
        };
        let root = format!("{root}/{FOLDER}");
        let files = artifacts::open(&self.client, self.files.as_ref(), &root)?;
        artifacts::verify(files.as_ref(), &digest).await.map_err(|error| match error {
            RegistryError::Io(error) => unwrapped(error),
            other => other,
        })
    }
}
