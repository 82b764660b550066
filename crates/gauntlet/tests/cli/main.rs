//! The command line as people use it: the program itself, in a project of its own, judged by what it
//! prints, what it leaves behind and how it ends. One file per intent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod crash;
mod data;
mod help;
mod leaks;
mod loopback;
mod pipeline_file;
mod project;
mod pump;
mod ran;
mod real;
mod registry;
mod registry_state;
mod sound;
mod stages;
mod table;
mod trap;
mod vibration;
mod whole_run;
