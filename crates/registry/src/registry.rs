//! The one interface of every registry.

use std::fmt::Debug;

use async_trait::async_trait;
use gauntlet_core::{Alias, ModelName, Version};

use crate::{
    Event, Model, ModelVersion, Move, Moved, Observer, Receipt, Registration, RegistryError,
    Result, Rollback, Selector,
};

/// Names, versions, aliases and their history.
///
/// Every implementation passes the same contract suite, so callers need not know which one they hold.
#[async_trait]
pub trait Registry: Debug + Send + Sync {
    /// Registers everything one run made, all or nothing.
    ///
    /// Artefacts are stored and hashed again first; then one transaction writes all names; then the
    /// pointers are published. A kill at any point leaves the old state or the new one, and registering
    /// the same batch again completes it. A version whose bundle is registered under its name already is
    /// not registered again; if no alias has to move either, nothing is written at all.
    ///
    /// # Errors
    /// A field breaks a rule, an alias is not where the batch expects it or may not move, a bundle is not
    /// what its manifest says, or storage failed. An error after [`crate::Step::Committed`] means that only the
    /// pointers are stale: registering again, or opening the registry, repairs them.
    async fn register(
        &self,
        registration: &Registration,
        observer: &dyn Observer,
    ) -> Result<Receipt>;

    /// All models, by name.
    ///
    /// # Errors
    /// Storage failed.
    async fn models(&self) -> Result<Vec<Model>>;

    /// All versions of a model, newest first.
    ///
    /// # Errors
    /// No such model.
    async fn versions(&self, model: &ModelName) -> Result<Vec<ModelVersion>>;

    /// One version, by number or alias.
    ///
    /// # Errors
    /// No such model, version or alias.
    async fn version(&self, model: &ModelName, which: &Selector) -> Result<ModelVersion>;

    /// Moves an alias if it is where the caller thinks, and records who did it and why.
    ///
    /// The target's bundle is verified first. Moving `champion` from A to B also moves `previous` to A.
    /// If the alias is at the target and that was expected, nothing is written.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] if the alias is elsewhere; a rule of [`crate::rules`]; a damaged bundle.
    async fn move_alias(&self, request: &Move) -> Result<Moved>;

    /// Takes back the newest move of an alias that was not taken back yet.
    ///
    /// Moves form a stack: after 1 → 2 → 3, one rollback goes to 2, another to 1, a third is refused. It
    /// never goes forth and back. A move after a rollback starts from there: its rollback returns to
    /// where that rollback had led. The bundle gone back to is verified first.
    ///
    /// # Errors
    /// [`RegistryError::NothingToRollBack`], or the bundle to go back to is damaged.
    async fn rollback(&self, request: &Rollback) -> Result<Moved>;

    /// Every move of every alias of a model, oldest first.
    ///
    /// # Errors
    /// No such model.
    async fn history(&self, model: &ModelName) -> Result<Vec<Event>>;

    /// Where an alias is.
    ///
    /// # Errors
    /// No such model or alias; the error lists the aliases there are.
    async fn alias(&self, model: &ModelName, alias: &Alias) -> Result<Version> {
        let version = self.version(model, &Selector::Alias(alias.clone())).await?;
        Ok(version.version)
    }

    /// Where an alias is, `None` if the model or the alias does not exist: what a compare-and-swap expects.
    ///
    /// # Errors
    /// Storage failed.
    async fn find_alias(&self, model: &ModelName, alias: &Alias) -> Result<Option<Version>> {
        match self.alias(model, alias).await {
            Ok(version) => Ok(Some(version)),
            Err(RegistryError::ModelNotFound { .. } | RegistryError::AliasNotFound { .. }) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
