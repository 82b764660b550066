//! Units of independence: rows of one unit are alike, so intervals and folds are drawn over units.

use std::collections::BTreeMap;

use gauntlet_core::{Column, Frame};

use crate::descriptor::GroupRule;
use crate::error::DataError;

/// The unit of every row, counted from 0: a new one starts whenever the value falls below that of the row before.
///
/// A tool's wear only grows, so a fall means that a new tool was mounted. NaN neither starts nor ends a unit.
#[must_use]
pub fn groups_by_reset(values: &[f64]) -> Vec<u32> {
    let mut group = 0;
    let mut last = f64::NEG_INFINITY;
    values
        .iter()
        .map(|&value| {
            group += u32::from(value < last);
            if !value.is_nan() {
                last = value;
            }
            group
        })
        .collect()
}

impl GroupRule {
    /// The unit of every row of `frame`, numbered from 0 in order of first appearance.
    ///
    /// # Errors
    /// The rule's column is not there, or is text where it must be numeric.
    pub fn groups(&self, frame: &Frame) -> Result<Vec<u32>, DataError> {
        match self {
            Self::EachRow => Ok((0..frame.rows() as u32).collect()),
            Self::ResetOf(column) => Ok(groups_by_reset(frame.numbers(column)?)),
            Self::Column(column) => Ok(match frame.column(column)? {
                Column::Number(values) => by_value(values.iter().map(|value| value.to_bits())),
                Column::Text(values) => by_value(values.iter()),
            }),
        }
    }
}

fn by_value<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<u32> {
    let mut known = BTreeMap::new();
    keys.map(|key| {
        let next = known.len() as u32;
        *known.entry(key).or_insert(next)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_starts_where_the_value_falls() {
        assert_eq!(groups_by_reset(&[0.0, 3.0, 3.0, 0.0, 2.0, 1.0]), [0, 0, 0, 1, 1, 2]);
        assert!(groups_by_reset(&[]).is_empty());
    }

    #[test]
    fn a_missing_value_neither_starts_a_unit_nor_hides_a_fall() {
        assert_eq!(groups_by_reset(&[5.0, f64::NAN, 6.0]), [0, 0, 0]);
        assert_eq!(groups_by_reset(&[5.0, f64::NAN, 1.0]), [0, 0, 1]);
    }

    #[test]
    fn rules_number_units_in_order_of_appearance() {
        let text = |values: &[&str]| Column::Text(values.iter().map(|v| (*v).into()).collect());
        let frame = Frame::new([("m".to_owned(), text(&["b", "a", "b"]))]).unwrap();
        let by_column = GroupRule::Column("m".into()).groups(&frame).unwrap();
        assert_eq!(by_column, [0, 1, 0]);
        assert_eq!(GroupRule::EachRow.groups(&frame).unwrap(), [0, 1, 2]);
        assert!(GroupRule::ResetOf("m".into()).groups(&frame).is_err());
    }
}
