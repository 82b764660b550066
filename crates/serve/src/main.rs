//! Answers with the current champion.
//!
//! The server follows aliases: through the pointer files of a registry's folder or bucket, or through a
//! registry's HTTP interface. It verifies and self-tests each bundle before it answers with it. It links
//! what it needs to answer and nothing that trains.

#[allow(dead_code, unused_imports)]
mod access;
mod answer;
mod app;
mod arguments;
mod backends;
mod catalogue;
#[allow(dead_code, unused_imports)]
mod eyes;
mod failure;
#[allow(dead_code, unused_imports)]
mod listen;
mod live;
mod model;
mod problem;
mod read;
mod routes;
mod serve;
mod settings;
#[allow(dead_code, unused_imports)]
mod sources;
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
