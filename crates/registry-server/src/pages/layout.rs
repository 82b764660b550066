//! What all pages share.

use gauntlet_mlflow::Error;
use maud::{DOCTYPE, Markup, html};

/// A page of that title, with the way there.
pub(super) fn page(title: &str, trail: &[(&str, &str)], body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Gauntlet registry" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header {
                    nav aria-label="Main" {
                        strong { "Gauntlet registry" }
                        a href="/" { "Experiments" }
                        a href="/models" { "Models" }
                    }
                }
                main #content {
                    @if !trail.is_empty() {
                        nav.trail aria-label="Breadcrumb" {
                            @for (name, address) in trail {
                                a href=(address) { (name) } " / "
                            }
                        }
                    }
                    h1 { (title) }
                    (body)
                }
            }
        }
    }
}

/// A page that says what is wrong.
pub(super) fn problem(error: &Error) -> Markup {
    page(
        "That did not work",
        &[],
        &html! {
            p { (error.message) }
            p.quiet { (error.code.as_str()) }
        },
    )
}

/// A table of names and values; nothing if it has no rows.
pub(super) fn pairs<'a>(title: &str, rows: impl IntoIterator<Item = (&'a str, Markup)>) -> Markup {
    let mut rows = rows.into_iter().peekable();
    html! {
        @if rows.peek().is_some() {
            section {
                h2 { (title) }
                div.wide tabindex="0" {
                    table { tbody { @for (name, value) in rows {
                        tr { th scope="row" { (name) } td { (value) } }
                    } } }
                }
            }
        }
    }
}
