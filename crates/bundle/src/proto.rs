//! Small makers and readers of ONNX messages, so that the rest need not spell out `Option`s.

use crate::onnx::attribute_proto::AttributeType;
use crate::onnx::{AttributeProto, TensorProto, tensor_proto};

/// Version of `ai.onnx` that graphs are written in.
pub(crate) const OPSET: i64 = 17;
/// Version of `ai.onnx.ml` that graphs are written in.
pub(crate) const OPSET_ML: i64 = 3;
/// ONNX's intermediate representation of that time.
pub(crate) const IR_VERSION: i64 = 8;
/// Domain of the classical operators.
pub(crate) const ML: &str = "ai.onnx.ml";

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(kind as i32),
        ..AttributeProto::default()
    }
}

pub(crate) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: Some(value), ..attribute(name, AttributeType::Int) }
}

pub(crate) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { f: Some(value), ..attribute(name, AttributeType::Float) }
}

pub(crate) fn string(name: &str, value: &[u8]) -> AttributeProto {
    AttributeProto { s: Some(value.to_vec()), ..attribute(name, AttributeType::String) }
}

pub(crate) fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { ints, ..attribute(name, AttributeType::Ints) }
}

pub(crate) fn floats(name: &str, floats: Vec<f32>) -> AttributeProto {
    AttributeProto { floats, ..attribute(name, AttributeType::Floats) }
}

pub(crate) fn strings(name: &str, strings: Vec<Vec<u8>>) -> AttributeProto {
    AttributeProto { strings, ..attribute(name, AttributeType::Strings) }
}

/// Why a node's attributes are not those that its operator has here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("attribute `{name}` {problem}")]
pub struct AttributeError {
    /// The attribute.
    pub name: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// The attributes of a node, each known and there at most once.
#[derive(Clone, Copy)]
pub(crate) struct Attributes<'a>(&'a [AttributeProto]);

impl<'a> Attributes<'a> {
    /// The attributes, which may only be those called `known`.
    pub(crate) fn new(
        attributes: &'a [AttributeProto],
        known: &[&str],
    ) -> Result<Self, AttributeError> {
        let error = |name: &str, problem| AttributeError { name: name.to_owned(), problem };
        for (at, attribute) in attributes.iter().enumerate() {
            let name = attribute.name();
            if !known.contains(&name) {
                return Err(error(name, "is not supported"));
            }
            if attributes[..at].iter().any(|a| a.name() == name) {
                return Err(error(name, "stands twice"));
            }
            if attribute.ref_attr_name.is_some() {
                return Err(error(name, "refers to a function's attribute"));
            }
        }
        Ok(Self(attributes))
    }

