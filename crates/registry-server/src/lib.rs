//! The MLflow-compatible registry server.
//!
//! One generic handler answers every endpoint of MLflow's protocol: it reads the request by the message's own
//! description (`read`), asks the store, and writes the answer. What is not in the protocol's tables (proxied
//! artefacts, health, our own registry) has handlers of its own below `routes`.
//!
//! Safety is structural where it can be: a route cannot be added without a role, an artefact's address becomes a
//! store in one place only, and nothing that a client names is ever fetched.

mod access;
mod answer;
mod app;
mod artifacts;
mod gate;
mod graphql;
mod guard;
mod metrics;
mod pages;
mod rate;
mod read;
mod routes;
mod serve;
mod sources;
mod uploads;

pub use access::{NewToken, Role, Token, TokenError, Tokens};
pub use app::{App, Limits};
pub use artifacts::Artifacts;
pub use guard::Guard;
pub use routes::router;
pub use serve::{ServeError, listen, serve};
pub use sources::Sources;
