//! Who takes part: contenders and baselines behind one verb.

use std::borrow::Cow;
use std::path::PathBuf;

use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;

use crate::baselines::{Baseline, Logistic, rule_scores};
use crate::models::{Contender, Fitted};
use crate::search::{Journal, Search, Tuned, tune};
use crate::{LearnError, Samples};

/// A participant: a learner on the features of one recipe.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Unique name, such as `randomforest_engineered`. Part of the seed of its fits.
    pub id: String,
    /// The recipe whose features it sees.
    pub recipe: String,
    /// What it fits.
    pub learner: Learner,
}

/// A contender or a baseline.
#[derive(Debug, Clone, PartialEq)]
pub enum Learner {
    /// A contender.
    Contender(Contender),
    /// A contender whose hyperparameters are searched for on the rows it is fitted on.
    Search {
        /// The search.
        search: Box<Search>,
        /// Where finished trials are written down; nowhere if there is nothing here.
        journals: Option<PathBuf>,
    },
    /// A baseline.
    Baseline(Baseline),
}

/// A fitted participant.
#[derive(Debug)]
pub enum Scorer {
    /// A contender.
    Contender(Fitted),
    /// The same score for every row.
    Constant(f32),
    /// A linear model.
    Logistic(Logistic),
    /// Rules over margins.
    Rules,
}

impl Learner {
    /// Fits on training rows.
    ///
    /// # Errors
    /// What the kind refuses.
    pub fn fit(&self, train: &Train<Samples>, seed: Seed) -> Result<Scorer, LearnError> {
        Ok(match self {
            Self::Search { .. } => return self.settle(train, seed)?.fit(train, seed),
            Self::Contender(contender) => Scorer::Contender(contender.fit(train, seed)?),
            Self::Baseline(Baseline::Majority) => {
                let positives = train.labels()?.iter().filter(|y| **y).count();
                Scorer::Constant(positives as f32 / train.rows() as f32)
            }
            Self::Baseline(Baseline::Logistic(params)) => Scorer::Logistic(params.fit(train)?),
            Self::Baseline(Baseline::Rules) => Scorer::Rules,
        })
    }

    /// The learner with hyperparameters searched for on training rows, if it is a search.
    ///
    /// # Errors
    /// What [`tune`] finds.
    pub fn settle(&self, train: &Train<Samples>, seed: Seed) -> Result<Cow<'_, Self>, LearnError> {
        match self.tuned(train, seed)? {
            None => Ok(Cow::Borrowed(self)),
            Some(tuned) => Ok(Cow::Owned(Self::Contender(tuned.best.check()?))),
        }
    }

    /// What a search finds on training rows; nothing if it is none.
    ///
    /// # Errors
    /// What [`tune`] finds.
    pub fn tuned(&self, train: &Train<Samples>, seed: Seed) -> Result<Option<Tuned>, LearnError> {
        let Self::Search { search, journals } = self else { return Ok(None) };
        let seed = seed.derive("search", 0);
        let journal = match journals {
            Some(folder) => search.journal(folder, train, seed)?,
            None => Journal::in_memory(),
        };
        tune(search, train, seed, &journal, &|| ()).map(Some)
    }

    /// The threshold of a participant that decides by itself: the majority class and the rules.
    #[must_use]
    pub fn fixed_threshold(&self) -> Option<f32> {
        match self {
            Self::Baseline(Baseline::Majority | Baseline::Rules) => Some(0.5),
            _ => None,
        }
    }
}

impl Scorer {
    /// The score of each row: the first of a contender's outputs.
    ///
    /// # Errors
    /// A library's refusal.
    pub fn scores(&self, x: &Matrix) -> Result<Vec<f32>, LearnError> {
        Ok(match self {
            Self::Contender(model) => model.outputs(x)?.scores(),
            Self::Constant(score) => vec![*score; x.rows()],
            Self::Logistic(model) => model.scores(x),
            Self::Rules => rule_scores(x),
        })
    }
}
