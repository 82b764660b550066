//! Columns that were made from the outcome of the rows they stand in.

use std::collections::BTreeMap;

use super::score::spearman;
use super::{Finding, Outcome};

/// Categories from which a rank correlation of their means is no accident.
const CATEGORIES: usize = 8;
/// Rank correlation of encoded and true category means from which they are the same.
const CORRELATION: f64 = 0.99;
/// Share of rows that must agree with a mean of the outcome.
const SHARE: f64 = 0.99;

/// Target encoding on the rows that are scored (L1.2): a number per category that is the category's mean
/// outcome, with the row itself or without it, or another number in the order of those means.
///
/// `category` holds each row's category. Of several classes each is looked at. Categories of one row are
/// left out; with fewer than 8 others nothing is claimed. Encode on inner folds instead.
#[must_use]
pub fn target_encoding<'a>(
    name: &str,
    values: &[f64],
    category: &[u32],
    outcome: impl Into<Outcome<'a>>,
) -> Option<Finding> {
    outcome.into().numbers().iter().find_map(|target| encodes(name, values, category, target))
}

fn encodes(name: &str, values: &[f64], category: &[u32], target: &[f64]) -> Option<Finding> {
    let mut rows: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    category.iter().enumerate().for_each(|(row, &of)| rows.entry(of).or_default().push(row));
    rows.retain(|_, rows| rows.len() > 1);
    if rows.len() < CATEGORIES {
        return None;
    }
    let (mut all, mut without_itself) = (0.0, 0.0);
    let (mut encoded, mut means, mut constant) = (Vec::new(), Vec::new(), true);
    for rows in rows.values() {
        let n = rows.len() as f64;
        let sum: f64 = rows.iter().map(|&row| target[row]).sum();
        for &row in rows {
            let left_out = (sum - target[row]) / (n - 1.0);
            all += 1.0;
            without_itself += f64::from(u8::from((values[row] - left_out).abs() <= 1e-9));
        }
        constant &= rows.iter().all(|&row| values[row] == values[rows[0]]);
        encoded.push(values[rows[0]]);
        means.push(sum / n);
    }
    let told =
        |evidence: String| Some(Finding::new("target_encoding", vec![name.to_owned()], evidence));
    let correlation = spearman(&encoded, &means);
    if constant && correlation.abs() >= CORRELATION {
        return told(format!(
            "it is one number per category, in the order of the categories' mean outcome on these rows \
             (rank correlation {correlation:.3} over {} categories)",
            rows.len()
        ));
    }
    let spread = means.iter().any(|mean| *mean != means[0]);
    if spread && without_itself / all >= SHARE {
        return told(format!(
            "in {:.1} % of rows it is the mean outcome of the category's other rows",
            100.0 * without_itself / all
        ));
    }
    None
}

