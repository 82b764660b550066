//! Nodes as they are walked: a value, the column it is compared with, and the first of two children.
//!
//! Floats are compared by keys, integers in the same order, which leaves room for missing values on either
//! end. Children lie side by side, so a step is `child + (x > value)` without a branch. A leaf reads
//! column 0, which is below every key, and names itself as child: a walk that has arrived stays where
//! it is while others go on, and the leaf's value is free to hold the bits of its weight, or its row of
//! shares.

/// Stands for a missing value where it goes left: no key is below it.
pub(super) const LEFT: u32 = 0;
/// Stands for a missing value where it goes right: every key is below it.
pub(super) const RIGHT: u32 = u32::MAX;

/// The number of a float in the order of floats, both zeros being one; of NaN, `missing`.
#[inline]
pub(super) fn key(x: f32, missing: u32) -> u32 {
    const SIGN: u32 = 1 << 31;
    // Adding zero turns -0 into +0.
    let bits = (x + 0.0).to_bits();
    let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
    if x.is_nan() { missing } else { ordered }
}

/// A node of some width. Children are counted from the root of their tree.
pub(in crate::engine) trait Packed: Copy {
    /// A node, or nothing if a number does not fit.
    fn pack(value: u32, column: usize, child: usize) -> Option<Self>;
    fn value(self) -> u32;
    fn column(self) -> usize;
    fn child(self) -> usize;
}

/// Eight bytes: up to 256 columns, trees of up to 65,536 nodes.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Narrow {
    value: u32,
    child: u16,
    column: u8,
}

/// Twelve bytes: whatever there is memory for.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Wide {
    value: u32,
    child: u32,
    column: u32,
}

impl Packed for Narrow {
    fn pack(value: u32, column: usize, child: usize) -> Option<Self> {
        let (column, child) = (u8::try_from(column).ok()?, u16::try_from(child).ok()?);
        Some(Self { value, child, column })
    }

    #[inline(always)]
    fn value(self) -> u32 {
        self.value
    }

    #[inline(always)]
    fn column(self) -> usize {
        usize::from(self.column)
    }

    #[inline(always)]
    fn child(self) -> usize {
        usize::from(self.child)
    }
}

impl Packed for Wide {
    fn pack(value: u32, column: usize, child: usize) -> Option<Self> {
        let (column, child) = (u32::try_from(column).ok()?, u32::try_from(child).ok()?);
        Some(Self { value, child, column })
    }

    #[inline(always)]
    fn value(self) -> u32 {
        self.value
    }

    #[inline(always)]
    fn column(self) -> usize {
        self.column as usize
    }

    #[inline(always)]
    fn child(self) -> usize {
        self.child as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds<N: Packed>(column: usize, child: usize) -> bool {
        let Some(node) = N::pack(7, column, child) else { return false };
        assert_eq!((node.value(), node.column(), node.child()), (7, column, child));
        true
    }

    #[test]
    fn keys_are_in_the_order_of_floats_and_between_the_missing_ones() {
        let infinity = f32::INFINITY;
        let tiny = f32::from_bits(1);
        let floats = [-infinity, f32::MIN, -1.0, -tiny, 0.0, tiny, 0.1, 1.0, f32::MAX, infinity];
        let keys = floats.map(|x| key(x, 5));
        assert!(keys.is_sorted_by(|a, b| a < b) && LEFT < keys[0] && keys[9] < RIGHT);
        assert_eq!((key(-0.0, 5), key(f32::NAN, 5)), (key(0.0, 5), 5));
    }

    #[test]
    fn a_node_gives_back_what_was_packed_or_refuses_it() {
        assert!(holds::<Narrow>(0, 0) && holds::<Narrow>(255, 65_535));
        assert!(!holds::<Narrow>(256, 0) && !holds::<Narrow>(0, 65_536));
        assert!(holds::<Wide>(1 << 30, 1 << 31) && !holds::<Wide>(0, 1 << 32));
        assert_eq!(size_of::<Narrow>(), 8);
    }
}
