//! How long a connection is waited for.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::{Limits, seconds};
use super::pulse::{Beat, Phase};

/// How long a head may still take once the server stops.
const LAST_HEAD: Duration = Duration::from_secs(1);

/// The timer of one connection. It is set anew only when it runs out, not at every request: most requests come
/// long before, and then a new deadline is only a number.
#[derive(Debug)]
pub(super) struct Patience {
    head: Duration,
    idle: Duration,
    stopping: bool,
    seen: Option<Beat>,
    deadline: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl Patience {
    pub(super) fn new(limits: &Limits) -> Self {
        let (head, idle) = (seconds(limits.head_seconds), seconds(limits.idle_seconds));
        let deadline = Instant::now() + head;
        let alarm = Box::pin(sleep_until(deadline));
        Self { head, idle, stopping: false, seen: None, deadline, alarm }
    }

    /// From now on nothing new is waited for.
    pub(super) fn hurry(&mut self) {
        self.stopping = true;
        self.seen = None;
    }

    /// How long this phase may last; a request that is being answered as long as it takes.
    fn limit(&self, beat: Beat) -> Option<Duration> {
        match beat.phase() {
            Phase::Busy => None,
            Phase::Head if self.stopping => Some(LAST_HEAD.min(self.head)),
            Phase::Idle if self.stopping && beat.is_first() => Some(Duration::ZERO),
            Phase::Head => Some(self.head),
            Phase::Idle if beat.is_first() => Some(self.head),
            Phase::Idle => Some(self.idle),
        }
    }

    /// Ready when the connection took too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, beat: Beat) -> Poll<()> {
        if self.seen != Some(beat) {
            self.seen = Some(beat);
            if let Some(limit) = self.limit(beat) {
                self.deadline = Instant::now() + limit;
            }
        }
        if beat.phase() == Phase::Busy {
            return Poll::Pending;
        }
        if self.deadline < self.alarm.deadline() {
            self.alarm.as_mut().reset(self.deadline);
        }
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            if Instant::now() >= self.deadline {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(self.deadline);
        }
    }
}
