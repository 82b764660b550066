//! MLflow's REST protocol as types: no network, no database.
//!
//! A message is declared once, with its fields' names, types and labels, and gets both a struct and a
//! description of itself ([`Message::FIELDS`]): the server reads requests by the description, with
//! MLflow's leniency and MLflow's complaints; the client writes them with serde. An [`Endpoint`] ties a request to
//! its method, path and answer, so that a client needs no code per endpoint, and [`Backend`] is what
//! answers it: the SQL store directly, the client over HTTP.
//!
//! Source: the protocol buffers of MLflow 3.17 (`service.proto`, `model_registry.proto`).

mod backend;
mod endpoint;
mod error;
mod field;
pub mod filter;
mod macros;
mod messages;
mod page;
mod scalar;

pub use backend::Backend;
pub use endpoint::{Endpoint, Method};
pub use error::{Error, ErrorCode, Result};
pub use field::{Field, FieldKind, Kind, Label, Message};
pub use messages::*;
pub use page::PageToken;
pub use scalar::Double;
