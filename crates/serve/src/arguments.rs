//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Parser;
use gauntlet_core::{Alias, ModelName};

const EXAMPLES: &str = "\
Examples:
  gauntlet-serve
  gauntlet-serve --model ai4i_classifier_randomforest_baseline@champion --port 8080
  curl -s localhost:8000/health

Exit codes: 0 done, 1 failed, 2 usage, 3 a pointer or model is missing.";

/// Answers with the current champion: over HTTP, from the pointers that a registry publishes.
#[derive(Debug, Parser)]
#[command(name = "gauntlet-serve", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A model to serve, at an alias other than `champion` if one is given; without any, every champion
    #[arg(long = "model", value_name = "NAME[@ALIAS]")]
    pub(crate) models: Vec<Wanted>,

    /// The registry's folder
    #[arg(long, value_name = "DIR", default_value = "registry")]
    pub(crate) registry: PathBuf,

    /// The address to listen on; one that is not loopback needs a key
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,

    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8000)]
    pub(crate) port: u16,

    /// A key that requests carry as `x-api-key`; several are divided by commas
    #[arg(long = "api-key", value_name = "KEY", env = "GAUNTLET_API_KEY", hide_env_values = true)]
    #[arg(value_delimiter = ',')]
    pub(crate) keys: Vec<String>,
}

/// A model and the alias to serve it at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    pub(crate) model: ModelName,
    pub(crate) alias: Alias,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (model, alias) = match text.rsplit_once('@') {
            Some((model, alias)) => (model, alias.parse().map_err(|e| format!("{e}"))?),
            None => (text, Alias::champion()),
        };
        let model = model.parse().map_err(|e| format!("{e}"))?;
        Ok(Self { model, alias })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_model_is_served_at_champion_unless_an_alias_is_given() {
        let wanted = |text: &str| text.parse::<Wanted>().map(|w| (w.model, w.alias));
        assert_eq!(wanted("m").unwrap(), ("m".parse().unwrap(), Alias::champion()));
        assert_eq!(wanted("m@challenger").unwrap().1, Alias::challenger());
        assert!(wanted("m@latest").is_err());
        assert!(wanted("../m").is_err());
        assert!(wanted("m@").is_err());
    }
}
