//! Registered models, their versions under the numbers they had, and aliases.

use gauntlet_mlflow::*;

use super::Importer;
use crate::journal::{Unit, parse};
use crate::tracking::{Tracking, number};
use crate::{IMPORTED_VERSION, MoveError, Result};

impl<T: Tracking> Importer<'_, T> {
    pub(super) async fn model(&mut self, unit: &Unit) -> Result<()> {
        let (model, rest): (RegisteredModel, _) = self.first(unit)?;
        let name = model.name.clone().unwrap_or_default();
        let operation = format!("import model {name}");
        let request = CreateRegisteredModel {
            name: model.name.clone(),
            tags: model.tags.clone(),
            description: model.description.clone(),
        };
        match self.to.ask(&operation, request).await {
            Ok(_) => {}
            Err(MoveError::Refused { source, .. })
                if source.code == ErrorCode::ResourceAlreadyExists => {}
            Err(error) => return Err(error),
        }
        let there = self.to.versions(&name).await?;
        let mut next = there.last().map_or(1, |version| number(version) + 1);
        for line in &rest {
            let version: ModelVersion = parse(&self.folder, unit, line)?;
            let wanted = number(&version);
            let marker = format!("{name}/{wanted}");
            if let Some(found) = there.iter().find(|found| number(found) == wanted) {
                let imported = found.tags.iter().any(|tag| {
                    tag.key.as_deref() == Some(IMPORTED_VERSION)
                        && tag.value.as_deref() == Some(&marker)
                });
                if imported {
                    continue;
                }
                return Err(MoveError::Taken {
                    what: format!("version {wanted} of model `{name}`"),
                    remedy: "rename that model there, or import into another registry".to_owned(),
                });
            }
            // Numbers that were deleted before stay unused.
            while next < wanted {
                let made = self.create(&operation, &name, &version, None).await?;
                next = made + 1;
                if made >= wanted {
                    break;
                }
                let request = DeleteModelVersion {
                    name: Some(name.clone()),
                    version: Some(made.to_string()),
                };
                self.to.ask(&operation, request).await?;
            }
            let made = self.create(&operation, &name, &version, Some(marker)).await?;
            if made != wanted {
                return Err(MoveError::Taken {
                    what: format!("version {wanted} of model `{name}`"),
                    remedy: format!(
                        "its next number there is {made}: remove the model, or import into another registry"
                    ),
                });
            }
            next = made + 1;
            let stage = version.current_stage.filter(|stage| stage != "None" && !stage.is_empty());
            if let Some(stage) = stage {
                let request = TransitionModelVersionStage {
                    name: Some(name.clone()),
                    version: Some(made.to_string()),
                    stage: Some(stage),
                    archive_existing_versions: Some(false),
                };
                self.to.ask(&operation, request).await?;
            }
        }
        for alias in model.aliases {
            let request = SetRegisteredModelAlias {
                name: Some(name.clone()),
                alias: alias.alias,
                version: alias.version,
            };
            self.to.ask(&operation, request).await?;
        }
        self.complete(unit, name)
    }

    /// Makes a version, with its tags if it is to stay, and returns its number.
    async fn create(
        &self,
        operation: &str,
        name: &str,
        version: &ModelVersion,
        marker: Option<String>,
    ) -> Result<u64> {
        let mut tags = Vec::new();
        if let Some(marker) = marker {
            tags = super::own(&version.tags, IMPORTED_VERSION);
            tags.push(KeyValue::new(IMPORTED_VERSION, marker));
        }
        // Servers do not tell a version's logged model, unless its source does.
        let of_source = version.source.as_deref().and_then(|s| s.strip_prefix("models:/"));
        let logged = version.model_id.as_deref().filter(|id| !id.is_empty()).or(of_source);
        let request = CreateModelVersion {
            name: Some(name.to_owned()),
            source: version.source.as_deref().map(|source| self.source(source)),
            run_id: self.target("runs", version.run_id.as_deref()),
            tags,
            run_link: version.run_link.clone(),
            description: version.description.clone(),
            model_id: self.target("logged-models", logged),
        };
        let made = self.to.ask(operation, request).await?.model_version.unwrap_or_default();
        Ok(number(&made))
    }

    /// Where a version's files are now, if they were moved.
    fn source(&self, source: &str) -> String {
        if let Some(id) = source.strip_prefix("models:/") {
            let moved = self.target("logged-models", Some(id));
            return moved.map_or_else(|| source.to_owned(), |id| format!("models:/{id}"));
        }
        for (before, after) in &self.roots {
            if let Some(rest) = source.strip_prefix(before.as_str())
                && (rest.is_empty() || rest.starts_with('/'))
            {
                return format!("{after}{rest}");
            }
        }
        source.to_owned()
    }
}
