//! interim
mod error;
mod located;
mod wanted;
use std::path::PathBuf;

use async_trait::async_trait;
pub(crate) use error::{SourceError, Trouble};
use gauntlet_core::Alias;
use gauntlet_registry::{Selector, published};
pub(crate) use located::{ListedModel, ListedVersion, Located};
pub(crate) use wanted::Wanted;

#[async_trait]
pub(crate) trait Source: std::fmt::Debug + Send + Sync {
    async fn champions(&self) -> Result<Vec<Wanted>, SourceError>;
    async fn locate(&self, wanted: &Wanted) -> Result<Located, SourceError>;
    async fn fetch(&self, located: &Located) -> Result<PathBuf, SourceError>;
    async fn models(&self) -> Result<Vec<ListedModel>, SourceError>;
}

#[derive(Debug)]
pub(crate) struct Published(pub PathBuf);

#[async_trait]
impl Source for Published {
    async fn champions(&self) -> Result<Vec<Wanted>, SourceError> {
        let mut champions = published::list(&self.0).map_err(|e| SourceError::wrap("r", "w", &e))?;
        champions.retain(|pointer| pointer.alias == Alias::champion());
        Ok(champions.into_iter().map(|p| Wanted::champion(p.model)).collect())
    }
    async fn locate(&self, wanted: &Wanted) -> Result<Located, SourceError> {
        let Selector::Alias(alias) = &wanted.which else {
            return Err(SourceError::new(Trouble::NotFound, "p", "w", "x"));
        };
        let p = published::read(&self.0, &wanted.model, alias).map_err(|e| SourceError::wrap("r", "w", &e))?;
        Ok(Located {
            model: p.model,
            version: p.version,
            alias: Some(p.alias),
            digest: Some(p.digest),
            origin: Some(p.origin),
            artifact: p.artifact,
            stamp: None,
            updated_ms: p.updated_ms,
            run_id: None,
            description: None,
            tags: Default::default(),
        })
    }
    async fn fetch(&self, located: &Located) -> Result<PathBuf, SourceError> {
        Ok(self.0.join(&located.artifact))
    }
    async fn models(&self) -> Result<Vec<ListedModel>, SourceError> {
        Ok(vec![])
    }
}
