//! Constants that MLflow keeps beside the model: by default it moves all but the smallest raw ones there.

use std::collections::BTreeMap;
use std::path::Path;

use crate::engine::MAX_MODEL;
use crate::error::BundleError;
use crate::files;
use crate::onnx::{ModelProto, TensorProto};

/// The files that constants refer to, by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Puts every constant that is stored in a file of `folder` into the model; returns those files.
pub(super) fn inline(model: &mut ModelProto, folder: &Path) -> Result<Files, BundleError> {
    let mut files = Files::new();
    let mut taken = 0_usize;
    let Some(graph) = model.graph.as_mut() else { return Ok(files) };
    let attributes = graph.node.iter_mut().flat_map(|node| &mut node.attribute);
    let in_attributes = attributes.filter_map(|attribute| attribute.t.as_mut());
    for tensor in graph.initializer.iter_mut().chain(in_attributes) {
        if tensor.data_location.is_none_or(|place| place == 0) {
            continue;
        }
        let bytes = part(tensor, folder, &mut files)?;
        // Each byte belongs to one constant, so that many constants cannot share one large part.
        taken = taken.saturating_add(bytes.len());
        if taken > files.values().map(Vec::len).sum() {
            let name = tensor.name();
            return Err(BundleError::Mlflow(format!(
                "constant `{name}` shares its data with others"
            )));
        }
        tensor.raw_data = Some(bytes);
        tensor.data_location = None;
        tensor.external_data.clear();
    }
    Ok(files)
}

/// The bytes of one constant.
fn part(tensor: &TensorProto, folder: &Path, files: &mut Files) -> Result<Vec<u8>, BundleError> {
    let refuse =
        |problem: &str| BundleError::Mlflow(format!("constant `{}` {problem}", tensor.name()));
    let entry = |key: &str| {
        let mut found = tensor.external_data.iter().filter(|entry| entry.key() == key);
        found.next().map(|entry| entry.value())
    };
    let number = |key: &str| match entry(key) {
        None => Ok(None),
        Some(text) => match text.parse::<usize>() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(refuse("is stored at a place that is no number")),
        },
    };
    let location = entry("location").ok_or_else(|| refuse("is stored in a file without a name"))?;
    if !is_file_name(location) {
        return Err(refuse("is stored outside the model's folder"));
    }
    if !files.contains_key(location) {
        let room = MAX_MODEL.saturating_sub(files.values().map(Vec::len).sum());
        let bytes = files::read(&folder.join(location), room as u64)?;
        files.insert(location.to_owned(), bytes);
    }
    let bytes = files.get(location).map(Vec::as_slice).unwrap_or_default();
    let start = number("offset")?.unwrap_or(0);
    let rest = bytes.get(start..).unwrap_or_default();
    let length = number("length")?.unwrap_or(rest.len());
    let part = rest.get(..length).ok_or_else(|| refuse("goes beyond the end of its file"))?;
    Ok(part.to_vec())
}

/// Whether this names a file of the folder and nothing above or below it.
pub(super) fn is_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0', ':'])
}
