//! The structure of a table: encoding, records, where each starts, how many cells it has.

use super::problem::CsvProblem;

/// A table whose every record has as many cells as its header.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    /// The cells of the header.
    pub(super) header: Vec<String>,
    /// Everything below the header.
    pub(super) body: &'a str,
    /// The line on which each row starts, from 1.
    pub(super) lines: Vec<usize>,
}

/// One record: its text without the line end, and where the next one starts.
struct Record {
    end: usize,
    next: usize,
    cells: usize,
    lines: usize,
}

/// Checks encoding and structure; a byte order mark is skipped, lines may end in LF or CRLF.
pub(super) fn scan(bytes: &[u8]) -> Result<Scan<'_>, CsvProblem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        CsvProblem::NotUtf8 { line: 1 + before.iter().filter(|&&b| b == b'\n').count() }
    })?;
    if text.trim().is_empty() {
        return Err(CsvProblem::Empty);
    }
    let open = |line| move || CsvProblem::OpenQuote { line };
    let head = record(text, 0).ok_or_else(open(1))?;
    let header = cells(&text[..head.end]);
    let (mut line, mut start) = (1 + head.lines, head.next);
    let mut lines = Vec::new();
    while start < text.len() {
        let record = record(text, start).ok_or_else(open(line))?;
        if record.cells != header.len() {
            return Err(CsvProblem::Ragged {
                line,
                row: lines.len() + 1,
                found: record.cells,
                expected: header.len(),
            });
        }
        lines.push(line);
        line += record.lines;
        start = record.next;
    }
    if lines.is_empty() {
        return Err(CsvProblem::NoRows);
    }
    Ok(Scan { header, body: &text[head.next..], lines })
}

/// The record that starts at byte `start`, or nothing if a quote in it is never closed.
fn record(text: &str, start: usize) -> Option<Record> {
    let bytes = &text.as_bytes()[start..];
    let (mut cells, mut lines) = (1, 1);
    let (mut quoted, mut quoted_cell, mut at_cell_start) = (false, false, true);
    for (position, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' if at_cell_start => (quoted, quoted_cell) = (true, true),
            b'"' if quoted => quoted = false,
            // The second quote of an escaped pair opens the cell again.
            b'"' if quoted_cell && bytes[position - 1] == b'"' => quoted = true,
            b'\n' if quoted => lines += 1,
            b'\n' => {
                let end = if bytes[..position].ends_with(b"\r") { position - 1 } else { position };
                return Some(Record { end: start + end, next: start + position + 1, cells, lines });
            }
            b',' if !quoted => (cells, quoted_cell) = (cells + 1, false),
            _ => {}
        }
        at_cell_start = byte == b',' && !quoted;
    }
    let end = text.len() - usize::from(bytes.ends_with(b"\r"));
    (!quoted).then_some(Record { end, next: text.len(), cells, lines })
}

/// The cells of one record, unquoted.
fn cells(record: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut characters = record.chars().peekable();
    while let Some(character) = characters.next() {
        let last = cells.len() - 1;
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cells[last].push('"');
            }
            '"' if quoted || cells[last].is_empty() => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells[last].push(character),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_know_their_line_even_after_a_quoted_line_break() {
        let scan = scan(b"a,b\n1,\"x\ny\"\n2,z\n").unwrap();
        assert_eq!(scan.lines, [2, 4]);
    }

    #[test]
    fn a_byte_order_mark_and_both_line_ends_are_taken() {
        for bytes in [b"a,b\n1,2\n".as_slice(), b"\xef\xbb\xbfa,b\r\n1,2\r\n", b"a,b\r\n1,2"] {
            let scan = scan(bytes).unwrap();
            assert_eq!(scan.header, ["a", "b"]);
            assert_eq!(scan.lines, [2]);
        }
    }

    #[test]
    fn quoted_headers_are_unquoted() {
        assert_eq!(cells(r#""a, b","say ""x""",c"#), ["a, b", "say \"x\"", "c"]);
    }

    #[test]
    fn commas_and_quotes_inside_quotes_do_not_split() {
        assert_eq!(scan(b"a,b\n\"1,\"\"2\",3\n").unwrap().lines, [2]);
        assert_eq!(scan(b"a,b\n\"\",3\n").unwrap().lines, [2]);
    }

    #[test]
    fn structure_errors_name_their_line() {
        let fail = |bytes: &[u8]| scan(bytes).unwrap_err();
        assert_eq!(fail(b""), CsvProblem::Empty);
        assert_eq!(fail(b"\xef\xbb\xbf\r\n"), CsvProblem::Empty);
        assert_eq!(fail(b"a,b\r\n"), CsvProblem::NoRows);
        assert_eq!(fail(b"a,b\n1,2\n\xff,2\n"), CsvProblem::NotUtf8 { line: 3 });
        assert_eq!(fail(b"a,b\n1,2\n\"1,2\n3,4\n"), CsvProblem::OpenQuote { line: 3 });
        let ragged = |line, found| CsvProblem::Ragged { line, row: line - 1, found, expected: 2 };
        assert_eq!(fail(b"a,b\n1,2\n1\n"), ragged(3, 1));
        assert_eq!(fail(b"a,b\n1,2,3\n"), ragged(2, 3));
        assert_eq!(fail(b"a,b\n1,2\n\n1,2\n"), ragged(3, 1));
    }
}
