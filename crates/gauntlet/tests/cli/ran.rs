//! How a run of the program ended, and what it said.

use std::process::Output;

use serde_json::Value;

/// A finished run.
#[derive(Debug)]
pub(crate) struct Ran {
    line: String,
    code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(arguments: &[&str], output: Output) -> Self {
        Self {
            line: format!("gauntlet {}", arguments.join(" ")),
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Demands exit code 0.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.ends_with(0)
    }

    /// Demands an exit code, and for one that is not 0 an error in small letters without a full stop.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}\n{}", self.line, self.stdout, self.stderr);
        let said = self.stderr.lines().any(|line| line.starts_with("error: "));
        assert_eq!(said, code != 0, "{}\n{}", self.line, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}\n{}", self.line, self.stderr);
        self
    }

    /// Demands that standard error holds every one of `words`.
    #[track_caller]
    pub(crate) fn warns(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "no `{word}` from {}\n{}", self.line, self.stderr);
        }
        self
    }

    /// Demands that standard output holds every one of `words`.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stdout.contains(word), "no `{word}` from {}\n{}", self.line, self.stdout);
        }
        self
    }

    /// Demands a hint that holds `word`.
    #[track_caller]
    pub(crate) fn hints(self, word: &str) -> Self {
        let hint = self.stderr.lines().find(|line| line.starts_with("hint: "));
        let hint = hint.unwrap_or_else(|| panic!("no hint from {}\n{}", self.line, self.stderr));
        assert!(hint.contains(word), "no `{word}` in the hint of {}\n{hint}", self.line);
        self
    }

    /// Standard output as one JSON value and nothing else.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", self.line, self.stdout))
    }
}
