//! Readings of sensors, looked through for anomalies.
//!
//! ```text
//! readings ── by timestamp ──► rows ── one batch ──► scores ── from the threshold on ──► findings
//! ```
//!
//! A finding says only what can be shown: the score, and how far each reading is from what training saw.

mod evidence;
mod finding;
mod readings;
mod tail;
mod typical;
mod words;

pub(crate) use finding::Detection;
pub(crate) use readings::Detect;
pub(crate) use tail::moved_threshold;
pub(crate) use typical::Typical;
