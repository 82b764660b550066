//! Operators that give the same elements another shape, and those that give them another name.

use super::Result;
use crate::foreign::constant;
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Value};
use crate::foreign::value::{Data, Dim, Shape, Text, product};

fn alias(value: &Value, shape: Shape) -> Result {
    Ok(Compiled::Values(vec![Value { shape, ..value.clone() }]))
}

pub(super) fn constant(node: &Node<'_>) -> Result {
    let known = [
        "value",
        "value_float",
        "value_floats",
        "value_int",
        "value_ints",
        "value_string",
        "value_strings",
    ];
    let attributes = node.attributes(&known)?;
    let text = |bytes: &[u8]| {
        std::str::from_utf8(bytes).map(Text::from).map_err(|_| node.error("a text is not UTF-8"))
    };
    let mut found = Vec::new();
    if let Some(tensor) = node.lift(attributes.tensor("value"))? {
        let read = constant::read(tensor);
        found.push(read.map_err(|problem| node.error(format!("attribute `value` {problem}")))?);
    }
    if let Some(x) = node.lift(attributes.float("value_float"))? {
        found.push((Shape(vec![]), Data::F32(vec![x])));
    }
    if let Some(x) = node.lift(attributes.int("value_int"))? {
        found.push((Shape(vec![]), Data::I64(vec![x])));
    }
    if let Some(x) = node.lift(attributes.optional_string("value_string"))? {
        found.push((Shape(vec![]), Data::Text(vec![text(x)?])));
    }
    let listed = |data: Data| (Shape::fixed(&[data.len()]), data);
    if let Some(x) = node.lift(attributes.optional_floats("value_floats"))? {
        found.push(listed(Data::F32(x.to_vec())));
    }
    if let Some(x) = node.lift(attributes.optional_ints("value_ints"))? {
        found.push(listed(Data::I64(x.to_vec())));
    }
    if let Some(x) = node.lift(attributes.optional_strings("value_strings"))? {
        let texts = x.iter().map(|bytes| text(bytes)).collect::<Result<_>>()?;
        found.push(listed(Data::Text(texts)));
    }
    match (found.pop(), found.is_empty()) {
        (Some((shape, data)), true) => Ok(Compiled::Values(vec![Value::constant(shape, data)])),
        _ => Err(node.error("must have exactly one value")),
    }
}

pub(super) fn identity(node: &Node<'_>) -> Result {
    node.attributes(&[])?;
    let [x] = node.only()?;
    Ok(Compiled::Values(vec![x.clone()]))
}

/// Nothing is dropped when a model answers.
pub(super) fn dropout(node: &Node<'_>) -> Result {
    node.attributes(&["ratio", "seed"])?;
    node.at_most(3)?;
    if let Some(training) = node.optional(2)
        && node.fixed::<bool>(training, "the training mode")?.iter().any(|on| *on)
    {
        return Err(node.error("the model is in training mode; export it for inference"));
    }
    if node.results() > 1 {
        return Err(node.error("the mask of what is dropped is not computed"));
    }
    Ok(Compiled::Values(vec![node.operand(0)?.clone()]))
}

