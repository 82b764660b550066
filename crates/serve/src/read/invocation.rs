//! The bodies of MLflow's scoring protocol.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::given::Given;
use super::grid::{Grid, Records, Values};
use super::once::{Once, Text};
use super::table::Table;
use super::{csv, parse};
use crate::problem::Problem;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv,
}

/// What a body holds.
#[derive(Debug, PartialEq)]
pub(crate) enum Payload<'a> {
    /// Rows under column names.
    Table(Table<'a>),
    /// Rows of a model's tensors, by name where there is one.
    Tensors(Vec<(Option<Cow<'a, str>>, Grid<'a>)>),
}

/// One of the four ways to write rows; `params` is for models that take some, which ours are not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow, default)]
    dataframe_split: Option<Split<'a>>,
    #[serde(borrow, default)]
    dataframe_records: Option<Records<'a>>,
    #[serde(borrow, default)]
    instances: Option<Inputs<'a>>,
    #[serde(borrow, default)]
    inputs: Option<Inputs<'a>>,
    #[serde(default)]
    params: Option<serde_json::Map<String, serde_json::Value>>,
}

/// pandas' `to_dict(orient="split")`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Split<'a> {
    #[serde(borrow)]
    columns: Vec<Text<'a>>,
    data: Grid<'a>,
    #[serde(default, rename = "index")]
    _index: Option<IgnoredAny>,
}

/// Columns by name, or rows.
#[derive(Debug)]
enum Inputs<'a> {
    Columns(Once<'a, Values<'a>>),
    Records(Records<'a>),
}

const FORMS: &str = "`dataframe_split`, `dataframe_records`, `instances` and `inputs`";

/// Reads a body; `is_text` tells which columns of CSV hold text.
///
/// # Errors
/// 400 if it is not what its content type says, 422 if it does not fit.
pub(crate) fn invocation(
    bytes: &[u8],
    format: Format,
    is_text: impl Fn(&str) -> bool,
) -> Result<Payload<'_>, Problem> {
    if format == Format::Csv {
        return csv::read(bytes, is_text).map(Payload::Table);
    }
    let body: Body<'_> = parse(bytes)?;
    if body.params.is_some_and(|params| !params.is_empty()) {
        return Err(Problem::unprocessable("this model takes no `params`"));
    }
    match (body.dataframe_split, body.dataframe_records, body.instances, body.inputs) {
        (Some(split), None, None, None) => split.table(),
        (None, Some(Records::Objects(rows)), None, None)
        | (None, None, Some(Inputs::Records(Records::Objects(rows))), None)
        | (None, None, None, Some(Inputs::Records(Records::Objects(rows)))) => records(rows),
        (None, Some(Records::Rows(grid)), None, None) if !grid.cells.is_empty() => Err(
            Problem::unprocessable("a row of `dataframe_records` is an object of names and values"),
        ),
        (None, Some(Records::Rows(grid)), None, None)
        | (None, None, Some(Inputs::Records(Records::Rows(grid))), None)
        | (None, None, None, Some(Inputs::Records(Records::Rows(grid)))) => {
            Ok(Payload::Tensors(vec![(None, grid)]))
        }
        (None, None, Some(Inputs::Columns(Once(columns))), None)
        | (None, None, None, Some(Inputs::Columns(Once(columns)))) => Ok(Payload::Tensors(
            columns.into_iter().map(|(name, Values(grid))| (Some(name), grid)).collect(),
        )),
        (None, None, None, None) => {
            Err(Problem::unprocessable(format!("the body has none of {FORMS}")))
        }
        _ => Err(Problem::unprocessable(format!("the body has more than one of {FORMS}"))),
    }
}

impl<'a> Split<'a> {
    fn table(self) -> Result<Payload<'a>, Problem> {
        let Grid { width, cells, flat } = self.data;
        if !cells.is_empty() && (flat || width != self.columns.len()) {
            let columns = self.columns.len();
            let found = if flat { "single values".to_owned() } else { format!("{width} values") };
            let detail = format!("`data` has rows of {found} for {columns} `columns`");
            return Err(Problem::unprocessable(detail));
        }
        let names = self.columns.into_iter().map(|Text(name)| name).collect();
        Ok(Payload::Table(Table { names, cells, numbered: true }))
    }
}

