//! The closed list of kinds, and the one place that dispatches over it.

use gauntlet_core::{Seed, Train};
use serde::{Deserialize, Serialize};

use super::{Kind, Model, Scaling};
use super::{autoencoder, committee, decisiontree, extratrees, gradientboosting, isolationforest};
use super::{linfa_elasticnet, linfa_gmm, linfa_kmeans, linfa_logistic, linfa_pca, linfa_svm};
use super::{mahalanobis, nearest, randomforest};
use super::{smartcore_extratrees, smartcore_knn, smartcore_lasso, smartcore_naivebayes};
use super::{smartcore_randomforest, smartcore_ridge, smartcore_svc};
use crate::{LearnError, Samples, Task};

/// Writes the three enums over all kinds (as written, checked, fitted) and their dispatch.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $module:ident, $name:literal;)*) => {
        /// A kind with its hyperparameters as the pipeline file writes them.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        pub enum KindSpec {
            $($(#[$doc])* #[serde(rename = $name)] $variant($module::Spec),)*
        }

        /// A kind whose hyperparameters are in range.
        #[derive(Debug, Clone, PartialEq)]
        pub enum KindParams {
            $($(#[$doc])* $variant(<$module::Spec as Kind>::Params),)*
        }

        /// A fitted model of a kind.
        #[derive(Debug)]
        pub enum FittedKind {
            $($(#[$doc])* $variant(<$module::Spec as Kind>::Fitted),)*
        }

        impl KindSpec {
            /// Every kind with its default hyperparameters.
            #[must_use]
            pub fn all() -> Vec<Self> {
                vec![$(Self::$variant($module::Spec::default()),)*]
            }

            /// The kind's name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$module::Spec as Kind>::NAME,)*
                }
            }

            /// Checks the hyperparameters.
            ///
            /// # Errors
            /// The first one outside its range.
            pub fn check(&self) -> Result<KindParams, LearnError> {
                match self {
                    $(Self::$variant(spec) => Kind::check(spec).map(KindParams::$variant),)*
                }
            }
        }

        impl KindParams {
            /// The kind's name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$module::Spec as Kind>::NAME,)*
                }
            }

            /// The tasks that the kind can be fitted for.
            #[must_use]
            pub fn tasks(&self) -> &'static [Task] {
                match self {
                    $(Self::$variant(_) => <$module::Spec as Kind>::TASKS,)*
                }
            }

            /// Whether the kind learns from missing values.
            #[must_use]
            pub fn takes_missing(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$module::Spec as Kind>::MISSING,)*
                }
            }

            /// Whether the kind follows the rows' weights.
            #[must_use]
            pub fn takes_weights(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$module::Spec as Kind>::WEIGHTS,)*
                }
            }

            /// How the kind scales its features unless told otherwise.
            #[must_use]
            pub fn scaling(&self) -> Scaling {
                match self {
                    $(Self::$variant(_) => <$module::Spec as Kind>::SCALING,)*
                }
            }

            /// Whether the kind's binary score is a probability.
            #[must_use]
            pub fn gives_probabilities(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$module::Spec as Kind>::PROBABILITY,)*
                }
            }

            /// Fits on checked rows.
            pub(super) fn fit(
                &self,
                train: &Train<Samples>,
                seed: Seed,
            ) -> Result<FittedKind, LearnError> {
                match self {
                    $(Self::$variant(params) => {
                        <$module::Spec as Kind>::fit(params, train, seed).map(FittedKind::$variant)
                    })*
                }
            }
        }

        impl FittedKind {
            /// The kind's name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$module::Spec as Kind>::NAME,)*
                }
            }

            /// The model behind its contract.
            #[must_use]
            pub fn model(&self) -> &dyn Model {
                match self {
                    $(Self::$variant(model) => model,)*
                }
            }
        }

        $(
            impl From<$module::Spec> for KindSpec {
                fn from(spec: $module::Spec) -> Self {
                    Self::$variant(spec)
                }
            }
        )*
    };
}

kinds! {
    /// Random forest of our own tree engine.
    RandomForest = randomforest, "randomforest";
    /// Extremely randomised trees of our own tree engine.
    ExtraTrees = extratrees, "extratrees";
    /// Gradient boosting of our own tree engine.
    GradientBoosting = gradientboosting, "gradientboosting";
    /// Isolation forest of our own tree engine.
    IsolationForest = isolationforest, "isolationforest";
    /// An autoencoder trained by candle.
    Autoencoder = autoencoder, "autoencoder";
    /// The mean of several detectors' standardised scores.
    Committee = committee, "committee";
    /// A single tree of linfa-trees.
    DecisionTree = decisiontree, "decisiontree";
    /// The Mahalanobis distance.
    Mahalanobis = mahalanobis, "mahalanobis";
    /// The distance to the nearest training rows.
    Nearest = nearest, "nearest";
    /// Linear regression with L1 and L2 penalties, of linfa.
    LinfaElasticNet = linfa_elasticnet, "linfa_elasticnet";
    /// A Gaussian mixture of linfa.
    LinfaGmm = linfa_gmm, "linfa_gmm";
    /// Distance to the nearest of linfa's centroids.
    LinfaKMeans = linfa_kmeans, "linfa_kmeans";
    /// Logistic regression of linfa.
    LinfaLogistic = linfa_logistic, "linfa_logistic";
    /// Principal components of linfa.
    LinfaPca = linfa_pca, "linfa_pca";
    /// Support vector machine of linfa.
    LinfaSvm = linfa_svm, "linfa_svm";
    /// Extremely randomised trees of smartcore.
    SmartcoreExtraTrees = smartcore_extratrees, "smartcore_extratrees";
    /// Nearest neighbours of smartcore.
    SmartcoreKnn = smartcore_knn, "smartcore_knn";
    /// Linear regression with an L1 penalty, of smartcore.
    SmartcoreLasso = smartcore_lasso, "smartcore_lasso";
    /// Gaussian naive Bayes of smartcore.
    SmartcoreNaiveBayes = smartcore_naivebayes, "smartcore_naivebayes";
    /// Random forest of smartcore.
    SmartcoreRandomForest = smartcore_randomforest, "smartcore_randomforest";
    /// Linear regression with an L2 penalty, of smartcore.
    SmartcoreRidge = smartcore_ridge, "smartcore_ridge";
    /// Support vector classifier of smartcore.
    SmartcoreSvc = smartcore_svc, "smartcore_svc";
}
