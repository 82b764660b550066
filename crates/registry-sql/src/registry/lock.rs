//! One writer at a time, across processes. The system releases the lock of a process that is killed.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use gauntlet_registry::{RegistryError, Result};

const PAUSE: Duration = Duration::from_millis(10);

/// Held by the writer; released when dropped.
#[derive(Debug)]
pub(crate) struct Lock(#[allow(dead_code, reason = "the lock lives as long as the file")] File);

impl Lock {
    /// The lock at `path` if nobody holds it.
    pub(crate) fn attempt(path: &Path) -> Result<Option<Self>> {
        let file = fs_err::OpenOptions::new().create(true).append(true).open(path)?;
        let (file, _) = file.into_parts();
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Waits up to `patience` for the lock at `path`.
    pub(crate) async fn acquire(path: &Path, patience: Duration) -> Result<Self> {
        let begun = Instant::now();
        loop {
            if let Some(lock) = Self::attempt(path)? {
                return Ok(lock);
            }
            let waited = begun.elapsed();
            if waited >= patience {
                return Err(busy(path, waited));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The error for a lock that another writer held all the time.
pub(crate) fn busy(path: &Path, waited: Duration) -> RegistryError {
    let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
    RegistryError::Busy { path: path.to_owned(), waited_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_writer_waits_and_then_says_for_what() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("registry.lock");
        let held = Lock::acquire(&path, Duration::ZERO).await.unwrap();
        assert!(Lock::attempt(&path).unwrap().is_none());
        let error = Lock::acquire(&path, Duration::from_millis(30)).await.unwrap_err();
        assert!(error.retryable() && error.to_string().contains("registry.lock"), "{error}");
        drop(held);
        Lock::acquire(&path, Duration::ZERO).await.unwrap();
    }
}
