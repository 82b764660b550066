//! A version beside the one that answers: in its shadow, or with a share of the requests.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use gauntlet_core::Alias;
use gauntlet_registry::Selector;

use super::served::Served;
use crate::settings::ModelSettings;
use crate::sources::Wanted;

/// Another alias of a model, which may point nowhere at the moment.
#[derive(Debug)]
pub(crate) struct Side {
    pub(super) wanted: Wanted,
    pub(super) current: ArcSwapOption<Served>,
}

/// The versions beside the one that answers.
#[derive(Debug, Default)]
pub(crate) struct Sides {
    /// Answers the same requests unseen.
    pub(super) shadow: Option<Side>,
    /// Answers this share of them.
    pub(super) canary: Option<(Side, f64)>,
}

impl Side {
    fn new(model: &Wanted, alias: &Alias) -> Self {
        let which = Selector::Alias(alias.clone());
        let wanted = Wanted { model: model.model.clone(), which, place: None };
        Self { wanted, current: ArcSwapOption::empty() }
    }
}

impl Sides {
    pub(super) fn new(settings: &ModelSettings) -> Self {
        let side = |alias| Side::new(&settings.model, alias);
        Self {
            shadow: settings.shadow.as_ref().map(side),
            canary: settings.canary.as_ref().map(|canary| (side(&canary.alias), canary.share)),
        }
    }

    /// The version in the shadow, if there is one now.
    pub(super) fn in_shadow(&self) -> Option<Arc<Served>> {
        self.shadow.as_ref()?.current.load_full()
    }

    /// The canary, if there is one now and it is its turn. The same request always has the same turn.
    pub(super) fn canary(&self, request: &str) -> Option<Arc<Served>> {
        let (side, share) = self.canary.as_ref()?;
        let canary = side.current.load_full()?;
        is_turn(request, *share).then_some(canary)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Side> {
        self.shadow.iter().chain(self.canary.as_ref().map(|(side, _)| side))
    }
}

fn is_turn(request: &str, share: f64) -> bool {
    let mut hasher = DefaultHasher::new();
    request.hash(&mut hasher);
    #[expect(clippy::cast_precision_loss, reason = "shares need no 64 bits")]
    let place = hasher.finish() as f64 / u64::MAX as f64;
    place < share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_gets_its_share() {
        let turns = (0..10_000).filter(|request| is_turn(&request.to_string(), 0.2)).count();
        assert!((1_850..2_150).contains(&turns), "{turns}");
        assert_eq!(is_turn("a", 0.5), is_turn("a", 0.5));
    }
}
