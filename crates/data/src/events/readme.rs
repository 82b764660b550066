//! The page about a dataset of sensors over time. It is generated, so it cannot drift from the descriptor.

use std::fmt::Write as _;

use super::descriptor::{Decimal, Failures, LogDescriptor};

impl LogDescriptor {
    /// The page as Markdown.
    #[must_use]
    pub fn readme(&self) -> String {
        let mut page = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut page);
        page
    }

    fn write(&self, page: &mut String) -> std::fmt::Result {
        writeln!(
            page,
            "<!-- generated from dataset.toml -->\n\n# {}\n\n{}\n",
            self.title, self.summary
        )?;
        if let Some(origin) = &self.origin {
            writeln!(page, "- Homepage: <{}>", origin.homepage)?;
            writeln!(page, "- Licence: {}", origin.licence)?;
            writeln!(page, "- Citation: {}\n", origin.citation)?;
        }
        writeln!(page, "## Files\n\nExpected under `datasets/{}/raw/`.\n", self.name)?;
        for file in &self.files {
            let digest = file.sha256.map_or("any bytes".to_owned(), |digest| digest.hex());
            writeln!(page, "- `{}` ({digest})", file.path)?;
        }
        let decimal = if self.decimal == Decimal::Comma { "comma" } else { "point" };
        writeln!(
            page,
            "\nCells are divided by `{}`, decimals by a {decimal}.",
            self.delimiter.escape_default()
        )?;
        let time = &self.time;
        writeln!(page, "The time is `{}`, mostly {} s from row to row.", time.column, time.step_s)?;
        writeln!(page, "\n## Failures\n\n{}: {}.", self.labels.meaning, self.told())?;
        writeln!(page, "\n## Sensors\n\n| header | name | unit |\n| --- | --- | --- |")?;
        for sensor in &self.sensors {
            writeln!(page, "| `{}` | `{}` | {} |", sensor.header, sensor.name, sensor.unit)?;
        }
        if !self.ignored.is_empty() {
            writeln!(page, "\n## Left out\n")?;
            for ignored in &self.ignored {
                writeln!(page, "- `{}`: {}", ignored.header, ignored.why)?;
            }
        }
        if !self.traps.is_empty() {
            writeln!(page, "\n## Known traps\n")?;
            for trap in &self.traps {
                writeln!(page, "- **{}**: {}.", trap.name, trap.text)?;
            }
        }
        Ok(())
    }

    fn told(&self) -> String {
        match &self.labels.failures {
            Failures::Status { column, failure, excluded, .. } => {
                let mut told = format!("where `{column}` turns to {}", failure.join(" or "));
                if !excluded.is_empty() {
                    let _ = write!(
                        told,
                        "; rows of {} are neither learned from nor judged",
                        excluded.join(" or ")
                    );
                }
                told
            }
            Failures::Interval { column } => format!("where `{column}` is not 0"),
            Failures::Times(times) => format!("{} listed times", times.len()),
        }
    }
}
