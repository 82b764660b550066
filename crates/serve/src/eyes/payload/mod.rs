//! A sampled log of what was asked and answered, as one JSON object per line.
//!
//! A request hands its entry over and goes on: if the writer cannot keep up the entry is dropped and
//! counted. The writer is a thread of its own, so a slow disk holds up nothing else. An entry has neither
//! keys nor headers.

mod counts;
mod file;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gauntlet_core::{Cell, Column};
use serde_json::{Map, Value, json};

pub(crate) use self::counts::PayloadCounts;
use self::file::RotatingFile;
use super::settings::PayloadSettings;

/// Entries that wait at most.
const QUEUE: usize = 1_024;

/// Bytes that waiting entries take at most, roughly.
const QUEUE_BYTES: usize = 4 << 20;

/// Bytes that are collected before they are written.
const CHUNK: usize = 64 << 10;

/// A request that was answered; it becomes a line per row.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// When, as RFC 3339.
    pub(crate) time: String,
    pub(crate) request_id: String,
    pub(crate) model: String,
    pub(crate) version: String,
    pub(crate) digest: String,
    /// The columns' names.
    pub(crate) names: Arc<[String]>,
    /// What was asked, in the order of the names.
    pub(crate) columns: Vec<Column>,
    /// The score of each row, or its scores.
    pub(crate) scores: Vec<Vec<f32>>,
    /// The label of each row; none for models that give none.
    pub(crate) labels: Vec<i64>,
}

/// The log, for as long as the server runs.
#[derive(Debug)]
pub(crate) struct PayloadLog {
    sample: f64,
    requests: AtomicU64,
    waiting: Arc<AtomicUsize>,
    counts: Arc<PayloadCounts>,
    sender: SyncSender<Message>,
    writer: JoinHandle<()>,
}

#[derive(Debug)]
enum Message {
    Entry(Box<Entry>, usize),
    /// Nothing more comes.
    End,
}

impl PayloadLog {
    /// Starts the writer. A path that cannot be written is reported by the counts and tried again, since a
    /// full disk must not keep a server from starting.
    ///
    /// # Errors
    /// The system starts no thread.
    pub(crate) fn start(settings: &PayloadSettings) -> std::io::Result<Self> {
        let counts = Arc::new(PayloadCounts::default());
        let waiting = Arc::new(AtomicUsize::new(0));
        let (sender, receiver) = sync_channel(QUEUE);
        let file = RotatingFile::new(settings.path.clone(), settings.max_bytes, counts.clone());
        let (at_work, seen) = (waiting.clone(), counts.clone());
        let run = move || write(&receiver, file, &at_work, &seen);
        let writer = std::thread::Builder::new().name("payload-log".to_owned()).spawn(run)?;
        let requests = AtomicU64::new(0);
        Ok(Self { sample: settings.sample, requests, waiting, counts, sender, writer })
    }

    /// What was written and what was not.
    pub(crate) fn counts(&self) -> Arc<PayloadCounts> {
        self.counts.clone()
    }

