//! Which column of the file is which column of the descriptor.

use std::collections::BTreeSet;

use super::problem::{CsvProblem, MissingColumn};
use crate::descriptor::ColumnSpec;
use gauntlet_core::nearest;

/// Positions in the file.
#[derive(Debug)]
pub(super) struct Header {
    /// The position of each described column, in the descriptor's order.
    pub(super) described: Vec<usize>,
    /// The positions of all others, ascending.
    pub(super) extra: Vec<usize>,
    /// Whether the described columns stand in another order than the descriptor's.
    pub(super) reordered: bool,
}

/// Finds every described column in `found` by its header.
pub(super) fn match_columns(
    found: &[String],
    columns: &[ColumnSpec],
) -> Result<Header, CsvProblem> {
    let mut seen = BTreeSet::new();
    for (position, name) in found.iter().enumerate() {
        if name.trim().is_empty() {
            return Err(CsvProblem::UnnamedColumn { position: position + 1 });
        }
        if !seen.insert(name) {
            return Err(CsvProblem::DuplicateColumn(name.clone()));
        }
    }
    let position = |spec: &ColumnSpec| found.iter().position(|name| *name == spec.header);
    let described: Vec<usize> = columns.iter().filter_map(position).collect();
    let extra: Vec<usize> = (0..found.len()).filter(|p| !described.contains(p)).collect();
    if described.len() < columns.len() {
        let absent = columns.iter().filter(|spec| position(spec).is_none());
        let missing = absent.map(|spec| MissingColumn {
            expected: spec.header.clone(),
            lookalike: lookalike(spec, extra.iter().map(|&p| found[p].as_str())),
        });
        return Err(CsvProblem::MissingColumns(missing.collect()));
    }
    for &p in &extra {
        if let Some(spec) = columns.iter().find(|spec| spec.name == found[p]) {
            return Err(CsvProblem::NameTaken {
                extra: found[p].clone(),
                described: spec.header.clone(),
            });
        }
    }
    let reordered = !described.is_sorted();
    Ok(Header { described, extra, reordered })
}

/// The header among `candidates` that looks like `spec` under another name: the same letters and digits, its
/// canonical name, or few edits away.
fn lookalike<'a>(
    spec: &ColumnSpec,
    candidates: impl Iterator<Item = &'a str> + Clone,
) -> Option<String> {
    let wanted = letters(&spec.header);
    let canonical = letters(&spec.name);
    let same = candidates.clone().find(|c| {
        let found = letters(c);
        found == wanted || found == canonical
    });
    let near = || {
        nearest(&spec.header, candidates).filter(|candidate| {
            let edits = strsim::damerau_levenshtein(&wanted, &letters(candidate));
            edits * 3 <= wanted.chars().count()
        })
    };
    same.or_else(near).map(str::to_owned)
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
