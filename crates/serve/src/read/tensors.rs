//! Inference requests of the Open Inference Protocol: JSON, with tensors in it or behind it as bytes.

mod binary;
mod kind;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::given::Given;
use super::grid::{Grid, Records};
use super::{MAX_CELLS, parse};
use crate::problem::Problem;
pub(crate) use kind::Kind;

/// A request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(default, borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(default)]
    parameters: Map<String, Value>,
    #[serde(borrow)]
    inputs: Vec<Input<'a>>,
    #[serde(default, borrow)]
    outputs: Vec<Wanted<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    shape: Vec<i64>,
    #[serde(borrow)]
    datatype: Cow<'a, str>,
    #[serde(default)]
    parameters: Map<String, Value>,
    #[serde(default, borrow)]
    data: Option<Data<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    parameters: Map<String, Value>,
}

/// A request whose tensors were read.
#[derive(Debug)]
pub(crate) struct Infer<'a> {
    pub(crate) id: Option<Cow<'a, str>>,
    pub(crate) tensors: Vec<Tensor<'a>>,
    /// The outputs asked for, and whether as bytes; empty asks for all.
    pub(crate) outputs: Vec<(Cow<'a, str>, bool)>,
    /// Whether outputs that are not named go out as bytes.
    pub(crate) binary: bool,
}

/// A tensor of `rows` rows.
#[derive(Debug, PartialEq)]
pub(crate) struct Tensor<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) rows: usize,
    /// Values per row; 1 for a tensor of one dimension.
    pub(crate) width: usize,
    /// Values row by row.
    pub(crate) cells: Vec<Given<'a>>,
}

/// Values in their order, however deep they are nested.
#[derive(Debug)]
struct Data<'a>(Vec<Given<'a>>);

impl<'a> Tensor<'a> {
    /// Name and values, as rows.
    pub(crate) fn into_grid(self) -> (Cow<'a, str>, Grid<'a>) {
        let Self { name, width, cells, .. } = self;
        (name, Grid { width, cells, flat: false })
    }
}

impl<'a> Infer<'a> {
    /// Reads a request; `head` is the length of the JSON in front of bytes, if the client says that
    /// there are some.
    ///
    /// # Errors
    /// 400 if a part is not what it should be by its form, 422 if it does not fit.
    pub(crate) fn read(bytes: &'a [u8], head: Option<usize>) -> Result<Self, Problem> {
        let (json, mut behind) = match head {
            None => (bytes, &[][..]),
            Some(head) => bytes.split_at_checked(head).ok_or_else(|| {
                let found = bytes.len();
                let detail = format!("a header of {head} bytes is announced, the body has {found}");
                Problem::unreadable(detail)
            })?,
        };
        let body: Body<'a> = parse(json)?;
        if body.inputs.is_empty() {
            return Err(Problem::unprocessable("there are no `inputs`"));
        }
        let mut tensors: Vec<Tensor<'a>> = Vec::with_capacity(body.inputs.len());
        let mut cells = 0;
        for input in body.inputs {
            let tensor = input.read(&mut behind)?;
            if tensors.iter().any(|other| other.name == tensor.name) {
                let detail = format!("input `{}` stands twice", tensor.name);
                return Err(Problem::unprocessable(detail));
            }
            cells += tensor.cells.len();
            if cells > MAX_CELLS {
                let detail = format!("more than {MAX_CELLS} values; send them in several requests");
                return Err(Problem::unprocessable(detail));
            }
            tensors.push(tensor);
        }
        if !behind.is_empty() {
            let detail = format!("{} bytes behind the last tensor belong to none", behind.len());
            return Err(Problem::unreadable(detail));
        }
        let binary = flag(&body.parameters, "binary_data_output")?;
        let wanted = |wanted: Wanted<'a>| {
            let own = wanted.parameters.contains_key("binary_data");
            let binary = if own { flag(&wanted.parameters, "binary_data")? } else { binary };
            Ok((wanted.name, binary))
        };
        let outputs = body.outputs.into_iter().map(wanted).collect::<Result<_, Problem>>()?;
        Ok(Self { id: body.id, tensors, outputs, binary })
    }
}

/// A parameter that is true or false, and false if it is not there.
fn flag(parameters: &Map<String, Value>, name: &str) -> Result<bool, Problem> {
    match parameters.get(name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Problem::unprocessable(format!("parameter `{name}` must be true or false"))),
    }
}

