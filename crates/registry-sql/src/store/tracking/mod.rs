//! Experiments, runs, metrics, inputs and logged models.
//!
//! Each request takes a fixed, small number of statements, whatever it carries: rows are inserted many at a
//! time ([`many`]), and what belongs to a page of results is fetched for all of it at once ([`runs`]).

mod batch;
mod check;
mod experiments;
mod fresh;
mod inputs;
mod logged_models;
mod many;
mod metrics;
mod params;
mod quote;
mod runs;
mod table;
mod tags;
mod test;
mod uri;

use futures_util::future::BoxFuture;
use gauntlet_mlflow::Result;

use super::errors::Failed;
use crate::Store;
use crate::db::Conn;

impl Store {
    /// A transaction that writes, with MLflow's codes for what goes wrong.
    async fn write<T, F>(&self, write: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, Failed>> + Send + 'static,
    {
        Ok(self.db.write(write).await?)
    }

    /// A connection that reads.
    async fn read(&self) -> Result<Conn, Failed> {
        Ok(self.db.read().await?)
    }
}
