//! Features in the forms that linfa and smartcore take.

use gauntlet_features::Matrix;
use linfa::DatasetBase;
use linfa::prelude::Records;
use ndarray::{Array1, Array2};
use smartcore::linalg::basic::matrix::DenseMatrix;

use crate::LearnError;

/// The features in double precision, rows by columns.
pub(crate) fn records(kind: &'static str, x: &Matrix) -> Result<Array2<f64>, LearnError> {
    let values = x.row_major().into_iter().map(f64::from).collect();
    Array2::from_shape_vec((x.rows(), x.width()), values)
        .map_err(|e| LearnError::Fit { kind, reason: e.to_string() })
}

/// The features as a data set without targets.
pub(crate) fn unlabelled(
    kind: &'static str,
    x: &Matrix,
) -> Result<DatasetBase<Array2<f64>, Array1<()>>, LearnError> {
    let records = records(kind, x)?;
    let targets = Array1::from_elem(records.nsamples(), ());
    Ok(DatasetBase::new(records, targets))
}

/// The features in double precision, in smartcore's form.
pub(crate) fn dense(kind: &'static str, x: &Matrix) -> Result<DenseMatrix<f64>, LearnError> {
    let values: Vec<f64> = x.columns.iter().flatten().map(|v| f64::from(*v)).collect();
    DenseMatrix::new(x.rows(), x.width(), values, true)
        .map_err(|e| LearnError::Fit { kind, reason: e.to_string() })
}