/// Lagged outcomes (L2, L3.1): a column that repeats the outcome of rows before or after it.
///
/// Rows stand in time order; lags do not reach across groups. A positive lag is an outcome still to come,
/// which is always a leak; a negative one is known only if labels are known at once. Up to `reach` rows in
/// both directions are tried, and a lag counts if at least 99 % of rows agree, events included.
#[must_use]
pub fn label_lag<'a>(
    name: &str,
    values: &[f64],
    outcome: impl Into<Outcome<'a>>,
    group: &[u32],
    reach: usize,
) -> Option<Finding> {
    let outcome = outcome.into();
    let rows = outcome.rows();
    let reach = i64::try_from(reach).unwrap_or(i64::MAX);
    let other = |row: usize, lag: i64| {
        let at = usize::try_from(i64::try_from(row).ok()?.checked_add(lag)?).ok()?;
        (at < rows && group[at] == group[row]).then_some(at)
    };
    // Changes of the outcome: rows around them tell a copy from a column that is always the same.
    let changes = (1..rows)
        .filter(|&row| group[row] == group[row - 1])
        .filter(|&row| outcome.number(row) != outcome.number(row - 1))
        .count();
    let best = (-reach..=reach)
        .filter_map(|lag| {
            let pairs: Vec<(usize, usize)> =
                (0..rows).filter_map(|row| Some((row, other(row, lag)?))).collect();
            let agree =
                pairs.iter().filter(|(row, at)| values[*row] == outcome.number(*at)).count();
            let wrong = pairs.len() - agree;
            let fits = 100 * agree >= 99 * pairs.len() && 4 * wrong < changes;
            fits.then_some((std::cmp::Reverse(wrong), lag, pairs.len()))
        })
        .max_by_key(|(wrong, lag, _)| (*wrong, std::cmp::Reverse(lag.abs())));
    best.map(|(std::cmp::Reverse(wrong), lag, pairs)| {
        let which = match lag {
            0 => "its own row".to_owned(),
            1.. => format!("the row {lag} later"),
            _ => format!("the row {} earlier", lag.abs()),
        };
        let evidence = format!("it is the outcome of {which} in {} of {pairs} rows", pairs - wrong);
        Finding::new("label_lag", vec![name.to_owned()], evidence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::Seed;
    use rand::RngExt;

    /// 600 rows in 30 categories with failure rates of their own, and a nominal rating per category.
    fn rows() -> (Vec<u32>, Vec<bool>, Vec<f64>) {
        let mut rng = Seed(6).rng();
        let category: Vec<u32> = (0..600).map(|i| i % 30).collect();
        let labels =
            category.iter().map(|c| rng.random_bool(0.05 + f64::from(*c) / 60.0)).collect();
        let ratings: Vec<f64> = (0..30).map(|_| rng.random()).collect();
        let rating = category.iter().map(|c| ratings[*c as usize]).collect();
        (category, labels, rating)
    }

    fn means(category: &[u32], target: &[f64], without_itself: bool) -> Vec<f64> {
        let of = |row: usize| {
            let same = (0..target.len()).filter(|&at| category[at] == category[row]);
            let others: Vec<f64> =
                same.filter(|&at| !without_itself || at != row).map(|at| target[at]).collect();
            others.iter().sum::<f64>() / others.len() as f64
        };
        (0..target.len()).map(of).collect()
    }

    #[test]
    fn an_encoding_by_means_of_these_rows_is_found_with_and_without_the_row() {
        let (category, labels, rating) = rows();
        let target: Vec<f64> = labels.iter().map(|y| f64::from(u8::from(*y))).collect();
        for without_itself in [false, true] {
            let encoded = means(&category, &target, without_itself);
            assert!(target_encoding("t", &encoded, &category, &labels).is_some());
        }
        let smoothed: Vec<f64> =
            means(&category, &target, false).iter().map(|m| (20.0 * m + 2.0) / 30.0).collect();
        assert!(target_encoding("t", &smoothed, &category, &labels).is_some());
        assert_eq!(target_encoding("rating", &rating, &category, &labels), None);
    }

    #[test]
    fn an_encoding_learned_on_other_rows_passes() {
        let (category, labels, _) = rows();
        let target: Vec<f64> = labels.iter().map(|y| f64::from(u8::from(*y))).collect();
        let (past, future) = target.split_at(300);
        let encoded = means(&category[..300], past, false);
        let future: Vec<bool> = future.iter().map(|y| *y > 0.0).collect();
        assert_eq!(target_encoding("t", &encoded, &category[300..], &future), None);
    }

    #[test]
    fn an_encoding_of_a_number_or_a_class_is_found_too() {
        let (category, _, rating) = rows();
        let mut rng = Seed(1).rng();
        let target: Vec<f64> =
            category.iter().map(|c| f64::from(*c % 11) + rng.random::<f64>()).collect();
        let encoded = means(&category, &target, false);
        assert!(target_encoding("t", &encoded, &category, &target[..]).is_some());
        assert_eq!(target_encoding("rating", &rating, &category, &target[..]), None);
        let classes: Vec<u32> = target.iter().map(|t| *t as u32 / 4).collect();
        let one: Vec<f64> = classes.iter().map(|c| f64::from(u8::from(*c == 1))).collect();
        let encoded = means(&category, &one, false);
        assert!(target_encoding("t", &encoded, &category, &classes[..]).is_some());
    }

    #[test]
    fn the_outcome_of_a_later_or_earlier_row_is_found_with_its_lag() {
        let labels: Vec<bool> = (0..300).map(|i| i % 17 < 3).collect();
        let group = vec![0; 300];
        let shifted = |lag: usize| -> Vec<f64> {
            (0..300).map(|i| f64::from(u8::from(labels[(i + lag) % 300]))).collect()
        };
        let ahead = label_lag("x", &shifted(4), &labels, &group, 10).unwrap();
        assert!(ahead.evidence.contains("4 later"), "{}", ahead.evidence);
        let behind = label_lag("x", &shifted(298), &labels, &group, 10).unwrap();
        assert!(behind.evidence.contains("2 earlier"), "{}", behind.evidence);
        let honest: Vec<f64> = (0..300).map(|i| f64::from(u8::from(i % 13 < 3))).collect();
        assert_eq!(label_lag("x", &honest, &labels, &group, 10), None);
        assert_eq!(label_lag("x", &[0.0; 300], &labels, &group, 10), None);
    }

    #[test]
    fn a_lagged_number_is_found_within_its_group() {
        let target: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 101)).collect();
        let group: Vec<u32> = (0..100).map(|i| i / 50).collect();
        let next: Vec<f64> = (0..100).map(|i| target[(i + 1).min(99)]).collect();
        assert!(label_lag("x", &next, &target[..], &group, 3).is_some());
    }
}
