//! MLflow's scoring protocol and the Open Inference Protocol beside the guide's: the same answers, and refusals each in
//! its own words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use common::{Answer, Place, Server, detail};
use gauntlet_core::Origin;
use serde_json::{Value, json};

const INVOCATIONS: &str = "/invocations";
const INFER: &str = "/v2/models/motor/infer";
const ROWS: [(f64, &str); 3] = [(-2.0, "H"), (0.25, "L"), (3.0, "H")];

fn split(rows: &[(f64, &str)]) -> Value {
    json!({ "dataframe_split": { "columns": ["torque", "type"], "data": rows } })
}

fn records(rows: &[(f64, &str)]) -> Vec<Value> {
    rows.iter().map(|(torque, kind)| json!({ "type": kind, "torque": torque })).collect()
}

fn columns(rows: &[(f64, &str)]) -> (Vec<f64>, Vec<String>) {
    rows.iter().map(|(torque, kind)| (*torque, (*kind).to_owned())).unzip()
}

fn infer(rows: &[(f64, &str)]) -> Value {
    let (torques, types) = columns(rows);
    let count = rows.len();
    json!({ "id": "7", "inputs": [
        { "name": "torque", "shape": [count, 1], "datatype": "FP64", "data": torques },
        { "name": "type", "shape": [count], "datatype": "BYTES", "data": types },
    ]})
}

/// A request whose tensors follow as bytes.
fn infer_bytes(rows: &[(f64, &str)]) -> (usize, Vec<u8>) {
    let numbers: Vec<u8> = rows.iter().flat_map(|(torque, _)| torque.to_le_bytes()).collect();
    let text = |text: &str| {
        [&u32::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat()
    };
    let texts: Vec<u8> = rows.iter().flat_map(|(_, kind)| text(kind)).collect();
    let count = rows.len();
    let head = json!({ "parameters": { "binary_data_output": true }, "inputs": [
        { "name": "torque", "shape": [count], "datatype": "FP64", "parameters": { "binary_data_size": numbers.len() } },
        { "name": "type", "shape": [count], "datatype": "BYTES", "parameters": { "binary_data_size": texts.len() } },
    ]});
    let head = head.to_string();
    (head.len(), [head.as_bytes(), &numbers, &texts].concat())
}

fn probabilities(answer: &Value) -> Vec<f64> {
    let rows = answer["predictions"].as_array().unwrap_or_else(|| panic!("{answer}"));
    rows.iter().map(|row| row["probability"].as_f64().unwrap()).collect()
}

/// Refused in the words of MLflow.
fn refused(server: &Server, headers: &str, body: &str, status: u16) -> String {
    let (found, answer) = server.request("POST", INVOCATIONS, headers, body);
    assert_eq!(found, status, "{body}: {answer}");
    assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
    assert!(answer["error_code"].is_string(), "{answer}");
    answer["message"].as_str().unwrap().to_owned()
}

/// Refused in the words of the Open Inference Protocol.
fn refused_tensors(answer: &Answer, status: u16) -> String {
    let json = answer.json();
    assert_eq!(answer.status, status, "{json}");
    assert_eq!(json.as_object().unwrap().len(), 1, "{json}");
    json["error"].as_str().unwrap().to_owned()
}

const JSON: &str = "content-type: application/json\r\n";
const CSV: &str = "content-type: text/csv\r\n";

#[test]
fn every_protocol_gives_the_same_probabilities() {
    let server = Place::with_motor().serve(&[]);
    let expected: Vec<f64> = ROWS
        .iter()
        .map(|(torque, kind)| {
            let features = json!({ "torque": torque, "type": kind });
            let (status, answer) =
                server.predict(&json!({ "model_name": "motor", "features": features }));
            assert_eq!(status, 200, "{answer}");
            answer["probability"].as_f64().unwrap()
        })
        .collect();
    assert!(expected[0] < 0.2 && expected[2] > 0.9, "{expected:?}");
    let (torques, types) = columns(&ROWS);
    for body in [
        split(&ROWS),
        json!({ "dataframe_records": records(&ROWS) }),
        json!({ "instances": records(&ROWS) }),
        json!({ "inputs": { "torque": torques, "type": types } }),
    ] {
        let (status, answer) = server.ask(INVOCATIONS, &body);
        assert_eq!(status, 200, "{answer}");
        assert_eq!(probabilities(&answer), expected, "{body}");
        assert_eq!(answer["predictions"][2]["prediction"], 1);
    }
    let csv = "type,torque\nH,-2.0\nL,0.25\nH,3\n";
    let (status, answer) = server.request("POST", INVOCATIONS, CSV, csv);
    assert_eq!((status, probabilities(&answer)), (200, expected.clone()));

    let (status, answer) = server.ask(INFER, &infer(&ROWS));
    assert_eq!(status, 200, "{answer}");
    assert_eq!((&answer["id"], &answer["model_version"]), (&json!("7"), &json!("3")));
    let output = &answer["outputs"][0];
    assert_eq!((&output["name"], &output["datatype"]), (&json!("probability"), &json!("FP32")));
    assert_eq!(output["data"], json!(expected));
    assert_eq!(answer["outputs"][1]["data"], json!([0, 1, 1]));

    let (head, body) = infer_bytes(&ROWS);
    let headers = format!(
        "content-type: application/octet-stream\r\ninference-header-content-length: {head}\r\n"
    );
    let answer = server.send("POST", INFER, &headers, &body);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let head: usize = answer.header("inference-header-content-length").unwrap().parse().unwrap();
    let json: Value = serde_json::from_slice(&answer.body[..head]).unwrap();
    assert_eq!(json["outputs"][0]["parameters"]["binary_data_size"], 12);
    let bytes = answer.body[head..head + 12].chunks(4);
    let found: Vec<f64> =
        bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).map(shortest).collect();
    assert_eq!(found, expected);
}

