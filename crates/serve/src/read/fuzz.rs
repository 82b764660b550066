//! Requests that nobody would send, by the thousand: none may panic, and none may ask for much memory.
//!
//! `GAUNTLET_FUZZ_SECONDS` lets it go on for that long, as `make fuzz-serve` does.

use std::time::{Duration, Instant};

use gauntlet_core::{Field, FieldKind, Implausible, Plausible};

use super::{Format, Infer, Payload, Predict, Table, invocation, parse};

const REQUESTS: [&str; 12] = [
    r#"{"model_name":"m","model_version":"auto","features":{"a":1.5,"b":"x","c":null},"explain":true}"#,
    r#"{"model_name":"m","model_version":3,"features":{},"sensor_id":"s\u00e9"}"#,
    r#"{"dataframe_split":{"columns":["a","b","c"],"index":[0],"data":[[1,"x",2],[1e9,"y",null]]}}"#,
    r#"{"dataframe_records":[{"a":1,"b":"x","c":2},{"c":2,"b":"x","a":-1}]}"#,
    r#"{"instances":[[1,2,3],[4,5,6]]}"#,
    r#"{"inputs":{"a":[1,2],"b":["x","y"],"c":[[1],[2]]},"params":{}}"#,
    r#"{"id":"1","inputs":[{"name":"a","shape":[2,1],"datatype":"FP64","data":[1,2]}]}"#,
    r#"{"inputs":[{"name":"b","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":6}}],"outputs":[{"name":"p"}]}"#,
    "a,b,c\n1,x,\n2,\"y,z\",nan\n",
    "[[[[[[[[[[[[[[[[{\"a\":",
    r#"{"inputs":[{"name":"a","shape":[9223372036854775807,2],"datatype":"INT8","data":[]}]}"#,
    r#"{"a":1e308,"b":-0,"c":123456789012345678901234567890,"d":"\ud83d\ude00"}"#,
];

/// Pieces that parsers have trouble with.
const PIECES: [&[u8]; 16] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"null",
    b"NaN",
    b"-1e999",
    b"\\u0000",
    b"\xff\xfe",
    b"\0\0\0\x80",
    b"18446744073709551616",
    b"[[",
    b"{\"\":",
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn request(&mut self) -> Vec<u8> {
        let mut bytes = REQUESTS[self.below(REQUESTS.len())].as_bytes().to_vec();
        for _ in 0..self.below(6) {
            let at = self.below(bytes.len() + 1);
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => bytes
                    .splice(at..at, PIECES[self.below(PIECES.len())].iter().copied())
                    .for_each(drop),
                2 if at < bytes.len() => bytes[at] = self.next() as u8,
                3 => {
                    let other = REQUESTS[self.below(REQUESTS.len())].as_bytes();
                    let from = self.below(other.len());
                    bytes.splice(at..at, other[from..].iter().copied()).for_each(drop);
                }
                4 => {
                    let piece = PIECES[self.below(PIECES.len())].repeat(1 + self.below(200));
                    bytes.splice(at..at, piece).for_each(drop);
                }
                _ if at < bytes.len() => drop(bytes.remove(at)),
                _ => {}
            }
        }
        bytes
    }
}

fn fields() -> Vec<Field> {
    let field = |name: &str, kind| Field {
        name: name.to_owned(),
        kind,
        unit: String::new(),
        nullable: name == "c",
        plausible: Plausible { min: Some(-1e6), max: Some(1e6) },
    };
    let category = FieldKind::Category { values: vec!["x".to_owned(), "y".to_owned()] };
    vec![field("a", FieldKind::Number), field("b", category), field("c", FieldKind::Number)]
}

fn fit(table: &Table<'_>, fields: &[Field]) {
    if let Ok(rows) = table.fit(fields, Implausible::Warn) {
        assert!(rows.columns.iter().all(|column| column.len() == rows.rows));
    }
}

fn read(bytes: &[u8], random: &mut Random, fields: &[Field]) {
    if let Ok(mut request) = parse::<Predict<'_>>(bytes) {
        let _ = request.table(None, fields).map(|table| fit(&table, fields));
    }
    for format in [Format::Json, Format::Csv] {
        match invocation(bytes, format, |name| name == "b") {
            Ok(Payload::Table(table)) => fit(&table, fields),
            Ok(Payload::Tensors(tensors)) => {
                let _ = Table::of_columns(tensors).map(|table| fit(&table, fields));
            }
            Err(problem) => assert!(problem.status().is_client_error()),
        }
    }
    let head = (random.below(2) == 0).then(|| random.below(bytes.len() + 2));
    if let Ok(infer) = Infer::read(bytes, head) {
        let columns = infer.tensors.into_iter().map(|tensor| {
            let (name, grid) = tensor.into_grid();
            (Some(name), grid)
        });
        let _ = Table::of_columns(columns.collect()).map(|table| fit(&table, fields));
    }
}

#[test]
fn no_request_panics_whatever_it_holds() {
    let seconds = std::env::var("GAUNTLET_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let (began, fields) = (Instant::now(), fields());
    let (mut random, mut requests) = (Random(20_261_129), 0_u64);
    loop {
        for _ in 0..5_000 {
            let bytes = random.request();
            read(&bytes, &mut random, &fields);
        }
        requests += 5_000;
        if seconds.is_none_or(|seconds| began.elapsed() >= Duration::from_secs(seconds)) {
            break;
        }
    }
    println!("{requests} requests read");
    // Where the system says so: the most memory that this process ever had.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    if let Some(peak) = peak {
        let kilobytes: u64 = peak.trim().trim_end_matches(" kB").trim().parse().unwrap();
        assert!(kilobytes < 600_000, "{kilobytes} kB");
    }
}
