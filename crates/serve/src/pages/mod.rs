//! Pages for browsers, and the document of the interface that they show.
//!
//! The pages are the same for everybody and hold nothing: their script asks the interface for what it shows, with
//! the key that its user types, so the pages need no key and there is one place that decides who may see what. What
//! comes back is put into the page as text, never as markup; the policy lets no other script run and no other
//! server be asked.

mod openapi;

use std::sync::OnceLock;

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

pub(crate) use openapi::document;

const STYLE: &str = include_str!("style.css");
const COMMON: &str = include_str!("common.js");

/// A page and what browsers may do with it.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) html: String,
    pub(crate) policy: HeaderValue,
}

/// The models and a form to try them.
pub(crate) fn home() -> &'static Page {
    static PAGE: OnceLock<Page> = OnceLock::new();
    PAGE.get_or_init(|| Page::new(include_str!("home.html"), include_str!("home.js")))
}

/// The interface's document for people.
pub(crate) fn docs() -> &'static Page {
    static PAGE: OnceLock<Page> = OnceLock::new();
    PAGE.get_or_init(|| Page::new(include_str!("docs.html"), include_str!("docs.js")))
}

impl Page {
    fn new(html: &str, script: &str) -> Self {
        let script = format!("{COMMON}{script}");
        let html = html.replacen("STYLE", STYLE, 1).replacen("SCRIPT", &script, 1);
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
            hash(&script),
            hash(STYLE),
        );
        // A hash and our own words are always a header's value.
        let policy = HeaderValue::try_from(policy);
        Self { html, policy: policy.unwrap_or(HeaderValue::from_static("default-src 'none'")) }
    }
}

/// How a policy names a text that may run.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands between the only two tags of that name.
    fn between<'a>(html: &'a str, name: &str) -> &'a str {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        assert_eq!((html.matches(&open).count(), html.matches(&close).count()), (1, 1), "{name}");
        html.split_once(&open).unwrap().1.split_once(&close).unwrap().0
    }

    #[test]
    fn the_policy_lets_exactly_the_pages_own_script_and_style_run() {
        for page in [home(), docs()] {
            let policy = page.policy.to_str().unwrap();
            for (tag, rule) in [("script", "script-src"), ("style", "style-src")] {
                let hash = hash(between(&page.html, tag));
                assert!(policy.contains(&format!("{rule} '{hash}'")), "{tag}: {policy}");
            }
            assert!(!policy.contains("unsafe"), "{policy}");
        }
    }

    #[test]
    fn pages_load_nothing_and_make_no_markup_of_what_they_are_told() {
        for page in [home(), docs()] {
            for bad in [
                "http://",
                "https://",
                "innerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                " style=",
                " onclick",
                " onsubmit",
                "localStorage",
                "sessionStorage",
                "cookie",
            ] {
                assert!(!page.html.contains(bad), "{bad}");
            }
        }
    }
}
