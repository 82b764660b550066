//! What the payload log wrote, and what it did not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::eyes::exposition::Exposition;

/// Counts of the payload log.
#[derive(Debug, Default)]
pub(crate) struct PayloadCounts {
    /// Requests that reached the writer.
    pub(super) entries: AtomicU64,
    /// Rows on disk.
    pub(super) rows: AtomicU64,
    pub(super) bytes: AtomicU64,
    /// Requests for which the queue had no room.
    pub(super) dropped: AtomicU64,
    /// Rows that could not be written.
    pub(super) lost: AtomicU64,
    pub(super) rotations: AtomicU64,
    pub(super) failing: AtomicBool,
}

impl PayloadCounts {
    /// Whether the last attempt to write failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Appends the counts.
    pub(crate) fn render(&self, text: &mut Exposition) {
        for (name, help, counter) in [
            ("requests", "Requests taken into the payload log.", &self.entries),
            ("rows", "Rows written to the payload log.", &self.rows),
            ("bytes", "Bytes written to the payload log.", &self.bytes),
            ("dropped_requests", "Requests that its queue had no room for.", &self.dropped),
            ("lost_rows", "Rows that could not be written.", &self.lost),
            ("rotations", "Times that a full file was put aside.", &self.rotations),
        ] {
            let name = format!("gauntlet_serve_payload_log_{name}_total");
            text.single(&name, "counter", help, counter.load(Ordering::Relaxed));
        }
        let help = "1 if the last attempt to write the payload log failed.";
        let name = "gauntlet_serve_payload_log_failing";
        text.single(name, "gauge", help, u8::from(self.is_failing()));
    }
}
