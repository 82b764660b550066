//! Predictions over HTTP: what is answered, and what is refused in which words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use common::{Place, detail};
use gauntlet_core::Origin;
use serde_json::{Value, json};

fn good() -> Value {
    json!({"model_name": "motor", "model_version": "auto", "features": {"torque": 2, "type": "L"}})
}

#[test]
fn an_answer_names_model_version_and_bundle() {
    let place = Place::with_motor();
    let server = place.serve(&[]);
    let (status, answer) = server.predict(&good());
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["prediction"], json!([1]));
    let expected = 1.0 / (1.0 + f64::exp(-3.0));
    let probability = answer["probability"].as_f64().unwrap();
    assert!((probability - expected).abs() < 1e-6, "{answer}");
    assert_eq!(answer["confidence"], answer["probability"]);
    assert_eq!(answer["threshold"], json!(0.5));
    assert_eq!(answer["bundle_digest"], json!(place.digest(0)));
    let info = &answer["model_info"];
    assert_eq!((&info["model_name"], &info["model_version"]), (&json!("motor"), &json!("3")));
    assert_eq!(info["loaded_from"], json!("models:/motor@champion"));
    assert_eq!(info["feature_adaptation"], json!("none"));
    assert!(answer["timestamp"].as_str().unwrap().ends_with('Z'));
    let (_, again) = server.predict(&good());
    assert_ne!(answer["request_id"], again["request_id"]);
    assert_eq!(answer["probability"], again["probability"]);
}

#[test]
fn confidence_is_that_of_the_class_that_was_answered() {
    let server = Place::with_motor();
    let server = server.serve(&[]);
    let mut request = good();
    request["features"] = json!({"torque": -2.0, "type": "H"});
    let (_, answer) = server.predict(&request);
    assert_eq!(answer["prediction"], json!([0]));
    let sum = answer["confidence"].as_f64().unwrap() + answer["probability"].as_f64().unwrap();
    assert!((sum - 1.0).abs() < 1e-6, "{answer}");
}

#[test]
fn features_that_do_not_fit_are_named() {
    let place = Place::with_motor();
    let server = place.serve(&[]);
    for (features, word) in [
        (json!({"type": "L"}), "`torque` is missing"),
        (json!({"torque": 1, "type": "L", "speed": 1}), "`speed`"),
        (json!({"torque": "1", "type": "L"}), "`torque` must be a number"),
        (json!({"torque": null, "type": "L"}), "`torque` must not be null"),
        (json!({"torque": true, "type": "L"}), "`torque`"),
        (json!({"torque": [1], "type": "L"}), "`torque`"),
        (json!({"torque": 1, "type": "Q"}), "`type` must be one of H, L"),
        (json!({}), "missing"),
    ] {
        let mut request = good();
        request["features"] = features;
        let (status, body) = server.predict(&request);
        assert_eq!(status, 422, "{body}");
        assert!(detail(&body).contains(word), "{body}");
    }
    let twice = r#"{"model_name":"motor","features":{"torque":1,"torque":2,"type":"L"}}"#;
    let (status, body) = server.post("", twice);
    assert_eq!(status, 422);
    assert!(detail(&body).contains("`torque` stands twice"), "{body}");
    assert_eq!(server.predict(&good()).0, 200, "it still answers");
}

#[test]
fn unknown_models_and_versions_name_those_that_are_served() {
    let mut place = Place::with_motor();
    place.publish("fan", "challenger", 2, Origin::Real);
    let server = place.serve(&["--model", "motor", "--model", "fan@challenger"]);
    let mut request = good();
    for (model, version, status, word) in [
        ("pump", json!("auto"), 404, "served are fan, motor"),
        ("motor", json!("9"), 404, "version 3 at @champion"),
        ("fan", json!("auto"), 404, "version 2 at @challenger"),
        ("fan", json!("2"), 200, ""),
        ("motor", json!(3), 200, ""),
        ("motor", json!("newest"), 422, "model_version"),
    ] {
        request["model_name"] = json!(model);
        request["model_version"] = version;
        let (found, body) = server.predict(&request);
        assert_eq!(found, status, "{model}: {body}");
        assert!(status == 200 || detail(&body).contains(word), "{body}");
    }
}

