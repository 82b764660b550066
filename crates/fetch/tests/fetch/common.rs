//! Descriptors, options and archives for the tests.

use std::io::{Cursor, Write};
use std::path::Path;
use std::time::Duration;

use gauntlet_core::Digest;
use gauntlet_data::{Archive, Descriptor};
use gauntlet_fetch::Options;
use zip::write::SimpleFileOptions;

/// A dataset `rig.csv` that is to be had at `url`, with nothing known about its bytes.
pub(crate) fn descriptor(url: &str, archive: Archive) -> Descriptor {
    let text = format!(
        r#"
        name = "rig"
        title = "A rig"
        summary = "One column."
        layout = "csv_rows"
        files = [{{ path = "rig.csv" }}]
        download = [{{ url = "{url}", path = "rig.csv" }}]
        label = {{ meaning = "broken" }}
        group = {{ meaning = "a row", rule = "each_row" }}
        columns = [{{ header = "b", name = "b", kind = "flag", role = "label", description = "" }}]
        origin = {{ homepage = "https://example.org", licence = "CC0", citation = "nobody" }}
        "#
    );
    let mut descriptor = Descriptor::parse(Path::new("dataset.toml"), &text).unwrap();
    descriptor.download[0].archive = archive;
    if archive == Archive::Zip {
        descriptor.download[0].member = Some("rig.csv".to_owned());
    }
    descriptor
}

/// The same with size and digest of `bytes` published.
pub(crate) fn published(url: &str, archive: Archive, bytes: &[u8]) -> Descriptor {
    let mut descriptor = descriptor(url, archive);
    descriptor.files[0].size = Some(bytes.len() as u64);
    descriptor.files[0].sha256 = Some(Digest::of(bytes));
    descriptor
}

/// Options that do not make a test wait.
pub(crate) fn quick() -> Options {
    Options {
        backoff: Duration::from_millis(1),
        stall_timeout: Duration::from_secs(5),
        ..Options::default()
    }
}

/// Bytes that differ everywhere.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    (0..len as u32).flat_map(|i| Digest::of(&i.to_le_bytes()).bytes()[..1].to_vec()).collect()
}

/// A zip archive of `(name, content)`.
pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
