//! Which column tells failures, and how.

use std::path::Path;

use super::columns::Profile;
use super::roles::no_column;
use super::words::{has, token};
use super::{Hints, wrong};
use crate::events::descriptor::Failures;
use crate::events::error::EventsError;

/// Words in the header of a column that tells failures, the surest first.
const LABEL: [&str; 11] = [
    "anomal",
    "fault",
    "fail",
    "label",
    "broken",
    "breakdown",
    "defect",
    "target",
    "outlier",
    "attack",
    "abnormal",
];
/// Words that a column of 0 and 1 may have for other reasons, too.
const PERHAPS: [&str; 4] = ["alarm", "status", "state", "event"];
/// Words in the header of a column that says what a machine does.
const STATUS: [&str; 7] = ["status", "state", "condition", "mode", "class", "health", "normal"];
/// Words of a status that is a failure.
const FAILED: [&str; 13] = [
    "broken", "break", "fail", "fault", "error", "defect", "abnormal", "anomal", "critical",
    "attack", "leak", "seiz", "damage",
];
/// Whole words of one.
const FAILED_TOKENS: [&str; 3] = ["trip", "tripped", "down"];
/// Words of a status in which a machine neither works nor has failed.
const AWAY: [&str; 9] =
    ["recover", "repair", "mainten", "off", "stop", "idle", "standby", "shutdown", "down"];
/// Most different words of a status.
const STATES: usize = 20;

/// Whether a column of 0 and 1, or of kinds, is a label rather than a reading.
pub(super) fn tells_failures(profile: &Profile) -> bool {
    let made = has(&profile.header, &["changepoint", "change_point"]) && profile.is_binary();
    made || (has(&profile.header, &LABEL) && (profile.is_binary() || profile.is_kinds()))
}

/// The column that tells failures, and what they mean.
///
/// # Errors
/// No such column, or a named one that is not there.
pub(super) fn label(
    path: &Path,
    profiles: &[Profile],
    taken: &[&str],
    hints: &Hints,
) -> Result<(Failures, String), EventsError> {
    if let Some(name) = &hints.label {
        let profile = profiles.iter().find(|p| p.header == *name);
        let profile = profile.ok_or_else(|| no_column(path, profiles, name, "--label"))?;
        return named(path, profile);
    }
    let open = |p: &&Profile| !taken.contains(&p.header.as_str());
    let candidates: Vec<&Profile> = profiles.iter().filter(open).collect();
    // A status in words says most, then a flag with a telling name.
    let telling = |p: &&&Profile| has(&p.header, &STATUS) || has(&p.header, &LABEL);
    if let Some(found) = candidates.iter().filter(telling).find_map(|profile| status(profile)) {
        return Ok(found);
    }
    for words in [&LABEL[..], &PERHAPS[..]] {
        let rank = |p: &&&Profile| words.iter().position(|word| has(&p.header, &[word]));
        let flags = candidates.iter().filter(|p| {
            rank(p).is_some() && (p.is_binary() || (has(&p.header, &LABEL) && p.is_kinds()))
        });
        if let Some(profile) = flags.min_by_key(|p| rank(p).unwrap_or(usize::MAX)) {
            return Ok(flag(profile));
        }
    }
    Err(wrong(
        path,
        "no column tells failures",
        "name it with `--label`, or pass a file that lists failures, a line each (begin, end), with `--failures`",
    ))
}

/// A status in words, some of which are failures.
fn status(profile: &Profile) -> Option<(Failures, String)> {
    if profile.many || profile.is_number() || profile.texts.len() > STATES {
        return None;
    }
    let negated = |text: &str| {
        has(text, &["no ", "not ", "non", "no_", "without"]) || token(text, &["none", "no", "ok"])
    };
    let is = |words: &[&str], tokens: &[&str]| -> Vec<String> {
        let telling = |text: &&String| (has(text, words) || token(text, tokens)) && !negated(text);
        profile.texts.keys().filter(telling).cloned().collect()
    };
    let failure = is(&FAILED, &FAILED_TOKENS);
    if failure.is_empty() || failure.len() == profile.texts.len() {
        return None;
    }
    let away = is(&AWAY, &[]);
    let excluded = away.into_iter().filter(|text| !failure.contains(text)).collect();
    Some(told(profile, failure, excluded))
}

/// A status: what a label says in words lasts, as one of 0 and 1 does; a machine's own status turns at the failure.
fn told(profile: &Profile, failure: Vec<String>, excluded: Vec<String>) -> (Failures, String) {
    let column = profile.header.clone();
    let meaning = format!("`{column}` says {}", failure.join(" or "));
    let lasts = has(&column, &LABEL) && !has(&column, &["status", "state"]);
    (Failures::Status { column, failure, excluded, lasts }, meaning)
}

/// A flag: a status marks the moment of a failure, a label the time that one lasts.
fn flag(profile: &Profile) -> (Failures, String) {
    let column = profile.header.clone();
    if has(&column, &["status", "state"]) && profile.is_binary() {
        let failure: Vec<String> = profile
            .texts
            .keys()
            .filter(|t| crate::events::states::truth(t) == Some(true))
            .cloned()
            .collect();
        let meaning = format!("`{column}` says {}", failure.join(" or "));
        return (Failures::Status { column, failure, excluded: Vec::new(), lasts: false }, meaning);
    }
    let above = if profile.is_binary() { "is 1" } else { "is not 0" };
    let meaning = format!("`{column}` {above}");
    (Failures::Interval { column }, meaning)
}

/// Somebody who names a column means it: what it says most often is normal, if its words do not tell.
fn named(path: &Path, profile: &Profile) -> Result<(Failures, String), EventsError> {
    if profile.tells() {
        return Ok(flag(profile));
    }
    if let Some(found) = status(profile) {
        return Ok(found);
    }
    if profile.many || !(2..=STATES).contains(&profile.texts.len()) {
        let different = if profile.many { "many" } else { "fewer than two" };
        return Err(wrong(
            path,
            &format!("`{}` says {different} different things", profile.header),
            "a label says what a machine does in a few words, or 0 and 1; list failures in a file for `--failures` \
             if no column does",
        ));
    }
    let normal = profile.texts.iter().max_by_key(|(_, count)| **count).map(|(text, _)| text);
    let failure = profile.texts.keys().filter(|text| Some(*text) != normal).cloned().collect();
    Ok(told(profile, failure, Vec::new()))
}