#[test]
fn bodies_that_are_broken_foreign_or_too_large_are_refused() {
    let place = Place::with_motor();
    let server = place.serve(&[]);
    for body in ["", "{", "{]", "\u{0}", "{\"model_name\": \"motor\","] {
        let (status, answer) = server.post("", body);
        assert_eq!(status, 400, "{body:?}");
        assert!(detail(&answer).contains("not JSON"), "{answer}");
    }
    let (status, answer) =
        server.request("POST", "/api/v1/ml/predict", "content-type: text/csv\r\n", "1");
    assert_eq!((status, detail(&answer).contains("text/csv")), (415, true), "{answer}");
    let large = format!("{{\"model_name\":\"{}\"}}", "m".repeat(1 << 20));
    let (status, answer) = server.post("", &large);
    assert_eq!((status, detail(&answer).contains("1048576")), (413, true), "{answer}");
    let mut chunked =
        b"POST /api/v1/ml/predict HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
        content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n200000\r\n"
            .to_vec();
    chunked.extend(std::iter::repeat_n(b' ', 0x20_0000));
    chunked.extend(b"\r\n0\r\n\r\n");
    assert_eq!(server.raw(&chunked).0, 413, "without a declared length, too");
    assert_eq!(server.predict(&good()).0, 200, "it still answers");
}

#[test]
fn paths_and_methods_that_are_not_there_are_json_too() {
    let place = Place::with_motor();
    let server = place.serve(&[]);
    let (status, body) = server.request("GET", "/nowhere", "", "");
    assert_eq!((status, detail(&body).contains("/nowhere")), (404, true), "{body}");
    let (status, body) = server.request("GET", "/api/v1/ml/predict", "", "");
    assert_eq!((status, detail(&body).contains("method")), (405, true), "{body}");
    assert_eq!(server.request("POST", "/health", "", "").0, 405);
}

#[test]
fn health_lists_what_is_served_and_what_is_simulated() {
    let mut place = Place::with_motor();
    place.publish("pump_sim", "champion", 1, Origin::Simulated);
    place.publish("pump_sim", "challenger", 2, Origin::Simulated);
    let server = place.serve(&[]);
    let (status, health) = server.request("GET", "/health", "", "");
    assert_eq!((status, &health["status"]), (200, &json!("healthy")));
    assert_eq!(health["version"], json!(env!("CARGO_PKG_VERSION")));
    let models = health["models"].as_array().unwrap();
    assert_eq!(models.len(), 2, "champions only: {health}");
    assert_eq!(models[1]["model_name"], json!("pump_sim"));
    assert_eq!(models[1]["data_origin"], json!("simulated"));
    assert_eq!(models[0]["bundle_digest"], json!(place.digest(0)));
}

#[test]
fn keys_are_asked_for_once_they_are_configured() {
    let place = Place::with_motor();
    let mut command = place.silent_command(&[]);
    command.env("GAUNTLET_API_KEY", "first,second");
    let server = common::Server::start(command);
    let body = good().to_string();
    let (status, answer) = server.post("", &body);
    assert_eq!((status, detail(&answer).contains("x-api-key")), (401, true), "{answer}");
    assert_eq!(server.post("x-api-key: third\r\n", &body).0, 403);
    assert_eq!(server.post("x-api-key: first,second\r\n", &body).0, 403);
    assert_eq!(server.post("x-api-key: second\r\n", &body).0, 200);
    assert_eq!(server.request("GET", "/health", "", "").0, 200, "health needs none");
}

#[test]
fn without_keys_a_page_that_found_its_way_to_loopback_is_refused() {
    let place = Place::with_motor();
    let server = place.serve(&[]);
    let body = good().to_string();
    let request = format!(
        "POST /api/v1/ml/predict HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(server.raw(request.as_bytes()).0, 403);
}
