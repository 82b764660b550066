//! Our engine and onnxruntime's C API (by way of `ort`) on one thread, interleaved.
//!
//! ```text
//! bench-ort OURS.onnx THEIRS.onnx ROWS.f32 FEATURES [LIBONNXRUNTIME.so]
//! ```
//!
//! `OURS.onnx` takes its features as inputs of their own, as the project's graphs do, `THEIRS.onnx` as
//! one matrix `x` and gives `scores`, which is the least work for onnxruntime. Prints a line of JSON:
//! seconds per single row (median and least of all), rows per processor second of a batch (best round).

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use gauntlet_bundle::engine::{Engine, Input, Output};
use ort::session::Session;
use ort::value::TensorRef;
use serde_json::json;

const ROUNDS: usize = 5;
const SINGLES: usize = 4000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ours, theirs, rows, features, rest @ ..] = arguments.as_slice() else {
        anyhow::bail!("bench-ort OURS.onnx THEIRS.onnx ROWS.f32 FEATURES [LIBONNXRUNTIME.so]");
    };
    let features: usize = features.parse()?;
    let rows: Vec<f32> = std::fs::read(rows)?
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let engine = Engine::load(&std::fs::read(ours)?)?;
    let mut session = match rest.first() {
        None => None,
        Some(library) => {
            let environment = ort::init_from(library)?.build()?;
            let builder = Session::builder(&environment)?.with_intra_threads(1);
            Some(builder.map_err(|e| anyhow::anyhow!("{e}"))?.commit_from_file(theirs)?)
        }
    };

    let columns: Vec<Vec<f32>> =
        (0..features).map(|c| rows.iter().skip(c).step_by(features).copied().collect()).collect();
    let (mut single, mut batch) = ([vec![], vec![]], [0.0_f64; 2]);
    let count = rows.len() / features;
    let mut equal = 0;
    for round in 0..ROUNDS {
        for row in (0..SINGLES).map(|at| (round * SINGLES + at) % count) {
            let values = &rows[row * features..][..features];
            let start = Instant::now();
            black_box(our_row(&engine, black_box(values))?);
            single[0].push(start.elapsed().as_secs_f64());
        }
        if let Some(session) = &mut session {
            for row in (0..SINGLES).map(|at| (round * SINGLES + at) % count) {
                let values = &rows[row * features..][..features];
                let start = Instant::now();
                black_box(their_row(session, black_box(values))?);
                single[1].push(start.elapsed().as_secs_f64());
            }
        }
        let start = cpu_seconds()?;
        let mine = our_batch(&engine, &columns)?;
        batch[0] = batch[0].max(count as f64 / (cpu_seconds()? - start));
        if let Some(session) = &mut session {
            let start = cpu_seconds()?;
            let theirs = their_batch(session, &rows, features)?;
            batch[1] = batch[1].max(count as f64 / (cpu_seconds()? - start));
            equal = mine.iter().zip(&theirs).filter(|(a, b)| a.to_bits() == b.to_bits()).count();
            ensure!(equal == count, "{} of {count} rows differ", count - equal);
        }
    }
    let [ours, theirs] = single.map(|mut seconds| {
        seconds.sort_by(f64::total_cmp);
        json!({ "median": seconds.get(seconds.len() / 2), "least": seconds.first() })
    });
    println!(
        "{}",
        json!({
            "single_seconds": { "ours": ours, "ort": theirs },
            "batch_rows_per_second": { "ours": batch[0], "ort": batch[1] },
            "rows_equal": equal,
        })
    );
    Ok(())
}

/// Processor time of this thread: a batch is long enough to be interrupted by others.
fn cpu_seconds() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().context("no schedstat")?.parse()?;
    Ok(nanoseconds / 1e9)
}

fn our_row(engine: &Engine, row: &[f32]) -> Result<f32> {
    let inputs: Vec<Input<'_>> = row.chunks_exact(1).map(Input::Float).collect();
    match engine.run(&inputs)?.pop() {
        Some(Output::Float(scores)) => Ok(scores[0]),
        _ => anyhow::bail!("the last output holds no floats"),
    }
}

fn our_batch(engine: &Engine, columns: &[Vec<f32>]) -> Result<Vec<f32>> {
    let inputs: Vec<Input<'_>> = columns.iter().map(|c| Input::Float(c)).collect();
    match engine.run(&inputs)?.pop() {
        Some(Output::Float(scores)) => Ok(scores),
        _ => anyhow::bail!("the last output holds no floats"),
    }
}

fn their_row(session: &mut Session, row: &[f32]) -> Result<f32> {
    let input = TensorRef::from_array_view(([1, row.len()], row))?;
    let outputs = session.run(ort::inputs!["x" => input])?;
    let (_, scores) = outputs["scores"].try_extract_tensor::<f32>()?;
    scores.get(1).copied().context("no score")
}

fn their_batch(session: &mut Session, rows: &[f32], features: usize) -> Result<Vec<f32>> {
    let input = TensorRef::from_array_view(([rows.len() / features, features], rows))?;
    let outputs = session.run(ort::inputs!["x" => input])?;
    let (_, scores) = outputs["scores"].try_extract_tensor::<f32>()?;
    Ok(scores.chunks_exact(2).map(|pair| pair[1]).collect())
}
