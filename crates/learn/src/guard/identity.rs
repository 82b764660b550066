//! Columns that are refused for what they are: declared ones, row numbers and unique texts.

use std::collections::BTreeSet;

use gauntlet_core::Column;

use super::{Declared, Finding};

/// Whether a recipe may not use `column` because the pipeline file says so.
#[must_use]
pub fn declared(column: &str, declared: &Declared) -> Option<Finding> {
    let why = if column == declared.label {
        "it is the label itself"
    } else if declared.derived_from_label.contains(column) {
        "it is declared under `columns.derived_from_label`"
    } else if declared.ids.contains(column) {
        "it is declared under `columns.ids`"
    } else {
        return None;
    };
    Some(Finding::new("declared", vec![column.to_owned()], why.to_owned()))
}

/// A number that rises with every row by whole steps, or a text that hardly ever repeats.
#[must_use]
pub fn row_number(name: &str, column: &Column) -> Option<Finding> {
    let evidence = match column {
        Column::Number(values) => {
            let whole = values.iter().all(|v| v.fract() == 0.0);
            let rises = values.len() > 2 && values.windows(2).all(|pair| pair[0] < pair[1]);
            (whole && rises).then(|| "a whole number that rises with every row".to_owned())
        }
        Column::Text(values) => {
            let distinct = values.iter().collect::<BTreeSet<_>>().len();
            (distinct * 10 > values.len() && distinct > 20)
                .then(|| format!("{distinct} different texts in {} rows", values.len()))
        }
    }?;
    Some(Finding::new("identity", vec![name.to_owned()], evidence))
}
