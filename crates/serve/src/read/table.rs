//! Rows as they were sent, and the columns that they become once every cell fits.

use std::borrow::Cow;

use gauntlet_core::{Cell, Column, Field, FieldKind, Implausible, SignatureError, arrange};

use super::given::Given;
use super::grid::Grid;
use crate::problem::Problem;

/// Rows of cells under names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table<'a> {
    /// Column names.
    pub(crate) names: Vec<Cow<'a, str>>,
    /// Cells, row by row; as many per row as there are names.
    pub(crate) cells: Vec<Given<'a>>,
    /// Whether messages name the row: not for a request that is one row by its form.
    pub(crate) numbered: bool,
}

/// Columns in the order of a model's fields, every cell checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Column>,
    /// What is implausible but answered all the same, by the bundle's policy.
    pub(crate) warnings: Vec<String>,
}

/// Warnings that one answer carries.
const MAX_WARNINGS: usize = 20;

impl<'a> Table<'a> {
    /// The table of columns that were sent one by one, each with its name.
    ///
    /// # Errors
    /// A column without a name, of several values per row, or of another length than the first.
    pub(crate) fn of_columns(
        columns: Vec<(Option<Cow<'a, str>>, Grid<'a>)>,
    ) -> Result<Self, Problem> {
        let rows = columns.first().map_or(0, |(_, grid)| grid.rows());
        let mut names = Vec::with_capacity(columns.len());
        let mut cells = Vec::with_capacity(columns.len());
        for (name, grid) in columns {
            let Some(name) = name else {
                let detail = "this model takes named columns: send `dataframe_split`, \
                              `dataframe_records`, or `inputs` as an object of columns";
                return Err(Problem::unprocessable(detail));
            };
            if grid.width > 1 {
                let detail = format!("input `{name}` has {} values per row, not one", grid.width);
                return Err(Problem::unprocessable(detail));
            }
            if grid.rows() != rows {
                let found = grid.rows();
                let detail = format!("input `{name}` has {found} rows, the first has {rows}");
                return Err(Problem::unprocessable(detail));
            }
            names.push(name);
            cells.push(grid.cells.into_iter());
        }
        let mut by_row = Vec::with_capacity(rows * names.len());
        for _ in 0..rows {
            by_row.extend(cells.iter_mut().filter_map(Iterator::next));
        }
        Ok(Self { names, cells: by_row, numbered: true })
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.cells.len().checked_div(self.names.len()).unwrap_or(0)
    }

    /// Checks names and cells against `fields`: all rows fit, or none is taken.
    ///
    /// # Errors
    /// The first name or cell that does not fit; of several rows its index is named.
    pub(crate) fn fit(&self, fields: &[Field], policy: Implausible) -> Result<Rows, Problem> {
        self.fit_named(fields, policy, |row| {
            if self.numbered { format!("row {row}: ") } else { String::new() }
        })
    }

    /// As [`Table::fit`], where messages about a row begin with what `name` makes of its index.
    ///
    /// # Errors
    /// As [`Table::fit`].
    pub(crate) fn fit_named(
        &self,
        fields: &[Field],
        policy: Implausible,
        name: impl Fn(usize) -> String,
    ) -> Result<Rows, Problem> {
        let (width, rows) = (self.names.len(), self.rows());
        let places = arrange(fields, &self.names).map_err(refused)?;
        let mut warnings = Vec::new();
        let mut columns: Vec<Column> = fields
            .iter()
            .map(|field| match field.kind {
                FieldKind::Number => Column::Number(Vec::with_capacity(rows)),
                FieldKind::Category { .. } | FieldKind::Text => {
                    Column::Text(Vec::with_capacity(rows))
                }
            })
            .collect();
        for (row, cells) in self.cells.chunks_exact(width.max(1)).enumerate() {
            let refuse =
                |problem: String| Problem::unprocessable(format!("{}{problem}", name(row)));
            for ((field, &place), column) in fields.iter().zip(&places).zip(&mut columns) {
                let cell = cells[place].cell().map_err(|what| refuse(wrong(field, what)))?;
                match (field.check(cell).map_err(|error| refuse(error.to_string()))?, column) {
                    (Cell::Number(number), Column::Number(column)) => {
                        if let Some(found) = field.implausible(number) {
                            if policy == Implausible::Refuse {
                                return Err(refuse(found.to_string()));
                            }
                            if warnings.len() < MAX_WARNINGS {
                                warnings.push(refuse(found.to_string()).detail().to_owned());
                            }
                        }
                        column.push(number);
                    }
                    (Cell::Text(text), Column::Text(column)) => column.push(text.to_owned()),
                    // A missing text: no category, which the graph encodes as missing.
                    (Cell::Number(_), Column::Text(column)) => column.push(String::new()),
                    (Cell::Text(_), Column::Number(_)) => {
                        return Err(refuse(wrong(field, "a text")));
                    }
                }
            }
        }
        Ok(Rows { rows, columns, warnings })
    }
}

