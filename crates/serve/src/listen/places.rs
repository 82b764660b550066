//! How many may be connected.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;

/// The places of all connections.
#[derive(Debug)]
pub(super) struct Places {
    total: u32,
    free: Arc<Semaphore>,
    per_peer: u16,
    peers: Arc<Mutex<HashMap<IpAddr, u16>>>,
}

/// The place of one connection; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    peer: IpAddr,
    peers: Arc<Mutex<HashMap<IpAddr, u16>>>,
    _place: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(limits: &Limits) -> Self {
        let total = u32::from(limits.connections.get());
        let free = Arc::new(Semaphore::new(usize::from(limits.connections.get())));
        Self { total, free, per_peer: limits.connections_per_peer.get(), peers: Arc::default() }
    }

    /// A place for a connection from `peer`, if there is one.
    pub(super) fn take(&self, peer: IpAddr) -> Option<Place> {
        let place = self.free.clone().try_acquire_owned().ok()?;
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = peers.entry(peer).or_default();
        if *taken >= self.per_peer {
            return None;
        }
        *taken += 1;
        Some(Place { peer, peers: self.peers.clone(), _place: place })
    }

    /// Ready when nobody is connected.
    pub(super) async fn all_free(&self) {
        // The semaphore is never closed, so this ends only with all places.
        let _ = self.free.acquire_many(self.total).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        match peers.get_mut(&self.peer) {
            Some(taken) if *taken > 1 => *taken -= 1,
            _ => drop(peers.remove(&self.peer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_in_all_and_for_one_and_are_given_back() {
        let limits = Limits {
            connections: 3.try_into().unwrap(),
            connections_per_peer: 2.try_into().unwrap(),
            ..Limits::default()
        };
        let places = Places::new(&limits);
        let [a, b, c] = [1, 2, 3].map(|n| IpAddr::from([10, 0, 0, n]));
        let first = places.take(a).unwrap();
        let _second = places.take(a).unwrap();
        assert!(places.take(a).is_none());
        let third = places.take(b).unwrap();
        assert!(places.take(c).is_none());
        drop(first);
        let _fourth = places.take(a).unwrap();
        drop(third);
        assert!(places.take(a).is_none());
        assert!(places.take(c).is_some());
        assert_eq!(places.peers.lock().unwrap().len(), 1);
    }
}