    fn typed(
        &self,
        name: &'static str,
        kind: AttributeType,
    ) -> Result<Option<&'a AttributeProto>, AttributeError> {
        match self.0.iter().find(|a| a.name() == name) {
            Some(found) if found.r#type == Some(kind as i32) => Ok(Some(found)),
            Some(_) => Err(AttributeError { name: name.to_owned(), problem: "has the wrong type" }),
            None => Ok(None),
        }
    }

    fn required<T>(name: &'static str, value: Option<T>) -> Result<T, AttributeError> {
        value.ok_or_else(|| AttributeError { name: name.to_owned(), problem: "is missing" })
    }

    pub(crate) fn int(&self, name: &'static str) -> Result<Option<i64>, AttributeError> {
        Ok(self.typed(name, AttributeType::Int)?.map(|a| a.i()))
    }

    pub(crate) fn float(&self, name: &'static str) -> Result<Option<f32>, AttributeError> {
        Ok(self.typed(name, AttributeType::Float)?.map(|a| a.f()))
    }

    pub(crate) fn string(&self, name: &'static str) -> Result<&'a [u8], AttributeError> {
        Self::required(name, self.typed(name, AttributeType::String)?.and_then(|a| a.s.as_deref()))
    }

    /// The numbers of an attribute that need not be there.
    pub(crate) fn optional_ints(
        &self,
        name: &'static str,
    ) -> Result<Option<&'a [i64]>, AttributeError> {
        Ok(self.typed(name, AttributeType::Ints)?.map(|a| a.ints.as_slice()))
    }

    /// The numbers of an attribute that need not be there.
    pub(crate) fn optional_floats(
        &self,
        name: &'static str,
    ) -> Result<Option<&'a [f32]>, AttributeError> {
        Ok(self.typed(name, AttributeType::Floats)?.map(|a| a.floats.as_slice()))
    }

    /// The texts of an attribute that need not be there.
    pub(crate) fn optional_strings(
        &self,
        name: &'static str,
    ) -> Result<Option<&'a [Vec<u8>]>, AttributeError> {
        Ok(self.typed(name, AttributeType::Strings)?.map(|a| a.strings.as_slice()))
    }

    /// The text of an attribute that need not be there.
    pub(crate) fn optional_string(
        &self,
        name: &'static str,
    ) -> Result<Option<&'a [u8]>, AttributeError> {
        Ok(self.typed(name, AttributeType::String)?.and_then(|a| a.s.as_deref()))
    }

    /// The tensor of an attribute that need not be there.
    pub(crate) fn tensor(
        &self,
        name: &'static str,
    ) -> Result<Option<&'a TensorProto>, AttributeError> {
        Ok(self.typed(name, AttributeType::Tensor)?.and_then(|a| a.t.as_ref()))
    }

    pub(crate) fn ints(&self, name: &'static str) -> Result<&'a [i64], AttributeError> {
        Self::required(name, self.typed(name, AttributeType::Ints)?.map(|a| a.ints.as_slice()))
    }

    pub(crate) fn floats(&self, name: &'static str) -> Result<&'a [f32], AttributeError> {
        Self::required(name, self.typed(name, AttributeType::Floats)?.map(|a| a.floats.as_slice()))
    }

    pub(crate) fn strings(&self, name: &'static str) -> Result<&'a [Vec<u8>], AttributeError> {
        let found = self.typed(name, AttributeType::Strings)?;
        Self::required(name, found.map(|a| a.strings.as_slice()))
    }
}

/// The numbers of a constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I64(Vec<i64>),
}

impl Numbers {
    /// The initializer called `name` with these numbers in the shape `dims`.
    pub(crate) fn tensor(self, name: String, dims: Vec<i64>) -> TensorProto {
        use tensor_proto::DataType;
        let base = TensorProto { name: Some(name), dims, ..TensorProto::default() };
        let kind = |kind: DataType| Some(kind as i32);
        match self {
            Self::F32(float_data) => {
                TensorProto { float_data, data_type: kind(DataType::Float), ..base }
            }
            Self::F64(double_data) => {
                TensorProto { double_data, data_type: kind(DataType::Double), ..base }
            }
            Self::I64(int64_data) => {
                TensorProto { int64_data, data_type: kind(DataType::Int64), ..base }
            }
        }
    }

    /// The shape and numbers of an initializer, which has at most two dimensions.
    pub(crate) fn read(tensor: &TensorProto) -> Result<(Vec<usize>, Self), String> {
        use tensor_proto::DataType;
        let plain = tensor.raw_data.is_none()
            && tensor.external_data.is_empty()
            && tensor.data_location.is_none()
            && tensor.segment.is_none();
        if !plain {
            return Err("is stored as raw, external or segmented data".to_owned());
        }
        let numbers = match tensor.data_type() {
            1 => Self::F32(tensor.float_data.clone()),
            11 => Self::F64(tensor.double_data.clone()),
            7 => Self::I64(tensor.int64_data.clone()),
            other => {
                let name = DataType::try_from(other).map_or("unknown", |kind| kind.as_str_name());
                return Err(format!("is of type {name}"));
            }
        };
        let dims: Option<Vec<usize>> =
            tensor.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
        let dims = dims.ok_or("has a negative dimension")?;
        let size = dims.iter().try_fold(1_usize, |size, &dim| size.checked_mul(dim));
        if dims.len() > 2 || size != Some(numbers.len()) || size == Some(0) {
            return Err(format!("has dimensions {dims:?} and {} numbers", numbers.len()));
        }
        Ok((dims, numbers))
    }

    fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_known_single_and_of_their_type() {
        let known = ["axis"];
        let axis = int("axis", 1);
        assert_eq!(
            Attributes::new(std::slice::from_ref(&axis), &known).unwrap().int("axis"),
            Ok(Some(1))
        );
        assert!(Attributes::new(&[axis.clone(), axis.clone()], &known).is_err());
        assert!(Attributes::new(&[int("axes", 1)], &known).is_err());
        let wrong = [float("axis", 1.0)];
        assert!(Attributes::new(&wrong, &known).unwrap().int("axis").is_err());
    }

    #[test]
    fn a_tensor_must_hold_as_many_numbers_as_its_shape_says() {
        let tensor = |dims: Vec<i64>| Numbers::F32(vec![1.0, 2.0]).tensor("c".into(), dims);
        assert_eq!(Numbers::read(&tensor(vec![2])).unwrap().0, [2]);
        assert!(Numbers::read(&tensor(vec![3])).is_err());
        assert!(Numbers::read(&tensor(vec![-1, -2])).is_err());
        assert!(Numbers::read(&tensor(vec![i64::MAX, i64::MAX])).is_err());
        assert!(Numbers::read(&tensor(vec![1, 1, 2])).is_err());
        let raw = TensorProto { raw_data: Some(vec![0; 8]), ..tensor(vec![2]) };
        assert!(Numbers::read(&raw).unwrap_err().contains("raw"));
    }
}
