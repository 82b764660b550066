//! CSV as MLflow's clients send it: a header, then one line a row.

use super::MAX_CELLS;
use super::given::Given;
use super::table::Table;
use crate::problem::Problem;

/// Reads a table. A cell without anything in it is null; one that reads as a number is one, unless the
/// column is wanted as text, which `is_text` tells by its name.
///
/// # Errors
/// Bytes that are not text, a line of another width than the header, or too many cells.
pub(crate) fn read(
    bytes: &[u8],
    is_text: impl Fn(&str) -> bool,
) -> Result<Table<'static>, Problem> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(bytes);
    let damaged = |error: csv::Error| Problem::unreadable(format!("the body is not CSV: {error}"));
    let header = reader.headers().map_err(damaged)?.clone();
    let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    if names.iter().all(String::is_empty) {
        return Err(Problem::unreadable("the body is not CSV: there is no header"));
    }
    let texts: Vec<bool> = names.iter().map(|name| is_text(name)).collect();
    let mut cells = Vec::new();
    for record in reader.records() {
        let record = record.map_err(damaged)?;
        if cells.len() + record.len() > MAX_CELLS {
            let detail = format!("more than {MAX_CELLS} values; send them in several requests");
            return Err(Problem::unprocessable(detail));
        }
        cells.extend(record.iter().zip(&texts).map(|(cell, text)| given(cell.trim(), *text)));
    }
    let names = names.into_iter().map(Into::into).collect();
    Ok(Table { names, cells, numbered: true })
}

fn given(cell: &str, text: bool) -> Given<'static> {
    match cell.parse::<f64>() {
        _ if cell.is_empty() => Given::Null,
        Ok(number) if !text => Given::Number(number),
        _ => Given::Text(cell.to_owned().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_numbers_texts_or_null() {
        let table = read(b"torque,type\n1.5, L\n,7\nnan,\"a,b\"\n", |name| name == "type").unwrap();
        assert_eq!(table.names, ["torque", "type"]);
        assert_eq!(table.rows(), 3);
        assert_eq!(table.cells[1], Given::Text("L".into()));
        assert_eq!(table.cells[2], Given::Null);
        assert_eq!(table.cells[3], Given::Text("7".into()));
        assert!(matches!(table.cells[4], Given::Number(number) if number.is_nan()));
        assert_eq!(table.cells[5], Given::Text("a,b".into()));
    }

    #[test]
    fn a_damaged_line_is_named() {
        for bytes in [&b"a,b\n1,2\n3\n"[..], b"", b"\n\n", b"a\n\xff\n"] {
            assert_eq!(read(bytes, |_| false).unwrap_err().status(), 400, "{bytes:?}");
        }
        let problem = read(b"a,b\n1,2\n3\n", |_| false).unwrap_err();
        assert!(problem.detail().contains("line: 3"), "{}", problem.detail());
    }
}
