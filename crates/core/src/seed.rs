//! Seeds: one number at the top, one derived seed per unit of work.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::Digest;

/// The source of all randomness in a run.
///
/// A unit of work (a fold, a tree, a bootstrap) derives its own seed by name and index. Nothing is
/// shared across threads, so the number of threads cannot change a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The seed of unit `index` of the work called `name`.
    #[must_use]
    pub fn derive(self, name: &str, index: u64) -> Self {
        let mut bytes = Vec::with_capacity(16 + name.len());
        bytes.extend_from_slice(&self.0.to_le_bytes());
        bytes.extend_from_slice(&index.to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
        let digest = Digest::of(&bytes);
        let mut first = [0_u8; 8];
        first.copy_from_slice(&digest.bytes()[..8]);
        Self(u64::from_le_bytes(first))
    }

    /// A generator whose stream depends on nothing but this seed.
    #[must_use]
    pub fn rng(self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_work_get_different_seeds() {
        let root = Seed(7);
        assert_ne!(root.derive("tree", 0), root.derive("tree", 1));
        assert_ne!(root.derive("tree", 0), root.derive("fold", 0));
        assert_eq!(root.derive("tree", 0), root.derive("tree", 0));
    }
}
