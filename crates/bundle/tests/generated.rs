//! The committed ONNX messages are what their definition generates.

#![allow(missing_docs)]

#[path = "../examples/generate_onnx.rs"]
mod generate_onnx;

#[test]
fn the_committed_messages_are_those_of_the_vendored_definition() {
    assert_eq!(generate_onnx::generate().unwrap(), include_str!("../src/onnx.rs"));
}
