//! Bundles that somebody made on purpose: every digest is right, and what the files say is not.
//!
//! `GAUNTLET_FUZZ_SECONDS` lets it go on for that long, as `make fuzz-serve` does.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::Draws;
use gauntlet_bundle::{Bundle, Draft, FILES, MANIFEST, Tolerance};
use gauntlet_core::Digest;
use serde_json::{Value, json};

const PIECES: [&[u8]; 12] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\xff",
    b"\0\0\0\0",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

fn changed(draws: &mut Draws, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=draws.below(4) {
        let at = draws.below(bytes.len() + 1);
        match draws.below(5) {
            0 if at < bytes.len() => bytes[at] = draws.next() as u8,
            1 => bytes.truncate(at),
            2 => {
                let piece = PIECES[draws.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied()).for_each(drop);
            }
            3 => {
                let end = (at + 1 + draws.below(64)).min(bytes.len());
                let part = bytes[at.min(end)..end].to_vec();
                bytes.splice(at..at, part).for_each(drop);
            }
            _ if at < bytes.len() => drop(bytes.remove(at)),
            _ => {}
        }
    }
    bytes
}

/// Writes the file and, as its maker would, its size and digest into the manifest.
fn forge(folder: &std::path::Path, manifest: &Value, name: &str, bytes: &[u8]) {
    fs_err::write(folder.join(name), bytes).unwrap();
    let mut manifest = manifest.clone();
    for file in manifest["files"].as_array_mut().unwrap() {
        if file["path"] == name {
            file["size"] = json!(bytes.len());
            file["sha256"] = json!(Digest::of(bytes));
        }
    }
    fs_err::write(folder.join(MANIFEST), manifest.to_string()).unwrap();
}

#[test]
fn no_bundle_makes_opening_or_answering_panic() {
    let seconds = std::env::var("GAUNTLET_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("bundle");
    Draft::new(common::parts())
        .unwrap()
        .pack(&json!({ "auc": 0.9 }))
        .unwrap()
        .write(&folder)
        .unwrap();
    let manifest: Value =
        serde_json::from_slice(&fs_err::read(folder.join(MANIFEST)).unwrap()).unwrap();
    let (began, mut draws) = (Instant::now(), Draws(29));
    let (mut opened, mut tried) = (0_u64, 0_u64);
    loop {
        for _ in 0..300 {
            let name = FILES[draws.below(FILES.len())];
            let honest = fs_err::read(folder.join(name)).unwrap();
            let bytes = changed(&mut draws, honest.clone());
            forge(&folder, &manifest, name, &bytes);
            tried += 1;
            if let Ok(bundle) = Bundle::open(&folder) {
                opened += 1;
                // Wrong answers are found, and nothing else happens.
                let _ = bundle.self_test(Tolerance::Close);
                let _ = (bundle.recipe().is_ok(), bundle.reference(), bundle.report());
                let _ = bundle.explainer(&folder);
            }
            forge(&folder, &manifest, name, &honest);
        }
        if seconds.is_none_or(|seconds| began.elapsed() >= Duration::from_secs(seconds)) {
            break;
        }
    }
    println!("{tried} bundles, {opened} of them opened");
    assert!(opened > 0, "no change was harmless: the test looks at nothing");
    assert!(Bundle::open(&folder).is_ok(), "the honest bundle opens again");
}
