//! Working memory of one run: one flat vector per element type, carved up when the model is loaded.
//!
//! A slot's offset and width count elements per row; a batch of `n` rows multiplies both. Slots are
//! handed out in the order of the nodes, so what a node reads lies before what it writes and a split
//! of the vector gives both without copying.

/// Where a value lives: elements per row before it, and its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) at: usize,
    pub(super) width: usize,
}

/// The numbers of a batch.
#[derive(Debug, Default)]
pub(super) struct Arena {
    pub(super) rows: usize,
    f32: Vec<f32>,
    f64: Vec<f64>,
    i64: Vec<i64>,
    u32: Vec<u32>,
    bool: Vec<bool>,
}

/// Elements per row of each type.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Widths {
    f32: usize,
    f64: usize,
    i64: usize,
    u32: usize,
    bool: usize,
}

impl Widths {
    /// Elements per row of all types.
    pub(super) fn total(&self) -> usize {
        [self.f32, self.f64, self.i64, self.u32, self.bool]
            .into_iter()
            .fold(0, usize::saturating_add)
    }

    /// Room for `width` more elements per row.
    pub(super) fn slot<T: Elem>(&mut self, width: usize) -> Slot {
        let total = T::width(self);
        let at = *total;
        *total = total.saturating_add(width);
        Slot { at, width }
    }
}

impl Arena {
    /// Memory for batches of up to `rows` rows.
    pub(super) fn new(widths: Widths, rows: usize) -> Self {
        Self {
            rows,
            f32: vec![0.0; widths.f32 * rows],
            f64: vec![0.0; widths.f64 * rows],
            i64: vec![0; widths.i64 * rows],
            u32: vec![0; widths.u32 * rows],
            bool: vec![false; widths.bool * rows],
        }
    }

    /// The elements of a slot.
    pub(super) fn read<T: Elem>(&self, slot: Slot) -> &[T] {
        slot.of(T::memory(self), self.rows)
    }

    /// The elements of a slot, to be written.
    pub(super) fn write<T: Elem>(&mut self, slot: Slot) -> &mut [T] {
        let rows = self.rows;
        &mut T::memory_mut(self)[slot.at * rows..(slot.at + slot.width) * rows]
    }

    /// Lends the memory of type `T` together with the rest.
    ///
    /// While `work` runs, this arena has no memory of type `T`.
    pub(super) fn lend<T: Elem>(&mut self, work: impl FnOnce(&mut Self, &mut Vec<T>)) {
        let mut memory = std::mem::take(T::memory_mut(self));
        work(self, &mut memory);
        *T::memory_mut(self) = memory;
    }
}

impl Slot {
    /// The slot's elements in the memory of its type.
    pub(super) fn of<T>(self, memory: &[T], rows: usize) -> &[T] {
        &memory[self.at * rows..(self.at + self.width) * rows]
    }

    /// What lies before the slot, and the slot's own elements.
    pub(super) fn split<T>(self, memory: &mut [T], rows: usize) -> (&[T], &mut [T]) {
        let (before, rest) = memory.split_at_mut(self.at * rows);
        (before, &mut rest[..self.width * rows])
    }
}

/// Element types that the arena keeps.
pub(super) trait Elem: Copy + Default + Send + Sync + std::fmt::Debug + 'static {
    fn memory(arena: &Arena) -> &Vec<Self>;
    fn memory_mut(arena: &mut Arena) -> &mut Vec<Self>;
    fn width(widths: &mut Widths) -> &mut usize;
}

macro_rules! elem {
    ($($type:ident)*) => {$(
        impl Elem for $type {
            fn memory(arena: &Arena) -> &Vec<Self> {
                &arena.$type
            }
            fn memory_mut(arena: &mut Arena) -> &mut Vec<Self> {
                &mut arena.$type
            }
            fn width(widths: &mut Widths) -> &mut usize {
                &mut widths.$type
            }
        }
    )*};
}

elem!(f32 f64 i64 u32 bool);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_of_a_batch_do_not_overlap() {
        let mut widths = Widths::default();
        let (a, b) = (widths.slot::<f32>(2), widths.slot::<f32>(3));
        let c = widths.slot::<bool>(1);
        assert_eq!(widths.total(), 6);
        let mut arena = Arena::new(widths, 4);
        arena.write::<f32>(a).fill(1.0);
        arena.write::<f32>(b).fill(2.0);
        arena.write::<bool>(c).fill(true);
        assert_eq!(arena.read::<f32>(a), [1.0; 8]);
        assert_eq!(arena.read::<f32>(b), [2.0; 12]);
        assert_eq!(arena.read::<bool>(c), [true; 4]);
    }
}
