//! Who may point an alias at what, and where a rollback leads: pure functions, shared by every registry.

use std::collections::BTreeMap;

use gauntlet_core::{Alias, Decision, ModelName, Origin, Version};
use serde::Deserialize;

use crate::registration::{check_actor, invalid};
use crate::{Event, EventKind, Move, RegistryError, Result, Rollback};

/// File systems take names of 255 bytes; `.json` and the name of a temporary file have to fit as well.
const ALIAS_BYTES: usize = 200;

/// Who may move which alias. An alias that is not listed may be moved by anyone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy(pub BTreeMap<Alias, AliasPolicy>);

/// Who may move one alias. `*` is everyone; an empty list is nobody.
///
/// A name is what the caller says it is: this keeps mistakes out, not attackers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasPolicy {
    /// Who may move it.
    #[serde(default = "everyone")]
    pub movers: Vec<String>,
    /// Who may move it against the gate.
    #[serde(default = "everyone")]
    pub force: Vec<String>,
}

fn everyone() -> Vec<String> {
    vec!["*".to_owned()]
}

impl Policy {
    /// Whether `who` may move `alias`, or may even `force` it.
    ///
    /// # Errors
    /// [`RegistryError::NotAllowed`] with those who may.
    pub fn check(&self, who: &str, alias: &Alias, force: bool) -> Result<()> {
        let Some(policy) = self.0.get(alias) else {
            return Ok(());
        };
        let lists = [("move", &policy.movers, true), ("force", &policy.force, force)];
        for (action, allowed, asked) in lists {
            if asked && !allowed.iter().any(|name| name == "*" || name == who) {
                return Err(RegistryError::NotAllowed {
                    who: who.to_owned(),
                    action,
                    alias: alias.clone(),
                    allowed: allowed.clone(),
                });
            }
        }
        Ok(())
    }
}

/// What an alias is about to point at.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The model.
    pub model: &'a ModelName,
    /// The version; 0 if it is not registered yet.
    pub version: Version,
    /// Where its rows came from; a version of unknown origin is treated as real.
    pub origin: Option<Origin>,
    /// What the gate decided.
    pub decision: Option<Decision>,
}

/// Checks that `alias` may point at `target`. Returns whether it does so against the gate.
///
/// # Errors
/// [`RegistryError::WrongOrigin`], or [`RegistryError::NotPromoted`] without `force`.
pub fn check_target(alias: &Alias, target: Target<'_>, force: bool) -> Result<bool> {
    let origin = target.origin.unwrap_or(Origin::Real);
    let suffix = Origin::Simulated.name_suffix();
    if target.model.as_str().ends_with(suffix) != (origin == Origin::Simulated) {
        return Err(RegistryError::WrongOrigin {
            model: target.model.clone(),
            alias: alias.clone(),
            origin,
        });
    }
    if *alias != Alias::champion() || target.decision == Some(Decision::Promote) {
        return Ok(false);
    }
    if force {
        return Ok(true);
    }
    Err(RegistryError::NotPromoted {
        model: target.model.clone(),
        version: target.version,
        decision: target.decision,
    })
}

/// Checks an alias that is moved by hand.
///
/// # Errors
/// It is `previous`, which follows `champion`, or too long for a file name.
pub fn check_alias_name(alias: &Alias) -> Result<()> {
    if *alias == Alias::previous() {
        return Err(invalid("alias", alias, "it follows `champion` and is not moved by hand"));
    }
    if alias.as_str().len() > ALIAS_BYTES {
        return Err(invalid("alias", alias, &format!("it may have {ALIAS_BYTES} bytes")));
    }
    Ok(())
}

/// Checks that a forced move gives a reason.
///
/// # Errors
/// It does not.
pub fn check_reason(force: bool, reason: &str) -> Result<()> {
    if force && reason.trim().is_empty() {
        return Err(invalid("reason", reason, "a forced move needs one"));
    }
    Ok(())
}

impl Move {
    /// Checks all that can be checked without a registry.
    ///
    /// # Errors
    /// The first field that breaks a rule.
    pub fn check(&self) -> Result<()> {
        check_actor(&self.who, &self.reason)?;
        check_alias_name(&self.alias)?;
        check_reason(self.force, &self.reason)
    }
}

impl Rollback {
    /// Checks all that can be checked without a registry.
    ///
    /// # Errors
    /// The first field that breaks a rule.
    pub fn check(&self) -> Result<()> {
        check_actor(&self.who, &self.reason)?;
        check_alias_name(&self.alias)
    }
}

