//! What can be wrong with a formula or a recipe.

use gauntlet_core::FrameError;

/// Why a recipe cannot be made or applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// A formula that does not parse.
    #[error("formula `{formula}`: {problem} at character {at}")]
    Formula {
        /// The formula's text.
        formula: String,
        /// What was expected or found.
        problem: String,
        /// Position from 1, in characters.
        at: usize,
    },
    /// A feature that is neither a column of the dataset nor derived.
    #[error(
        "recipe `{recipe}` names `{name}`, which is neither a column of the dataset nor under `[derived]`{hint}"
    )]
    Unknown {
        /// The recipe's name.
        recipe: String,
        /// The name it uses.
        name: String,
        /// The nearest known name, as a clause, or nothing.
        hint: String,
    },
    /// A derived feature that needs itself.
    #[error("derived feature `{0}` is defined by itself")]
    Cycle(String),
    /// A feature named twice.
    #[error("recipe `{recipe}` names `{name}` twice")]
    Twice {
        /// The recipe's name.
        recipe: String,
        /// The feature's name.
        name: String,
    },
    /// A recipe without features.
    #[error("recipe `{0}` has no features")]
    Empty(String),
    /// Arithmetic on a column of text.
    #[error("column `{0}` holds text: use it as a feature by itself, or in `pick(...)`")]
    TextInArithmetic(String),
    /// `pick` on a column of numbers.
    #[error("column `{0}` holds numbers: `pick` takes a column of categories")]
    PickFromNumbers(String),
    /// A column is missing or of another type than in training.
    #[error(transparent)]
    Frame(#[from] FrameError),
}