/// A number as JSON writes it.
fn shortest(number: f32) -> f64 {
    number.to_string().parse().unwrap()
}

#[test]
fn a_batch_is_answered_whole_or_refused_with_the_row_that_does_not_fit() {
    let server = Place::with_motor().serve(&[]);
    let bad = [ROWS[0], ROWS[1], (1.0, "Q")];
    let (torques, types) = columns(&bad);
    for body in [
        split(&bad),
        json!({ "dataframe_records": records(&bad) }),
        json!({ "instances": records(&bad) }),
        json!({ "inputs": { "torque": torques, "type": types } }),
    ] {
        let message = refused(&server, JSON, &body.to_string(), 400);
        assert!(message.contains("row 2: ") && message.contains("`type`"), "{message}");
    }
    let message = refused(&server, CSV, "torque,type\n1,H\n,L\n", 400);
    assert!(message.contains("row 1: feature `torque` must not be null"), "{message}");
    let message = refused(&server, CSV, "torque,type\n1,H\nnan,L\n", 400);
    assert!(message.contains("row 1: ") && message.contains("finite"), "{message}");
    let message = refused(
        &server,
        JSON,
        r#"{"dataframe_records":[{"torque":1,"type":"H"},{"torque":1}]}"#,
        400,
    );
    assert!(message.contains("row 1: feature `type` is missing"), "{message}");
    let answer = server.send("POST", INFER, JSON, infer(&bad).to_string().as_bytes());
    let error = refused_tensors(&answer, 422);
    assert!(error.contains("row 2: ") && error.contains("`type`"), "{error}");
}

#[test]
fn an_empty_batch_is_answered_with_nothing() {
    let server = Place::with_motor().serve(&[]);
    let (status, answer) = server.ask(INVOCATIONS, &split(&[]));
    assert_eq!((status, &answer["predictions"]), (200, &json!([])), "{answer}");
}

