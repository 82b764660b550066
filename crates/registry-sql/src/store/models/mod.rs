//! Registered models, versions, stages and aliases.

mod pending;
