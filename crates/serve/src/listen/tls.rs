//! `[tls]` of the settings: certificates, and those of clients.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use arc_swap::ArcSwap;
use gauntlet_core::Digest;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde::Deserialize;
use tokio_rustls::TlsAcceptor;

use super::limits::seconds;
use crate::access::read_secret;

/// Where the certificates are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsSettings {
    /// PEM: the server's certificate, then those between it and its authority.
    pub(crate) certificate: PathBuf,
    /// PEM: the private key of the first certificate.
    pub(crate) key: PathBuf,
    /// PEM: authorities of which a client has to show a certificate. Without it clients need none.
    pub(crate) client_ca: Option<PathBuf>,
    /// Seconds after which the files are looked at again; without it only when the server is told to.
    pub(crate) reload_seconds: Option<NonZeroU32>,
}

/// What handshakes are done with.
#[derive(Debug)]
pub(crate) struct Tls {
    settings: TlsSettings,
    loaded: ArcSwap<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    /// Of the files' bytes: what did not change is not loaded again.
    digest: Digest,
}

/// The bytes of the files.
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// One cannot be used; it is named with what is wrong.
    pub(crate) fn open(settings: &TlsSettings) -> anyhow::Result<Self> {
        let files = Files::read(settings)?;
        let loaded = Loaded { config: config(settings, &files)?, digest: files.digest() };
        Ok(Self { settings: settings.clone(), loaded: ArcSwap::from_pointee(loaded) })
    }

    /// Reads the files again; whether they had changed. Connections that are open keep what they have.
    ///
    /// # Errors
    /// One cannot be used; then what was read before stays.
    pub(crate) fn reload(&self) -> anyhow::Result<bool> {
        let files = Files::read(&self.settings)?;
        let digest = files.digest();
        if self.loaded.load().digest == digest {
            return Ok(false);
        }
        let loaded = Loaded { config: config(&self.settings, &files)?, digest };
        self.loaded.store(Arc::new(loaded));
        Ok(true)
    }

    /// Does the next handshakes.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.loaded.load().config.clone())
    }

    /// Reads the files again from time to time, if that is wanted; it never ends.
    pub(super) async fn watch(self: Arc<Self>) {
        let Some(every) = self.settings.reload_seconds.map(seconds) else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(every.max(Duration::from_secs(1))).await;
            let tls = self.clone();
            match tokio::task::spawn_blocking(move || tls.reload()).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => tracing::info!("new TLS certificates are used from now on"),
                Ok(Err(error)) => {
                    tracing::error!("the TLS certificates stay as they are: {error:#}");
                }
                Err(error) => tracing::error!(%error, "the TLS certificates stay as they are"),
            }
        }
    }
}

impl Files {
    fn read(settings: &TlsSettings) -> anyhow::Result<Self> {
        Ok(Self {
            certificate: fs_err::read(&settings.certificate)?,
            key: read_secret(&settings.key)?,
            client_ca: settings.client_ca.as_ref().map(fs_err::read).transpose()?,
        })
    }

    fn digest(&self) -> Digest {
        let parts = [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()];
        let hex: Vec<_> = parts.into_iter().flatten().map(|part| Digest::of(part).hex()).collect();
        Digest::of(hex.join(" ").as_bytes())
    }
}

fn config(settings: &TlsSettings, files: &Files) -> anyhow::Result<Arc<ServerConfig>> {
    let provider = Arc::new(ring::default_provider());
    let chain = certificates(&settings.certificate, &files.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&files.key).map_err(|error| match error {
        PemError::NoItemsFound => anyhow!("there is no private key in {}", settings.key.display()),
        error => anyhow!("{} is no PEM file that can be read: {error}", settings.key.display()),
    })?;
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .context("TLS cannot be set up")?;
    let builder = match (&settings.client_ca, &files.client_ca) {
        (Some(path), Some(bytes)) => {
            builder.with_client_cert_verifier(verifier(path, bytes, provider)?)
        }
        _ => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| {
        let (certificate, key) = (settings.certificate.display(), settings.key.display());
        match error {
            rustls::Error::InconsistentKeys(_) => {
                anyhow!("the key in {key} is not that of the first certificate in {certificate}")
            }
            error => anyhow!("{certificate} and {key} cannot be used: {error}"),
        }
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(path: &Path, bytes: &[u8]) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let path = path.display();
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let found =
        found.map_err(|error| anyhow!("{path} is no PEM file that can be read: {error}"))?;
    if found.is_empty() {
        return Err(anyhow!("there is no certificate in {path}"));
    }
    Ok(found)
}

fn verifier(
    path: &Path,
    bytes: &[u8],
    provider: Arc<CryptoProvider>,
) -> anyhow::Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, bytes)? {
        let added = roots.add(certificate);
        added.with_context(|| format!("a certificate in {} cannot be used", path.display()))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.with_context(|| format!("the certificates in {} cannot be used", path.display()))
}
