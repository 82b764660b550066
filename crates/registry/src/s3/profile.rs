//! The credentials and configuration files of the AWS tools: sections of `key = value`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Result;

/// The settings of one profile: those of the credentials file before those of the configuration file.
pub(super) fn read(
    env: &impl Fn(&str) -> Option<String>,
    profile: &str,
) -> Result<BTreeMap<String, String>> {
    let mut settings = BTreeMap::new();
    let section =
        if profile == "default" { profile.to_owned() } else { format!("profile {profile}") };
    for (variable, name, section) in [
        ("AWS_CONFIG_FILE", "config", section.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", profile),
    ] {
        let at_home = || env("HOME").map(|home| PathBuf::from(home).join(".aws").join(name));
        let Some(path) = env(variable).map(PathBuf::from).or_else(at_home) else { continue };
        if path.is_file() {
            settings.extend(parse(&fs_err::read_to_string(path)?, section));
        }
    }
    Ok(settings)
}

fn parse(text: &str, section: &str) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let mut inside = false;
    for line in text.lines() {
        // A line that begins with a space belongs to the setting above it, such as `s3 =`.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name.trim() == section;
        } else if let (true, Some((key, value))) = (inside, line.split_once('=')) {
            settings.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_from_both_files() {
        let dir = tempfile::tempdir().unwrap();
        let (config, credentials) = (dir.path().join("config"), dir.path().join("credentials"));
        fs_err::write(
            &config,
            "[default]\nregion=x\n[profile lab]\nregion = eu-central-1\ns3 =\n  a = b\n",
        )
        .unwrap();
        fs_err::write(
            &credentials,
            "# keys\n[lab]\naws_access_key_id = k\naws_secret_access_key=s=1\n",
        )
        .unwrap();
        let env = |key: &str| {
            let path = match key {
                "AWS_CONFIG_FILE" => &config,
                "AWS_SHARED_CREDENTIALS_FILE" => &credentials,
                _ => return None,
            };
            path.to_str().map(str::to_owned)
        };
        let lab = read(&env, "lab").unwrap();
        assert_eq!(
            (lab["region"].as_str(), lab["aws_access_key_id"].as_str()),
            ("eu-central-1", "k")
        );
        assert_eq!((lab["aws_secret_access_key"].as_str(), lab.get("a")), ("s=1", None));
        assert!(read(&env, "other").unwrap().is_empty());
    }
}
