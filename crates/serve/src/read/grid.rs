//! Lists of rows: of lists, of values (a column), or of objects.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::MAX_CELLS;
use super::given::Given;
use super::once::Once;

/// Rows without names, every row of the same width.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grid<'a> {
    /// Cells per row; 1 for a plain list.
    pub(crate) width: usize,
    pub(crate) cells: Vec<Given<'a>>,
    /// Whether it is a list of values rather than of rows.
    pub(crate) flat: bool,
}

impl Grid<'_> {
    pub(crate) fn rows(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or(0)
    }
}

/// Rows, with or without names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Records<'a> {
    Objects(Vec<Once<'a, Given<'a>>>),
    Rows(Grid<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Grid<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Records::deserialize(deserializer)? {
            Records::Rows(grid) => Ok(grid),
            Records::Objects(_) => {
                Err(D::Error::custom("a row is a list of values here, not an object"))
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Records<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;

        impl<'de> Visitor<'de> for Rows {
            type Value = Records<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of rows")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Records<'de>, A::Error> {
                let (mut cells, mut objects, mut named) = (Vec::new(), Vec::new(), 0);
                let mut first = None;
                let mut row = 0;
                while let Some(line) = seq.next_element_seed(Row(&mut cells))? {
                    let form = match line {
                        Line::Object(object) => {
                            named += object.0.len();
                            objects.push(object);
                            Form::Object
                        }
                        Line::Row(0) => {
                            return Err(A::Error::custom(format!("row {row} is empty")));
                        }
                        Line::Row(width) => Form::Row(width),
                        Line::Value => Form::Value,
                    };
                    let problem = match (*first.get_or_insert(form), form) {
                        (a, b) if a == b && named <= MAX_CELLS => {
                            row += 1;
                            continue;
                        }
                        (Form::Row(expected), Form::Row(width)) => {
                            format!("row {row} has {width} values, row 0 has {expected}")
                        }
                        (Form::Object, Form::Object) => too_many(),
                        _ => format!("row {row} is of another form than row 0"),
                    };
                    return Err(A::Error::custom(problem));
                }
                Ok(match first {
                    Some(Form::Object) => Records::Objects(objects),
                    Some(Form::Value) => Records::Rows(Grid { width: 1, cells, flat: true }),
                    Some(Form::Row(width)) => Records::Rows(Grid { width, cells, flat: false }),
                    None => Records::Rows(Grid { width: 0, cells, flat: false }),
                })
            }
        }

        deserializer.deserialize_seq(Rows)
    }
}

/// The values of a column, or the one value of a single row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Values<'a>(pub(super) Grid<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Values<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Either {
            fn one<'a>(cell: Given<'a>) -> Values<'a> {
                Values(Grid { width: 1, cells: vec![cell], flat: true })
            }
        }

        impl<'de> Visitor<'de> for Either {
            type Value = Values<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of values, or one")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Values<'de>, A::Error> {
                Grid::deserialize(SeqAccessDeserializer::new(seq)).map(Values)
            }

            fn visit_unit<E>(self) -> Result<Values<'de>, E> {
                Ok(Self::one(Given::Null))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Values<'de>, E> {
                Ok(Self::one(Given::Other("a boolean")))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Values<'de>, E> {
                Ok(Self::one(Given::Number(value as f64)))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Values<'de>, E> {
                Ok(Self::one(Given::Number(value as f64)))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Values<'de>, E> {
                Ok(Self::one(Given::Number(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Values<'de>, E> {
                Ok(Self::one(Given::Text(value.to_owned().into())))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Object,
    Row(usize),
    Value,
}

/// An element of a list of rows; cells without names were added to those before.
enum Line<'a> {
    Object(Once<'a, Given<'a>>),
    Row(usize),
    Value,
}

fn too_many() -> String {
    format!("more than {MAX_CELLS} values; send them in several requests")
}

/// Reads one row.
struct Row<'r, 'a>(&'r mut Vec<Given<'a>>);

impl<'de> DeserializeSeed<'de> for Row<'_, 'de> {
    type Value = Line<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Row<'_, 'de> {
    fn one<E: Error>(self, cell: Given<'de>) -> Result<Line<'de>, E> {
        push(self.0, cell)?;
        Ok(Line::Value)
    }
}

fn push<'a, E: Error>(cells: &mut Vec<Given<'a>>, cell: Given<'a>) -> Result<(), E> {
    if cells.len() >= MAX_CELLS {
        return Err(E::custom(too_many()));
    }
    cells.push(cell);
    Ok(())
}

impl<'de> Visitor<'de> for Row<'_, 'de> {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let before = self.0.len();
        while let Some(cell) = seq.next_element()? {
            push(self.0, cell)?;
        }
        Ok(Line::Row(self.0.len() - before))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Once::deserialize(MapAccessDeserializer::new(map)).map(Line::Object)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        self.one(Given::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        self.one(Given::Other("a boolean"))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        self.one(Given::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.one(Given::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        self.one(Given::Number(value))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Self::Value, E> {
        self.one(Given::Text(value.into()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        self.one(Given::Text(value.to_owned().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Grid<'_>, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_of_one_width_are_read_and_a_plain_list_is_a_column() {
        let grid = read("[[1, 2], [3, null]]").unwrap();
        assert_eq!((grid.width, grid.rows(), grid.flat), (2, 2, false));
        assert_eq!(grid.cells[3], Given::Null);
        let column = read("[1, \"a\"]").unwrap();
        assert_eq!((column.width, column.rows(), column.flat), (1, 2, true));
        assert_eq!(read("[]").unwrap().rows(), 0);
    }

    #[test]
    fn the_row_that_does_not_fit_is_named() {
        for (json, word) in [
            ("[[1, 2], [3]]", "row 1 has 1 values, row 0 has 2"),
            ("[[1], 2]", "row 1 is of another form"),
            ("[[]]", "row 0 is empty"),
            ("[{\"a\": 1}]", "not an object"),
            ("3", "a list of rows"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(word), "{json}: {error}");
        }
    }
}
