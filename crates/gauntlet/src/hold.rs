//! Stopping at a step of a registration, so that a test can kill the process exactly there.
//!
//! `GAUNTLET_HOLD_AT=in_transaction gauntlet run ...` prints `holding at in_transaction` when that step is
//! done and then waits for its end. Only tests of crashes have a use for it.

use std::time::Duration;

use gauntlet_registry::{Observer, Step};

/// Waits forever after one step.
#[derive(Debug)]
pub(crate) struct Hold {
    at: Option<String>,
}

impl Hold {
    pub(crate) fn from_env() -> Self {
        Self { at: std::env::var("GAUNTLET_HOLD_AT").ok() }
    }
}

impl Observer for Hold {
    fn done(&self, step: Step) {
        let name = serde_json::to_value(step).ok();
        let name = name.as_ref().and_then(|name| name.as_str());
        if name.is_some() && name == self.at.as_deref() {
            eprintln!("holding at {}", name.unwrap_or_default());
            loop {
                std::thread::sleep(Duration::from_secs(1));
            }
        }
    }
}
