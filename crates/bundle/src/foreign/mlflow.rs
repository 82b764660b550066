//! A folder that MLflow's onnx flavour wrote, or a bare ONNX file.

use std::path::Path;

use gauntlet_core::{Digest, Hasher};

use super::columns::{Column, ColumnError, Layout};
use super::signature::{self, Inputs};
use super::value::TensorKind;
use super::{MlflowColumn, OnnxModel, OutTensor, TensorSpec, external, load, yaml};
use crate::engine::MAX_MODEL;
use crate::error::BundleError;
use crate::files::{self, MLMODEL};

/// Bytes of the largest `MLmodel` that is read; a signature of a thousand columns has 60,000.
const MAX_MLMODEL: u64 = 1 << 20;

/// A folder that MLflow's onnx flavour wrote, or a bare ONNX file, with the model compiled.
#[derive(Debug)]
pub struct MlflowModel {
    model: OnnxModel,
    digest: Digest,
    inputs: Option<Inputs>,
    layout: Option<Layout>,
}

impl MlflowModel {
    /// Opens the folder that has an `MLmodel`, or the ONNX file at `path`.
    ///
    /// Only regular files inside the folder are read, none of them through a link.
    ///
    /// # Errors
    /// Files that are missing, too large or no regular files; an `MLmodel` of another flavour or with a
    /// signature that does not fit the model; a model that is not supported, see [`OnnxModel::load`].
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        if !fs_err::metadata(path)?.is_dir() {
            let bytes = files::read(path, MAX_MODEL as u64)?;
            let model = OnnxModel::load(&bytes)?;
            return Ok(Self { model, digest: Digest::of(&bytes), inputs: None, layout: None });
        }
        let text = files::read(&path.join(MLMODEL), MAX_MLMODEL)?;
        let text = String::from_utf8(text).map_err(|_| BundleError::Utf8(MLMODEL))?;
        let refuse = |problem: String| BundleError::Mlflow(format!("`{MLMODEL}`: {problem}"));
        let scalars = yaml::read(&text).map_err(refuse)?;
        let get = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
            scalars.get(&path)
        };
        let data = get(&["flavors", "onnx", "data"]).ok_or_else(|| {
            refuse("has no `flavors.onnx.data`; log the model with mlflow.onnx".to_owned())
        })?;
        if !external::is_file_name(data) {
            let problem =
                format!("`flavors.onnx.data` is `{data}`, which is no file of the folder");
            return Err(refuse(problem));
        }
        let inputs = get(&["signature", "inputs"]).map(|text| signature::read(text));
        let inputs = inputs.transpose().map_err(refuse)?;

        let bytes = files::read(&path.join(data), MAX_MODEL as u64)?;
        let mut decoded = load::decode(&bytes)?;
        let others = external::inline(&mut decoded, path)?;
        let mut hasher = Hasher::default();
        hasher.update(&bytes);
        others.values().for_each(|other| hasher.update(other));
        let model = load::compile(&decoded)?;
        let layout = match &inputs {
            Some(Inputs::Columns(columns)) => Some(Layout::new(&model, columns).map_err(refuse)?),
            Some(Inputs::Tensors(specs)) => {
                check_tensors(&model, specs).map_err(refuse)?;
                None
            }
            None => None,
        };
        Ok(Self { model, digest: hasher.finish(), inputs, layout })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &OnnxModel {
        &self.model
    }

    /// The digest of the ONNX file, followed by the files beside it that hold its constants.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The columns of the signature, in its order, if it has columns.
    #[must_use]
    pub fn columns(&self) -> Option<&[MlflowColumn]> {
        match &self.inputs {
            Some(Inputs::Columns(columns)) => Some(columns),
            _ => None,
        }
    }

    /// The tensors of the signature, if it has tensors.
    #[must_use]
    pub fn tensors(&self) -> Option<&[TensorSpec]> {
        match &self.inputs {
            Some(Inputs::Tensors(specs)) => Some(specs),
            _ => None,
        }
    }

    /// The input tensors of `rows` rows from named columns, in any order.
    ///
    /// A model of several inputs takes one column each, by name; a model of one input takes all columns side
    /// by side, in the order of the signature. A column that the signature does not require may be left out
    /// where the model takes floats; it is then missing (NaN) in every row.
    ///
    /// # Errors
    /// Columns that are unknown, missing, given twice, of another length, or that do not hold what the model
    /// takes; a model without a signature of columns.
    pub fn feed(
        &self,
        rows: usize,
        columns: &[(&str, Column<'_>)],
    ) -> Result<Vec<OutTensor>, ColumnError> {
        self.layout.as_ref().ok_or(ColumnError::NoNames)?.feed(rows, columns)
    }
}

/// Whether a signature of tensors speaks of the model's inputs.
fn check_tensors(model: &OnnxModel, specs: &[TensorSpec]) -> Result<(), String> {
    if specs.len() != model.inputs().len() {
        let (found, expected) = (specs.len(), model.inputs().len());
        return Err(format!("the signature has {found} tensors, the model {expected} inputs"));
    }
    for (at, spec) in specs.iter().enumerate() {
        let by_name = |name: &String| model.inputs().iter().find(|input| input.name == *name);
        // The single tensor of a model need not have the input's name.
        let input = spec
            .name
            .as_ref()
            .and_then(by_name)
            .or((specs.len() == 1).then(|| &model.inputs()[at]));
        let input =
            input.ok_or_else(|| "the signature's tensors are not the model's inputs".to_owned())?;
        let same_kind = spec.kind == input.kind
            // What MLflow casts on the way in.
            || (spec.kind == TensorKind::F64 && input.kind == TensorKind::F32);
        let same_width = match (spec.shape.get(1), input.width) {
            (None, None) | (Some(None), Some(_)) => true,
            (Some(Some(width)), Some(own)) => *width == own,
            _ => false,
        };
        if !same_kind || !same_width {
            return Err(format!("the signature's tensor does not fit input `{}`", input.name));
        }
    }
    Ok(())
}
