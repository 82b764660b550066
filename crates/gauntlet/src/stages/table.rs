//! Tables between stages, as CSV whose numbers read back bit by bit.

use std::path::Path;

use anyhow::{Context, Result, bail};
use gauntlet_core::{Column, Frame, Table};
use gauntlet_features::Matrix;

/// Writes rows, labels, groups and raw columns. Types stand in the header, as `name:number`.
pub(crate) fn write_table(path: &Path, table: &Table) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["row".to_owned(), "group".to_owned(), "label".to_owned()];
    for (name, column) in table.frame.iter() {
        let kind = if matches!(column, Column::Number(_)) { "number" } else { "text" };
        header.push(format!("{name}:{kind}"));
    }
    writer.write_record(&header)?;
    for row in 0..table.rows() {
        let label = u8::from(table.label[row]).to_string();
        let mut record = vec![table.row[row].to_string(), table.group[row].to_string(), label];
        for (_, column) in table.frame.iter() {
            record.push(match column {
                Column::Number(values) => format!("{:?}", values[row]),
                Column::Text(values) => values[row].clone(),
            });
        }
        writer.write_record(&record)?;
    }
    crate::home::write(path, &writer.into_inner()?)
}

/// Reads what [`write_table`] wrote.
pub(crate) fn read_table(path: &Path) -> Result<Table> {
    let damaged = || format!("{} is damaged: run `gauntlet prepare` again", path.display());
    let bytes = fs_err::read(path)?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let [_, _, _, raw @ ..] = header.as_slice() else { bail!(damaged()) };
    let mut columns = Vec::new();
    for name in raw {
        let (name, kind) = name.rsplit_once(':').with_context(damaged)?;
        let column = match kind {
            "number" => Column::Number(Vec::new()),
            "text" => Column::Text(Vec::new()),
            _ => bail!(damaged()),
        };
        columns.push((name.to_owned(), column));
    }
    let (mut row, mut group, mut label) = (Vec::new(), Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.with_context(damaged)?;
        row.push(record[0].parse().with_context(damaged)?);
        group.push(record[1].parse().with_context(damaged)?);
        label.push(&record[2] == "1");
        for (cell, (_, column)) in record.iter().skip(3).zip(&mut columns) {
            match column {
                Column::Number(values) => values.push(cell.parse().with_context(damaged)?),
                Column::Text(values) => values.push(cell.to_owned()),
            }
        }
    }
    Ok(Table { frame: Frame::new(columns)?, label, group, row })
}

/// Writes features with their row numbers.
pub(crate) fn write_matrix(path: &Path, rows: &[u32], matrix: &Matrix) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(std::iter::once("row").chain(matrix.names.iter().map(String::as_str)))?;
    for (position, row) in rows.iter().enumerate() {
        let values = matrix.columns.iter().map(|column| format!("{:?}", column[position]));
        writer.write_record(std::iter::once(row.to_string()).chain(values))?;
    }
    crate::home::write(path, &writer.into_inner()?)
}

/// Reads features that [`write_matrix`] wrote for exactly `rows` and `names`.
pub(crate) fn read_matrix(
    path: &Path,
    rows: &[u32],
    names: &[String],
    limits: &[Option<f32>],
) -> Result<Matrix> {
    let stale = || format!("{} is of another run: run `gauntlet features` again", path.display());
    let bytes = fs_err::read(path)?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    if !reader.headers()?.iter().skip(1).eq(names.iter().map(String::as_str)) {
        bail!(stale());
    }
    let mut columns = vec![Vec::with_capacity(rows.len()); names.len()];
    let mut read = 0;
    for record in reader.records() {
        let record = record?;
        if rows.get(read).map(ToString::to_string).as_deref() != Some(&record[0]) {
            bail!(stale());
        }
        for (column, cell) in columns.iter_mut().zip(record.iter().skip(1)) {
            column.push(cell.parse().with_context(stale)?);
        }
        read += 1;
    }
    if read != rows.len() {
        bail!(stale());
    }
    Ok(Matrix { names: names.to_vec(), columns, limits: limits.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_table_survives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let values = vec![0.1 + 0.2, f64::MIN_POSITIVE, -0.0];
        let table = Table {
            frame: Frame::new([
                ("x".to_owned(), Column::Number(values.clone())),
                ("t".to_owned(), Column::Text(vec!["a,b".into(), "\"q\"".into(), String::new()])),
            ])
            .unwrap(),
            label: vec![true, false, true],
            group: vec![0, 0, 1],
            row: vec![0, 1, 2],
        };
        write_table(&path, &table).unwrap();
        let back = read_table(&path).unwrap();
        assert_eq!(back, table);
        let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(back.frame.numbers("x").unwrap()), bits(&values));
    }

    #[test]
    fn features_of_other_rows_or_names_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.csv");
        let names = vec!["a".to_owned()];
        let matrix =
            Matrix { names: names.clone(), columns: vec![vec![1e-14, 2.5]], limits: vec![None] };
        write_matrix(&path, &[3, 4], &matrix).unwrap();
        assert_eq!(read_matrix(&path, &[3, 4], &names, &[None]).unwrap(), matrix);
        assert!(read_matrix(&path, &[3, 5], &names, &[None]).is_err());
        assert!(read_matrix(&path, &[3], &names, &[None]).is_err());
        assert!(read_matrix(&path, &[3, 4], &["b".to_owned()], &[None]).is_err());
    }
}
