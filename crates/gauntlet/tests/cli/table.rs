//! A table of rows as text, to be damaged or extended.

/// Rows of cells below a header, as the published file has them: a byte order mark and CRLF.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

const MARK: char = '\u{feff}';

impl Rows {
    pub(crate) fn parse(text: &str) -> Self {
        let mut lines = text.trim_start_matches(MARK).lines().map(|line| {
            line.trim_end_matches('\r').split(',').map(str::to_owned).collect::<Vec<_>>()
        });
        Self { header: lines.next().unwrap(), rows: lines.collect() }
    }

    pub(crate) fn to_text(&self) -> String {
        let lines = std::iter::once(&self.header).chain(&self.rows);
        let text: String = lines.map(|cells| format!("{}\r\n", cells.join(","))).collect();
        format!("{MARK}{text}")
    }

    /// The position of a column.
    pub(crate) fn column(&self, header: &str) -> usize {
        self.header.iter().position(|name| name == header).unwrap()
    }

    /// Appends a column.
    pub(crate) fn push(&mut self, header: &str, cell: impl Fn(usize, &[String]) -> String) {
        self.header.push(header.to_owned());
        for (number, row) in self.rows.iter_mut().enumerate() {
            let cell = cell(number, row);
            row.push(cell);
        }
    }
}
