//! Fetching from a server on the loopback that behaves well, badly, or breaks off.

#![allow(clippy::unwrap_used, clippy::panic)]

mod archives;
mod common;
mod mirrors;
mod server;
mod transfers;
