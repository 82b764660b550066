//! The inner loop: several walks side by side.
//!
//! One walk waits for memory most of the time, because each step needs the node that the step before it
//! found. Walks that do not depend on each other fill the wait: of several rows through one tree, or of
//! one row through several trees.

use super::nodes::Packed;

/// Walks side by side.
pub(super) const LANES: usize = 8;

/// Steps between two looks at whether every walk has arrived.
const STRIDE: usize = 4;

/// The columns of some rows.
pub(super) trait Rows: Copy {
    fn at(&self, row: usize, column: usize) -> u32;
}

/// Rows of a fixed number of columns, a power of two above every column of the model: no column needs
/// a check.
impl<const R: usize, const C: usize> Rows for &[[u32; C]; R] {
    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> u32 {
        self[row][column & (C - 1)]
    }
}

/// Rows of any number of columns.
#[derive(Clone, Copy)]
pub(super) struct Any<'a> {
    pub(super) values: &'a [u32],
    pub(super) width: usize,
}

impl Rows for Any<'_> {
    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> u32 {
        self.values[row * self.width + column]
    }
}

/// Where `LANES` rows end in a tree.
#[inline(never)]
pub(super) fn rows<N: Packed, R: Rows>(tree: &[N], rows: R) -> [usize; LANES] {
    settle(|lane, at| {
        let node = tree[at];
        node.child() + usize::from(rows.at(lane, node.column()) > node.value())
    })
}

/// Where the first of `rows` ends in the trees whose roots are at `roots`, counted from there.
#[inline(never)]
pub(super) fn trees<N: Packed, R: Rows>(
    nodes: &[N],
    rows: R,
    roots: &[usize; LANES],
) -> [usize; LANES] {
    settle(|lane, at| {
        let node = nodes[roots[lane] + at];
        node.child() + usize::from(rows.at(0, node.column()) > node.value())
    })
}

/// Steps from the root until no walk moves.
#[inline(always)]
fn settle(step: impl Fn(usize, usize) -> usize) -> [usize; LANES] {
    let mut at = [0; LANES];
    loop {
        for _ in 1..STRIDE {
            for (lane, at) in at.iter_mut().enumerate() {
                *at = step(lane, *at);
            }
        }
        let mut moved = 0;
        for (lane, at) in at.iter_mut().enumerate() {
            let next = step(lane, *at);
            moved |= next ^ *at;
            *at = next;
        }
        if moved == 0 {
            return at;
        }
    }
}
