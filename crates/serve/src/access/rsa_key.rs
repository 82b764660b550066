//! An RSA public key out of its file: PEM of either form, or a JWKS document.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::DecodingKeyKind;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject as _;

/// The keys of an issuer.
pub(super) enum TrustedKeys {
    /// One, for every token.
    One(DecodingKey),
    /// Several; a token says by `kid` which one it was signed with.
    Named(BTreeMap<String, DecodingKey>),
}

impl TrustedKeys {
    /// The keys that a file's text holds.
    pub(super) fn read(text: &str) -> anyhow::Result<Self> {
        if text.trim_start().starts_with('{') {
            return document(text);
        }
        if text.contains("PRIVATE KEY") {
            return Err(anyhow!("it holds a private key; only the public one belongs here"));
        }
        // The older form differs in its name and in what it leaves out, which the bytes tell.
        let text = text.replace("RSA PUBLIC KEY", "PUBLIC KEY");
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes())
            .map_err(|error| anyhow!("it is neither PEM nor JWKS: {error}"))?;
        let (n, e) = components(&der).context("it holds no RSA public key")?;
        Ok(Self::One(checked(DecodingKey::from_rsa_raw_components(n, e))?))
    }
}

fn document(text: &str) -> anyhow::Result<TrustedKeys> {
    let set: JwkSet = serde_json::from_str(text).context("it is no JWKS document")?;
    let mut named = BTreeMap::new();
    for key in set.keys.iter().filter(|key| is_for_rs256(key)) {
        let name = key.common.key_id.as_deref().context("it has an RSA key without `kid`")?;
        let read = DecodingKey::from_jwk(key).map_err(anyhow::Error::from).and_then(checked);
        let read = read.with_context(|| format!("its key `{name}` cannot be used"))?;
        if named.insert(name.to_owned(), read).is_some() {
            return Err(anyhow!("its key `{name}` stands twice"));
        }
    }
    if named.is_empty() {
        return Err(anyhow!("none of its keys is an RSA key for RS256 signatures"));
    }
    Ok(TrustedKeys::Named(named))
}

/// A set has keys for other uses too; those are passed over.
fn is_for_rs256(key: &Jwk) -> bool {
    matches!(key.algorithm, AlgorithmParameters::RSA(_))
        && matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature))
        && matches!(key.common.key_algorithm, None | Some(KeyAlgorithm::RS256))
}

fn checked(key: DecodingKey) -> anyhow::Result<DecodingKey> {
    let DecodingKeyKind::RsaModulusExponent { n, .. } = key.kind() else {
        return Err(anyhow!("it is no RSA key"));
    };
    let bytes = n.iter().skip_while(|&&byte| byte == 0).count();
    if !(256..=1024).contains(&bytes) {
        return Err(anyhow!("the key has {} bits, and 2048 to 8192 are accepted", bytes * 8));
    }
    Ok(key)
}

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// The object identifier of RSA, with the absent parameters that go with it.
const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// Modulus and exponent of an `RSAPublicKey`, alone or inside a `SubjectPublicKeyInfo`.
fn components(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (inside, []) = value(SEQUENCE, der)? else { return None };
    if let Some((algorithm, rest)) = value(SEQUENCE, inside) {
        let (bits, []) = value(BITS, rest)? else { return None };
        return if algorithm == RSA { components(bits.strip_prefix(&[0])?) } else { None };
    }
    let (n, rest) = value(INTEGER, inside)?;
    let (e, []) = value(INTEGER, rest)? else { return None };
    // A zero in front only says that the number is not negative.
    let plain = |number: &'_ [u8]| number.iter().take_while(|&&byte| byte == 0).count();
    Some((&n[plain(n)..], &e[plain(e)..]))
}

/// The content of the first element, which has to be a `tag`, and what follows it.
fn value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 | 0x82 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 3))?;
            (digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit)), rest)
        }
        _ => return None,
    };
    (first == tag).then(|| rest.split_at_checked(length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PKIX: &str = include_str!("../../tests/tokens/public.pem");
    const PKCS1: &str = include_str!("../../tests/tokens/public-pkcs1.pem");
    const JWKS: &str = include_str!("../../tests/tokens/jwks.json");

    fn problem(text: &str) -> String {
        format!("{:#}", TrustedKeys::read(text).err().unwrap())
    }

    fn one(text: &str) -> (Vec<u8>, Vec<u8>) {
        let TrustedKeys::One(key) = TrustedKeys::read(text).unwrap() else { panic!("one key") };
        let DecodingKeyKind::RsaModulusExponent { n, e } = key.kind() else { panic!("RSA") };
        (n.clone(), e.clone())
    }

    #[test]
    fn both_forms_of_pem_and_a_jwks_document_hold_the_same_key() {
        assert_eq!(one(PKIX), one(PKCS1));
        assert_eq!((one(PKIX).0.len(), one(PKIX).1), (256, vec![1, 0, 1]));
        let TrustedKeys::Named(named) = TrustedKeys::read(JWKS).unwrap() else { panic!("several") };
        assert_eq!(named.keys().collect::<Vec<_>>(), ["one", "two"]);
        let DecodingKeyKind::RsaModulusExponent { n, .. } = named["one"].kind() else { panic!() };
        assert_eq!(*n, one(PKIX).0);
    }

    #[test]
    fn a_file_without_a_usable_key_says_why() {
        for (text, word) in [
            ("", "neither PEM nor JWKS"),
            ("-----BEGIN PRIVATE KEY-----", "private key"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no RSA public key"),
            ("{\"keys\": []}", "none of its keys"),
            ("{\"keys\": 5}", "no JWKS"),
            (&JWKS.replace("\"two\"", "\"one\""), "stands twice"),
            (&JWKS.replace("\"kid\": \"two\",", ""), "without `kid`"),
            (r#"{"keys":[{"kty":"RSA","kid":"k","n":"AQAB","e":"AQAB"}]}"#, "24 bits"),
            (r#"{"keys":[{"kty":"RSA","kid":"k","n":"!","e":"AQAB"}]}"#, "`k`"),
        ] {
            let problem = problem(text);
            assert!(problem.contains(word), "{problem}");
        }
    }

    #[test]
    fn bytes_that_are_cut_or_changed_are_no_key_and_no_crash() {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(PKIX.as_bytes()).unwrap();
        for end in 0..der.len() {
            assert_eq!(components(&der[..end]), None);
        }
        for at in 0..30 {
            let mut other = der.to_vec();
            other[at] ^= 0x55;
            let _ = components(&other);
        }
    }
}
