//! What a connection is doing, as its socket and its requests tell it.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing: it waits for a request, or for its reader to take an answer.
    Idle,
    /// Part of a request's head is there.
    Head,
    /// A request is being answered.
    Busy,
}

/// A phase, told apart from the same one before or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beat(u64);

impl Beat {
    pub(super) fn phase(self) -> Phase {
        match self.0 & 3 {
            0 => Phase::Idle,
            1 => Phase::Head,
            _ => Phase::Busy,
        }
    }

    /// Whether no request has begun yet.
    pub(super) fn is_first(self) -> bool {
        self.0 >> 3 == 0
    }

    /// Whether the last request was refused with its body perhaps unread.
    fn unread(self) -> bool {
        self.0 & 4 != 0
    }
}

/// The phase of one connection. Only its own task writes it, so plain loads and stores are enough.
#[derive(Debug, Default)]
pub(super) struct Pulse(AtomicU64);

impl Pulse {
    pub(super) fn beat(&self) -> Beat {
        Beat(self.0.load(Ordering::Relaxed))
    }

    /// Bytes came in.
    pub(super) fn received(&self) {
        if self.beat().phase() == Phase::Idle {
            self.0.store(self.beat().0 | 1, Ordering::Relaxed);
        }
    }

    /// Bytes went out: an answer is being read, so its reader gets more time.
    pub(super) fn sent(&self) {
        if self.beat().phase() == Phase::Idle && !self.beat().is_first() {
            self.0.store(self.beat().0 + 8, Ordering::Relaxed);
        }
    }

    /// A request's head is complete.
    pub(super) fn begin(&self) {
        let count = self.beat().0 >> 3;
        self.0.store((count + 1) << 3 | 2, Ordering::Relaxed);
    }

    /// The answer to a request is there. `unread` if its body may not have been read to the end.
    pub(super) fn end(&self, unread: bool) {
        let count = self.beat().0 >> 3;
        self.0.store((count + 1) << 3 | u64::from(unread) << 2, Ordering::Relaxed);
    }

    /// Whether the client may still be sending what nobody reads.
    pub(super) fn is_unread(&self) -> bool {
        self.beat().unread()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_goes_from_idle_through_head_and_busy_and_back() {
        let pulse = Pulse::default();
        let first = pulse.beat();
        pulse.sent();
        assert_eq!(pulse.beat(), first);
        assert!(first.phase() == Phase::Idle && first.is_first());
        pulse.received();
        assert_eq!(pulse.beat().phase(), Phase::Head);
        assert!(pulse.beat().is_first());
        pulse.begin();
        let busy = pulse.beat();
        assert!(busy.phase() == Phase::Busy && !busy.is_first());
        pulse.received();
        pulse.sent();
        assert_eq!(pulse.beat(), busy);
        pulse.end(true);
        let idle = pulse.beat();
        assert!(idle.phase() == Phase::Idle && pulse.is_unread() && !idle.is_first());
        pulse.sent();
        assert_ne!(pulse.beat(), idle);
        assert!(pulse.beat().phase() == Phase::Idle && pulse.is_unread());
        pulse.begin();
        pulse.end(false);
        assert!(!pulse.is_unread());
    }
}
