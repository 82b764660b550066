//! The language of `filter` and `order_by`: comparisons joined by `AND`, nothing else.
//!
//! MLflow reads it with a general SQL parser and then refuses most of SQL. Here the small language is read
//! directly, with MLflow's complaints. What keys and comparisons a subject has is for the subject's rules:
//! [`runs`], [`experiments`] and [`logged_models`] make conditions of clauses, which need no more checks.

mod clause;
mod condition;
mod lexer;
mod list;
mod order;

pub mod experiments;
pub mod logged_models;
pub mod runs;

pub use clause::{Clause, Op, Operand, parse_filter, parse_filter_of_entities};
pub use condition::{Condition, Sort, Subject, Test};
pub use order::{OrderBy, parse_order_by};
