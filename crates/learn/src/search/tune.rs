//! Running a search on training rows.

use std::collections::BTreeMap;
use std::path::Path;

use gauntlet_core::{Digest, Hasher, Seed, Train};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde_json::Value;

use super::{Journal, Search, SearchError, Trial};
use crate::models::{ContenderSpec, training_folds};
use crate::splits::Fold;
use crate::{LearnError, Samples, Target};

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The contender with the best hyperparameters.
    pub best: ContenderSpec,
    /// The best trial on the last rung.
    pub winner: usize,
    /// Every trial, by rung and number.
    pub trials: Vec<Trial>,
}

/// Searches on training rows. The same search, rows and seed find the same, on one thread or many, with
/// or without a journal of trials that are done already.
///
/// `step` is called after each trial.
///
/// # Errors
/// No trial that can be fitted and scored, too few rows for the folds, or a journal that fails.
pub fn tune(
    search: &Search,
    train: &Train<Samples>,
    seed: Seed,
    journal: &Journal,
    step: &(dyn Fn() + Sync),
) -> Result<Tuned, LearnError> {
    search.must_do(train.task())?;
    let folds = training_folds(train, search.spec.folds, seed.derive("folds", 0))?;
    let mut running: Vec<usize> = (0..search.spec.trials).collect();
    let mut trials: Vec<Trial> = Vec::new();
    for (rung, stage) in search.rungs().iter().enumerate() {
        running.truncate(stage.trials);
        let run = Run { search, train, folds: &folds, seed, rung, share: stage.share };
        let done: Vec<Result<Trial, LearnError>> = running
            .par_iter()
            .map(|&trial| {
                let done = match journal.find(rung, trial) {
                    Some(known) => known.clone(),
                    None => {
                        let fresh = run.trial(trial)?;
                        journal.write(&fresh)?;
                        fresh
                    }
                };
                step();
                Ok(done)
            })
            .collect();
        let mut done: Vec<Trial> = done.into_iter().collect::<Result<_, _>>()?;
        let mut order: Vec<(usize, f64)> =
            done.iter().filter_map(|t| Some((t.trial, t.mean()?))).collect();
        // The best first, the earlier of two that are level.
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        running = order.into_iter().map(|(trial, _)| trial).collect();
        trials.append(&mut done);
    }
    let Some(&winner) = running.first() else {
        let reason = trials.first().and_then(|t| t.failure.clone());
        return Err(SearchError::NoTrial {
            kind: search.kind(),
            trials: search.spec.trials,
            reason: reason.unwrap_or_else(|| "its score is not finite".to_owned()),
        }
        .into());
    };
    Ok(Tuned { best: search.with(&values(search, seed, winner))?, winner, trials })
}

impl Search {
    /// The journal of this search on these rows with this seed, in a folder for journals: any other
    /// search, row, feature or label has another.
    ///
    /// # Errors
    /// A folder or file that cannot be read or written, or a damaged journal.
    pub fn journal(
        &self,
        folder: &Path,
        train: &Samples,
        seed: Seed,
    ) -> Result<Journal, LearnError> {
        let path = folder.join(format!("{}-{}.jsonl", self.kind(), self.identity(train, seed)));
        fs_err::create_dir_all(folder).map_err(|source| SearchError::Journal {
            path: path.clone(),
            verb: "written",
            source,
        })?;
        Ok(Journal::open(&path)?)
    }

    fn identity(&self, train: &Samples, seed: Seed) -> Digest {
        let mut hasher = Hasher::default();
        hasher.update(format!("{:?} {:?} {}\n", self.base, self.spec, seed.0).as_bytes());
        hasher.update(format!("{:?} {:?}\n", train.target, train.weight).as_bytes());
        let numbers = train.row.iter().chain(&train.group);
        numbers.for_each(|number| hasher.update(&number.to_le_bytes()));
        for (name, column) in train.x.names.iter().zip(&train.x.columns) {
            hasher.update(name.as_bytes());
            column.iter().for_each(|value| hasher.update(&value.to_bits().to_le_bytes()));
        }
        hasher.finish()
    }
}

/// The values of a trial: drawn by name, so that a new dimension changes no other.
fn values(search: &Search, seed: Seed, trial: usize) -> BTreeMap<String, Value> {
    if trial == 0 {
        return BTreeMap::new();
    }
    let drawn = seed.derive("trial", trial as u64);
    let space = search.spec.space.iter();
    space.map(|(name, dimension)| (name.clone(), dimension.draw(drawn.derive(name, 0)))).collect()
}

