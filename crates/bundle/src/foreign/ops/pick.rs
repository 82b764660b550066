//! Operators that take elements from where they are: along an axis, or into another order.

use super::Result;
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Run, Source, Type, Value};
use crate::foreign::value::{Data, Dim, Elem, Shape, by_kind};

/// Columns that one operator may pick.
const MAX_PICKED: usize = 1 << 20;

/// Elements at `indices` along an axis; `shape` is that of the result.
fn along(x: &Value, axis: usize, indices: Vec<usize>, shape: Shape) -> Compiled {
    let (source, from) = (x.source.clone(), x.shape.clone());
    by_kind!(x.kind, T => Compiled::one(shape, move |rows, slots| {
        let [_, size, inner] = from.around(axis, rows);
        let data = source.read::<T>(slots);
        let blocks = data.chunks_exact((size * inner).max(1));
        let mut picked = Vec::with_capacity(blocks.len() * indices.len() * inner);
        for block in blocks {
            for &index in &indices {
                picked.extend_from_slice(&block[index * inner..(index + 1) * inner]);
            }
        }
        picked
    }))
}

/// The size of a dimension along which elements are picked: rows never are.
fn fixed_axis(node: &Node<'_>, x: &Value, axis: i64) -> Result<(usize, usize)> {
    let axis = x.shape.axis(axis).ok_or_else(|| node.misshapen(x))?;
    match x.shape.0[axis] {
        Dim::Fixed(size) => Ok((axis, size)),
        Dim::Rows => Err(node.error("rows of the same batch would be mixed")),
    }
}

fn place(node: &Node<'_>, index: i64, size: usize) -> Result<usize> {
    let place = if index < 0 { index.saturating_add(size as i64) } else { index };
    usize::try_from(place)
        .ok()
        .filter(|&place| place < size)
        .ok_or_else(|| node.error(format!("there is no element {index} among {size}")))
}

pub(super) fn gather(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["axis"])?;
    let axis = node.int(attributes, "axis", 0)?;
    let [x, indices] = node.only()?;
    let (axis, size) = fixed_axis(node, x, axis)?;
    let mut dims = x.shape.0[..axis].to_vec();
    dims.extend(&indices.shape.0);
    dims.extend(&x.shape.0[axis + 1..]);
    let shape = Shape(dims);
    let fixed: Option<Vec<i64>> = match (indices.fixed::<i64>(), indices.fixed::<i32>()) {
        (Some(fixed), _) => Some(fixed.to_vec()),
        (_, Some(fixed)) => Some(fixed.iter().map(|&x| i64::from(x)).collect()),
        _ => None,
    };
    match fixed {
        Some(indices) => {
            let places = indices.iter().map(|&index| place(node, index, size));
            Ok(along(x, axis, places.collect::<Result<_>>()?, shape))
        }
        None if axis == 0 && x.is_constant() => look_up(node, x, indices, shape),
        None => Err(node.error("indices must be constant, or pick from a constant")),
    }
}

/// Elements of a constant, at indices of the batch.
fn look_up(node: &Node<'_>, x: &Value, indices: &Value, shape: Shape) -> Result {
    if indices.kind != i64::KIND {
        return Err(node.error("indices must be 64-bit integers"));
    }
    let (source, at) = (x.source.clone(), indices.source.clone());
    let Some(Dim::Fixed(size)) = x.shape.0.first().copied() else {
        return Err(node.misshapen(x));
    };
    let width = x.shape.width() / size.max(1);
    by_kind!(x.kind, T => Ok(Compiled::fallible(shape, move |_, slots| {
        let data = source.read::<T>(slots);
        let mut picked = Vec::new();
        for &index in at.read::<i64>(slots) {
            let place = if index < 0 { index.saturating_add(size as i64) } else { index };
            let place = usize::try_from(place).ok().filter(|&place| place < size);
            let place = place.ok_or_else(|| format!("there is no element {index} among {size}"))?;
            picked.extend_from_slice(&data[place * width..(place + 1) * width]);
        }
        Ok(picked)
    })))
}

