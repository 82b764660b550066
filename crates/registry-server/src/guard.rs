//! Which hosts and origins may be named: what keeps a web page from using a visitor's browser against the server.
//!
//! The rules and variables are MLflow's (`--allowed-hosts`, `--cors-allowed-origins`). A page that rebinds its own
//! name to this machine is betrayed by the `Host` header, one that posts across sites by `Origin`.

use axum::http::{HeaderMap, Method};

/// What is said to a request that names another host.
pub(crate) const WRONG_HOST: &str = "Invalid Host header - possible DNS rebinding attack detected";
/// What is said to a page of another site.
pub(crate) const WRONG_ORIGIN: &str = "Cross-origin request blocked";

/// Whose requests are answered.
#[derive(Debug, Clone)]
pub struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Default for Guard {
    /// Names of this machine and private addresses; pages of this machine.
    fn default() -> Self {
        Self::new(None, None)
    }
}

impl Guard {
    /// Hosts and origins as lists with commas, in which `*` stands for any text; MLflow's defaults for `None`.
    #[must_use]
    pub fn new(hosts: Option<&str>, origins: Option<&str>) -> Self {
        let list = |text: &str| -> Vec<String> {
            text.split(',').map(|item| item.trim().to_owned()).filter(|i| !i.is_empty()).collect()
        };
        let hosts = hosts.filter(|text| !text.trim().is_empty()).map_or_else(default_hosts, list);
        Self { hosts, origins: origins.map(list).unwrap_or_default() }
    }

    /// Whether a request that names this host is answered.
    pub(crate) fn admits_host(&self, host: Option<&str>) -> bool {
        let any = self.hosts.iter().any(|pattern| pattern == "*");
        any || host.is_some_and(|host| self.hosts.iter().any(|pattern| matches(pattern, host)))
    }

    /// Whether a request of a page is answered. One that changes nothing is: browsers keep its answer from
    /// the page.
    pub(crate) fn admits_origin(&self, method: &Method, origin: Option<&str>) -> bool {
        let changes = ![Method::GET, Method::HEAD, Method::OPTIONS].contains(method);
        match origin {
            Some(origin) if changes && !origin.is_empty() => self.is_friend(origin),
            _ => true,
        }
    }

    /// What to answer to a browser that asks which origins may read.
    pub(crate) fn echo<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let origin = headers.get("origin")?.to_str().ok()?;
        self.is_friend(origin).then_some(origin)
    }

    /// Whether any page at all may read, so that no browser must send what it knows of its user.
    pub(crate) fn is_open(&self) -> bool {
        self.origins.iter().any(|origin| origin == "*")
    }

    fn is_friend(&self, origin: &str) -> bool {
        is_local(origin) || self.origins.iter().any(|pattern| matches(pattern, origin))
    }
}

fn is_local(origin: &str) -> bool {
    let Some((scheme, rest)) = origin.split_once("://") else { return false };
    let (host, port) = match rest.strip_prefix("[::1]") {
        Some(after) => ("[::1]", after.strip_prefix(':').or(after.is_empty().then_some("0"))),
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, Some("0")),
        },
    };
    matches!(scheme, "http" | "https")
        && matches!(host, "localhost" | "127.0.0.1" | "[::1]")
        && port.is_some_and(|port| port.parse::<u16>().is_ok())
}

fn default_hosts() -> Vec<String> {
    let mut hosts = Vec::new();
    for local in ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"] {
        hosts.push(local.to_owned());
        hosts.push(format!("{local}:*"));
    }
    hosts.extend(["192.168.*", "10.*", "fc00:*", "fd00:*"].map(str::to_owned));
    hosts.extend((16..32).map(|second| format!("172.{second}.*")));
    hosts
}

/// Whether `text` is `pattern`, in which `*` stands for any text. A pattern that begins with numbers, such as
/// `10.*`, is about addresses: a name like `10.example.com` is none.
fn matches(pattern: &str, text: &str) -> bool {
    let numeric = pattern.ends_with(".*") && !pattern.contains(|c: char| c.is_ascii_alphabetic());
    if numeric && text.contains(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ':'))) {
        return false;
    }
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_and_private_addresses_are_admitted() {
        let guard = Guard::default();
        for host in
            ["localhost", "localhost:5000", "127.0.0.1:1", "[::1]:5", "10.1.2.3:5000", "172.31.0.1"]
        {
            assert!(guard.admits_host(Some(host)), "{host}");
        }
        for host in [
            "evil.com",
            "evil.com:5000",
            "localhost.evil.com",
            "127.0.0.1.evil.com",
            "10.evil.com",
            "192.168.0.1.nip.io",
            "172.32.0.1",
            "xlocalhost",
            "",
        ] {
            assert!(!guard.admits_host(Some(host)), "{host}");
        }
        assert!(!guard.admits_host(None));
    }

    #[test]
    fn an_operator_names_hosts_with_stars() {
        let guard = Guard::new(Some("mlflow.example.com, app-*.internal"), None);
        assert!(guard.admits_host(Some("mlflow.example.com")));
        assert!(guard.admits_host(Some("app-7.internal")));
        assert!(!guard.admits_host(Some("localhost")));
        assert!(Guard::new(Some("*"), None).admits_host(Some("anything")));
        assert!(Guard::new(Some(" "), None).admits_host(Some("localhost")));
    }

    #[test]
    fn pages_of_other_sites_cannot_change_anything() {
        let guard = Guard::new(None, Some("https://app.example.com,https://*.corp"));
        let admits = |origin| guard.admits_origin(&Method::POST, Some(origin));
        for origin in [
            "http://localhost:3000",
            "http://127.0.0.1",
            "http://[::1]:5",
            "https://app.example.com",
            "https://a.corp",
        ] {
            assert!(admits(origin), "{origin}");
        }
        for origin in [
            "http://evil.com",
            "null",
            "http://localhost.evil.com",
            "http://localhost:x",
            "file://",
            "https://app.example.com.evil.com",
            "http://localhost@evil.com",
        ] {
            assert!(!admits(origin), "{origin}");
        }
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(!guard.admits_origin(&method, Some("http://evil.com")));
        }
        assert!(guard.admits_origin(&Method::GET, Some("http://evil.com")));
        assert!(guard.admits_origin(&Method::POST, None));
    }
}
