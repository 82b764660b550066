//! `MLmodel`: what MLflow reads to open the folder as an `onnx` and a `python_function` model.
//!
//! MLflow writes times, run and model ids into this file; all are optional and left out, so that the
//! same model has the same bytes. Versions are stated for information and are constants.

use gauntlet_core::{FieldKind, Signature};
use serde::Serialize;

use crate::answers;
use crate::engine::OutputKind;
use crate::error::BundleError;
use crate::files::{MLMODEL, MODEL};

#[derive(Serialize)]
struct Column<'a> {
    r#type: &'static str,
    name: &'a str,
    required: bool,
}

/// The text of `MLmodel`.
pub(crate) fn write(signature: &Signature) -> Result<Vec<u8>, BundleError> {
    let inputs: Vec<Column<'_>> = signature
        .raw
        .iter()
        .map(|field| Column {
            r#type: match field.kind {
                FieldKind::Number => "double",
                FieldKind::Category { .. } | FieldKind::Text => "string",
            },
            name: &field.name,
            required: true,
        })
        .collect();
    let names = answers::outputs(&signature.task);
    let outputs: Vec<Column<'_>> = names
        .iter()
        .map(|(name, kind)| Column {
            r#type: match kind {
                OutputKind::Double => "double",
                OutputKind::Float => "float",
                OutputKind::Int => "long",
            },
            name,
            required: true,
        })
        .collect();
    let text = format!(
        "flavors:
  onnx:
    code: null
    data: {MODEL}
    onnx_session_options: null
    onnx_version: 1.12.0
    providers:
    - CPUExecutionProvider
  python_function:
    data: {MODEL}
    loader_module: mlflow.onnx
    python_version: 3.10.0
signature:
  inputs: {}
  outputs: {}
  params: null
",
        quoted(&inputs)?,
        quoted(&outputs)?,
    );
    Ok(text.into_bytes())
}

/// JSON in a single-quoted YAML scalar, in plain ASCII.
fn quoted<T: Serialize>(value: &T) -> Result<String, BundleError> {
    let json = serde_json::to_string(value)
        .map_err(|source| BundleError::Json { file: MLMODEL, source })?;
    let mut text = String::with_capacity(json.len() + 2);
    text.push('\'');
    for unit in json.encode_utf16() {
        match u8::try_from(unit) {
            Ok(b'\'') => text.push_str("''"),
            Ok(byte @ b' '..=b'~') => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\u{unit:04x}")),
        }
    }
    text.push('\'');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_a_scalar_that_reads_back() {
        let name = "it's \"°C\" \u{7f}\u{2028}\u{1f600}\n";
        let text = quoted(&[Column { r#type: "double", name, required: true }]).unwrap();
        assert!(text.is_ascii() && !text.contains('\n'));
        let json = text[1..text.len() - 1].replace("''", "'");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value[0]["name"], name);
    }
}
