//! How often one client may ask: a bucket of requests per client that refills evenly.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Clients that are remembered; whoever was quiet longest is forgotten first.
const CLIENTS: usize = 10_000;

/// A limit of requests per minute and client.
#[derive(Debug)]
pub(crate) struct Rate {
    per_minute: f64,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rate {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute: f64::from(per_minute.max(1)), buckets: Mutex::default() }
    }

    /// Counts a request; how long to wait if it is one too many.
    pub(crate) fn take(&self, client: &str, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CLIENTS && !buckets.contains_key(client) {
            self.forget(&mut buckets, now);
        }
        let full = Bucket { left: self.per_minute, at: now };
        let bucket = buckets.entry(client.to_owned()).or_insert(full);
        let refilled = now.duration_since(bucket.at).as_secs_f64() * self.per_minute / 60.0;
        bucket.left = (bucket.left + refilled).min(self.per_minute);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.left) * 60.0 / self.per_minute))
    }

    /// Forgets who has a full bucket again, or, if nobody has, the quietest.
    fn forget(&self, buckets: &mut BTreeMap<String, Bucket>, now: Instant) {
        let minute = Duration::from_secs(60);
        buckets.retain(|_, bucket| now.duration_since(bucket.at) < minute);
        if buckets.len() >= CLIENTS {
            let quietest = buckets.iter().min_by_key(|(_, bucket)| bucket.at);
            if let Some(client) = quietest.map(|(client, _)| client.clone()) {
                buckets.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_asks_too_often_waits_and_others_do_not() {
        let (rate, start) = (Rate::new(60), Instant::now());
        for _ in 0..60 {
            assert!(rate.take("a", start).is_ok());
        }
        let wait = rate.take("a", start).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1));
        assert!(rate.take("b", start).is_ok());
        assert!(rate.take("a", start + Duration::from_millis(1100)).is_ok());
        assert!(rate.take("a", start + Duration::from_millis(1100)).is_err());
    }

    #[test]
    fn no_number_of_clients_fills_the_memory() {
        let (rate, start) = (Rate::new(1), Instant::now());
        for client in 0..CLIENTS + 500 {
            let _ = rate.take(&client.to_string(), start);
        }
        assert!(rate.buckets.lock().unwrap().len() <= CLIENTS);
    }
}
