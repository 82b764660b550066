//! What the system says of this process.

use std::time::Instant;

use super::exposition::Exposition;

/// Appends memory, open files and uptime; the first two only where the system has `/proc`.
pub(crate) fn render(text: &mut Exposition, started: Instant, now: Instant) {
    if let Some(bytes) = resident_bytes() {
        let help = "Memory of the process in RAM, in bytes.";
        text.single("gauntlet_serve_process_resident_memory_bytes", "gauge", help, bytes);
    }
    if let Some(files) = open_files() {
        let help = "Files and sockets that are open.";
        text.single("gauntlet_serve_process_open_fds", "gauge", help, files);
    }
    let uptime = now.saturating_duration_since(started).as_secs_f64();
    let help = "Time since the server began.";
    text.single("gauntlet_serve_uptime_seconds", "gauge", help, uptime);
}

/// Memory in RAM, in bytes.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024)
}

fn open_files() -> Option<usize> {
    // The listing itself holds one open.
    std::fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count().saturating_sub(1))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_and_open_files_are_read_from_proc() {
        assert!(resident_bytes().unwrap() > 500_000);
        let before = open_files().unwrap();
        let file = tempfile::tempfile().unwrap();
        assert!(before >= 3 && open_files().unwrap() > 0);
        drop(file);
    }
}
