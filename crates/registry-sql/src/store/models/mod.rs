//! Registered models, versions, stages and aliases.
//!
//! Each answer is one or two statements, however many versions a model has: what belongs together is
//! joined in the database and folded here.

mod aliases;
mod check;
mod filter;
mod registered;
mod rows;
mod search_models;
mod search_versions;
mod source;
mod stages;
mod tags;
mod versions;
