//! The HTTP client: one TLS provider, short to give up a connection, careful with redirects.

use reqwest::Client;
use reqwest::redirect::{Attempt, Policy};

use crate::Options;
use crate::error::FetchError;

const MOST_REDIRECTS: usize = 10;

/// A client for all downloads of one dataset.
pub(crate) fn build(options: &Options) -> Result<Client, FetchError> {
    // An error says that a provider was installed before, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("gauntlet/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.stall_timeout)
        .redirect(Policy::custom(follow))
        .referer(false)
        .build()
        .map_err(FetchError::Client)
}

/// Follows a few redirects, but never from https to http. The client itself drops credentials when the host changes.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let was_secure = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if was_secure && attempt.url().scheme() != "https" {
        attempt.error("a redirect from https to http")
    } else if attempt.previous().len() > MOST_REDIRECTS {
        attempt.error("too many redirects")
    } else {
        attempt.follow()
    }
}
