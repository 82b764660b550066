//! Addresses: the official one, the mirror's, the file name in it, and how it is shown.

use reqwest::Url;

use crate::error::FetchError;

/// The address to fetch: the official one, or the file of that name at the mirror.
pub(crate) fn resolve(official: &str, mirror: Option<&Url>) -> Result<Url, FetchError> {
    let url = Url::parse(official)
        .map_err(|e| FetchError::Address { url: official.to_owned(), problem: e.to_string() })?;
    let Some(mirror) = mirror else {
        return Ok(url);
    };
    let name = last_segment(&url)?.to_owned();
    let mut at_mirror = mirror.clone();
    let folder = mirror.path().trim_end_matches('/').to_owned();
    at_mirror.set_path(&format!("{folder}/{name}"));
    at_mirror.set_fragment(None);
    Ok(at_mirror)
}

/// The name to store what stands at `url` under: its last segment, without characters that mean something in a path.
pub(crate) fn file_name(url: &Url) -> Result<String, FetchError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    let name = last_segment(url)?;
    let name: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    Ok(if name.starts_with('.') { format!("_{name}") } else { name })
}

/// `url` without user, password, query and fragment, any of which may be secret.
pub(crate) fn shown(url: &Url) -> String {
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

fn last_segment(url: &Url) -> Result<&str, FetchError> {
    let segment = url.path_segments().and_then(|mut segments| segments.next_back());
    segment.filter(|segment| !segment.is_empty()).ok_or_else(|| FetchError::Address {
        url: shown(url),
        problem: "it has no file name".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const UCI: &str = "https://archive.ics.uci.edu/static/public/601/ai4i+2020+data.zip";

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_mirror_keeps_the_file_name_and_nothing_else() {
        for mirror in ["http://mirror.example/data", "http://mirror.example/data/"] {
            let found = resolve(UCI, Some(&url(mirror))).unwrap();
            assert_eq!(found.as_str(), "http://mirror.example/data/ai4i+2020+data.zip");
        }
        let bare = resolve(UCI, Some(&url("http://mirror.example"))).unwrap();
        assert_eq!(bare.as_str(), "http://mirror.example/ai4i+2020+data.zip");
        assert_eq!(resolve(UCI, None).unwrap().as_str(), UCI);
    }

    #[test]
    fn file_names_cannot_leave_their_folder() {
        assert_eq!(file_name(&url(UCI)).unwrap(), "ai4i+2020+data.zip");
        assert_eq!(file_name(&url("http://h/a%2F..%2Fb")).unwrap(), "a_2F.._2Fb");
        assert_eq!(file_name(&url("http://h/.hidden")).unwrap(), "_.hidden");
        assert!(file_name(&url("http://h/")).is_err());
    }

    #[test]
    fn what_is_shown_holds_no_secret() {
        let shown = shown(&url("https://user:secret@h:81/a/b?token=secret#secret"));
        assert_eq!(shown, "https://h:81/a/b");
    }
}
