//! New keys.

use std::fmt::Write as _;

use anyhow::anyhow;
use gauntlet_core::Digest;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::scope::Scope;
use super::settings::PlainKey;

/// Makes a key of 32 random bytes: what the client sends, to be shown once, and the table of the file of keys
/// that accepts it.
///
/// # Errors
/// There is no scope, or the system gives no random bytes.
pub(crate) fn make_key(name: &str, scopes: &[Scope]) -> anyhow::Result<(PlainKey, String)> {
    if scopes.is_empty() {
        return Err(anyhow!("a key without a scope allows nothing: give --scope ml:predict"));
    }
    let mut bytes = [0_u8; 32];
    let random = SystemRandom::new().fill(&mut bytes);
    random.map_err(|_| anyhow!("the system gives no random bytes"))?;
    let mut key = String::from("gsk_");
    for byte in bytes {
        write!(key, "{byte:02x}")?;
    }
    let (hash, name) = (Digest::of(key.as_bytes()), toml::Value::from(name));
    let scopes: Vec<_> = scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
    let table =
        format!("[[keys]]\nname = {name}\nhash = \"{hash}\"\nscopes = [{}]\n", scopes.join(", "));
    Ok((PlainKey::new(key), table))
}

#[cfg(test)]
mod tests {
    use super::super::keys::Keys;
    use super::super::keys_file;
    use super::*;

    #[test]
    fn a_new_key_is_accepted_by_the_file_it_writes() {
        let (ann, bob) = (
            make_key("ann \"the\" boss", &[Scope::Admin]).unwrap(),
            make_key("bob", &[Scope::Read, Scope::Drift]).unwrap(),
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), format!("{}\n{}", ann.1, bob.1)).unwrap();
        let keys = Keys::new(keys_file::read(file.path(), None).unwrap());
        let found = |key: &PlainKey| keys.find(key.reveal().as_bytes()).unwrap();
        assert_eq!(&*found(&ann.0).name, "ann \"the\" boss");
        assert!(found(&bob.0).scopes.allow(Scope::Drift));
        assert!(!found(&bob.0).scopes.allow(Scope::Predict));
        assert_ne!(ann.0, bob.0);
        assert!(!ann.1.contains(ann.0.reveal()));
    }

    #[test]
    fn a_key_that_allows_nothing_is_not_made() {
        assert!(make_key("ann", &[]).unwrap_err().to_string().contains("--scope"));
    }
}
