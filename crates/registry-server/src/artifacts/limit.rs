//! Streams that end early: the first bytes of a download, and an upload of bounded length and patience.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{Stream, StreamExt as _, stream};
use gauntlet_registry::ByteStream;

/// How long an upload may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// The first `count` bytes.
pub(crate) fn first(bytes: ByteStream, count: u64) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold((bytes, count), |(mut bytes, left)| async move {
        if left == 0 {
            return None;
        }
        let piece = bytes.next().await?.map(|mut piece| {
            piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            piece
        });
        let taken = piece.as_ref().map_or(left, |piece| piece.len() as u64);
        Some((piece, (bytes, left - taken)))
    })
}

/// A body as it comes; it fails if it is longer than `most`, or silent for too long.
pub(crate) fn upload(body: Body, most: Option<u64>) -> ByteStream {
    let pieces = body.into_data_stream();
    Box::pin(stream::unfold(Some((pieces, 0_u64)), move |state| async move {
        let (mut pieces, mut size) = state?;
        let piece = match tokio::time::timeout(SILENCE, pieces.next()).await {
            Ok(None) => return None,
            Ok(Some(piece)) => piece.map_err(io::Error::other),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the upload fell silent")),
        };
        size += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if most.is_some_and(|most| size > most) {
            let error = io::Error::new(io::ErrorKind::FileTooLarge, "the upload is too large");
            return Some((Err(error), None));
        }
        let state = piece.is_ok().then_some((pieces, size));
        Some((piece, state))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(stream: impl Stream<Item = io::Result<Bytes>>) -> Result<usize, io::ErrorKind> {
        let pieces: Vec<_> = stream.collect().await;
        pieces.into_iter().try_fold(0, |n, piece| Ok(n + piece.map_err(|e| e.kind())?.len()))
    }

    fn body() -> Body {
        Body::from_stream(stream::iter(
            (0..10).map(|_| io::Result::Ok(Bytes::from_static(b"0123456789"))),
        ))
    }

    #[tokio::test]
    async fn a_part_ends_where_it_should() {
        for (count, expected) in [(0, 0), (5, 5), (10, 10), (25, 25), (100, 100), (200, 100)] {
            assert_eq!(all(first(upload(body(), None), count)).await, Ok(expected));
        }
    }

    #[tokio::test]
    async fn an_upload_that_is_too_long_fails() {
        assert_eq!(all(upload(body(), Some(100))).await, Ok(100));
        assert_eq!(all(upload(body(), Some(99))).await, Err(io::ErrorKind::FileTooLarge));
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_falls_silent_fails() {
        let silent = Body::from_stream(stream::pending::<io::Result<Bytes>>());
        assert_eq!(all(upload(silent, None)).await, Err(io::ErrorKind::TimedOut));
    }
}
