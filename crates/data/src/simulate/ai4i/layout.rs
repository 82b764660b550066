//! The published file's bytes: byte order mark, CRLF, 14 columns, and its habit of printing a whole process
//! temperature without a decimal while air temperature and torque always have one.

use std::fmt::Write as _;

use super::process::Row;

const HEADER: &str = "\u{feff}UDI,Product ID,Type,Air temperature [K],Process temperature [K],\
    Rotational speed [rpm],Torque [Nm],Tool wear [min],Machine failure,TWF,HDF,PWF,OSF,RNF\r\n";

/// The whole file.
pub(super) fn file(rows: &[Row]) -> Vec<u8> {
    let mut text = String::with_capacity(HEADER.len() + rows.len() * 56);
    text.push_str(HEADER);
    for (position, row) in rows.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = line(&mut text, position + 1, row);
    }
    text.into_bytes()
}

fn line(text: &mut String, udi: usize, row: &Row) -> std::fmt::Result {
    let letter = row.kind.letter();
    write!(text, "{udi},{letter}{},{letter},", udi + row.kind.serial_offset())?;
    write!(text, "{}.{},", row.air / 10, row.air % 10)?;
    match row.process % 10 {
        0 => write!(text, "{},", row.process / 10)?,
        tenth => write!(text, "{}.{tenth},", row.process / 10)?,
    }
    write!(text, "{},{}.{},{}", row.speed, row.torque / 10, row.torque % 10, row.wear)?;
    for flag in [row.failure, row.twf, row.hdf(), row.pwf(), row.osf(), row.rnf] {
        write!(text, ",{}", u8::from(flag))?;
    }
    text.write_str("\r\n")
}
