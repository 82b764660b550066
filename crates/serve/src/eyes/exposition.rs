//! Prometheus' text format, version 0.0.4.

use std::fmt::{Display, Write as _};

use super::histogram::{BOUNDS, Histogram};

/// The content type of the format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text that grows by families of samples.
#[derive(Debug, Default)]
pub(crate) struct Exposition(String);

/// A label's name and value.
pub(crate) type Label<'a> = (&'a str, &'a str);

impl Exposition {
    /// Begins a family; its samples follow.
    pub(crate) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One sample.
    pub(crate) fn sample(&mut self, name: &str, labels: &[Label<'_>], value: impl Display) {
        self.0.push_str(name);
        self.labels(labels, None);
        let _ = writeln!(self.0, " {value}");
    }

    /// A family of one sample without labels.
    pub(crate) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// The samples of one histogram.
    pub(crate) fn histogram(&mut self, name: &str, labels: &[Label<'_>], histogram: &Histogram) {
        let mut sum = 0;
        for (index, count) in histogram.counts().enumerate() {
            sum += count;
            let bound = BOUNDS.get(index).map_or_else(|| "+Inf".to_owned(), |bound| bound.label());
            let _ = write!(self.0, "{name}_bucket");
            self.labels(labels, Some(&bound));
            let _ = writeln!(self.0, " {sum}");
        }
        self.sample(&format!("{name}_sum"), labels, histogram.seconds());
        self.sample(&format!("{name}_count"), labels, sum);
    }

    /// All of it.
    pub(crate) fn finish(self) -> String {
        self.0
    }

    fn labels(&mut self, labels: &[Label<'_>], bound: Option<&str>) {
        let bound = bound.map(|bound| ("le", bound));
        let mut separator = '{';
        for (name, value) in labels.iter().copied().chain(bound) {
            let _ = write!(self.0, "{separator}{name}=\"");
            separator = ',';
            for letter in value.chars() {
                match letter {
                    '\\' => self.0.push_str("\\\\"),
                    '"' => self.0.push_str("\\\""),
                    '\n' => self.0.push_str("\\n"),
                    letter => self.0.push(letter),
                }
            }
            self.0.push('"');
        }
        if separator == ',' {
            self.0.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_are_escaped() {
        let mut text = Exposition::default();
        text.sample("x", &[("a", "q\"b\\n\nz"), ("b", "")], 1.5);
        text.sample("y", &[], 2);
        assert_eq!(text.finish(), "x{a=\"q\\\"b\\\\n\\nz\",b=\"\"} 1.5\ny 2\n");
    }
}
