//! Reproducible batch training for predictive maintenance: the command line.
//!
//! Commands are thin: stages live in `stages/`, what they print in `report/`, and everything that could be
//! wrong ends in [`failure`] with one exit code and one hint.

mod commands;
mod enrol;
mod events;
mod failure;
mod hold;
mod home;
mod pipeline;
mod progress;
mod registries;
mod report;
mod seal;
mod sound;
mod stages;
mod trap;
mod vibration;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = commands::Arguments::parse();
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
