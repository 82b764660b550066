//! Metrics, intervals and splitters beside the values that scikit-learn, scipy and statsmodels gave.
//!
//! `checks/evaluation.py` made `reference.json`, and `make test-evaluation` compares many more cases.

mod answer;

use answer::{Answers, Case, Loose, answer};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Stored {
    name: String,
    case: Case,
    expected: Answers,
    /// Largest difference by name, where it is not the usual one.
    tolerance: std::collections::BTreeMap<String, f64>,
}

const TOLERANCE: f64 = 1e-12;

#[test]
fn stored_cases_agree_with_the_reference() {
    let stored: Vec<Stored> = serde_json::from_str(include_str!("reference.json")).unwrap();
    assert!(stored.len() > 50);
    for Stored { name, case, expected, tolerance } in stored {
        let found = answer(&case);
        for (what, expected) in &expected {
            let limit = tolerance.get(what).copied().unwrap_or(TOLERANCE);
            let same = match (expected, &found[what]) {
                (Loose::Number(a), Loose::Number(b)) => (a - b).abs() <= limit * a.abs().max(1.0),
                (a, b) => a == b,
            };
            assert!(same, "{name}: {what} is {:?}, the reference has {expected:?}", found[what]);
        }
    }
}
