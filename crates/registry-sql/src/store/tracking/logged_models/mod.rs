//! Logged models: what clients of release 3 make of a trained model.

mod create;
mod order;
mod page;
mod row;
mod search;
mod tags;
mod update;
