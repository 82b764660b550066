//! The signature of an MLflow model: named columns, or tensors.

use serde::Deserialize;

use super::value::TensorKind;

/// A named column of an MLflow signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlflowColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: MlflowKind,
    /// Whether a request must have it.
    pub required: bool,
}

/// What a column of an MLflow signature holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MlflowKind {
    /// `boolean`.
    #[serde(rename = "boolean")]
    Bool,
    /// `integer`: 32 bits.
    Integer,
    /// `long`: 64 bits.
    Long,
    /// `float`: single precision.
    Float,
    /// `double`.
    Double,
    /// `string`.
    #[serde(rename = "string")]
    Text,
}

/// A tensor of an MLflow signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Its name; a single tensor may have none.
    pub name: Option<String>,
    /// What it holds.
    pub kind: TensorKind,
    /// Its dimensions; nothing where any size will do.
    pub shape: Vec<Option<usize>>,
}

/// The inputs of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inputs {
    Columns(Vec<MlflowColumn>),
    Tensors(Vec<TensorSpec>),
}

#[derive(Deserialize)]
struct RawColumn {
    name: Option<String>,
    r#type: String,
    required: Option<bool>,
    optional: Option<bool>,
    #[serde(rename = "tensor-spec")]
    tensor: Option<RawTensor>,
}

#[derive(Deserialize)]
struct RawTensor {
    dtype: String,
    shape: Vec<i64>,
}

/// Reads the JSON text that `MLmodel` has for inputs.
pub(super) fn read(text: &str) -> Result<Inputs, String> {
    let raw: Vec<RawColumn> =
        serde_json::from_str(text).map_err(|error| format!("the signature's inputs: {error}"))?;
    if raw.is_empty() {
        return Err("the signature has no inputs".to_owned());
    }
    let tensors = raw.iter().filter(|column| column.tensor.is_some()).count();
    if tensors == raw.len() {
        return raw.into_iter().map(tensor).collect::<Result<_, _>>().map(Inputs::Tensors);
    }
    let columns: Vec<MlflowColumn> = raw.into_iter().map(column).collect::<Result<_, _>>()?;
    let mut names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("the signature names column `{}` twice", pair[0])),
        None => Ok(Inputs::Columns(columns)),
    }
}

fn column(raw: RawColumn) -> Result<MlflowColumn, String> {
    let name = raw.name.ok_or("a column of the signature has no name")?;
    let kind =
        serde_json::from_value(serde_json::Value::String(raw.r#type.clone())).map_err(|_| {
            format!("column `{name}` is of type `{}`, which is not supported", raw.r#type)
        })?;
    // Older releases write `optional`.
    let required = raw.required.unwrap_or(!raw.optional.unwrap_or(false));
    Ok(MlflowColumn { name, kind, required })
}

fn tensor(raw: RawColumn) -> Result<TensorSpec, String> {
    let RawColumn { name, tensor: Some(spec), .. } = raw else {
        return Err("a tensor of the signature has no specification".to_owned());
    };
    let kind = match spec.dtype.as_str() {
        "float32" => TensorKind::F32,
        "float64" => TensorKind::F64,
        "int64" => TensorKind::I64,
        "int32" => TensorKind::I32,
        "bool" => TensorKind::Bool,
        "str" | "object" => TensorKind::Text,
        other => return Err(format!("a tensor is of type `{other}`, which is not supported")),
    };
    let shape = spec.shape.iter().map(|&size| usize::try_from(size).ok()).collect();
    Ok(TensorSpec { name, kind, shape })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_tensors_are_read_as_mlflow_writes_them() {
        let columns = r#"[{"type": "double", "name": "x", "required": true},
                          {"type": "string", "name": "m", "optional": true}]"#;
        let Ok(Inputs::Columns(columns)) = read(columns) else { panic!() };
        assert_eq!((columns[0].kind, columns[0].required), (MlflowKind::Double, true));
        assert_eq!((columns[1].kind, columns[1].required), (MlflowKind::Text, false));
        let tensor =
            r#"[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}]"#;
        let spec = TensorSpec { name: None, kind: TensorKind::F32, shape: vec![None, Some(4)] };
        assert_eq!(read(tensor), Ok(Inputs::Tensors(vec![spec])));
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let datetime = r#"[{"type": "datetime", "name": "when", "required": true}]"#;
        assert!(read(datetime).unwrap_err().contains("column `when` is of type `datetime`"));
        let twice = r#"[{"type": "long", "name": "a"}, {"type": "long", "name": "a"}]"#;
        assert!(read(twice).unwrap_err().contains("`a` twice"));
        assert!(read("[]").is_err() && read("{}").is_err());
    }
}