/// Rows that each name their columns: all of them the same ones, in any order.
fn records<'a>(rows: Vec<Once<'a, Given<'a>>>) -> Result<Payload<'a>, Problem> {
    let names: Vec<Cow<'a, str>> = match rows.first() {
        Some(Once(first)) => first.iter().map(|(name, _)| name.clone()).collect(),
        None => Vec::new(),
    };
    let mut cells = Vec::with_capacity(rows.len() * names.len());
    for (row, Once(pairs)) in rows.into_iter().enumerate() {
        if pairs.len() == names.len() && pairs.iter().zip(&names).all(|((a, _), b)| a == b) {
            cells.extend(pairs.into_iter().map(|(_, cell)| cell));
            continue;
        }
        let mut pairs: Vec<(Cow<'_, str>, Option<Given<'_>>)> =
            pairs.into_iter().map(|(name, cell)| (name, Some(cell))).collect();
        for name in &names {
            let cell = pairs.iter_mut().find(|(other, _)| other == name);
            let cell = cell.and_then(|(_, cell)| cell.take()).ok_or_else(|| {
                Problem::unprocessable(format!("row {row}: feature `{name}` is missing"))
            })?;
            cells.push(cell);
        }
        if let Some((name, _)) = pairs.iter().find(|(_, cell)| cell.is_some()) {
            let detail = format!("row {row}: feature `{name}` is not in row 0");
            return Err(Problem::unprocessable(detail));
        }
    }
    Ok(Payload::Table(Table { names, cells, numbered: true }))
}

impl<'de: 'a, 'a> Deserialize<'de> for Inputs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Inputs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns by name, or a list of rows")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Once::deserialize(MapAccessDeserializer::new(map)).map(Inputs::Columns)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Records::deserialize(SeqAccessDeserializer::new(seq)).map(Inputs::Records)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Payload<'_>, String> {
        invocation(json.as_bytes(), Format::Json, |_| false).map_err(|p| p.detail().to_owned())
    }

    #[test]
    fn the_forms_of_a_table_say_the_same() {
        let split = read(
            r#"{"dataframe_split":{"columns":["a","b"],"index":[0,1],"data":[[1,"x"],[2,"y"]]}}"#,
        );
        let records = r#"[{"a":1,"b":"x"},{"b":"y","a":2}]"#;
        for form in ["dataframe_records", "instances"] {
            assert_eq!(read(&format!("{{\"{form}\":{records}}}")), split);
        }
        let Ok(Payload::Table(table)) = split else { panic!("{split:?}") };
        assert_eq!((table.rows(), table.names.len()), (2, 2));
        let late = read(r#"{"dataframe_split":{"data":[[1,"x"],[2,"y"]],"columns":["a","b"]}}"#);
        assert_eq!(late, Ok(Payload::Table(table)));
    }

    #[test]
    fn tensors_are_rows_or_columns_by_name() {
        let Ok(Payload::Tensors(columns)) = read(r#"{"inputs":{"a":[1,2],"b":[[1],[2]]}}"#) else {
            panic!()
        };
        assert_eq!(columns[0].0.as_deref(), Some("a"));
        assert!(columns[0].1.flat && !columns[1].1.flat);
        for form in ["inputs", "instances"] {
            let json = format!(r#"{{"{form}":[[1,2],[3,4]]}}"#);
            let Ok(Payload::Tensors(rows)) = read(&json) else { panic!() };
            assert_eq!((rows[0].1.width, rows[0].1.rows()), (2, 2));
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (json, word) in [
            ("{}", "none of `dataframe_split`"),
            (r#"{"inputs":[[1]],"instances":[[1]]}"#, "more than one of"),
            (r#"{"data":[[1]]}"#, "`data`"),
            (r#"{"dataframe_split":{"columns":["a"],"data":[[1,2]]}}"#, "rows of 2 values for 1"),
            (r#"{"dataframe_split":{"columns":["a"],"data":[1]}}"#, "single values for 1"),
            (r#"{"dataframe_split":{"columns":[1],"data":[[1]]}}"#, "string"),
            (r#"{"dataframe_records":[{"a":1},{"b":1}]}"#, "row 1: feature `a` is missing"),
            (
                r#"{"dataframe_records":[{"a":1},{"a":1,"b":1}]}"#,
                "row 1: feature `b` is not in row 0",
            ),
            (r#"{"dataframe_records":[{"a":1,"a":2}]}"#, "`a` stands twice"),
            (r#"{"dataframe_records":[[1]]}"#, "is an object of names"),
            (r#"{"instances":[[1,2],[3]]}"#, "row 1 has 1 values, row 0 has 2"),
            (r#"{"inputs":[[1]],"params":{"a":1}}"#, "takes no `params`"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(word), "{json}: {error}");
        }
    }
}
