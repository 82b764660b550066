//! Constants as the world writes them: typed lists or raw bytes.

use super::value::{Data, Shape, TensorKind};
use crate::onnx::TensorProto;

/// Dimensions of a constant.
const MAX_RANK: usize = 8;

/// Shape and elements of a constant; what is wrong with it otherwise.
pub(super) fn read(tensor: &TensorProto) -> Result<(Shape, Data), String> {
    if !tensor.external_data.is_empty() || tensor.data_location.is_some_and(|place| place != 0) {
        return Err(
            "is stored in another file, which is never read; save the model in one file".to_owned()
        );
    }
    if tensor.segment.is_some() {
        return Err("is stored in segments".to_owned());
    }
    let data_type = tensor.data_type();
    let kind = TensorKind::of(data_type).ok_or_else(|| {
        let name = crate::onnx::tensor_proto::DataType::try_from(data_type);
        format!("is of type {}", name.map_or("unknown", |kind| kind.as_str_name()))
    })?;
    let dims: Option<Vec<usize>> = tensor.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
    let dims = dims.ok_or("has a negative dimension")?;
    let data = match &tensor.raw_data {
        Some(raw) if !raw.is_empty() => from_bytes(kind, raw)?,
        _ => from_lists(kind, tensor)?,
    };
    let size = dims.iter().try_fold(1_usize, |size, &dim| size.checked_mul(dim));
    if dims.len() > MAX_RANK || size != Some(data.len()) {
        return Err(format!("has {} elements and dimensions that say otherwise", data.len()));
    }
    Ok((Shape::fixed(&dims), data))
}

fn from_bytes(kind: TensorKind, raw: &[u8]) -> Result<Data, String> {
    macro_rules! numbers {
        ($type:ty) => {{
            let (chunks, rest) = raw.as_chunks::<{ size_of::<$type>() }>();
            if !rest.is_empty() {
                return Err(format!("has {} bytes, which are no whole elements", raw.len()));
            }
            chunks.iter().map(|bytes| <$type>::from_le_bytes(*bytes)).collect()
        }};
    }
    Ok(match kind {
        TensorKind::F32 => Data::F32(numbers!(f32)),
        TensorKind::F64 => Data::F64(numbers!(f64)),
        TensorKind::I64 => Data::I64(numbers!(i64)),
        TensorKind::I32 => Data::I32(numbers!(i32)),
        TensorKind::Bool => Data::Bool(raw.iter().map(|byte| *byte != 0).collect()),
        TensorKind::Text => return Err("holds texts as raw bytes".to_owned()),
    })
}

fn from_lists(kind: TensorKind, tensor: &TensorProto) -> Result<Data, String> {
    Ok(match kind {
        TensorKind::F32 => Data::F32(tensor.float_data.clone()),
        TensorKind::F64 => Data::F64(tensor.double_data.clone()),
        TensorKind::I64 => Data::I64(tensor.int64_data.clone()),
        TensorKind::I32 => Data::I32(tensor.int32_data.clone()),
        TensorKind::Bool => Data::Bool(tensor.int32_data.iter().map(|&x| x != 0).collect()),
        TensorKind::Text => Data::Text(
            tensor
                .string_data
                .iter()
                .map(|text| std::str::from_utf8(text).map(Into::into))
                .collect::<Result<_, _>>()
                .map_err(|_| "holds a text that is not UTF-8")?,
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::StringStringEntryProto;
    use crate::onnx::tensor_proto::DataType;

    fn tensor(data_type: DataType, dims: Vec<i64>) -> TensorProto {
        TensorProto { data_type: Some(data_type as i32), dims, ..TensorProto::default() }
    }

    #[test]
    fn raw_bytes_and_lists_give_the_same_elements() {
        let raw = TensorProto {
            raw_data: Some([1.5_f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect()),
            ..tensor(DataType::Float, vec![2])
        };
        let list = TensorProto { float_data: vec![1.5, -2.0], ..tensor(DataType::Float, vec![2]) };
        assert_eq!(read(&raw), read(&list));
        assert_eq!(read(&raw), Ok((Shape::fixed(&[2]), Data::F32(vec![1.5, -2.0]))));
    }

    #[test]
    fn dimensions_never_promise_more_than_the_bytes_hold() {
        for dims in [vec![3], vec![-2], vec![i64::MAX, 4], vec![1 << 32, 1 << 32], vec![0]] {
            let raw =
                TensorProto { raw_data: Some(vec![0; 8]), ..tensor(DataType::Float, dims.clone()) };
            assert!(read(&raw).is_err(), "{dims:?}");
        }
        let odd = TensorProto { raw_data: Some(vec![0; 7]), ..tensor(DataType::Float, vec![2]) };
        assert!(read(&odd).is_err());
    }

    #[test]
    fn external_data_is_refused_by_name() {
        let entry = StringStringEntryProto {
            key: Some("location".to_owned()),
            value: Some("/etc/passwd".to_owned()),
        };
        let external = TensorProto {
            external_data: vec![entry],
            data_location: Some(1),
            ..tensor(DataType::Float, vec![1])
        };
        assert!(read(&external).unwrap_err().contains("another file"));
    }
}
