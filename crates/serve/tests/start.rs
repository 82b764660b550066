//! Starting and stopping: what is refused before the server listens, in which words and exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use common::Place;
use gauntlet_core::Origin;

fn assert_refused(place: &Place, arguments: &[&str], code: i32, words: &[&str]) {
    let (found, text) = place.refused(arguments);
    assert_eq!(found, code, "{text}");
    for word in words {
        assert!(text.contains(word), "{word} is not in:\n{text}");
    }
}

#[test]
fn missing_pointers_are_exit_code_3_and_say_what_there_is() {
    let place = Place::new();
    assert_refused(&place, &[], 3, &["no champion is published", "hint:"]);
    let place = Place::with_motor();
    assert_refused(&place, &["--model", "pump"], 3, &["`pump`", "`motor`", "hint:"]);
    assert_refused(&place, &["--model", "motor@challenger"], 3, &["it has `champion`"]);
    fs_err::remove_dir_all(place.artifact(0)).unwrap();
    assert_refused(
        &place,
        &[],
        3,
        &["cannot serve model `motor@champion`", "is not in the artefact store", "hint:"],
    );
}

#[test]
fn a_bundle_that_is_damaged_or_another_is_not_served() {
    let place = Place::with_motor();
    let file = place.artifact(0).join("model.onnx");
    let mut bytes = fs_err::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs_err::write(&file, bytes).unwrap();
    assert_refused(&place, &[], 1, &["cannot serve model `motor@champion`", "model.onnx"]);

    let mut place = Place::with_motor();
    place.publish("fan", "champion", 4, Origin::Real);
    fs_err::remove_dir_all(place.artifact(0)).unwrap();
    fs_err::rename(place.artifact(1), place.artifact(0)).unwrap();
    assert_refused(&place, &["--model", "motor"], 1, &["is damaged", &place.digest(1).hex()]);
}

#[test]
fn a_damaged_pointer_names_its_file_and_one_that_leads_out_is_refused() {
    let place = Place::with_motor();
    let file = place.root().join("published/motor/champion.json");
    let text = fs_err::read_to_string(&file).unwrap();
    fs_err::write(&file, &text[..50]).unwrap();
    assert_refused(&place, &[], 1, &["champion.json", "hint:"]);
    fs_err::write(&file, text.replace("artifacts/", "../artifacts/")).unwrap();
    assert_refused(&place, &["--model", "motor"], 1, &["leaves the registry"]);
}

#[test]
fn an_open_address_without_a_key_is_refused_and_with_one_is_not() {
    let place = Place::with_motor();
    assert_refused(&place, &["--host", "0.0.0.0"], 2, &["open to others", "GAUNTLET_API_KEY"]);
    assert_refused(&place, &["--api-key", ""], 2, &["nobody could ask", "GAUNTLET_API_KEY"]);
    assert_refused(&place, &["--host", "no such host"], 2, &["no such host"]);
    let server = place.serve(&["--host", "0.0.0.0", "--api-key", "secret"]);
    assert!(server.address.starts_with("0.0.0.0:"));
}

#[test]
fn usage_errors_are_exit_code_2_and_help_shows_an_example() {
    let place = Place::with_motor();
    assert_refused(&place, &["--model", "a/b"], 2, &["a/b"]);
    assert_refused(&place, &["--mode"], 2, &["--mode"]);
    let output = place.command(&["--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        help.contains("curl -s localhost:8000/health") && help.contains("Exit codes"),
        "{help}"
    );
}

#[test]
fn a_taken_port_is_named() {
    let place = Place::with_motor();
    let server = place.serve(&[]);
    let port = server.address.rsplit(':').next().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_gauntlet-serve"))
        .args(["--anonymous", "--registry", place.root().to_str().unwrap(), "--port", port])
        .env_remove("GAUNTLET_API_KEY")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains(port) && text.contains("caused by"), "{text}");
}

#[test]
fn simulated_champions_and_anonymous_requests_are_said_at_start() {
    use std::io::Read as _;
    let mut place = Place::new();
    place.publish("motor_sim", "champion", 1, Origin::Simulated);
    let mut server = place.serve(&[]);
    server.child.kill().unwrap();
    let mut said = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("SIMULATED") && said.contains("motor_sim"), "{said}");
    assert!(said.contains("anonymous requests are allowed"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_server_in_good_order() {
    for signal in ["-TERM", "-INT"] {
        let place = Place::with_motor();
        let mut server = place.serve(&[]);
        // A client that keeps its connection open does not hold the server up.
        let _idle = std::net::TcpStream::connect(&server.address).unwrap();
        assert_eq!(server.request("GET", "/health", "", "").0, 200);
        let id = server.child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}
