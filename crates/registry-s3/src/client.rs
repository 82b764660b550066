//! The SDK's client, as the configuration wants it.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, Credentials, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, SharedHttpClient,
};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use gauntlet_registry::{RegistryError, Result};

use crate::{Checksums, Location, S3Config};

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client for a bucket.
pub(crate) fn client(location: &Location, config: &S3Config) -> Result<Client> {
    let (Some(access), Some(secret)) = (&config.access_key, &config.secret_key) else {
        return Err(RegistryError::Bucket {
            bucket: location.bucket().to_owned(),
            key: location.prefix().to_owned(),
            operation: "sign requests",
            problem: "there are no credentials".to_owned(),
            remedy: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile that has both \
                     (`aws configure export-credentials --format env` prints those of any other profile)"
                .to_owned(),
            transient: false,
        });
    };
    let (request, response) = match config.checksums {
        Checksums::Supported => {
            (RequestChecksumCalculation::WhenSupported, ResponseChecksumValidation::WhenSupported)
        }
        Checksums::Required => {
            (RequestChecksumCalculation::WhenRequired, ResponseChecksumValidation::WhenRequired)
        }
    };
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(config.read_timeout)
        .build();
    let token = config.session_token.clone();
    let mut builder = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(config.region.clone()))
        .credentials_provider(Credentials::new(access, secret, token, None, "gauntlet"))
        .retry_config(RetryConfig::standard().with_max_attempts(config.attempts))
        .timeout_config(timeouts)
        .request_checksum_calculation(request)
        .response_checksum_validation(response)
        .http_client(http_client(tls(config)?));
    if let Some(endpoint) = &config.endpoint {
        builder = builder.endpoint_url(endpoint).force_path_style(true);
    }
    Ok(Client::from_conf(builder.build()))
}

fn tls(config: &S3Config) -> Result<TlsContext> {
    let mut store = TrustStore::default();
    if let Some(path) = &config.ca_bundle {
        store = store.with_pem_certificate(fs_err::read(path)?);
    }
    TlsContext::builder().with_trust_store(store).build().map_err(|error| RegistryError::Invalid {
        field: "AWS_CA_BUNDLE",
        value: config
            .ca_bundle
            .as_ref()
            .map_or_else(String::new, |path| path.display().to_string()),
        rule: format!("it names a file of certificates in PEM: {error}"),
    })
}

/// Rustls with ring, as everywhere else in this workspace, and the proxies that the environment names.
fn http_client(tls: TlsContext) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls.clone());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build()
    })
}