/// `ArrayFeatureExtractor`: columns of the last axis.
pub(super) fn features(node: &Node<'_>) -> Result {
    node.attributes(&[])?;
    let [x, indices] = node.only()?;
    let (axis, size) = fixed_axis(node, x, -1)?;
    let mut dims = x.shape.0[..axis].to_vec();
    if dims.is_empty() {
        dims.push(Dim::Fixed(1));
    }
    if let Some(indices) = indices.fixed::<i64>() {
        let places = indices.iter().map(|&index| place(node, index, size));
        let places: Vec<usize> = places.collect::<Result<_>>()?;
        dims.push(Dim::Fixed(places.len()));
        return Ok(along(x, axis, places, Shape(dims)));
    }
    // The label of each row, from the list of labels: the rows become the columns.
    if !x.is_constant() || x.shape.width() != size || indices.shape.width() != 1 {
        return Err(node.error("indices must be constant, or one per row into a constant list"));
    }
    dims.push(Dim::Rows);
    let list = Value { shape: Shape::fixed(&[size]), ..x.clone() };
    look_up(node, &list, indices, Shape(dims))
}

pub(super) fn concat(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["axis"])?;
    let axis = node.lift(attributes.int("axis"))?;
    let axis = axis.ok_or_else(|| node.error("attribute `axis` is missing"))?;
    let parts = node.all()?;
    let first = parts[0];
    let (axis, _) = fixed_axis(node, first, axis)?;
    let mut total = 0_usize;
    for part in &parts {
        let mut shape = part.shape.clone();
        match shape.0.get(axis).copied() {
            Some(Dim::Fixed(size)) => total = total.saturating_add(size),
            _ => return Err(node.misshapen(part)),
        }
        shape.0[axis] = first.shape.0[axis];
        if shape != first.shape || part.kind != first.kind {
            return Err(node.error("operands differ in type or shape"));
        }
    }
    let mut shape = first.shape.clone();
    shape.0[axis] = Dim::Fixed(total);
    let parts: Vec<(Source, Shape)> =
        parts.iter().map(|part| (part.source.clone(), part.shape.clone())).collect();
    by_kind!(first.kind, T => Ok(Compiled::one(shape, move |rows, slots| {
        let mut pieces = Vec::with_capacity(parts.len());
        let (mut blocks, mut size) = (0, 0);
        for (source, shape) in &parts {
            let [outer, along, inner] = shape.around(axis, rows);
            let data = source.read::<T>(slots);
            blocks = outer;
            size += data.len();
            pieces.push((data, along * inner));
        }
        let mut joined = Vec::with_capacity(size);
        for block in 0..blocks {
            for (data, width) in &pieces {
                joined.extend_from_slice(&data[block * width..(block + 1) * width]);
            }
        }
        joined
    })))
}

pub(super) fn slice(node: &Node<'_>) -> Result {
    let x = node.operand(0)?;
    let list = |at: usize| match node.optional(at) {
        None => Ok(None),
        Some(value) => match (value.fixed::<i64>(), value.fixed::<i32>()) {
            (Some(list), _) => Ok(Some(list.to_vec())),
            (_, Some(list)) => Ok(Some(list.iter().map(|&x| i64::from(x)).collect())),
            _ => Err(node.error("where to cut must be constant")),
        },
    };
    let (starts, ends, axes, steps) = if node.opsets.plain < 10 {
        let attributes = node.attributes(&["starts", "ends", "axes"])?;
        let list = |name| node.lift(attributes.optional_ints(name)).map(|l| l.map(<[i64]>::to_vec));
        (list("starts")?, list("ends")?, list("axes")?, None)
    } else {
        node.attributes(&[])?;
        node.at_most(5)?;
        (list(1)?, list(2)?, list(3)?, list(4)?)
    };
    let (Some(starts), Some(ends)) = (starts, ends) else {
        return Err(node.error("where to cut is missing"));
    };
    let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
    let same = [ends.len(), axes.len(), steps.len()].iter().all(|&len| len == starts.len());
    if !same {
        return Err(node.error("the lists of where to cut differ in length"));
    }
    let mut cut = None;
    for (((&start, &end), &axis), &step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let axis = x.shape.axis(axis).ok_or_else(|| node.misshapen(x))?;
        let whole = start == 0 && step == 1 && end >= i64::from(i32::MAX);
        match x.shape.0[axis] {
            _ if whole => {}
            Dim::Rows => return Err(node.error("rows of the same batch would be cut")),
            Dim::Fixed(_) if cut.is_some() => {
                return Err(node.error("more than one axis is cut"));
            }
            Dim::Fixed(size) => cut = Some((axis, range(node, size, start, end, step)?)),
        }
    }
    let Some((axis, indices)) = cut else {
        return Ok(Compiled::Values(vec![x.clone()]));
    };
    let mut shape = x.shape.clone();
    shape.0[axis] = Dim::Fixed(indices.len());
    Ok(along(x, axis, indices, shape))
}