#[test]
fn what_is_wrong_with_a_body_is_said_in_the_words_of_its_protocol() {
    let server = Place::with_motor().serve(&[]);
    let deep = "[".repeat(100_000);
    let large = "1".repeat(1 << 20);
    let coded = format!("{JSON}content-encoding: gzip\r\n");
    for (headers, value, status, word) in [
        (JSON, "}", 400, "not JSON"),
        (JSON, "1e999", 400, "not JSON"),
        (JSON, "NaN", 400, "a missing value is null"),
        (JSON, deep.as_str(), 400, "not JSON"),
        (JSON, large.as_str(), 413, "1048576"),
        (JSON, r#""x""#, 422, "torque"),
        (coded.as_str(), "1", 415, "gzip"),
        ("content-type: text/plain\r\n", "1", 415, "text/plain"),
    ] {
        let body = format!(r#"{{"instances":[{{"torque":{value},"type":"H"}}]}}"#);
        // MLflow's server knows no 422.
        let in_mlflow = if status == 422 { 400 } else { status };
        let message = refused(&server, headers, &body, in_mlflow);
        assert!(message.contains(word), "{message}");
        let body = format!(
            r#"{{"inputs":[{{"name":"torque","shape":[1],"datatype":"FP64","data":[{value}]}}]}}"#
        );
        let error = refused_tensors(&server.send("POST", INFER, headers, body.as_bytes()), status);
        assert!(error.contains(word), "{error}");
        let body =
            format!(r#"{{"model_name":"motor","features":{{"torque":{value},"type":"H"}}}}"#);
        let (found, answer) = server.request("POST", "/api/v1/ml/predict", headers, &body);
        assert_eq!((found, detail(&answer).contains(word)), (status, true), "{answer}");
    }
    assert_eq!(server.ask(INVOCATIONS, &split(&ROWS)).0, 200, "it still answers");
}

#[test]
fn what_only_mlflows_forms_can_get_wrong_is_named() {
    let server = Place::with_motor().serve(&[]);
    let twice = r#"{"dataframe_records":[{"torque":1,"torque":2,"type":"H"}]}"#;
    let latin = "content-type: application/json; charset=latin1\r\n";
    for (headers, body, status, word) in [
        (JSON, twice, 400, "`torque` stands twice"),
        (JSON, "{}", 400, "none of `dataframe_split`"),
        (JSON, r#"{"inputs":[[1,2]]}"#, 400, "named columns"),
        (JSON, r#"{"instances":[],"inputs":[]}"#, 400, "more than one of"),
        (CSV, "torque,type\n1\n", 400, "line: 2"),
        (CSV, "torque,torque\n1,2\n", 400, "`torque` stands twice"),
        (latin, "{}", 415, "latin1"),
    ] {
        let message = refused(&server, headers, body, status);
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let server = Place::with_motor().serve(&[]);
    let with = |at: usize, key: &str, value: Value| {
        let mut request = infer(&ROWS);
        request["inputs"][at][key] = value;
        let answer = server.send("POST", INFER, JSON, request.to_string().as_bytes());
        refused_tensors(&answer, 422)
    };
    for (at, key, value, word) in [
        (0, "name", json!("speed"), "`speed`"),
        (0, "shape", json!([2]), "3 values for the shape [2]"),
        (0, "shape", json!([1, 3]), "`torque` has 3 values per row"),
        (0, "datatype", json!("FP128"), "FP128"),
        (0, "data", json!([1, 2, null]), "row 2: "),
        (1, "name", json!("torque"), "`torque` stands twice"),
    ] {
        let error = with(at, key, value);
        assert!(error.contains(word), "{error}");
    }
    let mut request = infer(&ROWS);
    request["outputs"] = json!([{ "name": "score" }]);
    let answer = server.send("POST", INFER, JSON, request.to_string().as_bytes());
    assert!(refused_tensors(&answer, 422).contains("`probability`"));
    let (head, body) = infer_bytes(&ROWS);
    let headers = format!("inference-header-content-length: {head}\r\n");
    let answer = server.send("POST", INFER, &headers, &body[..body.len() - 1]);
    assert!(refused_tensors(&answer, 422).contains("announced"));
}

#[test]
fn models_and_versions_are_found_or_what_is_there_is_named() {
    let mut place = Place::with_motor();
    place.publish("fan", "champion", 2, Origin::Real);
    let server = place.serve(&[]);
    let body = split(&ROWS);
    let message = refused(&server, JSON, &body.to_string(), 404);
    assert!(message.contains("fan, motor"), "{message}");
    for (query, status) in [
        ("?model=motor", 200),
        ("?model=motor&version=3", 200),
        ("?model=motor&version=auto", 200),
        ("?model=motor&version=9", 404),
        ("?model=pump", 404),
        ("?model=motor&version=x", 400),
        ("?modell=motor", 400),
        ("?model=%ff", 404),
    ] {
        let (found, answer) = server.ask(&format!("{INVOCATIONS}{query}"), &body);
        assert_eq!(found, status, "{query}: {answer}");
        assert_eq!(status == 200, answer.get("error_code").is_none(), "{answer}");
    }
    for (path, status) in [
        ("/v2/models/motor/versions/3/infer", 200),
        ("/v2/models/motor/versions/9/infer", 404),
        ("/v2/models/pump/infer", 404),
        ("/v2/models/motor/versions/x/infer", 404),
        ("/v2/models/%ff/infer", 400),
        ("/v2/nothing", 404),
    ] {
        let answer = server.send("POST", path, JSON, infer(&ROWS).to_string().as_bytes());
        if status == 200 {
            assert_eq!(answer.status, 200);
        } else {
            refused_tensors(&answer, status);
        }
    }
    let answer = server.send("GET", INFER, "", b"");
    assert!(refused_tensors(&answer, 405).contains("method"));
    assert_eq!(server.send("GET", INVOCATIONS, "", b"").json()["error_code"], "BAD_REQUEST");
}

#[test]
fn probes_and_metadata_are_those_of_the_protocols() {
    let server = Place::with_motor().serve(&[]);
    let get = |path: &str| server.send("GET", path, "", b"");
    assert_eq!((get("/ping").status, get("/ping").text()), (200, "\n"));
    assert!(get("/version").text().split('.').count() >= 3);
    assert_eq!(get("/v2/health/live").json(), json!({ "live": true }));
    assert_eq!(get("/v2/health/ready").json(), json!({ "ready": true }));
    assert_eq!(get("/v2/models/motor/ready").json(), json!({ "name": "motor", "ready": true }));
    let version = get("/v2/models/motor/versions/3/ready").json();
    assert_eq!(version, json!({ "name": "motor", "version": "3", "ready": true }));
    assert_eq!(get("/v2").json()["extensions"], json!(["binary_tensor_data"]));
    let expected = json!({
        "name": "motor", "versions": ["3"], "platform": "gauntlet_onnx",
        "inputs": [
            { "name": "torque", "datatype": "FP64", "shape": [-1, 1] },
            { "name": "type", "datatype": "BYTES", "shape": [-1, 1] },
        ],
        "outputs": [
            { "name": "probability", "datatype": "FP32", "shape": [-1] },
            { "name": "prediction", "datatype": "INT64", "shape": [-1] },
        ],
    });
    assert_eq!(get("/v2/models/motor").json(), expected);
    assert_eq!(get("/v2/models/motor/versions/3").json(), expected);
    refused_tensors(&get("/v2/models/pump/ready"), 404);
    refused_tensors(&get("/v2/models/motor/versions/9"), 404);
}

#[test]
fn without_a_key_each_protocol_says_so_in_its_words() {
    let server = Place::with_motor().serve(&["--api-key", "0123456789abcdef0123"]);
    let (status, answer) = server.ask(INVOCATIONS, &split(&ROWS));
    assert_eq!((status, &answer["error_code"]), (401, &json!("UNAUTHENTICATED")));
    let (status, answer) = server.request("POST", INVOCATIONS, "x-api-key: wrong\r\n", "{}");
    assert_eq!((status, &answer["error_code"]), (403, &json!("PERMISSION_DENIED")));
    refused_tensors(&server.send("POST", INFER, JSON, b"{}"), 401);
    refused_tensors(&server.send("GET", "/v2/models/motor", "", b""), 401);
    for path in ["/ping", "/version", "/v2/health/ready", "/v2/models/motor/ready"] {
        assert_eq!(server.send("GET", path, "", b"").status, 200, "{path}");
    }
    let headers = format!("{JSON}authorization: Bearer 0123456789abcdef0123\r\n");
    let answer = server.send("POST", INVOCATIONS, &headers, split(&ROWS).to_string().as_bytes());
    assert_eq!(answer.status, 200);
}

#[test]
fn pages_and_the_document_need_no_key_and_cards_do() {
    let server = Place::with_motor().serve(&["--api-key", "0123456789abcdef0123"]);
    for path in ["/", "/docs"] {
        let page = server.send("GET", path, "", b"");
        assert_eq!(page.status, 200);
        assert!(page.header("content-type").unwrap().starts_with("text/html"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
        assert!(!page.text().contains("motor"), "a page holds nothing of its own");
    }
    let document = server.send("GET", "/openapi.json", "", b"").json();
    assert_eq!(document["openapi"], "3.1.0");
    let path = "/api/v1/ml/models/motor/card";
    assert_eq!(server.send("GET", path, "", b"").status, 401);
    let card = server.send("GET", path, "x-api-key: 0123456789abcdef0123\r\n", b"").json();
    let served = &card["served"][0];
    assert_eq!((&card["model_name"], &served["model_version"]), (&json!("motor"), &json!(3)));
    assert_eq!((&served["alias"], &served["data_origin"]), (&json!("champion"), &json!("real")));
    assert_eq!(served["fields"][1]["kind"]["values"], json!(["H", "L"]));
    assert_eq!(served["example"], json!({ "torque": -2.0, "type": "H" }));
    assert_eq!((&served["task"]["type"], &served["threshold"]), (&json!("binary"), &json!(0.5)));
}
