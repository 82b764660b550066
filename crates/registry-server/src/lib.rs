//! The MLflow-compatible registry server.

#[allow(dead_code)]
mod graphql;
pub mod pages;
