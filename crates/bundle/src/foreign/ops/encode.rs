//! Operators that look values up: label and one-hot encoders.

use std::collections::HashMap;
use std::hash::Hash;

use super::Result;
use crate::foreign::constant;
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Value};
use crate::foreign::value::{Data, Dim, Elem, Shape, TensorKind, Text, by_kind};
use crate::proto::Attributes;

/// Elements that can be looked up.
trait Key: Elem {
    type Hashed: Hash + Eq + Clone + Send + Sync + 'static;
    /// What stands for the element: both zeros are one, and every NaN is one.
    fn hashed(&self) -> Self::Hashed;
    fn is_nan(&self) -> bool;
}

macro_rules! key {
    ($($type:ty => $hashed:ty, $x:ident => $body:expr, $is_nan:expr;)*) => {$(
        impl Key for $type {
            type Hashed = $hashed;
            fn hashed(&self) -> $hashed {
                let $x = self;
                $body
            }
            fn is_nan(&self) -> bool {
                $is_nan(self)
            }
        }
    )*};
}

key! {
    Text => Text, x => x.clone(), |_| false;
    i64 => i64, x => *x, |_| false;
    i32 => i32, x => *x, |_| false;
    bool => bool, x => *x, |_| false;
    f32 => u32, x => if f32::is_nan(*x) { f32::NAN.to_bits() } else { (x + 0.0).to_bits() }, |x: &f32| f32::is_nan(*x);
    f64 => u64, x => if f64::is_nan(*x) { f64::NAN.to_bits() } else { (x + 0.0).to_bits() }, |x: &f64| f64::is_nan(*x);
}

/// A list of keys or values, from a typed attribute or from a tensor.
fn list(node: &Node<'_>, attributes: Attributes<'_>, names: Names) -> Result<Data> {
    let found = [
        node.lift(attributes.optional_floats(names.floats))?.map(|x| Data::F32(x.to_vec())),
        node.lift(attributes.optional_ints(names.ints))?.map(|x| Data::I64(x.to_vec())),
        node.lift(attributes.optional_strings(names.strings))?
            .map(|_| node.texts(attributes, names.strings))
            .transpose()?
            .map(|texts| Data::Text(texts.into_iter().map(Text::from).collect())),
        node.lift(attributes.tensor(names.tensor))?
            .map(|tensor| constant::read(tensor).map(|(_, data)| data))
            .transpose()
            .map_err(|problem| node.error(format!("attribute `{}` {problem}", names.tensor)))?,
    ];
    let mut found = found.into_iter().flatten().filter(|data| data.len() > 0);
    match (found.next(), found.next()) {
        (Some(data), None) => Ok(data),
        _ => {
            Err(node
                .error(format!("must have one of the attributes `{}` and the like", names.ints)))
        }
    }
}

/// The attributes of which one gives a list.
struct Names {
    floats: &'static str,
    ints: &'static str,
    strings: &'static str,
    tensor: &'static str,
}

const KEYS: Names = Names {
    floats: "keys_floats",
    ints: "keys_int64s",
    strings: "keys_strings",
    tensor: "keys_tensor",
};
const VALUES: Names = Names {
    floats: "values_floats",
    ints: "values_int64s",
    strings: "values_strings",
    tensor: "values_tensor",
};

pub(super) fn label_encoder(node: &Node<'_>) -> Result {
    if node.opsets.ml < 2 {
        return first_label_encoder(node);
    }
    let known = [
        KEYS.floats,
        KEYS.ints,
        KEYS.strings,
        KEYS.tensor,
        VALUES.floats,
        VALUES.ints,
        VALUES.strings,
        VALUES.tensor,
        "default_float",
        "default_int64",
        "default_string",
        "default_tensor",
    ];
    let attributes = node.attributes(&known)?;
    let keys = list(node, attributes, KEYS)?;
    let values = list(node, attributes, VALUES)?;
    let default = match node.lift(attributes.tensor("default_tensor"))? {
        Some(tensor) => constant::read(tensor)
            .map(|(_, data)| data)
            .map_err(|problem| node.error(format!("attribute `default_tensor` {problem}")))?,
        None => match values.kind() {
            TensorKind::F32 => Data::F32(vec![node.float(attributes, "default_float", -0.0)?]),
            TensorKind::F64 => {
                Data::F64(vec![f64::from(node.float(attributes, "default_float", -0.0)?)])
            }
            TensorKind::I64 => Data::I64(vec![node.int(attributes, "default_int64", -1)?]),
            TensorKind::Text => {
                let text = node.text(attributes, "default_string", "_Unused")?;
                Data::Text(vec![text.into()])
            }
            kind => return Err(node.mistyped(kind)),
        },
    };
    let [x] = node.only()?;
    // Until then a missing value was equal to no key.
    let nan_is_key = node.opsets.ml >= 4;
    let same = keys.len() == values.len() && default.len() == 1;
    if !same || default.kind() != values.kind() || keys.kind() != x.kind {
        return Err(node.error("keys, values, default and operand do not fit together"));
    }
    by_kind!(keys.kind(), K => by_kind!(values.kind(), V => {
        let default = V::of(&default)[0].clone();
        Ok(look_up(x, K::of(&keys), V::of(&values).to_vec(), default, nan_is_key))
    }))
}

