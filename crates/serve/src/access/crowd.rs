//! Buckets of callers that are not known beforehand, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use super::rate::{Exhausted, Nanos, Quota, Rate};

const SHARDS: usize = 16;

/// Callers that one shard remembers.
const SHARD: usize = 1024;

/// A bucket for each caller. Callers are told apart by 128 bits that nobody outside can foresee, so an entry has
/// the same small size for every name.
#[derive(Debug)]
pub(crate) struct Crowd {
    rate: Rate,
    keys: [RandomState; 2],
    shards: [Mutex<HashMap<u128, Nanos>>; SHARDS],
}

impl Crowd {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, keys: Default::default(), shards: Default::default() }
    }

    /// Takes one request out of a caller's bucket.
    pub(crate) fn take(&self, caller: &impl Hash, now: Nanos) -> Result<Quota, Exhausted> {
        let [high, low] = self.keys.each_ref().map(|key| key.hash_one(caller));
        let caller = u128::from(high) << 64 | u128::from(low);
        let shard = &self.shards[usize::try_from(low).unwrap_or_default() % SHARDS];
        let mut buckets = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= SHARD && !buckets.contains_key(&caller) {
            forget(&mut buckets, now);
        }
        let full_at = buckets.entry(caller).or_default();
        let (moved, quota) = self.rate.next(*full_at, now)?;
        *full_at = moved;
        Ok(quota)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }
}

/// Forgets who has a full bucket again or, if nobody has, who will have one first.
fn forget(buckets: &mut HashMap<u128, Nanos>, now: Nanos) {
    buckets.retain(|_, full_at| *full_at > now);
    if buckets.len() >= SHARD
        && let Some(first) = buckets.iter().min_by_key(|(_, full_at)| **full_at)
    {
        let first = *first.0;
        buckets.remove(&first);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn crowd(per_minute: u32) -> Crowd {
        Crowd::new(Rate::new(NonZeroU32::new(per_minute).unwrap()))
    }

    #[test]
    fn callers_do_not_take_from_one_another() {
        let crowd = crowd(2);
        assert!(crowd.take(&"a", 0).is_ok() && crowd.take(&"a", 0).is_ok());
        assert!(crowd.take(&"a", 0).is_err());
        assert!(crowd.take(&"b", 0).is_ok());
        assert!(crowd.take(&"a", 31_000_000_000).is_ok());
    }

    #[test]
    fn no_number_of_callers_fills_the_memory_or_frees_a_busy_one() {
        let crowd = crowd(2);
        let _ = (crowd.take(&"busy", 1), crowd.take(&"busy", 1));
        for caller in 0..2 * SHARDS * SHARD {
            let _ = crowd.take(&caller, 1);
        }
        assert!(crowd.len() <= SHARDS * SHARD, "{}", crowd.len());
        assert!(crowd.take(&"busy", 1).is_err());
    }
}
