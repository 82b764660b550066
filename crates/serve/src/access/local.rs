//! Whether a request without a key comes from this machine.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};

use crate::problem::Problem;

/// What a proxy adds: then whoever asks is somebody else than whoever is connected.
const FORWARDED: [HeaderName; 2] = [header::FORWARDED, HeaderName::from_static("x-forwarded-for")];

/// Refuses a request that only looks as if it came from this machine.
///
/// A page in a browser on this machine does not: it reaches loopback under a name of its own, which stands in
/// `Host`, or says in `Origin` where it is from.
pub(super) fn check(headers: &HeaderMap, peer: IpAddr) -> Result<(), Problem> {
    let foreign = |what: &str| {
        Err(Problem::forbidden(format!(
            "without an API key only requests to a loopback address are answered, {what}"
        )))
    };
    if !peer.is_loopback() {
        return foreign("from this machine");
    }
    if FORWARDED.iter().any(|name| headers.contains_key(name)) {
        return foreign("and none that a proxy forwards");
    }
    // A header that is no text names no machine.
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if text(header::HOST).is_some_and(|host| !is_local(host)) {
        return foreign("under its own name");
    }
    let site = |origin: &str| origin.split_once("://").is_some_and(|(_, host)| is_local(host));
    if text(header::ORIGIN).is_some_and(|origin| !site(origin)) {
        return foreign("and none from a page of another site");
    }
    Ok(())
}

fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn refused(peer: IpAddr, headers: &[(HeaderName, &str)]) -> Option<String> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        check(&headers.collect(), peer).err().map(|problem| problem.detail().to_owned())
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        for local in ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "127.8.8.8", "[::1]:80"] {
            assert!(is_local(local), "{local}");
        }
        for foreign in ["evil.example:8000", "localhost.evil.example", "10.0.0.1", "", "[::2]"] {
            assert!(!is_local(foreign), "{foreign}");
        }
    }

    #[test]
    fn this_machine_may_ask_and_nobody_through_it() {
        assert_eq!(refused(HERE, &[]), None);
        assert_eq!(refused(HERE, &[(header::HOST, "localhost:8000")]), None);
        assert_eq!(refused(HERE, &[(header::ORIGIN, "http://localhost:3000")]), None);
        let away = "10.0.0.1".parse().unwrap();
        assert!(refused(away, &[]).unwrap().contains("from this machine"));
        let said = refused(HERE, &[(header::HOST, "evil.example:8000")]).unwrap();
        assert!(said.contains("own name"), "{said}");
        for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
            assert!(refused(HERE, &[(header::ORIGIN, origin)]).unwrap().contains("another site"));
        }
        for name in FORWARDED {
            assert!(refused(HERE, &[(name, "for=10.0.0.1")]).unwrap().contains("proxy"));
        }
    }
}
