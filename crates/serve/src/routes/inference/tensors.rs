//! Answers as tensors: in the JSON, or as bytes behind it.

use std::borrow::Cow;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use gauntlet_bundle::foreign::OutTensor;
use gauntlet_core::Origin;
use serde::Serialize;

use super::HEAD;
use crate::live::Served;
use crate::model::{Output, Value, datatype};
use crate::problem::Problem;
use crate::routes::respond;

#[derive(Debug, Serialize)]
struct Answer<'a> {
    model_name: &'a str,
    model_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    parameters: Parameters<'a>,
    outputs: Vec<Tensor<'a>>,
}

#[derive(Debug, Serialize)]
struct Parameters<'a> {
    bundle_digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_origin: Option<Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

#[derive(Debug, Serialize)]
struct Tensor<'a> {
    name: &'a str,
    datatype: &'static str,
    shape: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Binary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data<'a>>,
}

#[derive(Debug, Serialize)]
struct Binary {
    binary_data_size: usize,
}

/// All values of an output, flat.
#[derive(Debug)]
struct Data<'a>(&'a OutTensor);

impl Serialize for Data<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.0.len()).map(|at| Value(self.0, at)))
    }
}

/// The outputs that were asked for, each with whether it goes out as bytes; all if none was named.
pub(super) fn select(
    mut outputs: Vec<Output>,
    asked: &[(Cow<'_, str>, bool)],
    binary: bool,
) -> Result<Vec<(Output, bool)>, Problem> {
    if asked.is_empty() {
        return Ok(outputs.into_iter().map(|output| (output, binary)).collect());
    }
    asked
        .iter()
        .map(|(name, binary)| {
            let at = outputs.iter().position(|output| output.name == *name).ok_or_else(|| {
                let there: Vec<&str> = outputs.iter().map(|output| output.name.as_ref()).collect();
                let there = there.join("`, `");
                let detail =
                    format!("there is no output `{name}`, or it stands twice; left are `{there}`");
                Problem::unprocessable(detail)
            })?;
            Ok((outputs.remove(at), *binary))
        })
        .collect()
}

/// The answer with these outputs to a request of `rows` rows.
pub(super) fn respond(
    served: &Served,
    id: Option<&str>,
    rows: usize,
    outputs: &[(Output, bool)],
    warnings: &[String],
) -> Result<Response, Problem> {
    let mut bytes = Vec::new();
    let tensors = outputs
        .iter()
        .map(|(output, binary)| {
            let before = bytes.len();
            if *binary {
                append(&mut bytes, &output.values);
            }
            Tensor {
                name: &output.name,
                datatype: datatype(output.values.kind()),
                shape: [rows].into_iter().chain(output.width).collect(),
                parameters: binary.then(|| Binary { binary_data_size: bytes.len() - before }),
                data: (!binary).then_some(Data(&output.values)),
            }
        })
        .collect();
    let answer = Answer {
        model_name: served.located.model.as_str(),
        model_version: served.located.version.to_string(),
        id,
        parameters: Parameters {
            bundle_digest: served.digest.to_string(),
            data_origin: served.origin,
            threshold: served.model.threshold(),
            warnings,
        },
        outputs: tensors,
    };
    let json = respond::bytes(&answer)?;
    if !outputs.iter().any(|(_, binary)| *binary) {
        return Ok(respond::typed(respond::JSON, json));
    }
    let head = HeaderValue::from(json.len());
    let kind = HeaderValue::from_static("application/octet-stream");
    Ok(([(HEAD, head), (header::CONTENT_TYPE, kind)], [json, bytes].concat()).into_response())
}

fn append(bytes: &mut Vec<u8>, values: &OutTensor) {
    match values {
        OutTensor::F32(values) => values.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
        OutTensor::F64(values) => values.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
        OutTensor::I64(values) => values.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
        OutTensor::I32(values) => values.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
        OutTensor::Bool(values) => bytes.extend(values.iter().map(|x| u8::from(*x))),
        OutTensor::Text(values) => {
            for text in values {
                let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                bytes.extend(length.to_le_bytes());
                bytes.extend(text.as_bytes());
            }
        }
    }
}
