//! Addresses of calls: a path below the server's, every part encoded, and what of it may be shown.

use reqwest::Url;

/// `path` below `base`; `/` divides, everything else that is not plain is encoded.
pub(super) fn join(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let parts: Vec<String> = path.split('/').map(encode).collect();
    url.set_path(&format!("{}{}", base.path().trim_end_matches('/'), parts.join("/")));
    url
}

/// One part of a path.
pub(super) fn encode(part: &str) -> String {
    let mut text = String::new();
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// An address without its query, which may hold a signature.
pub(super) fn shown(url: &Url) -> String {
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_encoded_and_stay_below_the_server() {
        let base = Url::parse("http://h:81/ml").unwrap();
        let url = join(&base, "/api/a b/ü?#%2e.json");
        assert_eq!(url.as_str(), "http://h:81/ml/api/a%20b/%C3%BC%3F%23%252e.json");
        let signed = Url::parse("https://u:p@b.example/k?X-Amz-Signature=s#f").unwrap();
        assert_eq!(shown(&signed), "https://b.example/k");
    }
}