impl<'a> Input<'a> {
    /// The tensor; bytes of it are taken from `behind`.
    fn read(self, behind: &mut &'a [u8]) -> Result<Tensor<'a>, Problem> {
        let Self { name, shape, datatype, parameters, data } = self;
        let refuse = |problem: String| Problem::unprocessable(format!("input `{name}`: {problem}"));
        let kind = Kind::named(&datatype).map_err(refuse)?;
        let (rows, width) = dimensions(&shape).map_err(refuse)?;
        let size = match parameters.get("binary_data_size") {
            None => None,
            Some(size) => {
                Some(size.as_u64().and_then(|size| usize::try_from(size).ok()).ok_or_else(
                    || refuse("`binary_data_size` is not a number of bytes".to_owned()),
                )?)
            }
        };
        let cells = match (data, size) {
            (Some(Data(cells)), None) => {
                if let Some(problem) = cells.iter().find_map(|cell| kind.unfit(cell)) {
                    return Err(refuse(problem));
                }
                cells
            }
            (None, Some(size)) => {
                let (bytes, rest) = behind.split_at_checked(size).ok_or_else(|| {
                    let left = behind.len();
                    refuse(format!("{size} bytes are announced, {left} are there"))
                })?;
                *behind = rest;
                binary::read(kind, bytes, rows * width).map_err(refuse)?
            }
            (Some(_), Some(_)) => {
                return Err(refuse("has both `data` and `binary_data_size`".to_owned()));
            }
            (None, None) => return Err(refuse("has no `data`".to_owned())),
        };
        if cells.len() != rows * width {
            let found = cells.len();
            return Err(refuse(format!("{found} values for the shape {shape:?}")));
        }
        Ok(Tensor { name, rows, width, cells })
    }
}

/// Rows and values per row of a shape.
fn dimensions(shape: &[i64]) -> Result<(usize, usize), String> {
    let size = |size: i64| {
        usize::try_from(size).ok().filter(|size| *size <= MAX_CELLS).ok_or_else(|| {
            format!("shape {shape:?} has a dimension that is negative or above {MAX_CELLS}")
        })
    };
    let (rows, width) = match *shape {
        [rows] => (size(rows)?, 1),
        [rows, width] => (size(rows)?, size(width)?),
        _ => return Err(format!("shape {shape:?} has not one or two dimensions")),
    };
    match rows.checked_mul(width) {
        Some(all) if all <= MAX_CELLS => Ok((rows, width)),
        _ => Err(format!("shape {shape:?} has more than {MAX_CELLS} values")),
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Data<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Records::deserialize(deserializer)? {
            Records::Rows(grid) => Ok(Self(grid.cells)),
            Records::Objects(_) => Err(serde::de::Error::custom("`data` holds objects")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Infer<'_>, String> {
        Infer::read(json.as_bytes(), None).map_err(|problem| problem.detail().to_owned())
    }

    #[test]
    fn tensors_are_read_flat_or_nested() {
        for data in ["[1, 2, 3, 4]", "[[1, 2], [3, 4]]"] {
            let json = format!(
                r#"{{"id":"7","inputs":[{{"name":"x","shape":[2,2],"datatype":"FP64","data":{data}}}]}}"#
            );
            let infer = read(&json).unwrap();
            assert_eq!(infer.id.as_deref(), Some("7"));
            assert_eq!((infer.tensors[0].rows, infer.tensors[0].width), (2, 2));
            assert_eq!(infer.tensors[0].cells[3], Given::Number(4.0));
        }
    }

    #[test]
    fn bytes_behind_the_json_are_tensors() {
        let json = br#"{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true},"outputs":[{"name":"a"},{"name":"b","parameters":{"binary_data":false}}]}"#;
        let bytes: Vec<u8> = [1.5_f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        let all = [&json[..], &bytes].concat();
        let infer = Infer::read(&all, Some(json.len())).unwrap();
        assert_eq!(infer.tensors[0].cells, [Given::Number(1.5), Given::Number(-2.0)]);
        assert_eq!(infer.outputs, [("a".into(), true), ("b".into(), false)]);
        for (head, word) in [(Some(json.len() + 9), "announced"), (None, "not JSON")] {
            let problem = Infer::read(&all, head).unwrap_err();
            assert!(problem.detail().contains(word), "{}", problem.detail());
        }
        let longer = [&all[..], b"!"].concat();
        let problem = Infer::read(&longer, Some(json.len())).unwrap_err();
        assert!(problem.detail().contains("1 bytes behind"), "{}", problem.detail());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let input = |rest: &str| format!(r#"{{"inputs":[{{"name":"x",{rest}}}]}}"#);
        for (json, word) in [
            (input(r#""shape":[1],"datatype":"FP128","data":[1]"#), "`x`: datatype `FP128`"),
            (input(r#""shape":[2],"datatype":"FP64","data":[1]"#), "1 values for the shape [2]"),
            (input(r#""shape":[-1],"datatype":"FP64","data":[1]"#), "negative"),
            (input(r#""shape":[1,1,1],"datatype":"FP64","data":[1]"#), "one or two dimensions"),
            (input(r#""shape":[1048576,1048576],"datatype":"FP64","data":[1]"#), "more than"),
            (input(r#""shape":[1],"datatype":"INT64","data":[1.5]"#), "1.5 is not a whole number"),
            (input(r#""shape":[1],"datatype":"UINT8","data":[256]"#), "256"),
            (input(r#""shape":[1],"datatype":"BYTES","data":[1]"#), "BYTES"),
            (input(r#""shape":[1],"datatype":"FP64""#), "no `data`"),
            (r#"{"inputs":[]}"#.to_owned(), "no `inputs`"),
            (r#"{"inputs":[],"input":1}"#.to_owned(), "`input`"),
        ] {
            let error = read(&json).unwrap_err();
            assert!(error.contains(word), "{json}: {error}");
        }
    }
}
