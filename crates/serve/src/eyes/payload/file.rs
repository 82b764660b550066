//! A file that is put aside when it is full, and that survives a full disk.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fs_err::{File, OpenOptions};

use super::counts::PayloadCounts;

/// Time between attempts to open a file that could not be written.
const PAUSE: Duration = Duration::from_millis(500);

/// Lines on their way into a file of at most half the cap; the other half is the file before it.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    /// Bytes of one file.
    cap: u64,
    open: Option<Open>,
    /// Whole lines that are not written yet.
    pending: Vec<u8>,
    lines: u64,
    /// No attempt before this.
    retry: Option<Instant>,
    counts: Arc<PayloadCounts>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Bytes of whole lines.
    length: u64,
}

impl RotatingFile {
    /// Nothing is opened yet.
    pub(super) fn new(path: PathBuf, max_bytes: u64, counts: Arc<PayloadCounts>) -> Self {
        let cap = max_bytes / 2;
        let (open, pending, lines, retry) = (None, Vec::new(), 0, None);
        Self { path, cap, open, pending, lines, retry, counts }
    }

    /// Bytes that are not written yet.
    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Takes a line; one that is longer than a file may be is lost.
    pub(super) fn line(&mut self, line: &str) {
        let length = line.len() as u64 + 1;
        if length > self.cap {
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // What is collected always fits into one file.
        if self.pending.len() as u64 + length > self.cap {
            self.flush();
        }
        self.pending.extend_from_slice(line.as_bytes());
        self.pending.push(b'\n');
        self.lines += 1;
    }

    /// Writes what was collected, all of it or none; what cannot be written is lost and counted.
    pub(super) fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let waits = self.retry.is_some_and(|retry| Instant::now() < retry);
        let written = if waits { None } else { Some(self.write()) };
        match written {
            Some(Ok(())) => {
                self.counts.rows.fetch_add(self.lines, Ordering::Relaxed);
                self.counts.bytes.fetch_add(self.pending.len() as u64, Ordering::Relaxed);
                if self.counts.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!(path = %self.path.display(), "the payload log is written again");
                }
                self.retry = None;
            }
            Some(Err(error)) => {
                self.counts.lost.fetch_add(self.lines, Ordering::Relaxed);
                if !self.counts.failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the payload log cannot be written; rows are lost until it can");
                }
                self.open = None;
                self.retry = Some(Instant::now() + PAUSE);
            }
            None => {
                self.counts.lost.fetch_add(self.lines, Ordering::Relaxed);
            }
        }
        self.pending.clear();
        self.lines = 0;
    }

    fn write(&mut self) -> std::io::Result<()> {
        let more = self.pending.len() as u64;
        let mut open = match self.open.take() {
            Some(open) => open,
            None => Open::new(&self.path)?,
        };
        if open.length > 0 && open.length + more > self.cap {
            let mut aside = self.path.clone().into_os_string();
            aside.push(".1");
            fs_err::rename(&self.path, PathBuf::from(aside))?;
            self.counts.rotations.fetch_add(1, Ordering::Relaxed);
            open = Open::new(&self.path)?;
        }
        if let Err(error) = open.file.write_all(&self.pending) {
            // A line that is half there would spoil the next one. If it cannot be cut off now, opening
            // the file again ends it.
            let _ = open.file.set_len(open.length);
            return Err(error);
        }
        open.length += more;
        self.open = Some(open);
        Ok(())
    }
}

impl Open {
    /// Opens the file at its end, for its owner's eyes only.
    fn new(path: &PathBuf) -> std::io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).read(true).create(true);
        #[cfg(unix)]
        {
            use fs_err::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(path)?;
        let mut length = file.metadata()?.len();
        if length > 0 {
            let mut last = [0];
            file.seek(SeekFrom::Start(length - 1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
                length += 1;
            }
        }
        Ok(Self { file, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_ended_before_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, "whole\nhal").unwrap();
        let mut file = RotatingFile::new(path.clone(), 1_000, Arc::default());
        file.line("next");
        file.flush();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole\nhal\nnext\n");
    }

    #[test]
    fn a_file_that_was_full_before_the_start_is_put_aside_and_too_long_a_line_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, "0123456789\n".repeat(5)).unwrap();
        let counts: Arc<PayloadCounts> = Arc::default();
        let mut file = RotatingFile::new(path.clone(), 100, counts.clone());
        file.line(&"x".repeat(50));
        file.line("short");
        file.flush();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "short\n");
        assert_eq!(std::fs::metadata(dir.path().join("log.1")).unwrap().len(), 55);
        assert_eq!(counts.lost.load(Ordering::Relaxed), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut file = RotatingFile::new(path.clone(), 1_000, Arc::default());
        file.line("x");
        file.flush();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
