//! Readings of sensors over HTTP: what is found in them, and what is refused in which words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use common::bundles::detector;
use common::{Place, Server, detail};
use gauntlet_core::Origin;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/ml/detect_anomaly";

fn place() -> Place {
    let mut place = Place::with_motor();
    place.add("pump", "champion", 1, Origin::Real, detector(true));
    place
}

fn reading(kind: &str, value: f64, minute: u32) -> Value {
    json!({ "sensor_id": format!("{kind}-7"), "sensor_type": kind, "value": value,
        "timestamp": format!("2026-01-31T12:{minute:02}:00Z"), "quality": 1.0 })
}

/// Rows of vibration and load, a minute apart.
fn request(rows: &[(f64, f64)]) -> Value {
    let readings: Vec<Value> = rows
        .iter()
        .zip(0..)
        .flat_map(|((vibration, load), minute)| {
            [reading("vibration", *vibration, minute), reading("load", *load, minute)]
        })
        .collect();
    json!({ "sensor_readings": readings })
}

fn refused(server: &Server, request: &Value, status: u16) -> String {
    let (found, body) = server.ask(PATH, request);
    assert_eq!(found, status, "{body}");
    detail(&body).to_owned()
}

#[test]
fn what_is_odd_is_found_with_its_evidence() {
    let server = place().serve(&[]);
    let (status, answer) = server.ask(PATH, &request(&[(2.0, 50.0), (9.0, 45.0), (2.5, 52.0)]));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        (&answer["total_readings_analyzed"], &answer["anomaly_count"]),
        (&json!(6), &json!(1))
    );
    assert_eq!(answer["model_info"]["model_name"], "pump");
    assert_eq!((&answer["threshold"], &answer["status"]), (&json!(4.0), &Value::Null));
    assert!(answer["bundle_digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(answer["request_id"].as_str().unwrap().len(), 32);
    assert!(answer["analysis_timestamp"].is_string());

    let found = &answer["anomalies_detected"][0];
    assert_eq!((&found["sensor_id"], &found["status"]), (&json!("vibration-7"), &json!("open")));
    assert_eq!(found["anomaly_type"], "outside_training_range");
    assert_eq!(found["severity"], 2, "it exceeds the threshold by seven eighths of it");
    assert!(found["confidence"].as_f64().unwrap() > 0.999);
    let evidence = &found["evidence"];
    assert_eq!((&evidence["score"], &evidence["threshold"]), (&json!(7.5), &json!(4.0)));
    assert_eq!(evidence["timestamp"], "2026-01-31T12:01:00Z");
    let first = &evidence["features"][0];
    assert_eq!(
        (&first["feature"], &first["value"], &first["unit"]),
        (&json!("vibration"), &json!(9.0), &json!("mm/s"))
    );
    assert_eq!(
        (&first["training_median"], &first["training_range"]),
        (&json!(2.0), &json!([1.0, 3.0]))
    );
    assert!((first["robust_z"].as_f64().unwrap() - 7.0 * 1.349).abs() < 1e-6, "{first}");
    let description = found["description"].as_str().unwrap();
    assert!(
        description.contains("`vibration` is 9 mm/s") && description.contains("score is 7.5"),
        "{description}"
    );
    let actions = found["recommended_actions"].as_array().unwrap();
    assert!(actions[0].as_str().unwrap().contains("`vibration-7`"), "{actions:?}");
    assert_eq!(actions.len(), 1, "the load is usual: {actions:?}");
}

#[test]
fn sensitivity_moves_the_threshold_and_severity_follows_rarity() {
    let mut place = Place::new();
    place.add("pump", "champion", 1, Origin::Real, detector(true));
    let server = place.serve(&[]);
    let mut request = request(&[(2.0, 50.0), (3.0, 58.0), (3.5, 60.0)]);
    let mut count = |sensitivity: f64| {
        request["sensitivity"] = json!(sensitivity);
        let (status, answer) = server.ask(PATH, &request);
        assert_eq!(status, 200, "{answer}");
        (answer["anomaly_count"].as_u64().unwrap(), answer)
    };
    assert_eq!(count(0.5).0, 0);
    assert_eq!(count(0.0).0, 0);
    assert_eq!(count(1.0).0, 3, "everything");
    let (found, answer) = count(0.8);
    assert_eq!(found, 1);
    let threshold = answer["threshold"].as_f64().unwrap();
    assert!(threshold > 1.8 && threshold < 2.0, "{threshold}");
    assert_eq!(answer["anomalies_detected"][0]["severity"], 5, "{answer}");
    let ids: std::collections::BTreeSet<String> = count(1.0).1["anomalies_detected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn without_a_reference_nothing_is_claimed_that_needs_one() {
    let mut place = Place::new();
    place.add("pump", "champion", 1, Origin::Real, detector(false));
    let server = place.serve(&[]);
    let mut request = request(&[(9.0, 45.0)]);
    let (_, answer) = server.ask(PATH, &request);
    let found = &answer["anomalies_detected"][0];
    assert_eq!(
        (&found["confidence"], &found["anomaly_type"]),
        (&Value::Null, &json!("high_score"))
    );
    assert_eq!(found["severity"], 2, "it exceeds the threshold by seven eighths of it: {found}");
    assert_eq!(found["evidence"]["features"][0].get("robust_z"), None);
    request["sensitivity"] = json!(0.7);
    assert!(refused(&server, &request, 422).contains("no training scores"));
}

#[test]
fn rows_are_complete_or_refused_by_moment_and_field() {
    let server = place().serve(&[]);
    let with = |at: usize, key: &str, value: Value| {
        let mut request = request(&[(2.0, 50.0), (2.0, 50.0)]);
        request["sensor_readings"][at][key] = value;
        refused(&server, &request, 422)
    };
    let mut short = request(&[(2.0, 50.0), (2.0, 50.0)]);
    short["sensor_readings"].as_array_mut().unwrap().pop();
    let detail = refused(&server, &short, 422);
    assert!(detail.contains("12:01:00Z`: field `load` has no reading"), "{detail}");
    let twice = with(3, "sensor_type", json!("vibration"));
    assert!(twice.contains("12:01:00Z`: field `vibration` has two readings"), "{twice}");
    for (at, key, value, word) in [
        (2, "unit", json!("in/s"), "reading 2: `unit` is `in/s`"),
        (
            2,
            "value",
            json!(900),
            "12:01:00Z`: feature `vibration` is 900 mm/s, outside the plausible",
        ),
        (2, "value", Value::Null, "12:01:00Z`: feature `vibration` must not be null"),
        (2, "sensor_type", json!("heat"), "reading 2: neither"),
        (2, "quality", json!(2), "reading 2: `quality`"),
        (2, "timestamp", json!("now"), "reading 2: `timestamp`"),
    ] {
        let detail = with(at, key, value);
        assert!(detail.contains(word), "{detail}");
    }
    let mut nothing = request(&[(2.0, 50.0)]);
    nothing["sensor_readings"][1]["value"] = Value::Null;
    nothing["sensor_readings"][0]["value"] = json!(7);
    let (status, answer) = server.ask(PATH, &nothing);
    assert_eq!(
        (status, &answer["anomaly_count"]),
        (200, &json!(1)),
        "load may be missing: {answer}"
    );
    nothing["sensitivity"] = json!(1.5);
    assert!(refused(&server, &nothing, 422).contains("`sensitivity`"));
}

#[test]
fn the_model_has_to_be_one_that_finds_anomalies() {
    let server = place().serve(&[]);
    let mut asked = request(&[(2.0, 50.0)]);
    asked["model_name"] = json!("motor");
    let detail = refused(&server, &asked, 422);
    assert!(detail.contains("`motor`") && detail.contains("binary classification"), "{detail}");
    asked["model_name"] = json!("pump");
    assert_eq!(server.ask(PATH, &asked).0, 200);
    asked["model_version"] = json!(9);
    assert!(refused(&server, &asked, 404).contains("version 1"));

    let server = Place::with_motor().serve(&[]);
    let detail = refused(&server, &request(&[(2.0, 50.0)]), 404);
    assert!(detail.contains("finds anomalies") && detail.contains("motor (binary classification)"));

    let mut place = place();
    place.add("fan", "champion", 2, Origin::Real, detector(false));
    let detail = refused(&place.serve(&[]), &request(&[(2.0, 50.0)]), 422);
    assert!(detail.contains("fan, pump"), "{detail}");
}

#[test]
fn anomalies_need_their_own_scope() {
    let place = place();
    let keys = place.root().join("keys.toml");
    let digest = gauntlet_core::Digest::of(b"a key for reading only");
    let text =
        format!("[[keys]]\nname = \"reader\"\nhash = \"{digest}\"\nscopes = [\"ml:read\"]\n");
    fs_err::write(&keys, text).unwrap();
    let config = place.root().join("serve.toml");
    let text = format!("[access]\nkeys_file = {:?}\n", keys.to_str().unwrap());
    fs_err::write(&config, text).unwrap();
    let server = Server::start(place.silent_command(&["--config", config.to_str().unwrap()]));
    let body = request(&[(2.0, 50.0)]).to_string();
    let headers = "content-type: application/json\r\nx-api-key: a key for reading only\r\n";
    let (status, answer) = server.request("POST", PATH, headers, &body);
    assert_eq!((status, detail(&answer).contains("ml:anomaly")), (403, true), "{answer}");
    assert_eq!(server.request("POST", PATH, "", &body).0, 401);
}

#[test]
fn forecasts_are_checked_and_then_refused_with_what_is_served() {
    let server = place().serve(&[]);
    let path = "/api/v1/ml/forecast";
    let mut request = json!({ "sensor_id": "s", "model_name": "pump" });
    let (status, answer) = server.ask(path, &request);
    assert_eq!(status, 404, "{answer}");
    for word in
        ["no model that forecasts", "pump (anomaly detection)", "motor (binary classification)"]
    {
        assert!(detail(&answer).contains(word), "{answer}");
    }
    request["horizon_steps"] = json!(289);
    let (status, answer) = server.ask(path, &request);
    assert_eq!((status, detail(&answer).contains("`horizon_steps` must be 1 to 288")), (422, true));
}