pub(super) fn reshape(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["allowzero"])?;
    if node.int(attributes, "allowzero", 0)? != 0 {
        return Err(node.error("attribute `allowzero` is not supported"));
    }
    let [x, target] = node.only()?;
    let target = node.fixed::<i64>(target, "the new shape")?;
    let unfit = || {
        let shown = &target[..target.len().min(8)];
        node.error(format!(
            "the shape {} does not become {shown:?} for any number of rows",
            x.shape
        ))
    };
    if target.len() > 8 {
        return Err(unfit());
    }
    let mut dims = Vec::with_capacity(target.len());
    for (at, &size) in target.iter().enumerate() {
        dims.push(match size {
            -1 => None,
            0 => Some(*x.shape.0.get(at).ok_or_else(unfit)?),
            size => Some(Dim::Fixed(usize::try_from(size).map_err(|_| unfit())?)),
        });
    }
    let known: Vec<Dim> = dims.iter().flatten().copied().collect();
    let (total, rest) = (x.shape.width(), product(&known));
    if rest == 0 || total == 0 || total % rest != 0 {
        return Err(unfit());
    }
    // What is left over is the one open dimension: rows, if they are not kept elsewhere.
    let rows_left = x.shape.has_rows() && !known.contains(&Dim::Rows);
    let open = match (rows_left, total / rest) {
        (true, 1) => Dim::Rows,
        (false, size) => Dim::Fixed(size),
        (true, _) => return Err(unfit()),
    };
    let is_open = dims.contains(&None);
    if dims.iter().filter(|dim| dim.is_none()).count() > 1 || (!is_open && open != Dim::Fixed(1)) {
        return Err(unfit());
    }
    let shape = Shape(dims.into_iter().map(|dim| dim.unwrap_or(open)).collect());
    // Rows must stay in their place among the elements, or else rows would be mixed.
    let before = |shape: &Shape| {
        let at = shape.0.iter().position(|&dim| dim == Dim::Rows)?;
        Some(product(&shape.0[..at]))
    };
    if before(&shape) != before(&x.shape) {
        return Err(unfit());
    }
    alias(x, shape)
}

/// Dimensions taken together.
fn merged(node: &Node<'_>, x: &Value, dims: &[Dim]) -> Result<Dim> {
    match (dims.contains(&Dim::Rows), product(dims)) {
        (true, 1) => Ok(Dim::Rows),
        (false, size) => Ok(Dim::Fixed(size)),
        _ => Err(node.misshapen(x)),
    }
}

pub(super) fn flatten(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["axis"])?;
    let [x] = node.only()?;
    let axis = match node.int(attributes, "axis", 1)? {
        axis if axis == x.shape.rank() as i64 => x.shape.rank(),
        axis => x.shape.axis(axis).ok_or_else(|| node.misshapen(x))?,
    };
    let (before, after) = x.shape.0.split_at(axis);
    alias(x, Shape(vec![merged(node, x, before)?, merged(node, x, after)?]))
}

/// Axes from the attribute before an opset, from the second operand since.
pub(super) fn axes<'a>(node: &Node<'a>, operand_since: i64) -> Result<Option<&'a [i64]>> {
    if node.opsets.plain < operand_since {
        return node.lift(node.attributes(&["axes", "keepdims"])?.optional_ints("axes"));
    }
    node.attributes(&["keepdims", "noop_with_empty_axes"])?;
    node.at_most(2)?;
    node.optional(1).map(|axes| node.fixed::<i64>(axes, "the list of axes")).transpose()
}

pub(super) fn squeeze(node: &Node<'_>) -> Result {
    let x = node.operand(0)?;
    let mut keep = vec![true; x.shape.rank()];
    match axes(node, 13)? {
        Some(axes) => {
            for &axis in axes {
                let axis = x.shape.axis(axis).ok_or_else(|| node.misshapen(x))?;
                if x.shape.0[axis] != Dim::Fixed(1) {
                    return Err(node.misshapen(x));
                }
                keep[axis] = false;
            }
        }
        None => {
            x.shape.0.iter().zip(&mut keep).for_each(|(dim, keep)| *keep = *dim != Dim::Fixed(1))
        }
    }
    let kept = x.shape.0.iter().zip(keep).filter(|(_, keep)| *keep).map(|(dim, _)| *dim);
    alias(x, Shape(kept.collect()))
}

pub(super) fn unsqueeze(node: &Node<'_>) -> Result {
    let x = node.operand(0)?;
    let axes = axes(node, 13)?.ok_or_else(|| node.error("the list of axes is missing"))?;
    let rank = x.shape.rank() + axes.len();
    if rank > 8 {
        return Err(node.misshapen(x));
    }
    let mut new = vec![false; rank];
    let blank = Shape::fixed(&vec![1; rank]);
    for &axis in axes {
        let axis = blank.axis(axis).filter(|&axis| !new[axis]).ok_or_else(|| node.misshapen(x))?;
        new[axis] = true;
    }
    let mut old = x.shape.0.iter();
    let dim = |new: bool| if new { Some(Dim::Fixed(1)) } else { old.next().copied() };
    alias(x, Shape(new.into_iter().filter_map(dim).collect()))
}
