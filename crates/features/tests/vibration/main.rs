//! Features of vibration: their values, what they show, and what they do not depend on.

#![allow(missing_docs, clippy::unwrap_used)]

mod behaviour;
mod real;
mod reference;
mod signals;