    /// Logs a request if it is one of the sample; only then `entry` is called. Never waits.
    pub(crate) fn offer(&self, entry: impl FnOnce() -> Entry) {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        // Evenly spread: the sample grows by one whenever its share of the requests reaches the next whole.
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 requests")]
        let due = |requests: u64| (requests as f64 * self.sample).floor();
        if due(number + 1) <= due(number) {
            return;
        }
        let entry = entry();
        let bytes = entry.bytes();
        if self.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes <= QUEUE_BYTES
            && self.sender.try_send(Message::Entry(Box::new(entry), bytes)).is_ok()
        {
            return;
        }
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        self.counts.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes what waits and ends, within `limit`. Says whether that was long enough.
    pub(crate) fn close(self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut told = false;
        while Instant::now() < end {
            told = told || self.sender.try_send(Message::End).is_ok();
            if self.writer.is_finished() {
                return self.writer.join().is_ok();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }
}

/// The writer: collects lines while more wait, writes when none do or enough are there.
fn write(
    receiver: &Receiver<Message>,
    mut file: RotatingFile,
    waiting: &AtomicUsize,
    counts: &PayloadCounts,
) {
    let mut open = true;
    while open {
        let Ok(mut message) = receiver.recv() else { return };
        loop {
            match message {
                Message::Entry(entry, bytes) => {
                    entry.lines(|line| file.line(line));
                    waiting.fetch_sub(bytes, Ordering::Relaxed);
                    counts.entries.fetch_add(1, Ordering::Relaxed);
                }
                Message::End => open = false,
            }
            if file.pending() >= CHUNK {
                file.flush();
            }
            message = match receiver.recv_timeout(Duration::from_millis(50)) {
                Ok(next) => next,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            };
            if !open {
                break;
            }
        }
        file.flush();
    }
}

impl Entry {
    /// About how much memory it takes.
    fn bytes(&self) -> usize {
        let column = |column: &Column| match column {
            Column::Number(values) => 8 * values.len(),
            Column::Text(values) => values.iter().map(|text| 24 + text.len()).sum(),
        };
        let cells: usize = self.columns.iter().map(column).sum();
        let scores: usize = self.scores.iter().map(|row| 24 + 4 * row.len()).sum();
        256 + cells + scores + 8 * self.labels.len()
    }

    /// Calls `each` with every row's line.
    fn lines(&self, mut each: impl FnMut(&str)) {
        let rows = self.columns.first().map_or(self.scores.len(), Column::len);
        for row in 0..rows {
            let features: Map<String, Value> = self
                .names
                .iter()
                .zip(&self.columns)
                .map(|(name, column)| (name.clone(), value(column.cell(row))))
                .collect();
            // Scores as short as they are meant: 0.9, not 0.8999999761581421.
            let short = |score: &f32| score.to_string().parse::<f64>().ok();
            let scores: Vec<Value> = self
                .scores
                .get(row)
                .map(|scores| scores.iter().map(|score| json!(short(score))).collect())
                .unwrap_or_default();
            let line = json!({
                "time": self.time,
                "request_id": self.request_id,
                "model": self.model,
                "version": self.version,
                "digest": self.digest,
                "row": row,
                "features": features,
                "scores": scores,
                "label": self.labels.get(row),
            });
            each(&line.to_string());
        }
    }
}

/// A missing number is null.
fn value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Number(number) => json!(number),
        Cell::Text(text) => json!(text),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn entry(rows: u16) -> Entry {
        let numbers = (0..rows).map(f64::from).collect();
        Entry {
            time: "2026-01-01T00:00:00.000Z".into(),
            request_id: "r".into(),
            model: "m".into(),
            version: "1".into(),
            digest: "d".into(),
            names: Arc::from(["load".to_owned(), "type".to_owned()]),
            columns: vec![Column::Number(numbers), Column::Text(vec!["L".into(); rows.into()])],
            scores: vec![vec![0.9]; rows.into()],
            labels: vec![1; rows.into()],
        }
    }

    fn settings(path: &Path) -> PayloadSettings {
        PayloadSettings { path: path.to_owned(), sample: 1.0, max_bytes: 1 << 20 }
    }

    const LIMIT: Duration = Duration::from_secs(10);

    fn loaded(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }

    fn until(what: impl Fn() -> bool) {
        let end = Instant::now() + LIMIT;
        while !what() {
            assert!(Instant::now() < end, "nothing happened");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn every_row_is_a_line_and_all_are_there_after_closing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("payload.ndjson");
        let log = PayloadLog::start(&settings(&path)).unwrap();
        log.offer(|| entry(2));
        log.offer(|| Entry { columns: vec![Column::Number(vec![f64::NAN])], ..entry(1) });
        assert!(log.close(LIMIT));
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1]["features"], json!({ "load": 1.0, "type": "L" }));
        assert_eq!((&lines[1]["row"], &lines[1]["scores"]), (&json!(1), &json!([0.9])));
        assert_eq!((&lines[1]["label"], &lines[1]["version"]), (&json!(1), &json!("1")));
        assert_eq!(lines[2]["features"]["load"], Value::Null);
    }

    #[test]
    fn a_sample_is_spread_evenly() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("payload.ndjson");
        let log = PayloadLog::start(&PayloadSettings { sample: 0.25, ..settings(&path) }).unwrap();
        let mut asked = Vec::new();
        for number in 0..20 {
            log.offer(|| {
                asked.push(number);
                entry(1)
            });
        }
        assert!(log.close(LIMIT));
        assert_eq!(asked, [3, 7, 11, 15, 19]);
        assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), 5);
    }

    #[test]
    fn both_files_together_stay_below_the_cap() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("payload.ndjson");
        let capped = PayloadSettings { max_bytes: 4_096, ..settings(&path) };
        let log = PayloadLog::start(&capped).unwrap();
        for _ in 0..20 {
            log.offer(|| entry(5));
        }
        let counts = log.counts();
        assert!(log.close(LIMIT));
        let size = |path: &Path| std::fs::metadata(path).unwrap().len();
        let older = dir.path().join("payload.ndjson.1");
        assert!(size(&path) + size(&older) <= 4_096);
        assert!(size(&older) > 1_500);
        assert!(loaded(&counts.rotations) > 3);
        assert_eq!(loaded(&counts.rows), 100);
        for line in std::fs::read_to_string(older).unwrap().lines() {
            assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_path_that_cannot_be_written_is_counted_and_recovers_by_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("not yet").join("payload.ndjson");
        let log = PayloadLog::start(&settings(&path)).unwrap();
        let counts = log.counts();
        log.offer(|| entry(3));
        until(|| loaded(&counts.lost) == 3);
        assert!(counts.is_failing());
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        until(|| {
            log.offer(|| entry(1));
            loaded(&counts.rows) > 0
        });
        assert!(!counts.is_failing());
        assert!(log.close(LIMIT));
        assert!(std::fs::read_to_string(path).unwrap().lines().count() > 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_counted() {
        let log = PayloadLog::start(&settings(Path::new("/dev/full"))).unwrap();
        let counts = log.counts();
        log.offer(|| entry(4));
        assert!(log.close(LIMIT));
        assert_eq!((loaded(&counts.lost), loaded(&counts.rows)), (4, 0));
        assert!(counts.is_failing());
    }

    #[test]
    fn what_the_writer_cannot_keep_up_with_is_dropped_and_counted() {
        let dir = tempfile::tempdir().unwrap();
        let log = PayloadLog::start(&settings(&dir.path().join("p"))).unwrap();
        log.waiting.fetch_add(QUEUE_BYTES, Ordering::Relaxed);
        log.offer(|| entry(1));
        assert_eq!(loaded(&log.counts.dropped), 1);
        log.waiting.fetch_sub(QUEUE_BYTES, Ordering::Relaxed);
        log.offer(|| entry(1));
        assert_eq!(loaded(&log.counts.dropped), 1);
    }
}
