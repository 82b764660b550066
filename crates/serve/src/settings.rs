//! The settings: a file, and what the command line says over it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gauntlet_core::Alias;
use serde::Deserialize;

use crate::access::AccessSettings;
use crate::arguments::Arguments;
use crate::backends::Backends;
use crate::eyes::logging::LogFormat;
use crate::eyes::settings::{DriftSettings, MetricsSettings, PayloadSettings};
use crate::failure::Failure;
use crate::listen::{Limits, TlsSettings};
use crate::sources::Wanted;

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// A registry's folder, `s3://bucket/prefix`, or the address of a registry's server.
    pub(crate) registry: String,
    /// Where the last good models are kept.
    pub(crate) state_dir: Option<PathBuf>,
    /// Seconds between two looks at where the aliases are.
    pub(crate) watch_seconds: f64,
    pub(crate) log: LogFormat,
    /// The model of requests that name none.
    pub(crate) default_model: Option<String>,
    /// What is served; every champion without any.
    pub(crate) models: Vec<ModelSettings>,
    pub(crate) access: AccessSettings,
    pub(crate) tls: Option<TlsSettings>,
    pub(crate) limits: Limits,
    pub(crate) metrics: MetricsSettings,
    pub(crate) drift: DriftSettings,
    pub(crate) payload_log: Option<PayloadSettings>,
    pub(crate) backends: Backends,
}

/// One model that is served.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelSettings {
    /// As on the command line: `NAME`, `NAME@ALIAS`, `NAME/VERSION`, each with `=PLACE` behind it or not.
    pub(crate) model: Wanted,
    /// An alias whose version answers the same requests unseen, so that both can be compared.
    pub(crate) shadow: Option<Alias>,
    /// An alias whose version answers a share of the requests.
    pub(crate) canary: Option<CanarySettings>,
}

/// A version that answers some of the requests.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CanarySettings {
    pub(crate) alias: Alias,
    /// The share of requests that it answers, above 0 and below 1.
    pub(crate) share: f64,
}

impl From<Wanted> for ModelSettings {
    fn from(model: Wanted) -> Self {
        Self { model, shadow: None, canary: None }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 8000,
            registry: "registry".to_owned(),
            state_dir: None,
            watch_seconds: 2.0,
            log: LogFormat::default(),
            default_model: None,
            models: Vec::new(),
            access: AccessSettings::default(),
            tls: None,
            limits: Limits::default(),
            metrics: MetricsSettings::default(),
            drift: DriftSettings::default(),
            payload_log: None,
            backends: Backends::default(),
        }
    }
}

impl Settings {
    /// The settings file, if one is named, and the command line over it.
    ///
    /// # Errors
    /// A file that cannot be read, a key that is not known, or a value that makes no sense.
    pub(crate) fn of(arguments: Arguments) -> anyhow::Result<Self> {
        let mut settings = match &arguments.config {
            Some(path) => Self::read(path)?,
            None => Self::default(),
        };
        let Arguments { host, port, registry, state_dir, log, models, keys, anonymous, .. } =
            arguments;
        if let Some(host) = host {
            settings.host = host;
        }
        if let Some(port) = port {
            settings.port = port;
        }
        if let Some(registry) = registry {
            settings.registry = registry;
        }
        if let Some(log) = log {
            settings.log = log;
        }
        settings.state_dir = state_dir.or(settings.state_dir);
        settings.access.anonymous |= anonymous;
        settings.access.keys = keys;
        if !models.is_empty() {
            settings.models = models.into_iter().map(ModelSettings::from).collect();
        }
        settings.check()?;
        Ok(settings)
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs_err::read_to_string(path)?;
        toml::from_str(&text).map_err(|error| {
            let message = format!("{} cannot be used: {error}", path.display());
            Failure::usage(message.trim_end().to_owned(), "docs/serving.md lists the settings")
                .into()
        })
    }

    fn check(&self) -> anyhow::Result<()> {
        let refuse = |message: String| Err(Failure::usage(message, "correct the settings").into());
        self.drift.check().context("the settings cannot be used")?;
        if let Some(log) = &self.payload_log {
            log.check().context("the settings cannot be used")?;
        }
        if !(0.05..=3600.0).contains(&self.watch_seconds) {
            return refuse("`watch_seconds` must be 0.05 to 3600".to_owned());
        }
        for ModelSettings { model, canary, shadow } in &self.models {
            if canary.as_ref().is_some_and(|c| !(c.share > 0.0 && c.share < 1.0)) {
                return refuse(format!(
                    "the canary's `share` of `{model}` must be between 0 and 1"
                ));
            }
            if model.place.is_some() && (canary.is_some() || shadow.is_some()) {
                return refuse(format!("`{model}` has no aliases, so no shadow and no canary"));
            }
        }
        for (at, ModelSettings { model, .. }) in self.models.iter().enumerate() {
            if self.models[..at].iter().any(|other| other.model == *model) {
                return refuse(format!("model `{model}` stands twice"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let settings: Settings = toml::from_str(text).map_err(|error| error.to_string())?;
        settings.check().map_err(|error| format!("{error:#}"))?;
        Ok(settings)
    }

    #[test]
    fn a_file_names_models_with_their_challengers() {
        let settings = read(
            "port = 9000\n[[models]]\nmodel = \"fan\"\nshadow = \"challenger\"\n\
             canary = { alias = \"next\", share = 0.1 }\n[limits]\nbody_bytes = 1000",
        )
        .unwrap();
        assert_eq!(settings.port, 9000);
        assert_eq!(settings.models[0].model.to_string(), "fan@champion");
        assert_eq!(settings.models[0].shadow, Some(Alias::challenger()));
        assert_eq!(settings.limits.body().bytes, 1000);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (text, word) in [
            ("prt = 1", "prt"),
            ("watch_seconds = 0", "watch_seconds"),
            ("[[models]]\nmodel = \"a\"\n[[models]]\nmodel = \"a@champion\"", "twice"),
            ("[[models]]\nmodel = \"a\"\ncanary = { alias = \"b\", share = 1.0 }", "share"),
            ("[[models]]\nmodel = \"a=x\"\nshadow = \"b\"", "no aliases"),
            ("[drift]\nrows = 1", "drift.rows"),
            ("[[models]]\nmodel = \"../a\"", "../a"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
