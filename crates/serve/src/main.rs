//! Answers with the current champion.
//!
//! The server reads pointer files, not a database: it resolves an alias, verifies and self-tests the
//! bundle, and only then listens. It links what it needs to answer and nothing that trains.

mod answer;
mod arguments;
mod body;
#[allow(dead_code)]
mod eyes;
mod failure;
mod keys;
mod models;
mod problem;
mod routes;
mod serve;
mod time;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    match serve::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
