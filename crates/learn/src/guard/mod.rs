//! The leak guard: one function per leak of the taxonomy of Kapoor and Narayanan (2023).
//!
//! [`inspect`] runs before anything is fitted, on training rows only: it refuses columns that the pipeline
//! file declares as ids or as derived from the label, and finds such columns by itself where they are not
//! declared. What carries no signal (AI4I's RNF) only the declaration can name. The other functions look
//! at splits, features and protocols; each returns its evidence, or nothing.
//!
//! | leak | functions |
//! | --- | --- |
//! | L1.1 no test set, or one that was used | [`no_test_set`], [`peeking`], [`shuffled_labels`], [`shuffled_outcome`] |
//! | L1.2 preprocessing on all rows | [`fitted_outside`], [`target_encoding`] |
//! | L1.3 selection on all rows | [`selected_outside`] |
//! | L1.4 duplicates | [`duplicates`], [`near_duplicates`] |
//! | L2 illegitimate features | [`declared`], [`row_number`], [`row_position`], [`alone`], [`missingness`], [`purity`], [`reproduces_label`], [`label_lag`] |
//! | L3.1 the future | [`time_order`], [`window_straddles`], [`look_ahead`], [`label_lag`] |
//! | L3.2 rows that know each other | [`group_overlap`], [`neighbours`], [`window_straddles`], [`leak_gap`] |
//! | L3.3 sampling bias | [`sampling_bias`], [`label_shift`] |

mod bias;
mod encoding;
mod finding;
mod fitted;
mod identity;
mod outcome;
mod overlap;
mod position;
mod score;
mod shuffle;
mod temporal;
mod union;

pub use bias::{label_shift, leak_gap, peeking, sampling_bias};
pub use encoding::{label_lag, target_encoding};
pub use finding::{Finding, GuardReport, Waiver};
pub use fitted::{fitted_outside, selected_outside};
pub use identity::{declared, row_number};
pub use outcome::Outcome;
pub use overlap::{duplicates, group_overlap, near_duplicates, no_test_set};
pub use position::row_position;
pub use score::{alone, missingness, purity};
pub use shuffle::{ShuffleCheck, shuffled_labels, shuffled_outcome};
pub use temporal::{look_ahead, neighbours, time_order, window_straddles};
pub use union::reproduces_label;

use std::collections::BTreeSet;

use gauntlet_core::{Column, Frame};

/// What the pipeline file declares about columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// The label itself.
    pub label: String,
    /// Identifiers.
    pub ids: BTreeSet<String>,
    /// Columns derived from the label, or known only after the fact.
    pub derived_from_label: BTreeSet<String>,
}

impl Declared {
    /// Whether nothing is declared about `column`: it counts as measured.
    #[must_use]
    pub fn is_open(&self, column: &str) -> bool {
        column != self.label
            && !self.ids.contains(column)
            && !self.derived_from_label.contains(column)
    }
}

/// Looks at every raw column of the training rows that is not declared, and at every column that a
/// recipe uses.
///
/// `frame` holds the raw columns of training rows, `outcome` what is to be predicted of them (labels,
/// classes or numbers), `used` the columns that recipes read.
#[must_use]
pub fn inspect<'a>(
    frame: &Frame,
    outcome: impl Into<Outcome<'a>>,
    declared: &Declared,
    used: &BTreeSet<String>,
    waivers: &[Waiver],
) -> GuardReport {
    let outcome = outcome.into();
    let mut findings = Vec::new();
    for column in used {
        findings.extend(identity::declared(column, declared));
    }
    let open: Vec<(&str, &Column)> =
        frame.iter().filter(|(name, _)| declared.is_open(name)).collect();
    for (name, column) in &open {
        findings.extend(identity::row_number(name, column));
        findings.extend(score::alone(name, column, outcome));
        findings.extend(score::purity(name, column, outcome));
        if let Column::Number(values) = column {
            findings.extend(score::missingness(name, values, outcome));
        }
    }
    findings.extend(union::reproduces_label(&open, outcome));
    GuardReport::of(findings, used, waivers)
}

