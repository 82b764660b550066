//! What the store invents: identifiers, times and names.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// Milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A new identifier, as 32 hexadecimal digits.
pub(super) fn id() -> String {
    Uuid::new_v4().simple().to_string()
}

/// A name for a run or a model that was given none: an adjective, a noun and a number, at most 20 characters.
pub(super) fn name() -> String {
    // The lowest bits hold the version of the identifier's format.
    let (random, _) = Uuid::new_v4().as_u64_pair();
    let sixteen = |place: u64| (random >> place) as usize & 0xffff;
    let adjective = ADJECTIVES[sixteen(48) % ADJECTIVES.len()];
    let noun = NOUNS[sixteen(32) % NOUNS.len()];
    format!("{adjective}-{noun}-{}", sixteen(16) % 1000)
}

const ADJECTIVES: [&str; 48] = [
    "able", "agile", "amber", "ample", "brave", "brisk", "calm", "candid", "clear", "crisp",
    "eager", "early", "exact", "fair", "fast", "firm", "fresh", "gentle", "glad", "golden",
    "grand", "happy", "hardy", "honest", "humble", "keen", "kind", "light", "lively", "loyal",
    "lucid", "mellow", "merry", "neat", "noble", "patient", "polite", "proud", "quick", "quiet",
    "sharp", "silent", "smooth", "sober", "solid", "steady", "sunny", "wise",
];

const NOUNS: [&str; 48] = [
    "anchor", "anvil", "arch", "axle", "beam", "bearing", "bell", "boiler", "bolt", "bridge",
    "cam", "chain", "clock", "coil", "crane", "dynamo", "engine", "flange", "flint", "forge",
    "fuse", "gauge", "gear", "girder", "hammer", "hinge", "hull", "kiln", "lathe", "lever", "loom",
    "mill", "motor", "piston", "pump", "rail", "rivet", "rotor", "rudder", "shaft", "sluice",
    "spindle", "spring", "turbine", "valve", "vault", "wheel", "winch",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_rarely_the_same() {
        let names: std::collections::BTreeSet<String> = (0..200).map(|_| name()).collect();
        assert!(names.len() > 190);
        assert!(names.iter().all(|name| name.len() <= 20), "{names:?}");
    }

    #[test]
    fn identifiers_fit_their_columns() {
        let id = id();
        assert_eq!(id.len(), 32);
        assert!(id.chars().all(|c| c.is_ascii_hexdigit()));
    }
}
