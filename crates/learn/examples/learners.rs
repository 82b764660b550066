//! One measured fit of the tree engine, for `bench/learners`: tables as files in, scores and a line of JSON out.
//!
//! `learners FOLDER forest|boosting|isolation SEED [leaf|depth]`. The folder holds `shape.json` with the
//! numbers of rows to fit, rows to score, and features; `x` (`f32`, feature by feature, rows to fit first)
//! and `y` (a byte per row).

use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use gauntlet_core::Seed;
use gauntlet_features::Matrix;
use gauntlet_learn::trees::{
    Binned, BoostParams, BoostTarget, Cutting, FeatureShares, ForestParams, ForestTarget, Growth,
    IsolationParams, Layout, Loss, Scorer, Size, grow_boosted, grow_forest, grow_isolation,
};

/// Short fits are repeated, because the kernel counts CPU time in hundredths of a second.
const SHORT: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, what, seed, rest @ ..] = arguments.as_slice() else {
        return Err("usage: learners FOLDER forest|boosting|isolation SEED [leaf|depth]".into());
    };
    let folder = Path::new(folder);
    let (fit, score) = read(folder)?;
    let y = fs_err::read(folder.join("y"))?;
    let seed = Seed(seed.parse()?);
    forget_peak()?;
    let resident = status("VmRSS")?;
    let (scores, fitting, scoring) = match what.as_str() {
        "forest" => {
            let (trees, fitting) = measure(1, || forest(&fit, &y[..fit.rows()], seed))?;
            let (scores, scoring) = measure(1, || Scorer::new(&trees, 1).sums(&score))?;
            (scores, fitting, scoring)
        }
        "boosting" => {
            let leaf_wise = rest.first().is_some_and(|growth| growth == "leaf");
            let y: Vec<f64> = y[..fit.rows()].iter().map(|y| f64::from(*y)).collect();
            let (boosted, fitting) = measure(1, || {
                let binned = Binned::new(&fit, 255, Layout::Blocks);
                let target = BoostTarget { y: &y, weights: None };
                grow_boosted(&fit, &binned, target, &boosting(leaf_wise), None, seed)
            })?;
            let (scores, scoring) = measure(1, || Scorer::new(&boosted.trees, 1).sums(&score))?;
            (scores, fitting, scoring)
        }
        "isolation" => {
            let params = IsolationParams { trees: 100, sample: 256, max_depth: None };
            let (trees, fitting) = measure(SHORT, || grow_isolation(&fit, params, seed))?;
            let (mut paths, scoring) = measure(3, || Scorer::new(&trees, 1).sums(&fit))?;
            paths.iter_mut().for_each(|path| *path = -*path);
            (paths, fitting, scoring)
        }
        other => return Err(format!("`{other}` is no learner").into()),
    };
    let bytes: Vec<u8> = scores.iter().flat_map(|score| score.to_le_bytes()).collect();
    fs_err::write(folder.join("scores.ours"), bytes)?;
    println!(
        "{{\"fit\": {fitting}, \"score\": {scoring}, \"grown_kib\": {}, \"peak_kib\": {}}}",
        status("VmHWM")?.saturating_sub(resident),
        status("VmHWM")?
    );
    Ok(())
}

fn forest(x: &Matrix, y: &[u8], seed: Seed) -> Vec<gauntlet_learn::trees::GrownTree> {
    let binned = Binned::new(x, 255, Layout::Columns);
    let params = ForestParams {
        trees: 100,
        size: Size { max_depth: usize::MAX, max_leaves: usize::MAX, growth: Growth::DepthWise },
        min_leaf: 1.0,
        min_decrease: 0.0,
        features_per_split: (x.width() as f64).sqrt() as usize,
        cutting: Cutting::Best,
        bootstrap: true,
        sample_share: 1.0,
    };
    grow_forest(&binned, ForestTarget::Classes { of: y, count: 2 }, None, &params, seed)
}

fn boosting(leaf_wise: bool) -> BoostParams {
    BoostParams {
        loss: Loss::Logistic,
        rounds: 100,
        learning_rate: 0.1,
        size: if leaf_wise {
            Size { max_depth: usize::MAX, max_leaves: 31, growth: Growth::LeafWise }
        } else {
            Size { max_depth: 6, max_leaves: usize::MAX, growth: Growth::DepthWise }
        },
        min_child_weight: 1e-3,
        min_leaf: 1,
        min_gain: 0.0,
        lambda: 1.0,
        alpha: 0.0,
        subsample: 1.0,
        features: FeatureShares::ALL,
        monotone: Vec::new(),
        patience: None,
    }
}

/// The rows to fit and to score, read column by column so that nothing is held twice.
fn read(folder: &Path) -> Result<(Matrix, Matrix), Box<dyn Error>> {
    let shape: [usize; 3] = serde_json::from_slice(&fs_err::read(folder.join("shape.json"))?)?;
    let [fit, score, width] = shape;
    let mut file = fs_err::File::open(folder.join("x"))?;
    let mut column = |rows: usize| -> Result<Vec<f32>, std::io::Error> {
        let mut bytes = vec![0; rows * 4];
        file.read_exact(&mut bytes)?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    };
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..width {
        a.push(column(fit)?);
        b.push(column(score)?);
    }
    let matrix = |columns| Matrix {
        names: (0..width).map(|feature| format!("x{feature}")).collect(),
        columns,
        limits: vec![None; width],
    };
    Ok((matrix(a), matrix(b)))
}

/// The result of the last of `times` runs, and the mean wall and CPU seconds as JSON.
fn measure<T>(times: usize, mut run: impl FnMut() -> T) -> Result<(T, String), Box<dyn Error>> {
    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    (1..times).for_each(|_| drop(run()));
    let result = run();
    let wall = start.elapsed().as_secs_f64() / times as f64;
    let cpu = (cpu_seconds()? - cpu) / times as f64;
    Ok((result, format!("{{\"wall\": {wall}, \"cpu\": {cpu}}}")))
}

/// CPU seconds of all threads so far; Linux counts in hundredths.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs_err::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .ok_or("short /proc/self/stat")?
            .parse::<f64>()
            .map_err(Box::<dyn Error>::from)
    };
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

/// Makes the peak of the resident set start again from here.
fn forget_peak() -> Result<(), std::io::Error> {
    fs_err::write("/proc/self/clear_refs", "5")
}

/// A line of `/proc/self/status`, in KiB.
fn status(key: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs_err::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(key)).ok_or("no such line")?;
    Ok(line.split_whitespace().nth(1).ok_or("an empty line")?.parse()?)
}
