//! What several subjects share.

use crate::macros::{enumerations, messages};

messages! {
    /// A tag or a parameter.
    KeyValue { key: optional String, value: optional String }

    /// The answer of an endpoint that only acknowledges.
    Empty {}
}

impl KeyValue {
    /// A pair.
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: Some(key.into()), value: Some(value.into()) }
    }
}

enumerations! {
    /// Which of active and deleted things a search looks at.
    ViewType { ActiveOnly = 1 "ACTIVE_ONLY", DeletedOnly = 2 "DELETED_ONLY", All = 3 "ALL" }
}
