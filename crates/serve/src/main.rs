//! Answers with the current champion.
//!
//! The server follows aliases: through the pointer files of a registry's folder or bucket, or through a
//! registry's HTTP interface. It verifies and self-tests each bundle before it answers with it. It links
//! what it needs to answer and nothing that trains.

mod access;
mod anomaly;
mod answer;
mod app;
mod arguments;
mod backends;
mod card;
mod catalogue;
mod eyes;
mod failure;
mod listen;
mod live;
mod model;
mod pages;
mod problem;
mod read;
mod routes;
mod serve;
mod settings;
mod signals;
mod sources;
mod time;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::access::{Scope, make_key};
use crate::arguments::{Arguments, Command};
use crate::settings::Settings;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}

fn run(mut arguments: Arguments) -> anyhow::Result<()> {
    if let Some(Command::Key { name, scopes }) = arguments.command.take() {
        return key(&name, &scopes);
    }
    let selftest = arguments.selftest;
    let settings = Settings::of(arguments)?;
    eyes::logging::init_logging(settings.log);
    if selftest { serve::selftest(&settings) } else { serve::run(settings) }
}

fn key(name: &str, scopes: &[Scope]) -> anyhow::Result<()> {
    let (plain, entry) = make_key(name, scopes)?;
    let text = format!(
        "# The key, which is shown this once:\n# {}\n# Its entry for the keys file:\n{entry}",
        plain.reveal()
    );
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}
