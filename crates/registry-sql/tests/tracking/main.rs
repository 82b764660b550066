//! The tracking endpoints, on SQLite and, if there is a server for tests, on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod batches;
mod experiments;
mod inputs;
mod logged_models;
mod metrics;
mod runs;
mod search;
mod support;