/// The event that a rollback of an alias takes back: the newest that no rollback took back yet.
///
/// `events` are those of one alias, oldest first. `None` if there is none left, or if it was the
/// alias's first, which came from nowhere.
#[must_use]
pub fn undoable(events: &[Event]) -> Option<(i64, Version)> {
    let mut standing: Vec<&Event> = Vec::new();
    for event in events {
        match (event.kind, event.undoes) {
            (EventKind::Rollback, Some(undone)) => standing.retain(|e| e.id != undone),
            _ => standing.push(event),
        }
    }
    let last = standing.last()?;
    last.from.map(|from| (last.id, from))
}

/// The origin that a `data.origin` tag states.
#[must_use]
pub fn parse_origin(text: &str) -> Option<Origin> {
    [Origin::Real, Origin::Simulated].into_iter().find(|origin| origin.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(model: &str, alias: &str, origin: Origin, decision: Decision, force: bool) -> String {
        let model = model.parse().unwrap();
        let target = Target {
            model: &model,
            version: Version(1),
            origin: Some(origin),
            decision: Some(decision),
        };
        match check_target(&alias.parse().unwrap(), target, force) {
            Ok(forced) => format!("forced {forced}"),
            Err(RegistryError::WrongOrigin { .. }) => "wrong origin".into(),
            Err(RegistryError::NotPromoted { .. }) => "not promoted".into(),
            Err(other) => other.to_string(),
        }
    }

    #[test]
    fn champion_needs_a_promotion_or_force_and_other_aliases_do_not() {
        use Decision::{Hold, Promote, Reject};
        let real = |alias, decision, force| check("m", alias, Origin::Real, decision, force);
        assert_eq!(real("champion", Promote, false), "forced false");
        assert_eq!(real("champion", Promote, true), "forced false");
        assert_eq!(real("champion", Hold, false), "not promoted");
        assert_eq!(real("champion", Reject, false), "not promoted");
        assert_eq!(real("champion", Reject, true), "forced true");
        assert_eq!(real("challenger", Hold, false), "forced false");
    }

    #[test]
    fn no_force_mixes_simulated_with_real() {
        use Origin::{Real, Simulated};
        for alias in ["champion", "challenger"] {
            let get = |model, origin| check(model, alias, origin, Decision::Promote, true);
            assert_eq!(get("m", Simulated), "wrong origin");
            assert_eq!(get("m_sim", Real), "wrong origin");
            assert_eq!(get("m_sim", Simulated), "forced false");
        }
    }

    #[test]
    fn a_policy_lists_who_may_move_and_who_may_force() {
        let policy =
            AliasPolicy { movers: vec!["gate".into(), "ann".into()], force: vec!["ann".into()] };
        let policy = Policy(BTreeMap::from([(Alias::champion(), policy)]));
        let check = |who, force| policy.check(who, &Alias::champion(), force).is_ok();
        assert_eq!((check("gate", false), check("gate", true)), (true, false));
        assert_eq!((check("ann", false), check("ann", true)), (true, true));
        assert!(!check("bob", false));
        assert!(policy.check("bob", &Alias::challenger(), false).is_ok());
    }

    fn event(id: i64, from: u32, to: u32, undoes: Option<i64>) -> Event {
        Event {
            id,
            at_ms: 0,
            who: "w".into(),
            kind: if undoes.is_some() { EventKind::Rollback } else { EventKind::Move },
            model: "m".parse().unwrap(),
            alias: Alias::champion(),
            from: (from > 0).then_some(Version(from)),
            to: Some(Version(to)),
            verdict_digest: None,
            forced: false,
            reason: String::new(),
            undoes,
        }
    }

    #[test]
    fn rollbacks_walk_back_and_do_not_go_forth_and_back() {
        let mut events = vec![event(1, 0, 1, None), event(2, 1, 2, None), event(3, 2, 3, None)];
        assert_eq!(undoable(&events), Some((3, Version(2))));
        events.push(event(4, 3, 2, Some(3)));
        assert_eq!(undoable(&events), Some((2, Version(1))));
        events.push(event(5, 2, 1, Some(2)));
        assert_eq!(undoable(&events), None, "the first move came from nowhere");
        events.push(event(6, 1, 4, None));
        assert_eq!(undoable(&events), Some((6, Version(1))));
    }

    #[test]
    fn an_alias_that_never_moved_has_nothing_to_undo() {
        assert_eq!(undoable(&[]), None);
    }
}
