//! Many rows read at once.
//!
//! The driver of SQLite hands rows from its thread to ours one by one, which costs several times what
//! reading them does. So there they are put into one JSON text and come as one row; PostgreSQL sends them in
//! batches already.

use serde_json::Value;

use crate::db::{Conn, DbError, Dialect, Row, Sql, sql};

/// True of a `value` that SQLite does not write in decimal to the last bit: beyond these bounds it scales by
/// powers of ten that are no doubles.
pub(super) const INEXACT: &str = "value <> 0 AND abs(value) NOT BETWEEN 1e-15 AND 1e15";

/// A column by its expression, and what it holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    /// Text, or null.
    Text(&'static str),
    /// A whole number, or null.
    Int(&'static str),
    /// A double. Those that [`INEXACT`] is true of are left out, and have to be read as rows.
    Real(&'static str),
    /// True or false.
    Bool(&'static str),
}

/// A row, by the places of its columns.
#[derive(Debug)]
pub(super) struct Line(Vec<Value>);

impl Line {
    pub(super) fn text(&mut self, place: usize) -> Option<String> {
        match self.0.get_mut(place).map(Value::take) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn int(&self, place: usize) -> Option<i64> {
        self.0.get(place).and_then(Value::as_i64)
    }

    /// The double, if it came: see [`INEXACT`].
    pub(super) fn real(&self, place: usize) -> Option<f64> {
        match self.0.get(place)? {
            Value::String(text) => text.parse().ok(),
            number => number.as_f64(),
        }
    }

    pub(super) fn flag(&self, place: usize) -> bool {
        match self.0.get(place) {
            Some(Value::Bool(flag)) => *flag,
            Some(number) => number.as_i64() == Some(1),
            None => false,
        }
    }
}

/// The rows of `SELECT columns rest`, in their order.
pub(super) async fn read(
    db: &mut Conn,
    columns: &[Column],
    rest: Sql,
) -> Result<Vec<Line>, DbError> {
    if db.dialect() == Dialect::Postgres {
        let mut select = sql(format!("SELECT {} ", listed(columns, Column::expression)));
        select.push_sql(rest);
        let rows = db.rows(select).await?;
        return rows.iter().map(|row| line(row, columns)).collect();
    }
    // The names of the inner columns are our own: an expression may hold a dot.
    let inner: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(place, column)| format!("{} AS c{place}", column.exact()))
        .collect();
    let outer: Vec<String> = (0..columns.len()).map(|place| format!("c{place}")).collect();
    let mut select = sql(format!(
        "SELECT json_group_array(json_array({})) FROM (SELECT {} ",
        outer.join(", "),
        inner.join(", ")
    ));
    select.push_sql(rest).push(")");
    let Some(row) = db.row(select).await? else {
        return Ok(Vec::new());
    };
    let text: String = row.get(0)?;
    let lines: Vec<Vec<Value>> =
        serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(lines.into_iter().map(Line).collect())
}

fn listed(columns: &[Column], write: fn(&Column) -> &'static str) -> String {
    columns.iter().map(write).collect::<Vec<_>>().join(", ")
}

fn line(row: &Row, columns: &[Column]) -> Result<Line, DbError> {
    let value = |(place, column): (usize, &Column)| {
        Ok(match column {
            Column::Text(_) => row.get::<Option<String>>(place)?.into(),
            Column::Int(_) => row.get::<Option<i64>>(place)?.into(),
            Column::Real(_) => row.get::<Option<f64>>(place)?.into(),
            Column::Bool(_) => row.get::<bool>(place)?.into(),
        })
    };
    Ok(Line(columns.iter().enumerate().map(value).collect::<Result<_, DbError>>()?))
}

impl Column {
    fn expression(&self) -> &'static str {
        match self {
            Self::Text(name) | Self::Int(name) | Self::Real(name) | Self::Bool(name) => name,
        }
    }

    /// SQLite writes doubles into JSON with fifteen digits; seventeen tell any two apart.
    fn exact(&self) -> String {
        match self {
            Self::Real(name) => {
                format!("CASE WHEN {INEXACT} THEN NULL ELSE printf('%!.17g', {name}) END")
            }
            _ => self.expression().to_owned(),
        }
    }
}