/// One rung at work.
struct Run<'a> {
    search: &'a Search,
    train: &'a Train<Samples>,
    folds: &'a [Fold],
    seed: Seed,
    rung: usize,
    share: f64,
}

impl Run<'_> {
    fn trial(&self, trial: usize) -> Result<Trial, LearnError> {
        let values = values(self.search, self.seed, trial);
        let (scores, failure) = match self.score(&values, trial) {
            Ok(scores) => (scores, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        Ok(Trial { rung: self.rung, trial, share: self.share, values, scores, failure })
    }

    fn score(
        &self,
        values: &BTreeMap<String, Value>,
        trial: usize,
    ) -> Result<Vec<f64>, LearnError> {
        let mut values = values.clone();
        if let Some(most) = self.search.most {
            let given = (most * self.share).round().max(1.0) as u64;
            values.insert(self.search.spec.resource.clone(), given.into());
        }
        let contender = self.search.with(&values)?.check()?;
        let objective = self.search.objective(self.train.task())?;
        let seed = self.seed.derive("trial fit", trial as u64);
        let scores = self.folds.iter().enumerate().map(|(i, fold)| {
            let rows = match self.search.most {
                None if self.share < 1.0 => self.sample(fold, i),
                _ => fold.fit.clone(),
            };
            let (fit, valid) = self.train.part(&rows, &fold.valid);
            let fitted = contender.fit(&fit, seed.derive("fold", i as u64))?;
            objective.score(&fitted.outputs(&valid.x)?, &valid)
        });
        scores.collect()
    }

    /// The rung's share of a fold's rows, each class with its share, the same for all trials.
    fn sample(&self, fold: &Fold, index: usize) -> Vec<usize> {
        let mut classes: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for &row in &fold.fit {
            let class = match &self.train.target {
                Target::Binary(labels) => u32::from(labels[row]),
                Target::Classes { of, .. } => of[row],
                Target::Values(_) | Target::None(_) => 0,
            };
            classes.entry(class).or_default().push(row);
        }
        let mut rng = self.seed.derive("rows", index as u64).rng();
        let mut rows = Vec::new();
        for mut of_class in classes.into_values() {
            of_class.shuffle(&mut rng);
            let wanted = (of_class.len() as f64 * self.share).ceil() as usize;
            rows.extend_from_slice(&of_class[..wanted.min(of_class.len())]);
        }
        rows.sort_unstable();
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noisy, train, train_for};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn search(text: &str) -> Search {
        let spec: ContenderSpec = toml::from_str(text).unwrap();
        spec.search.as_ref().unwrap().check(&spec).unwrap()
    }

    /// A tree that may be far too shallow, with depth as the only way to learn the ring.
    const RANDOM: &str = "kind = 'gradientboosting'\ntrees = 20\nmax_depth = 1\n[search]\n\
        method = 'random'\ntrials = 8\n[search.space]\nmax_depth = { integer = [1, 5] }\n\
        learning_rate = { log_uniform = [0.01, 0.5] }";

    const HALVING: &str = "kind = 'gradientboosting'\ntrees = 20\n[search]\nmethod = 'halving'\n\
        trials = 9\nminimum = 0.1\n[search.space]\nmax_depth = { integer = [1, 5] }";

    fn rows() -> Train<Samples> {
        let (columns, y) = noisy(400, 5);
        train(columns, y)
    }

    #[test]
    fn a_search_beats_the_choice_it_started_from() {
        let found = tune(&search(RANDOM), &rows(), Seed(1), &Journal::in_memory(), &|| ()).unwrap();
        assert_eq!(found.trials.len(), 8);
        assert!(found.trials[0].values.is_empty());
        let best = found.trials[found.winner].mean().unwrap();
        assert!(best > found.trials[0].mean().unwrap() + 0.05, "{found:?}");
        assert_eq!(found.best.search, None);
    }

    #[test]
    fn halving_drops_trials_and_gives_the_rest_more_rows() {
        let found =
            tune(&search(HALVING), &rows(), Seed(1), &Journal::in_memory(), &|| ()).unwrap();
        let on = |rung| found.trials.iter().filter(|t| t.rung == rung).count();
        assert_eq!([on(0), on(1), on(2)], [9, 3, 1]);
        assert_eq!(found.trials.last().unwrap().trial, found.winner);
        assert_eq!(found.trials.last().unwrap().share, 1.0);
        let by_trees = HALVING.replace("minimum = 0.1", "minimum = 0.1\nresource = 'trees'");
        let found = tune(&search(&by_trees), &rows(), Seed(1), &Journal::in_memory(), &|| ());
        assert_eq!(found.unwrap().trials.len(), 13);
    }

    #[test]
    fn an_interrupted_search_ends_as_if_it_had_not_been_and_threads_change_nothing() {
        let (folder, rows) = (tempfile::tempdir().unwrap(), rows());
        for text in [RANDOM, HALVING] {
            let search = search(text);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
            let memory = Journal::in_memory();
            let whole = tune(&search, &rows, Seed(7), &memory, &|| ()).unwrap();
            let four = pool.install(|| tune(&search, &rows, Seed(7), &memory, &|| ()).unwrap());
            assert_eq!(whole, four);
            let path = folder.path().join(format!("{}.jsonl", search.spec.trials));
            let journal = Journal::open(&path).unwrap();
            tune(&search, &rows, Seed(7), &journal, &|| ()).unwrap();
            let text = fs_err::read_to_string(&path).unwrap();
            let kept: String = text.lines().take(5).map(|line| format!("{line}\n")).collect();
            fs_err::write(&path, kept + "{\"rung\":0,\"tri").unwrap();
            let journal = Journal::open(&path).unwrap();
            let steps = AtomicUsize::new(0);
            let count = || {
                steps.fetch_add(1, Ordering::Relaxed);
            };
            let resumed = tune(&search, &rows, Seed(7), &journal, &count).unwrap();
            assert_eq!(whole, resumed);
            assert_eq!(steps.into_inner(), whole.trials.len());
            // Nothing is run twice: the file holds each trial once.
            assert_eq!(fs_err::read_to_string(&path).unwrap().lines().count(), whole.trials.len());
        }
    }

    #[test]
    fn trials_that_fail_are_kept_with_their_reason_and_never_win() {
        let text = "kind = 'smartcore_knn'\nneighbours = 5\n[search]\nmethod = 'random'\n\
            trials = 12\n[search.space]\nneighbours = { choice = [3, 500] }";
        let found = tune(&search(text), &rows(), Seed(2), &Journal::in_memory(), &|| ()).unwrap();
        let failed: Vec<&Trial> = found.trials.iter().filter(|t| t.failure.is_some()).collect();
        assert!(!failed.is_empty() && failed[0].failure.as_ref().unwrap().contains("neighbours"));
        assert!(found.trials[found.winner].failure.is_none());
        let all = text.replace("neighbours = 5", "neighbours = 600").replace("3, 500", "400, 500");
        let error =
            tune(&search(&all), &rows(), Seed(2), &Journal::in_memory(), &|| ()).unwrap_err();
        assert!(error.to_string().contains("none of 12 trials"), "{error}");
    }

    #[test]
    fn labels_outside_the_training_rows_cannot_matter() {
        // The search sees `fit` alone: whatever the other rows say, it finds the same.
        let (columns, y) = noisy(400, 5);
        let fit: Vec<usize> = (0..300).collect();
        let valid: Vec<usize> = (300..400).collect();
        let find = |y: Vec<bool>| {
            let rows = train(columns.clone(), y).part(&fit, &valid).0;
            tune(&search(RANDOM), &rows, Seed(3), &Journal::in_memory(), &|| ()).unwrap()
        };
        let flipped = y.iter().enumerate().map(|(i, y)| *y != (i >= 300)).collect();
        assert_eq!(find(y), find(flipped));
    }

    #[test]
    fn a_regression_is_searched_by_its_error_and_a_detector_not_at_all() {
        let (columns, _) = noisy(200, 5);
        let values = columns[0].iter().map(|v| f64::from(*v) * 3.0).collect();
        let text = "kind = 'smartcore_ridge'\nalpha = 1e4\n[search]\nmethod = 'random'\ntrials = 6\n\
            [search.space]\nalpha = { log_uniform = [1e-3, 1] }";
        let rows = train_for(columns.clone(), Target::Values(values));
        let found = tune(&search(text), &rows, Seed(2), &Journal::in_memory(), &|| ()).unwrap();
        assert!(found.winner > 0 && found.trials[0].mean().unwrap() < -0.1);
        let text = "kind = 'linfa_kmeans'\n[search]\nmethod = 'random'\ntrials = 3\n\
            [search.space]\nclusters = { integer = [2, 9] }";
        let rows = train_for(columns, Target::None(200));
        let error = tune(&search(text), &rows, Seed(2), &Journal::in_memory(), &|| ()).unwrap_err();
        assert!(error.to_string().contains("`search.objective`"), "{error}");
    }
}
