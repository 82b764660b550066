//! Sums per bin: the inner loop of every tree.

use super::bins::{Block, CODES, Codes};
use super::tally::Tally;

/// The sums of one feature, by code.
pub(super) type Histogram<T> = [<T as Tally>::Cell; CODES];

/// An empty histogram.
pub(super) fn empty<T: Tally>() -> Histogram<T> {
    [T::Cell::default(); CODES]
}

/// Adds rows to the histograms of a block's features.
pub(super) fn add_rows<T: Tally>(
    tally: &T,
    into: &mut [Histogram<T>],
    block: &Block,
    rows: Rows<'_, T::Share>,
) {
    match block.width {
        1 => add::<T, 1>(tally, into, block, rows),
        2 => add::<T, 2>(tally, into, block, rows),
        3 => add::<T, 3>(tally, into, block, rows),
        4 => add::<T, 4>(tally, into, block, rows),
        5 => add::<T, 5>(tally, into, block, rows),
        6 => add::<T, 6>(tally, into, block, rows),
        7 => add::<T, 7>(tally, into, block, rows),
        _ => add::<T, 8>(tally, into, block, rows),
    }
}

/// Which rows are added.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rows<'a, S> {
    /// All, in order.
    All,
    /// These, and what each of them adds.
    Some(&'a [u32], &'a [S]),
}

fn add<T: Tally, const W: usize>(
    tally: &T,
    into: &mut [Histogram<T>],
    block: &Block,
    rows: Rows<'_, T::Share>,
) {
    let Some((into, _)) = into.split_first_chunk_mut::<W>() else { return };
    let (codes, _) = block.codes.as_chunks::<W>();
    let mut add_row = |codes: &[u8; W], share: T::Share| {
        for feature in 0..W {
            T::add(&mut into[feature][usize::from(codes[feature])], share);
        }
    };
    match rows {
        Rows::All => {
            for (row, codes) in (0_u32..).zip(codes) {
                add_row(codes, tally.share(row));
            }
        }
        Rows::Some(rows, shares) => {
            for (&row, &share) in rows.iter().zip(shares) {
                add_row(&codes[row as usize], share);
            }
        }
    }
}

/// Adds `rows` to the histogram of one feature.
pub(super) fn add_feature<T: Tally>(
    into: &mut Histogram<T>,
    codes: Codes<'_>,
    rows: &[u32],
    shares: &[T::Share],
) {
    // Two copies of the loop: without a stride there is no multiplication.
    if let Some(column) = codes.column() {
        for (&row, &share) in rows.iter().zip(shares) {
            T::add(&mut into[usize::from(column[row as usize])], share);
        }
    } else {
        for (&row, &share) in rows.iter().zip(shares) {
            T::add(&mut into[usize::from(codes.of(row))], share);
        }
    }
}

/// Takes the smaller child's histogram away from the parent's, which leaves the larger child's.
pub(super) fn subtract<T: Tally>(from: &mut [Histogram<T>], part: &[Histogram<T>]) {
    for (cell, less) in from.as_flattened_mut().iter_mut().zip(part.as_flattened()) {
        T::remove(cell, *less);
    }
}

/// Which bins of an otherwise empty histogram hold something.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Touched([u64; CODES / 64]);

impl Touched {
    /// The bins, rising.
    pub(super) fn bins(self) -> impl DoubleEndedIterator<Item = usize> {
        self.0
            .into_iter()
            .enumerate()
            .flat_map(|(word, bits)| Bits(bits).map(move |bit| word * 64 + bit))
    }
}

/// The set bits of a word, from either end.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        (self.0 != 0).then(|| {
            let bit = self.0.trailing_zeros();
            self.0 &= self.0 - 1;
            bit as usize
        })
    }
}

impl DoubleEndedIterator for Bits {
    fn next_back(&mut self) -> Option<usize> {
        (self.0 != 0).then(|| {
            let bit = 63 - self.0.leading_zeros();
            self.0 &= !(1 << bit);
            bit as usize
        })
    }
}

/// Adds a few rows to an empty histogram of one feature and notes the bins.
pub(super) fn add_few<T: Tally>(
    into: &mut Histogram<T>,
    touched: &mut Touched,
    codes: Codes<'_>,
    rows: &[u32],
    shares: &[T::Share],
) {
    for (&row, &share) in rows.iter().zip(shares) {
        let code = codes.of(row);
        T::add(&mut into[usize::from(code)], share);
        touched.0[usize::from(code >> 6)] |= 1 << (code & 63);
    }
}
