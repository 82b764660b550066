//! Writes `src/onnx.rs` anew from `proto/onnx-ml.proto`, without a protoc.
//!
//! ```text
//! cargo run -p gauntlet-bundle --example generate_onnx
//! ```

use std::path::Path;

/// Writes the generated file.
#[allow(dead_code, reason = "the test of the generated file includes this one as a module")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/onnx.rs");
    Ok(fs_err::write(path, generate()?)?)
}

/// The messages of the vendored definition as Rust.
pub(crate) fn generate() -> Result<String, Box<dyn std::error::Error>> {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let out = tempfile::tempdir()?;
    let mut files = protox::compile(["onnx-ml.proto"], [&proto])?;
    // Lists of numbers are written packed, a byte less for each number of a forest. Every reader of
    // protocol buffers takes both forms.
    let messages = files.file.iter_mut().flat_map(|file| &mut file.message_type);
    let attributes = messages.filter(|message| message.name() == "AttributeProto");
    for field in attributes.flat_map(|message| &mut message.field) {
        if ["floats", "ints"].contains(&field.name()) {
            field.options.get_or_insert_default().packed = Some(true);
        }
    }
    let mut config = prost_build::Config::new();
    config.out_dir(out.path()).disable_comments(["."]);
    config.compile_fds(files)?;
    Ok(fs_err::read_to_string(out.path().join("onnx.rs"))?)
}
