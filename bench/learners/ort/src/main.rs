//! Our engine and onnxruntime's C API (by way of `ort`) on one thread, interleaved.
//!
//! ```text
//! bench-ort OURS.onnx THEIRS.onnx ROWS.f32 FEATURES EXPLAINED LIBONNXRUNTIME.so
//! ```
//!
//! `OURS.onnx` is a graph as the project writes it, inputs `x0`, `x1`, ... of doubles; `THEIRS.onnx` takes one
//! matrix `x` and gives `scores`, which is the least work for onnxruntime. Prints a line of JSON:
//! median seconds per single row and explanation, rows per processor second of a batch (best round),
//! and the contributions of the first `EXPLAINED` rows.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use gauntlet_bundle::{Explainer, Predictor};
use gauntlet_core::{Cell, Column, Field, FieldKind, Frame, Signature};
use ort::session::Session;
use ort::value::TensorRef;
use serde_json::json;

const ROUNDS: usize = 5;
const SINGLES: usize = 4000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ours, theirs, rows, features, explained, library] = arguments.as_slice() else {
        anyhow::bail!(
            "bench-ort OURS.onnx THEIRS.onnx ROWS.f32 FEATURES EXPLAINED LIBONNXRUNTIME.so"
        );
    };
    let (features, explained): (usize, usize) = (features.parse()?, explained.parse()?);
    let rows: Vec<f32> = std::fs::read(rows)?
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let count = rows.len() / features;
    let model = std::fs::read(ours)?;
    let predictor = Predictor::new(&model, signature(features))?;
    let explainer = Explainer::new(&model, signature(features))?;
    let environment = ort::init_from(library)?.build()?;
    let builder = Session::builder(&environment)?.with_intra_threads(1);
    let mut session = builder.map_err(|e| anyhow::anyhow!("{e}"))?.commit_from_file(theirs)?;
    let wide: Vec<f64> = rows.iter().map(|&x| f64::from(x)).collect();
    let column =
        |c: usize| Column::Number(wide.iter().skip(c).step_by(features).copied().collect());
    let frame =
        Frame::new((0..features).map(|c| (format!("x{c}"), column(c))).collect::<Vec<_>>())?;
    let cells = |row: usize| -> Vec<Cell<'_>> {
        wide[row * features..][..features].iter().map(|&x| Cell::Number(x)).collect()
    };

    let (mut single, mut batch) = ([vec![], vec![]], [0.0_f64; 2]);
    let mut equal = 0;
    for round in 0..ROUNDS {
        for row in (0..SINGLES).map(|at| (round * SINGLES + at) % count) {
            let cells = cells(row);
            let start = Instant::now();
            black_box(predictor.predict_row(black_box(&cells))?);
            single[0].push(start.elapsed().as_secs_f64());
        }
        for row in (0..SINGLES).map(|at| (round * SINGLES + at) % count) {
            let values = &rows[row * features..][..features];
            let start = Instant::now();
            black_box(their_row(&mut session, black_box(values))?);
            single[1].push(start.elapsed().as_secs_f64());
        }
        let start = cpu_seconds()?;
        let mine = predictor.predict(&frame)?.probability;
        batch[0] = batch[0].max(count as f64 / (cpu_seconds()? - start));
        let start = cpu_seconds()?;
        let theirs = their_batch(&mut session, &rows, features)?;
        batch[1] = batch[1].max(count as f64 / (cpu_seconds()? - start));
        equal = mine.iter().zip(&theirs).filter(|(a, b)| a.to_bits() == b.to_bits()).count();
        ensure!(equal == count, "{} of {count} rows differ", count - equal);
    }
    let (mut explain, mut contributions) = (vec![], vec![]);
    for row in 0..explained {
        let cells = cells(row);
        let start = Instant::now();
        let explanation = explainer.explain_row(&cells)?;
        explain.push(start.elapsed().as_secs_f64());
        contributions.extend(explanation.features.into_iter().flat_map(|f| f.contributions));
    }
    let [ours, theirs] = single.map(median);
    println!(
        "{}",
        json!({
            "single_seconds": { "ours": ours, "ort": theirs },
            "batch_rows_per_second": { "ours": batch[0], "ort": batch[1] },
            "rows_equal": equal,
            "explain_seconds": median(explain),
            "contributions": contributions,
        })
    );
    Ok(())
}

fn signature(features: usize) -> Signature {
    let names: Vec<String> = (0..features).map(|c| format!("x{c}")).collect();
    let field = |name: &String| Field {
        name: name.clone(),
        kind: FieldKind::Number,
        unit: String::new(),
        nullable: false,
    };
    let raw = names.iter().map(field).collect();
    Signature { raw, features: names, threshold: 0.5, ..Signature::default() }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Processor time of this thread: a batch is long enough to be interrupted by others.
fn cpu_seconds() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().context("no schedstat")?.parse()?;
    Ok(nanoseconds / 1e9)
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
