//! The last readings of a window, kept in order of size.

/// A window over the last `capacity` readings, missing ones included.
#[derive(Debug, Clone)]
pub(super) struct Rolling {
    /// Readings in order of arrival, the oldest at `next` once the window is full.
    ring: Vec<f64>,
    next: usize,
    capacity: usize,
    /// Those that are there, rising.
    sorted: Vec<f64>,
}

impl Rolling {
    /// An empty window; `capacity` is at least 1.
    pub(super) fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            ring: Vec::with_capacity(capacity),
            next: 0,
            capacity,
            sorted: Vec::with_capacity(capacity),
        }
    }

    /// Takes the newest reading in and lets the oldest go; a reading that is not finite is missing.
    pub(super) fn push(&mut self, value: f64) {
        if self.ring.len() < self.capacity {
            self.ring.push(value);
        } else {
            let old = std::mem::replace(&mut self.ring[self.next], value);
            self.next = (self.next + 1) % self.capacity;
            if old.is_finite() {
                let at = self.place(old);
                self.sorted.remove(at);
            }
        }
        if value.is_finite() {
            let at = self.place(value);
            self.sorted.insert(at, value);
        }
    }

    /// Where `value` stands, or would stand, among the sorted readings.
    fn place(&self, value: f64) -> usize {
        // The total order knows -0 from 0, so that the very reading that came in goes out.
        self.sorted.partition_point(|held| held.total_cmp(&value).is_lt())
    }

    /// Empties the window.
    pub(super) fn clear(&mut self) {
        self.ring.clear();
        self.sorted.clear();
        self.next = 0;
    }

    /// The quantile `q` by linear interpolation (Hyndman and Fan type 7); NaN if fewer than half of the window's
    /// readings so far are there.
    pub(super) fn quantile(&self, q: f64) -> f64 {
        if 2 * self.sorted.len() < self.ring.len() {
            return f64::NAN;
        }
        gauntlet_core::quantile(&self.sorted, q)
    }

    /// The median, as [`Rolling::quantile`].
    pub(super) fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(values: &[f64], q: f64) -> f64 {
        let mut there: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        there.sort_by(f64::total_cmp);
        if 2 * there.len() < values.len() { f64::NAN } else { gauntlet_core::quantile(&there, q) }
    }

    proptest! {
        #[test]
        fn a_rolling_quantile_is_the_quantile_of_the_last_readings(
            values in prop::collection::vec(prop_oneof![
                4 => (-9_i32..9).prop_map(|v| f64::from(v) / 2.0),
                1 => Just(f64::NAN),
                1 => Just(-0.0),
                1 => Just(f64::INFINITY),
            ], 1..60),
            capacity in 1_usize..12,
            q in 0.0_f64..=1.0,
        ) {
            let mut window = Rolling::new(capacity);
            for (row, value) in values.iter().enumerate() {
                window.push(*value);
                let last = &values[(row + 1).saturating_sub(capacity)..=row];
                prop_assert_eq!(window.quantile(q).to_bits(), naive(last, q).to_bits());
            }
        }
    }
}
