//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::access::{PlainKey, Scope};
use crate::eyes::logging::LogFormat;
use crate::sources::Wanted;

const EXAMPLES: &str = "\
Examples:
  gauntlet-serve --anonymous
  gauntlet-serve --model ai4i_classifier_randomforest_baseline@champion --port 8080 --api-key $KEY
  gauntlet-serve --registry http://registry:5000 --config serve.toml
  gauntlet-serve --registry s3://models/registry --state-dir /var/lib/gauntlet-serve
  gauntlet-serve --model pump=./some/mlflow/model --anonymous
  gauntlet-serve key line-3 --scope ml:predict
  curl -s localhost:8000/health

Exit codes: 0 done, 1 failed, 2 usage, 3 a pointer or model is missing.";

/// Answers with the current champion: over HTTP, from a registry's folder, bucket or server.
#[derive(Debug, Parser)]
#[command(name = "gauntlet-serve", version, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// A file of settings (TOML); the command line comes before it
    #[arg(long, value_name = "FILE", env = "GAUNTLET_SERVE_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// A model to serve, at @champion unless an alias or version is given; without any, every champion
    ///
    /// PLACE is a bundle's folder, a folder that mlflow.onnx wrote, an .onnx file, or s3://bucket/prefix.
    #[arg(long = "model", value_name = "NAME[@ALIAS|/VERSION][=PLACE]")]
    pub(crate) models: Vec<Wanted>,

    /// The registry: a folder, s3://bucket/prefix, or http(s)://host:port [default: registry]
    #[arg(long, value_name = "DIR|URL", env = "MLFLOW_TRACKING_URI")]
    pub(crate) registry: Option<String>,

    /// Where the last good models are kept [default: $STATE_DIRECTORY or ~/.local/state/gauntlet-serve]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// The address to listen on; one that is not loopback needs keys or tokens [default: 127.0.0.1]
    #[arg(long)]
    pub(crate) host: Option<String>,

    /// The port to listen on; 0 takes a free one [default: 8000]
    #[arg(long)]
    pub(crate) port: Option<u16>,

    /// A key that requests carry as `x-api-key`, with every scope; several are divided by commas
    #[arg(long = "api-key", value_name = "KEY", env = "GAUNTLET_API_KEY", hide_env_values = true)]
    #[arg(value_delimiter = ',')]
    pub(crate) keys: Vec<PlainKey>,

    /// Let this machine ask without a key; only on loopback, and nothing that needs `admin`
    #[arg(long)]
    pub(crate) anonymous: bool,

    /// How the log on standard error is written [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log: Option<LogFormat>,

    /// Load and verify every model, let each answer its own example, say so, and end
    #[arg(long)]
    pub(crate) selftest: bool,
}

/// What it can do beside serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an API key: prints it once, with the entry for the keys file
    Key {
        /// Whose it is
        name: String,
        /// What it may do; several are possible
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<Scope>,
    },
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
    fn a_key_is_made_by_a_command_of_its_own() {
        let parsed =
            Arguments::try_parse_from(["gauntlet-serve", "key", "a", "--scope", "ml:read"])
                .unwrap();
        assert!(
            matches!(parsed.command, Some(Command::Key { scopes, .. }) if scopes == [Scope::Read])
        );
        assert!(
            Arguments::try_parse_from(["gauntlet-serve", "key", "a", "--scope", "ml:x"]).is_err()
        );
    }
}
