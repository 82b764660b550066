//! Fitting the members, and what their scores of normal rows are like.

use std::collections::BTreeSet;

use gauntlet_core::{Seed, Train};

use super::spec::{Members, Spec};
use crate::models::held_out::out_of_fold;
use crate::models::{Contender, Fitted, Kind};
use crate::{LearnError, Samples};

/// Fitted members.
#[derive(Debug)]
pub struct Committee {
    pub(super) members: Vec<Member>,
}

/// A detector, fitted on all rows, and its scores of rows that were held out from it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) detector: Fitted,
    /// Their mean.
    pub(super) location: f64,
    /// Their standard deviation.
    pub(super) scale: f64,
}

pub(super) fn fit(
    params: &Members,
    train: &Train<Samples>,
    seed: Seed,
) -> Result<Committee, LearnError> {
    let groups: BTreeSet<u32> = train.group.iter().copied().collect();
    if groups.len() < 2 {
        let reason = "rows of one group cannot be held out from one another".to_owned();
        return Err(LearnError::Fit { kind: Spec::NAME, reason });
    }
    let members = params.members.iter().enumerate().map(|(at, contender)| {
        member(contender, params.folds, train, seed.derive("member", at as u64))
    });
    Ok(Committee { members: members.collect::<Result<_, LearnError>>()? })
}

fn member(
    contender: &Contender,
    folds: usize,
    train: &Train<Samples>,
    seed: Seed,
) -> Result<Member, LearnError> {
    let held_out = seed.derive("held_out", 0);
    let scores = out_of_fold(train, folds, held_out, |fit, valid, seed| {
        Ok(contender.fit(fit, seed)?.outputs(&valid.x)?.column(0).collect())
    })?;
    let n = scores.len() as f64;
    let location = scores.iter().sum::<f64>() / n;
    let scale = (scores.iter().map(|s| (s - location).powi(2)).sum::<f64>() / n).sqrt();
    // Equal scores differ in their last bits at most.
    if !scale.is_finite() || scale <= 1e-9 * location.abs() {
        let kind = contender.kind();
        let reason = format!("member `{kind}` scores all training rows alike, so it has no scale");
        return Err(LearnError::Fit { kind: Spec::NAME, reason });
    }
    Ok(Member { detector: contender.fit(train, seed)?, location, scale })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;
    use crate::models::{ContenderSpec, KindSpec};
    use crate::testing::{noisy, train_for};

    #[test]
    fn the_score_is_the_mean_of_standardised_scores() {
        let train = train_for(noisy(120, 1).0[..3].to_vec(), Target::None(120));
        let committee = fit(&Spec::default().checked().unwrap(), &train, Seed(1)).unwrap();
        let scores = committee.scores(&train.x).unwrap();
        let of = |member: &Member| -> Vec<f64> {
            let raw = member.detector.outputs(&train.x).unwrap();
            raw.column(0).map(|s| (s - member.location) / member.scale).collect()
        };
        let parts: Vec<Vec<f64>> = committee.members.iter().map(of).collect();
        for (row, score) in scores.iter().enumerate() {
            assert!((score - (parts[0][row] + parts[1][row]) / 2.0).abs() < 1e-12);
        }
        // A row knows itself as its nearest, so scores of rows that were fitted on lie below held-out ones.
        assert!(parts[0].iter().all(|score| *score < 0.0));
    }

    #[test]
    fn members_that_are_no_detectors_or_search_are_refused() {
        let with = |member: &str| {
            let text = format!("kind = 'committee'\nmembers = [{{ {member} }}]");
            toml::from_str::<ContenderSpec>(&text).unwrap().check().unwrap_err().to_string()
        };
        assert!(with("kind = 'randomforest'").contains("`randomforest` cannot be fitted"));
        assert!(with("kind = 'nearest', k = 0").contains("`k`"));
        let none = Spec { members: vec![], ..Spec::default() };
        let error = KindSpec::from(none).check().unwrap_err().to_string();
        assert!(error.contains("`members`"), "{error}");
    }
}
