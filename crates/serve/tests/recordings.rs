//! Recordings instead of features, and alarms over rows that follow one another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::bundles::{hearer, listener};
use common::{Place, Server, detail};
use gauntlet_core::Origin;
use serde_json::{Value, json};

fn server() -> Server {
    let mut place = Place::with_motor();
    place.add("bearing", "champion", 1, Origin::Real, listener());
    place.add("sound", "champion", 1, Origin::Real, hearer());
    place.serve(&[])
}

/// A tone of RMS 3, of 2,048 samples.
fn tone() -> Vec<f64> {
    let step = std::f64::consts::TAU / 64.0;
    (0..2048).map(|i| 3.0 * std::f64::consts::SQRT_2 * (f64::from(i) * step).sin()).collect()
}

/// A WAV file of one channel of 16 bits.
fn wav(rate: u32, samples: &[i16]) -> String {
    let bytes = samples.len() as u32 * 2;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(bytes.to_le_bytes());
    samples.iter().for_each(|sample| file.extend(sample.to_le_bytes()));
    STANDARD.encode(file)
}

#[test]
fn a_snapshot_is_heard_beside_what_it_is_compared_with() {
    let server = server();
    let sent =
        json!({ "model_name": "bearing", "samples": tone(), "features": { "rms_baseline": 1.0 } });
    let (status, answer) = server.predict(&sent);
    assert_eq!(status, 200, "{answer}");
    assert!((answer["score"].as_f64().unwrap() - 3.0).abs() < 1e-5, "{answer}");
    assert_eq!(answer["prediction"], json!([1]));
    assert_eq!(answer["alarm_policy"], json!({ "needed": 2, "window": 3 }));

    let features =
        json!({ "model_name": "bearing", "features": { "rms": 3.0, "rms_baseline": 1.0 } });
    assert_eq!(server.predict(&features).1["prediction"], json!([1]));
}

#[test]
fn the_score_of_a_clip_is_the_mean_of_its_frames() {
    let server = server();
    let samples: Vec<i16> = (0..16_000).map(|i| (i * 7919 % 20_011 - 10_000) as i16).collect();
    let (status, answer) = server
        .predict(&json!({ "model_name": "sound", "wav": wav(16_000, &samples), "explain": true }));
    assert_eq!(status, 200, "{answer}");
    let score = answer["score"].as_f64().unwrap();
    assert!(score > 0.0 && answer["prediction"] == json!([i64::from(score >= 20.0)]), "{answer}");
    assert!(answer["explanation_note"].as_str().unwrap().contains("mean of many rows"));
    assert_eq!(answer["alarm_policy"], Value::Null);
}

#[test]
fn only_where_sound_is_heard_a_body_may_be_as_large_as_a_clip() {
    let samples: Vec<i16> = (0..1_000_000).map(|i| (i % 20_011 - 10_000) as i16).collect();
    let body = json!({ "model_name": "sound", "wav": wav(16_000, &samples) });
    assert_eq!(server().predict(&body).0, 200);
    let mut place = Place::with_motor();
    place.add("bearing", "champion", 1, Origin::Real, listener());
    assert_eq!(place.serve(&[]).predict(&body).0, 413);
}

#[test]
fn what_is_no_recording_is_refused_in_words() {
    let server = server();
    let wrong_rate = wav(8_000, &[1, 2, 3]);
    for (request, words) in [
        (json!({ "samples": tone() }), "feature `rms_baseline` is missing"),
        (
            json!({ "samples": tone(), "features": { "rms": 1.0, "rms_baseline": 1.0 } }),
            "send one of them",
        ),
        (json!({ "samples": [1.0, 2.0], "features": { "rms_baseline": 1.0 } }), "too few"),
        (json!({ "samples": vec![1.0; 4096], "features": { "rms_baseline": 1.0 } }), "constant"),
        (json!({ "samples": tone(), "wav": "" }), "not both"),
        (json!({ "wav": "UklGRg==", "features": { "rms_baseline": 1.0 } }), "hears `samples`"),
        (json!({}), "missing field `features`"),
        (json!({ "model_name": "sound", "wav": "%" }), "base64"),
        (json!({ "model_name": "sound", "wav": "UklGRg==" }), "no WAV file"),
        (json!({ "model_name": "sound", "wav": wrong_rate }), "8000 Hz where 16000 Hz"),
        (json!({ "model_name": "motor", "samples": tone() }), "takes `features` only"),
    ] {
        let mut request = request;
        if request.get("model_name").is_none() {
            request["model_name"] = json!("bearing");
        }
        let (status, body) = server.predict(&request);
        assert_eq!(status, 422, "{body}");
        assert!(detail(&body).contains(words), "{words}: {body}");
    }
}

#[test]
fn a_batch_says_at_which_row_the_alarm_is_raised() {
    let server = server();
    let rows = json!({
        "dataframe_split": {
            "columns": ["rms", "rms_baseline"],
            "data": [[3.0, 1.0], [1.0, 1.0], [3.0, 1.0], [3.0, 1.0], [1.0, 1.0]],
        }
    });
    let (status, answer) = server.ask("/invocations?model=bearing", &rows);
    assert_eq!(status, 200, "{answer}");
    let of = |key: &str| -> Vec<i64> {
        let predictions = answer["predictions"].as_array().unwrap();
        predictions.iter().map(|row| row[key].as_i64().unwrap()).collect()
    };
    assert_eq!(of("prediction"), [1, 0, 1, 1, 0]);
    assert_eq!(of("alarm"), [0, 0, 1, 0, 0]);
}
