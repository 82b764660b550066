//! One place that is served: a model at an alias, whose version may change while requests are answered.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::served::Served;
use super::side::Sides;
use super::{Watching, shadow};
use crate::eyes::kinds::ReloadFailure;
use crate::eyes::model_metrics::{PlaceMetrics, Serving};
use crate::model::Answered;
use crate::read::Rows;
use crate::settings::ModelSettings;
use crate::sources::{Located, Wanted};
use arc_swap::{ArcSwap, ArcSwapOption};

/// Longest wait until a bundle that was refused is looked at again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What is to be done about where an alias is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: it is served already, or somebody rolled it back.
    Stay,
    /// Nothing yet: it was refused a short while ago.
    Wait,
    /// It is loaded.
    Load,
}

/// A model at an alias.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) wanted: Wanted,
    current: ArcSwap<Served>,
    previous: ArcSwapOption<Served>,
    state: Mutex<State>,
    pub(super) sides: Sides,
    metrics: Arc<PlaceMetrics>,
    watching: Watching,
}

/// How it stands with following the alias.
#[derive(Debug, Clone, Default)]
struct State {
    /// Why the source, or what it gave, cannot be used now.
    trouble: Option<String>,
    /// The identity of what was rolled back: it is not taken again while the alias stays there.
    rolled_back: Option<String>,
    /// The identity of what was refused, how often, and when.
    refused: Option<(String, u32, Instant)>,
}

impl Slot {
    pub(super) fn new(settings: &ModelSettings, served: Served, watching: &Watching) -> Self {
        let wanted = settings.model.clone();
        let metrics = watching.metrics.place(wanted.model.as_str(), &wanted.which.to_string());
        metrics.serve(serving(&served));
        Self {
            wanted,
            current: ArcSwap::from_pointee(served),
            previous: ArcSwapOption::empty(),
            state: Mutex::default(),
            sides: Sides::new(settings),
            metrics,
            watching: watching.clone(),
        }
    }

    /// What answers now. A request keeps what it got, whatever is swapped meanwhile.
    pub(crate) fn current(&self) -> Arc<Served> {
        self.current.load_full()
    }

    /// What answers this request: the canary if it is its turn.
    pub(crate) fn pick(&self, request: &str) -> Arc<Served> {
        self.sides.canary(request).unwrap_or_else(|| self.current())
    }

    /// Lets the version in the shadow, if there is one, answer the same rows for comparison.
    pub(crate) fn shadow(&self, answering: &Served, answered: &Answered, rows: &Rows) {
        if let Some(shadow) = self.sides.in_shadow() {
            shadow::compare(&self.watching.metrics, answering, answered, shadow, rows);
        }
    }

    /// Notes which share of the requests each version is meant to answer.
    pub(super) fn note_shares(&self) {
        let Some((side, share)) = &self.sides.canary else { return };
        let version = |served: &Served| served.located.version.to_string();
        let shares = match side.current.load_full() {
            None => vec![(version(&self.current()), 1.0)],
            Some(canary) => {
                vec![(version(&self.current()), 1.0 - share), (version(&canary), *share)]
            }
        };
        self.watching.metrics.shares(self.wanted.model.as_str(), &shares);
    }

    /// Lets another version answer from the next request on.
    pub(super) fn swap(&self, served: Served) {
        self.metrics.serve(serving(&served));
        let before = self.current.swap(Arc::new(served));
        self.previous.store(Some(before));
        let mut state = self.state();
        (state.rolled_back, state.refused) = (None, None);
    }

    /// Lets the version before answer again, and stays there until the alias moves on. Nothing if there is
    /// none.
    pub(crate) fn roll_back(&self) -> Option<Arc<Served>> {
        let mut state = self.state();
        let previous = self.previous.load_full()?;
        let before = self.current.swap(previous.clone());
        self.metrics.serve(serving(&previous));
        state.rolled_back = Some(before.located.identity());
        self.previous.store(Some(before));
        Some(previous)
    }

    /// Takes a rollback back: the alias is followed again.
    pub(crate) fn follow(&self) {
        self.state().rolled_back = None;
    }

    /// The source said where the alias is: what is to be done about it?
    pub(super) fn consider(&self, located: &Located, now: Instant) -> Next {
        let identity = located.identity();
        let mut state = self.state();
        if state.rolled_back.as_ref().is_some_and(|held| *held != identity) {
            state.rolled_back = None;
        }
        if state.rolled_back.is_some() || located.is_same_as(&self.current.load().located) {
            return Next::Stay;
        }
        match &state.refused {
            Some((refused, times, at)) if *refused == identity => {
                let wait = Duration::from_secs(1 << times.min(&6)).min(LONGEST_WAIT);
                if now.duration_since(*at) < wait { Next::Wait } else { Next::Load }
            }
            _ => Next::Load,
        }
    }

    /// All is well: what the alias points at is served, or was rolled back by somebody.
    pub(super) fn checked(&self, now: Instant) {
        self.metrics.checked(now);
        let mut state = self.state();
        (state.trouble, state.refused) = (None, None);
    }

    /// The source cannot be asked; whether that is news.
    pub(super) fn in_trouble(&self, why: ReloadFailure, trouble: String) -> bool {
        self.metrics.failed(why);
        let mut state = self.state();
        let news = state.trouble.as_ref() != Some(&trouble);
        state.trouble = Some(trouble);
        news
    }

    /// What the alias points at cannot be served; it is looked at again later, and ever more seldom.
    pub(super) fn refuse(
        &self,
        identity: String,
        why: ReloadFailure,
        trouble: String,
        now: Instant,
    ) -> bool {
        let mut state = self.state();
        let times = match &state.refused {
            Some((refused, times, _)) if *refused == identity => times + 1,
            _ => 0,
        };
        state.refused = Some((identity, times, now));
        drop(state);
        self.in_trouble(why, trouble)
    }

    /// Why the alias is not followed at the moment.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.state().trouble.clone()
    }

    /// Whether somebody rolled back, so that the alias is not followed.
    pub(crate) fn is_held(&self) -> bool {
        self.state().rolled_back.is_some()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serving(served: &Served) -> Serving {
    Serving {
        version: served.located.version.to_string(),
        digest: served.digest.to_string(),
        origin: served.origin.map_or_else(|| "unknown".to_owned(), |origin| origin.to_string()),
    }
}
