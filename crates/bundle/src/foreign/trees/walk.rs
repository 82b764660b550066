//! The inner loop: walks that do not depend on each other side by side, so that they wait for memory together.

use super::lay::Laid;

/// Walks side by side.
const LANES: usize = 8;
/// Steps between two looks at whether every walk has arrived.
const STRIDE: usize = 4;

/// Gives `found` the row and the leaf's number of every row in every tree, tree after tree for each row.
pub(super) fn leaves<K: Copy + Ord>(
    nodes: &[Laid<K>],
    roots: &[u32],
    keys: &[K],
    width: usize,
    mut found: impl FnMut(usize, K),
) {
    let rows = keys.len() / width;
    let whole = rows / LANES * LANES;
    for &root in roots {
        for first in (0..whole).step_by(LANES) {
            let block = &keys[first * width..(first + LANES) * width];
            let ends = settle(nodes, [root; LANES], |lane, column| block[lane * width + column]);
            for (lane, end) in ends.into_iter().enumerate() {
                found(first + lane, nodes[end as usize].value);
            }
        }
    }
    for row in whole..rows {
        let keys = &keys[row * width..(row + 1) * width];
        for group in roots.chunks(LANES) {
            // The last group is filled up with trees that are walked for nothing.
            let mut starts = [group[0]; LANES];
            starts[..group.len()].copy_from_slice(group);
            let ends = settle(nodes, starts, |_, column| keys[column]);
            ends.into_iter()
                .take(group.len())
                .for_each(|end| found(row, nodes[end as usize].value));
        }
    }
}

/// Steps until no walk moves.
#[inline(always)]
fn settle<K: Copy + Ord>(
    nodes: &[Laid<K>],
    mut at: [u32; LANES],
    key: impl Fn(usize, usize) -> K,
) -> [u32; LANES] {
    let step = |lane: usize, at: u32| {
        let node = nodes[at as usize];
        node.child + u32::from(key(lane, node.column as usize) > node.value)
    };
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
