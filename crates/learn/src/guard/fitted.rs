//! What was learned on rows that it may not have seen: statistics and selections.

use std::collections::BTreeSet;

use super::Finding;

/// Preprocessing fitted outside the training rows (L1.2): scales, fill values, quantiles, encodings.
///
/// `fitted` is the parameter in use, `values` the column and `train` the positions of its training rows.
/// `statistic` is what the parameter claims to be, such as the mean; missing values are taken out before.
/// A parameter that the training rows do not give is a finding, and the evidence says if all rows do.
#[must_use]
pub fn fitted_outside(
    name: &str,
    fitted: f64,
    values: &[f64],
    train: &[usize],
    statistic: impl Fn(&[f64]) -> f64,
) -> Option<Finding> {
    let of = |rows: &mut dyn Iterator<Item = f64>| -> f64 {
        statistic(&rows.filter(|v| !v.is_nan()).collect::<Vec<_>>())
    };
    let on_train = of(&mut train.iter().map(|&row| values[row]));
    let on_all = of(&mut values.iter().copied());
    let is =
        |other: f64| (fitted - other).abs() <= 1e-9 * fitted.abs().max(other.abs()).max(1e-300);
    (!is(on_train)).then(|| {
        let whence =
            if is(on_all) { "what all rows give" } else { "not what all rows give either" };
        let evidence = format!(
            "its fitted value {fitted} is {whence} ({on_all}); the training rows give {on_train}"
        );
        Finding::new("fitted_outside", vec![name.to_owned()], evidence)
    })
}

/// Features selected on rows outside training (L1.3): `selected` holds columns that the selection on
/// training rows alone, repeated as `on_train`, does not choose.
#[must_use]
pub fn selected_outside(
    selected: &BTreeSet<String>,
    on_train: &BTreeSet<String>,
) -> Option<Finding> {
    let foreign: Vec<String> = selected.difference(on_train).cloned().collect();
    (!foreign.is_empty()).then(|| {
        let evidence = format!(
            "of {} selected columns, {} are not chosen when the selection sees training rows only",
            selected.len(),
            foreign.len()
        );
        Finding::new("selected_outside", foreign, evidence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn a_mean_of_all_rows_is_found_and_one_of_training_rows_passes() {
        let values = [1.0, 2.0, f64::NAN, 3.0, 50.0, 60.0];
        let train = [0, 1, 2, 3];
        let leak = fitted_outside("torque", 23.2, &values, &train, mean).unwrap();
        assert!(leak.evidence.contains("what all rows give"), "{}", leak.evidence);
        assert_eq!(fitted_outside("torque", 2.0, &values, &train, mean), None);
        let wrong = fitted_outside("torque", 7.0, &values, &train, mean).unwrap();
        assert!(wrong.evidence.contains("not what all rows give either"), "{}", wrong.evidence);
    }

    #[test]
    fn columns_that_training_rows_would_not_choose_are_named() {
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        let leak = selected_outside(&set(&["a", "b", "c"]), &set(&["a", "d"])).unwrap();
        assert_eq!(leak.columns, ["b", "c"]);
        assert_eq!(selected_outside(&set(&["a"]), &set(&["a", "d"])), None);
    }
}
