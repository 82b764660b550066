//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::sources::Wanted;

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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
