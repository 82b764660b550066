//! TLS: certificates of the server and of clients, and new ones.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

/// An authority of its own, and a place for files.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    dir: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), certificate, dir: tempfile::tempdir().unwrap() }
    }

    /// Certificate and key for a name.
    fn pair(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    fn write(&self, (certificate, key): &(String, String)) {
        for (name, text) in
            [("server.pem", certificate), ("server.key", key), ("ca.pem", &self.certificate)]
        {
            fs_err::write(self.dir.path().join(name), text).unwrap();
        }
    }

    fn settings(&self, mutual: bool) -> TlsSettings {
        let file = |name| self.dir.path().join(name);
        TlsSettings {
            certificate: file("server.pem"),
            key: file("server.key"),
            client_ca: mutual.then(|| file("ca.pem")),
            reload_seconds: None,
        }
    }

    fn tls(&self, mutual: bool) -> Arc<Tls> {
        self.write(&self.pair("localhost"));
        Arc::new(Tls::open(&self.settings(mutual)).unwrap())
    }

    fn client(&self, pair: Option<&(String, String)>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()).unwrap();
        let builder =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots);
        let mut config = match pair {
            Some((certificate, key)) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder.with_client_auth_cert(vec![certificate], key).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsConnector::from(Arc::new(config))
    }
}

async fn shake(server: &Server, client: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").unwrap();
    client.connect(name, server.connect().await).await
}

/// Whether a request is answered; a client's certificate is checked after its own handshake is done.
async fn is_served(server: &Server, client: &TlsConnector) -> bool {
    let Ok(mut stream) = shake(server, client).await else { return false };
    send(&mut stream, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    rest(&mut stream).await.starts_with("HTTP/1.1 200 ")
}

#[tokio::test]
async fn requests_are_answered_over_tls_and_nothing_plain_is() {
    let authority = Authority::new();
    let server = Server::with(short(), Some(authority.tls(false))).await;
    let mut stream = shake(&server, &authority.client(None)).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    for _ in 0..2 {
        assert_eq!(ask(&mut stream, "/").await.0, 200);
    }
    let body = "x".repeat(90_000);
    send(
        &mut stream,
        format!("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
    )
    .await;
    assert_eq!(answer(&mut stream).await, (200, body));
    let mut plain = server.connect().await;
    send(&mut plain, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await;
    assert!(!said.starts_with(b"HTTP"));
    assert!(!is_served(&server, &Authority::new().client(None)).await);
    assert!(server.stop().await < Duration::from_secs(3));
}

#[tokio::test]
async fn a_handshake_that_hangs_is_given_up_and_keeps_nobody_waiting() {
    let authority = Authority::new();
    let server = Server::with(short(), Some(authority.tls(false))).await;
    let (began, mut silent) = (Instant::now(), server.connect().await);
    send(&mut silent, "\x16\x03").await;
    assert!(is_served(&server, &authority.client(None)).await);
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    assert_eq!(rest(&mut silent).await, "");
    assert!(
        began.elapsed() >= Duration::from_millis(900) && began.elapsed() < Duration::from_secs(4)
    );
    let mut silent = server.connect().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(server.stop().await < Duration::from_millis(800));
    assert_eq!(rest(&mut silent).await, "");
}

#[tokio::test]
async fn where_clients_need_a_certificate_only_those_of_the_authority_are_served() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = Server::with(short(), Some(authority.tls(true))).await;
    assert!(is_served(&server, &authority.client(Some(&authority.pair("pump-7")))).await);
    assert!(!is_served(&server, &authority.client(None)).await);
    assert!(!is_served(&server, &authority.client(Some(&other.pair("pump-7")))).await);
    assert!(is_served(&server, &authority.client(Some(&authority.pair("pump-8")))).await);
}

#[tokio::test]
async fn new_certificates_are_used_from_the_next_connection_on() {
    let (old, new) = (Authority::new(), Authority::new());
    let tls = old.tls(false);
    let server = Server::with(short(), Some(tls.clone())).await;
    let mut open = shake(&server, &old.client(None)).await.unwrap();
    assert!(!tls.reload().unwrap());
    fs_err::write(old.dir.path().join("server.key"), "no key").unwrap();
    assert!(tls.reload().unwrap_err().to_string().contains("server.key"));
    assert!(is_served(&server, &old.client(None)).await);
    old.write(&new.pair("localhost"));
    assert!(tls.reload().unwrap());
    assert!(is_served(&server, &new.client(None)).await);
    assert!(!is_served(&server, &old.client(None)).await);
    assert_eq!(ask(&mut open, "/").await.0, 200);
}

#[tokio::test]
async fn files_are_looked_at_again_by_themselves_where_that_is_wanted() {
    let (old, new) = (Authority::new(), Authority::new());
    old.write(&old.pair("localhost"));
    let every = Some(1.try_into().unwrap());
    let settings = TlsSettings { reload_seconds: every, ..old.settings(false) };
    let server = Server::with(short(), Some(Arc::new(Tls::open(&settings).unwrap()))).await;
    assert!(is_served(&server, &old.client(None)).await);
    old.write(&new.pair("localhost"));
    let began = Instant::now();
    while !is_served(&server, &new.client(None)).await {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[test]
fn files_that_cannot_be_used_are_named_with_the_reason() {
    let authority = Authority::new();
    let (pair, other) = (authority.pair("localhost"), authority.pair("localhost"));
    let problem = |change: &dyn Fn(&Path)| {
        authority.write(&pair);
        change(authority.dir.path());
        Tls::open(&authority.settings(true))
            .map_or_else(|error| format!("{error:#}"), |_| String::new())
    };
    let write = |dir: &Path, name: &str, text: &str| fs_err::write(dir.join(name), text).unwrap();
    assert_eq!(problem(&|_| ()), "");
    for (said, words) in [
        (
            problem(&|dir| fs_err::remove_file(dir.join("server.pem")).unwrap()),
            ["server.pem", "No such"],
        ),
        (problem(&|dir| fs_err::remove_file(dir.join("ca.pem")).unwrap()), ["ca.pem", "No such"]),
        (problem(&|dir| write(dir, "server.pem", &pair.1)), ["server.pem", "no certificate"]),
        (problem(&|dir| write(dir, "server.key", &pair.0)), ["server.key", "no private key"]),
        (
            problem(&|dir| write(dir, "server.key", &other.1)),
            ["server.key", "is not that of the first"],
        ),
        (
            problem(&|dir| write(dir, "server.pem", "-----BEGIN CERTIFICATE-----\n!")),
            ["server.pem", "PEM"],
        ),
        (problem(&|dir| write(dir, "ca.pem", "")), ["ca.pem", "no certificate"]),
        (
            problem(&|dir| {
                write(
                    dir,
                    "ca.pem",
                    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                )
            }),
            ["ca.pem", "cannot be used"],
        ),
    ] {
        assert!(words.iter().all(|word| said.contains(word)), "{words:?} is not in: {said}");
    }
}
