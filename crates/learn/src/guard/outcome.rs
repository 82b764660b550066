//! What a leak would give away: the outcome of each row, whatever the task.

/// The outcome of each row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome<'a> {
    /// Whether each row has the event.
    Binary(&'a [bool]),
    /// The class of each row.
    Classes(&'a [u32]),
    /// A number per row.
    Values(&'a [f64]),
}

impl Outcome<'_> {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Binary(labels) => labels.len(),
            Self::Classes(classes) => classes.len(),
            Self::Values(values) => values.len(),
        }
    }

    /// Events to be told from the rest, with a name: the event itself, or each class that has some rows but
    /// not most of them. A number has none.
    pub(super) fn events(&self) -> Vec<(String, Vec<bool>)> {
        match self {
            Self::Binary(labels) => vec![("the label".to_owned(), labels.to_vec())],
            Self::Classes(classes) => {
                let mut distinct = classes.to_vec();
                distinct.sort_unstable();
                distinct.dedup();
                let events = distinct.iter().map(|one| -> (String, Vec<bool>) {
                    (format!("class {one}"), classes.iter().map(|c| c == one).collect())
                });
                events
                    .filter(|(_, rows)| 2 * rows.iter().filter(|y| **y).count() <= rows.len())
                    .collect()
            }
            Self::Values(_) => Vec::new(),
        }
    }

    /// The outcome as numbers whose means mean something: one list, or one per class.
    pub(super) fn numbers(&self) -> Vec<Vec<f64>> {
        match self {
            Self::Values(values) => vec![values.to_vec()],
            _ => {
                let events = self.events();
                let number =
                    |rows: &Vec<bool>| rows.iter().map(|y| f64::from(u8::from(*y))).collect();
                events.iter().map(|(_, rows)| number(rows)).collect()
            }
        }
    }

    /// The outcome of one row as a number.
    pub(super) fn number(&self, row: usize) -> f64 {
        match self {
            Self::Binary(labels) => f64::from(u8::from(labels[row])),
            Self::Classes(classes) => f64::from(classes[row]),
            Self::Values(values) => values[row],
        }
    }
}

impl<'a> From<&'a [bool]> for Outcome<'a> {
    fn from(labels: &'a [bool]) -> Self {
        Self::Binary(labels)
    }
}

impl<'a> From<&'a Vec<bool>> for Outcome<'a> {
    fn from(labels: &'a Vec<bool>) -> Self {
        Self::Binary(labels)
    }
}

impl<'a> From<&'a [u32]> for Outcome<'a> {
    fn from(classes: &'a [u32]) -> Self {
        Self::Classes(classes)
    }
}

impl<'a> From<&'a [f64]> for Outcome<'a> {
    fn from(values: &'a [f64]) -> Self {
        Self::Values(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_common_class_is_no_event() {
        let outcome = Outcome::Classes(&[0, 0, 0, 1, 2]);
        let names: Vec<String> = outcome.events().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["class 1", "class 2"]);
        assert!(Outcome::Values(&[1.0]).events().is_empty());
    }
}