/// The two values of a binary column as `(rare, rows that have it)`, if it has exactly two.
fn binary(column: &Column) -> Option<(String, Vec<bool>)> {
    let texts: Vec<String> = match column {
        Column::Number(values) => values.iter().map(ToString::to_string).collect(),
        Column::Text(values) => values.clone(),
    };
    let distinct: BTreeSet<&String> = texts.iter().collect();
    let values: Vec<&String> = distinct.into_iter().collect();
    let [first, second] = values[..] else { return None };
    let count = texts.iter().filter(|t| *t == second).count();
    let rare = if 2 * count <= texts.len() { second } else { first }.clone();
    let rows = texts.iter().map(|t| *t == rare).collect();
    Some((rare, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::Seed;
    use rand::RngExt;

    /// Columns with the shape of AI4I: five modes, an honest sensor, ids.
    fn frame(n: usize) -> (Frame, Vec<bool>) {
        let mut rng = Seed(4).rng();
        let mut flag =
            |share: f64| -> Vec<bool> { (0..n).map(|_| rng.random_bool(share)).collect() };
        let modes = [flag(0.011), flag(0.009), flag(0.01)];
        let (noise, unexplained) = (flag(0.002), flag(0.0009));
        let labels: Vec<bool> =
            (0..n).map(|i| modes.iter().any(|m| m[i]) || unexplained[i]).collect();
        let number =
            |rows: &[bool]| Column::Number(rows.iter().map(|y| f64::from(u8::from(*y))).collect());
        let torque = (0..n).map(|i| f64::from(u8::from(labels[i])) + rng.random::<f64>() * 3.0);
        let torque = Column::Number(torque.collect());
        let frame = Frame::new([
            ("UDI".to_owned(), Column::Number((1..=n).map(|i| i as f64).collect())),
            ("id".to_owned(), Column::Text((0..n).map(|i| format!("M{i}")).collect())),
            ("Torque".to_owned(), torque),
            ("HDF".to_owned(), number(&modes[0])),
            ("PWF".to_owned(), number(&modes[1])),
            ("OSF".to_owned(), number(&modes[2])),
            ("RNF".to_owned(), number(&noise)),
        ])
        .unwrap();
        (frame, labels)
    }

    fn used(columns: &[&str]) -> BTreeSet<String> {
        columns.iter().map(|c| (*c).to_owned()).collect()
    }

    fn rules_that_block(report: &GuardReport) -> Vec<&str> {
        report.blocking().map(|f| f.rule.as_str()).collect()
    }

    #[test]
    fn an_undeclared_mode_column_is_found_by_purity() {
        let (frame, labels) = frame(8000);
        let report = inspect(&frame, &labels, &Declared::default(), &used(&["Torque", "HDF"]), &[]);
        let finding = report.blocking().find(|f| f.rule == "purity").unwrap();
        assert_eq!(finding.columns, ["HDF"]);
        assert!(finding.evidence.contains("100.0 %"), "{}", finding.evidence);
    }

    #[test]
    fn modes_whose_or_is_the_label_are_found_together() {
        let (frame, labels) = frame(8000);
        let report = inspect(&frame, &labels, &Declared::default(), &used(&["PWF"]), &[]);
        let union = report.findings.iter().find(|f| f.rule == "union").unwrap();
        assert_eq!(union.columns, ["HDF", "OSF", "PWF"]);
    }

    #[test]
    fn declared_columns_are_refused_whatever_they_carry() {
        let (frame, labels) = frame(3000);
        let declared = Declared {
            label: "Machine_failure".into(),
            ids: used(&["UDI", "id"]),
            derived_from_label: used(&["HDF", "PWF", "OSF", "RNF"]),
        };
        let report = inspect(&frame, &labels, &declared, &used(&["Torque", "RNF", "UDI"]), &[]);
        assert_eq!(rules_that_block(&report), ["declared", "declared"]);
        let honest = inspect(&frame, &labels, &declared, &used(&["Torque"]), &[]);
        assert_eq!(honest.blocking().count(), 0);
        assert_eq!(honest.findings.len(), 0);
    }

    #[test]
    fn a_copy_of_the_label_with_one_percent_flipped_is_found_at_every_seed() {
        let (mut table, labels) = frame(8000);
        for seed in 0..20 {
            let mut rng = Seed(seed).rng();
            let copy = labels.iter().map(|y| f64::from(u8::from(*y != rng.random_bool(0.01))));
            table.push(format!("x{seed}"), Column::Number(copy.collect())).unwrap();
        }
        let names: Vec<String> = (0..20).map(|s| format!("x{s}")).collect();
        let names: BTreeSet<String> = names.into_iter().collect();
        let report = inspect(&table, &labels, &Declared::default(), &names, &[]);
        let found: BTreeSet<&String> = report.blocking().flat_map(|f| &f.columns).collect();
        assert!(names.iter().all(|name| found.contains(name)), "{found:?}");
    }

    #[test]
    fn row_numbers_and_unique_texts_are_found() {
        let (frame, labels) = frame(500);
        let report = inspect(&frame, &labels, &Declared::default(), &used(&["UDI", "id"]), &[]);
        let identity: Vec<&str> = report
            .blocking()
            .filter(|f| f.rule == "identity")
            .map(|f| f.columns[0].as_str())
            .collect();
        assert_eq!(identity, ["UDI", "id"]);
    }

    #[test]
    fn a_written_waiver_lets_a_finding_pass_and_keeps_it_in_the_report() {
        let (frame, labels) = frame(8000);
        let waiver = Waiver { column: "HDF".into(), reason: "measured before the failure".into() };
        let report = inspect(&frame, &labels, &Declared::default(), &used(&["HDF"]), &[waiver]);
        assert_eq!(report.blocking().count(), 0);
        let waived = report.findings.iter().find(|f| f.rule == "purity").unwrap();
        assert_eq!(waived.waived.as_deref(), Some("measured before the failure"));
    }
}
