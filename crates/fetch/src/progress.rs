//! How far a download is.

use std::fmt;
use std::sync::{Arc, Mutex};

use indicatif::{ProgressBar, ProgressStyle};

/// How far one file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file's name.
    pub file: &'a str,
    /// Bytes that are there, those of earlier runs included.
    pub done: u64,
    /// Bytes there will be, if that is known.
    pub total: Option<u64>,
}

/// Someone who is told about every piece that arrives.
#[derive(Clone)]
pub struct Watcher(Arc<dyn Fn(Progress<'_>) + Send + Sync>);

impl Watcher {
    /// Calls `told` for every piece.
    #[must_use]
    pub fn new(told: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    /// Nobody.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// A progress bar on standard error; nothing if that is no terminal.
    #[must_use]
    pub fn bar() -> Self {
        let shown: Mutex<Option<(String, ProgressBar)>> = Mutex::new(None);
        Self::new(move |progress| {
            let Ok(mut shown) = shown.lock() else { return };
            let bar = match &mut *shown {
                Some((file, bar)) if file == progress.file => bar,
                other => &mut other.insert((progress.file.to_owned(), new_bar(progress))).1,
            };
            bar.set_position(progress.done);
            if progress.total == Some(progress.done) {
                bar.finish();
            }
        })
    }

    pub(crate) fn tell(&self, progress: Progress<'_>) {
        (self.0)(progress);
    }
}

fn new_bar(progress: Progress<'_>) -> ProgressBar {
    let (bar, template) = match progress.total {
        Some(total) => (
            ProgressBar::new(total),
            "{msg} {wide_bar} {bytes}/{total_bytes} ({bytes_per_sec}, {eta})",
        ),
        None => (ProgressBar::no_length(), "{msg} {spinner} {bytes} ({bytes_per_sec})"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(progress.file.to_owned());
    bar
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}
