//! The body of a request, in bounded time and memory.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use tokio::time::{Instant, timeout_at};

use super::limits::BodyLimits;
use crate::problem::Problem;

/// How long a body may take before its rate counts.
const START: Duration = Duration::from_secs(2);

/// Memory that is taken for a body before any of it came: whoever declares much need not send it.
const AHEAD: usize = 64 << 10;

/// Reads a body. After a refusal the connection is closed: what is left of the body is nobody's request.
///
/// # Errors
/// 413 when it is too large, before it is read if its length was declared; 408 when it comes too slowly; 400 when it
/// breaks off.
pub(crate) async fn read_body(mut body: Body, limits: &BodyLimits) -> Result<Bytes, Problem> {
    let declared = body.size_hint().lower();
    let expected = usize::try_from(declared).unwrap_or(usize::MAX);
    if expected > limits.bytes {
        return Err(too_large(limits));
    }
    let began = Instant::now();
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    loop {
        let received = first.len().max(all.len());
        let frame = match timeout_at(deadline(began, received, limits), body.frame()).await {
            Ok(Some(frame)) => frame.map_err(|_| broken())?,
            Ok(None) => break,
            Err(_) => return Err(too_slow(received, limits)),
        };
        // Trailers say nothing that is asked for here.
        let Ok(data) = frame.into_data() else { continue };
        if received + data.len() > limits.bytes {
            return Err(too_large(limits));
        }
        if received == 0 {
            first = data;
        } else {
            if all.is_empty() {
                all.reserve(
                    expected.clamp(first.len() + data.len(), AHEAD.max(first.len() + data.len())),
                );
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&data);
        }
    }
    // A small body comes in one piece, which needs no copy.
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// The moment at which the next piece has to be there: each byte buys its share of a second.
fn deadline(began: Instant, received: usize, limits: &BodyLimits) -> Instant {
    let bytes = u32::try_from(received).unwrap_or(u32::MAX);
    let earned = Duration::from_secs(bytes.into()) / limits.per_second.get();
    began + limits.time.min(START + earned)
}

fn too_large(limits: &BodyLimits) -> Problem {
    let detail = format!("the body has more than {} bytes", limits.bytes);
    closing(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail))
}

fn too_slow(received: usize, limits: &BodyLimits) -> Problem {
    let detail = format!(
        "the body came too slowly: {received} bytes were there; it has {} s and needs {} bytes per second",
        limits.time.as_secs_f64(),
        limits.per_second
    );
    closing(Problem::new(StatusCode::REQUEST_TIMEOUT, detail))
}

fn broken() -> Problem {
    closing(Problem::unreadable("the body broke off before its end"))
}

fn closing(problem: Problem) -> Problem {
    problem.with_header(header::CONNECTION, HeaderValue::from_static("close"))
}