/// Between texts and their positions, in either direction.
fn first_label_encoder(node: &Node<'_>) -> Result {
    let known = ["classes_strings", "default_int64", "default_string"];
    let attributes = node.attributes(&known)?;
    let texts: Vec<Text> =
        node.texts(attributes, "classes_strings")?.into_iter().map(Text::from).collect();
    let places = (0..texts.len() as i64).collect();
    both_ways(node, attributes, texts, places)
}

pub(super) fn category_mapper(node: &Node<'_>) -> Result {
    let known = ["cats_int64s", "cats_strings", "default_int64", "default_string"];
    let attributes = node.attributes(&known)?;
    let texts: Vec<Text> =
        node.texts(attributes, "cats_strings")?.into_iter().map(Text::from).collect();
    let ints = node.lift(attributes.ints("cats_int64s"))?.to_vec();
    both_ways(node, attributes, texts, ints)
}

fn both_ways(
    node: &Node<'_>,
    attributes: Attributes<'_>,
    texts: Vec<Text>,
    ints: Vec<i64>,
) -> Result {
    if texts.len() != ints.len() {
        return Err(node.error("the lists of texts and integers differ in length"));
    }
    let [x] = node.only()?;
    match x.kind {
        TensorKind::Text => {
            let default = node.int(attributes, "default_int64", -1)?;
            Ok(look_up::<Text, i64>(x, &texts, ints, default, true))
        }
        TensorKind::I64 => {
            let default = node.text(attributes, "default_string", "_Unused")?.into();
            Ok(look_up::<i64, Text>(x, &ints, texts, default, true))
        }
        kind => Err(node.mistyped(kind)),
    }
}

fn look_up<K: Key, V: Elem>(
    x: &Value,
    keys: &[K],
    values: Vec<V>,
    default: V,
    nan_is_key: bool,
) -> Compiled {
    let mut map = HashMap::with_capacity(keys.len());
    // Of a key that stands twice, the first counts.
    for (key, value) in keys.iter().zip(values) {
        if nan_is_key || !key.is_nan() {
            map.entry(key.hashed()).or_insert(value);
        }
    }
    let source = x.source.clone();
    Compiled::one(x.shape.clone(), move |_, slots| {
        let find = |key: &K| map.get(&key.hashed()).unwrap_or(&default).clone();
        source.read::<K>(slots).iter().map(find).collect()
    })
}

/// A line of zeros with a one where the category is.
pub(super) fn one_hot(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["cats_int64s", "cats_strings", "zeros"])?;
    let zeros = node.int(attributes, "zeros", 1)? != 0;
    let ints = node.lift(attributes.optional_ints("cats_int64s"))?.unwrap_or_default();
    let texts = node.texts(attributes, "cats_strings")?;
    let [x] = node.only()?;
    if ints.is_empty() == texts.is_empty() || x.shape.rank() > 2 {
        return Err(node.error("must have one list of categories and a matrix or a column"));
    }
    match x.kind {
        TensorKind::Text if !texts.is_empty() => {
            let texts: Vec<Text> = texts.into_iter().map(Text::from).collect();
            Ok(hot::<Text, Text>(x, &texts, zeros, Text::clone))
        }
        TensorKind::I64 if texts.is_empty() => Ok(hot::<i64, i64>(x, ints, zeros, |x| *x)),
        TensorKind::I32 if texts.is_empty() => {
            Ok(hot::<i32, i64>(x, ints, zeros, |x| i64::from(*x)))
        }
        TensorKind::F32 if texts.is_empty() => Ok(hot::<f32, i64>(x, ints, zeros, |x| *x as i64)),
        TensorKind::F64 if texts.is_empty() => Ok(hot::<f64, i64>(x, ints, zeros, |x| *x as i64)),
        kind => Err(node.mistyped(kind)),
    }
}

fn hot<T: Elem, K: Key>(x: &Value, categories: &[K], zeros: bool, key: fn(&T) -> K) -> Compiled {
    // Of a category that stands twice, the last counts.
    let map: HashMap<K::Hashed, usize> =
        categories.iter().enumerate().map(|(place, key)| (key.hashed(), place)).collect();
    let width = categories.len();
    let mut shape: Shape = x.shape.clone();
    shape.0.push(Dim::Fixed(width));
    let source = x.source.clone();
    Compiled::fallible(shape, move |_, slots| {
        let data = source.read::<T>(slots);
        let mut out = vec![0.0_f32; data.len() * width];
        for (line, x) in out.chunks_exact_mut(width).zip(data) {
            match map.get(&key(x).hashed()) {
                Some(&place) => line[place] = 1.0,
                None if zeros => {}
                None => return Err("a category is not known to the model".to_owned()),
            }
        }
        Ok(out)
    })
}