/// Positions from `start` to before `end`, which may be counted from the end or lie beyond it.
fn range(node: &Node<'_>, size: usize, start: i64, end: i64, step: i64) -> Result<Vec<usize>> {
    if step == 0 || size > MAX_PICKED {
        return Err(node.error("the step is zero or the axis too long"));
    }
    let size = size as i64;
    let from_end = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
    let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
    let (start, end) = (from_end(start).clamp(low, high), from_end(end).clamp(low, high));
    let mut places = Vec::new();
    let mut at = start;
    while if step > 0 { at < end } else { at > end } {
        places.push(at as usize);
        at = at.saturating_add(step);
    }
    Ok(places)
}

pub(super) fn split(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["axis", "split", "num_outputs"])?;
    let axis = node.int(attributes, "axis", 0)?;
    node.at_most(2)?;
    let x = node.operand(0)?;
    let (axis, size) = fixed_axis(node, x, axis)?;
    let given = match node.optional(1) {
        Some(list) => Some(node.fixed::<i64>(list, "the sizes")?),
        None => node.lift(attributes.optional_ints("split"))?,
    };
    let count = node.results();
    if count == 0 || count > size {
        return Err(node.error(format!("{size} columns do not make {count} parts")));
    }
    let sizes: Vec<usize> = match given {
        Some(sizes) => sizes.iter().map(|&size| usize::try_from(size).unwrap_or(0)).collect(),
        // The last part is what remains.
        None => {
            let each = size.div_ceil(count);
            (0..count).map(|part| each.min(size.saturating_sub(part * each))).collect()
        }
    };
    let total = sizes.iter().fold(0_usize, |sum, &size| sum.saturating_add(size));
    if sizes.len() != count || total != size || sizes.contains(&0) {
        return Err(node.error(format!("the sizes of the {count} parts do not add up to {size}")));
    }
    let (source, from) = (x.source.clone(), x.shape.clone());
    let part = |&size: &usize| {
        let mut shape = from.clone();
        shape.0[axis] = Dim::Fixed(size);
        Type { kind: x.kind, shape }
    };
    let outputs = sizes.iter().map(part).collect();
    let from = from.clone();
    let run = by_kind!(x.kind, T => Box::new(move |rows: usize, slots: &mut Vec<Data>| {
        let [_, size, inner] = from.around(axis, rows);
        let mut parts: Vec<Vec<T>> = vec![Vec::new(); sizes.len()];
        for block in source.read::<T>(slots).chunks_exact((size * inner).max(1)) {
            let mut rest = block;
            for (part, size) in parts.iter_mut().zip(&sizes) {
                let (first, after) = rest.split_at(size * inner);
                part.extend_from_slice(first);
                rest = after;
            }
        }
        slots.extend(parts.into_iter().map(T::wrap));
        Ok(())
    }) as Run);
    Ok(Compiled::Step { outputs, run })
}

/// Elements with their dimensions in the order `order`.
pub(super) fn permuted<T: Elem>(data: &[T], dims: &[usize], order: &[usize]) -> Vec<T> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    let out: Vec<(usize, usize)> = order.iter().map(|&axis| (dims[axis], strides[axis])).collect();
    let mut at = vec![0; out.len()];
    let mut place = 0;
    let mut moved = Vec::with_capacity(data.len());
    for _ in 0..data.len() {
        moved.push(data[place].clone());
        for axis in (0..out.len()).rev() {
            let (size, stride) = out[axis];
            at[axis] += 1;
            place += stride;
            if at[axis] < size {
                break;
            }
            at[axis] = 0;
            place -= stride * size;
        }
    }
    moved
}

pub(super) fn transpose(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["perm"])?;
    let [x] = node.only()?;
    let order: Vec<usize> = match node.lift(attributes.optional_ints("perm"))? {
        None => (0..x.shape.rank()).rev().collect(),
        Some(order) => {
            let order: Option<Vec<usize>> = order.iter().map(|&axis| x.shape.axis(axis)).collect();
            order.ok_or_else(|| node.misshapen(x))?
        }
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..x.shape.rank()) {
        return Err(node.error("attribute `perm` is no order of the axes"));
    }
    let shape = Shape(order.iter().map(|&axis| x.shape.0[axis]).collect());
    let (source, from) = (x.source.clone(), x.shape.clone());
    by_kind!(x.kind, T => Ok(Compiled::one(shape, move |rows, slots| {
        permuted(source.read::<T>(slots), &from.at(rows), &order)
    })))
}