fn wrong(field: &Field, what: &str) -> String {
    format!("feature `{}` must be a number or a text, not {what}", field.name)
}

fn refused(error: SignatureError) -> Problem {
    Problem::unprocessable(error.to_string())
}

#[cfg(test)]
mod tests {
    use gauntlet_core::Plausible;

    use super::*;

    fn fields() -> Vec<Field> {
        let field = |name: &str, kind, plausible| Field {
            name: name.to_owned(),
            kind,
            unit: "Nm".to_owned(),
            nullable: false,
            plausible,
        };
        let kind = FieldKind::Category { values: vec!["H".to_owned(), "L".to_owned()] };
        let plausible = Plausible { min: Some(0.0), max: Some(100.0) };
        vec![
            field("torque", FieldKind::Number, plausible),
            field("type", kind, Plausible::default()),
        ]
    }

    fn table<'a>(names: &[&'a str], cells: Vec<Given<'a>>) -> Table<'a> {
        let names = names.iter().map(|name| Cow::Borrowed(*name)).collect();
        Table { names, cells, numbered: true }
    }

    fn text(text: &str) -> Given<'_> {
        Given::Text(Cow::Borrowed(text))
    }

    #[test]
    fn rows_become_columns_in_the_models_order() {
        let cells = vec![text("L"), Given::Number(1.0), text("H"), Given::Number(2.0)];
        let rows = table(&["type", "torque"], cells).fit(&fields(), Implausible::Refuse).unwrap();
        assert_eq!(rows.rows, 2);
        let types = Column::Text(vec!["L".to_owned(), "H".to_owned()]);
        assert_eq!(rows.columns, [Column::Number(vec![1.0, 2.0]), types]);
    }

    #[test]
    fn one_bad_cell_refuses_the_batch_and_its_row_is_named() {
        let good = [Given::Number(1.0), text("L")];
        for (bad, word) in [
            ([text("1"), text("L")], "must be a number, not the text `1`"),
            ([Given::Null, text("L")], "must not be null"),
            ([Given::Number(1.0), text("Q")], "one of H, L"),
            ([Given::Number(1.0), Given::Other("a list")], "`type` must be a number or a text"),
            ([Given::Number(1e9), text("L")], "outside the plausible 0 to 100"),
        ] {
            let cells = [good.to_vec(), bad.to_vec()].concat();
            let problem = table(&["torque", "type"], cells).fit(&fields(), Implausible::Refuse);
            let detail = problem.unwrap_err().detail().to_owned();
            assert!(detail.starts_with("row 1: ") && detail.contains(word), "{detail}");
        }
    }

    #[test]
    fn implausible_numbers_are_answered_with_a_warning_where_the_bundle_says_so() {
        let cells = vec![Given::Number(-4.0), text("L")];
        let rows = table(&["torque", "type"], cells).fit(&fields(), Implausible::Warn).unwrap();
        let warning = "row 0: feature `torque` is -4 Nm, outside the plausible 0 to 100";
        assert_eq!(rows.warnings, [warning]);
    }
}
