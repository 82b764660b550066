//! Sorting a column with its row numbers: three counting passes instead of comparisons.

/// One value and its row; the key orders as the values do.
pub(super) type Entry = u64;

const DIGIT: u32 = 11;

/// Packs a value (not NaN) and its row; negative zero becomes zero.
pub(super) fn entry(value: f32, row: u32) -> Entry {
    let bits = (value + 0.0).to_bits();
    let key = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    u64::from(key) << 32 | u64::from(row)
}

/// The value of an entry.
pub(super) fn value(entry: Entry) -> f32 {
    let key = (entry >> 32) as u32;
    f32::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key })
}

/// The row of an entry.
pub(super) fn row(entry: Entry) -> u32 {
    entry as u32
}

/// Sorts by value; equal values keep their order. `spare` is working memory.
pub(super) fn sort(entries: &mut Vec<Entry>, spare: &mut Vec<Entry>) {
    if entries.len() < 2048 {
        entries.sort_unstable();
        return;
    }
    for shift in [32, 32 + DIGIT, 32 + 2 * DIGIT] {
        let digit = |entry: Entry| (entry >> shift) as usize & ((1 << DIGIT) - 1);
        let mut next = [0_usize; 1 << DIGIT];
        entries.iter().for_each(|&entry| next[digit(entry)] += 1);
        if next.contains(&entries.len()) {
            continue;
        }
        let mut start = 0;
        for slot in &mut next {
            start += std::mem::replace(slot, start);
        }
        spare.resize(entries.len(), 0);
        for &entry in entries.iter() {
            let slot = &mut next[digit(entry)];
            spare[*slot] = entry;
            *slot += 1;
        }
        std::mem::swap(entries, spare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_columns_sort_as_comparison_does() {
        let values: Vec<f32> =
            (0..5000_u32).map(|i| f32::from_bits(i.wrapping_mul(0x9E37_79B9)) * 1e-3).collect();
        let packed = values.iter().enumerate().filter(|(_, v)| !v.is_nan());
        let mut entries: Vec<Entry> = packed.map(|(row, &v)| entry(v, row as u32)).collect();
        let mut expected = entries.clone();
        expected.sort_unstable();
        sort(&mut entries, &mut Vec::new());
        assert_eq!(entries, expected);
        assert!(entries.windows(2).all(|pair| value(pair[0]) <= value(pair[1])));
    }

    proptest! {
        #[test]
        fn packing_keeps_values_rows_and_order(a in any::<f32>(), b in any::<f32>(), r in 0_u32..9) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(value(entry(a, r)), a);
            prop_assert_eq!(row(entry(a, r)), r);
            prop_assert_eq!(entry(a, 0) < entry(b, 0), a < b);
        }
    }
}
