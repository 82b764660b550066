//! Floats as integers in the same order, with room at both ends for missing values.

/// Floats that have keys.
pub(super) trait Ordered: Copy + Send + Sync + 'static {
    type Key: Copy + Ord + Send + Sync + From<u32> + 'static;
    /// Below every key.
    const FIRST: Self::Key;
    /// Above every key.
    const LAST: Self::Key;
    /// The number of a float in the order of floats, both zeros being one; nothing for NaN.
    fn key(self) -> Option<Self::Key>;
    /// The key before that of a number.
    fn before(key: Self::Key) -> Self::Key;
    /// What a leaf keeps in place of a key.
    fn number(key: Self::Key) -> usize;
}

macro_rules! ordered {
    ($float:ident, $key:ident) => {
        impl Ordered for $float {
            type Key = $key;
            const FIRST: $key = 0;
            const LAST: $key = $key::MAX;
            #[inline]
            fn key(self) -> Option<$key> {
                const SIGN: $key = 1 << ($key::BITS - 1);
                // Adding zero turns -0 into +0.
                let bits = (self + 0.0).to_bits();
                let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                if self.is_nan() { None } else { Some(ordered) }
            }
            fn before(key: $key) -> $key {
                key - 1
            }
            fn number(key: $key) -> usize {
                key as usize
            }
        }
    };
}

ordered!(f32, u32);
ordered!(f64, u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_floats_and_leave_both_ends_free() {
        let tiny = f64::from_bits(1);
        let floats = [f64::NEG_INFINITY, f64::MIN, -tiny, 0.0, tiny, f64::MAX, f64::INFINITY];
        let keys: Vec<u64> = floats.iter().filter_map(|x| x.key()).collect();
        assert!(keys.is_sorted_by(|a, b| a < b) && keys.len() == 7);
        assert!(f64::FIRST < f64::before(keys[0]) && keys[6] < f64::LAST);
        assert_eq!((-0.0_f32).key(), 0.0_f32.key());
        assert_eq!(f32::NAN.key(), None);
    }
}
