//! Training with candle.

use candle_core::{Device, Result as Candle, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use gauntlet_core::{Seed, Train};
use rand::RngExt;
use rand::seq::SliceRandom;

use super::network::{Autoencoder, Layer};
use super::spec::Spec;
use crate::models::{Checked, Kind};
use crate::{LearnError, Samples};

/// A layer that is being trained.
struct Trained {
    /// Inputs by units.
    weights: Var,
    bias: Var,
}

pub(super) fn fit(
    params: &Checked<Spec>,
    train: &Train<Samples>,
    seed: Seed,
) -> Result<Autoencoder, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    let width = train.x.width();
    let layers = start(width, &params.hidden, seed)
        .and_then(|layers| descend(layers, params, &train.x.row_major(), width, seed))
        .and_then(|layers| layers.iter().map(Trained::finish).collect::<Candle<Vec<Layer>>>())
        .map_err(|e| failed(e.to_string()))?;
    let finite = |layer: &Layer| layer.weights.iter().chain(&layer.bias).all(|v| v.is_finite());
    if !layers.iter().all(finite) {
        return Err(failed("training diverged: lower `learning_rate`".to_owned()));
    }
    Ok(Autoencoder { layers })
}

/// Layers from `width` values over the hidden ones back to as many, with the uniform weights of Glorot and
/// Bengio (2010) and without bias.
fn start(width: usize, hidden: &[usize], seed: Seed) -> Candle<Vec<Trained>> {
    let mut rng = seed.derive("weights", 0).rng();
    let units: Vec<usize> = [width].iter().chain(hidden).chain(&[width]).copied().collect();
    let layer = |sides: &[usize]| -> Candle<Trained> {
        let (inputs, outputs) = (sides[0], sides[1]);
        let bound = (6.0 / (inputs + outputs) as f32).sqrt();
        let draw = |_| bound * (2.0 * rng.random::<f32>() - 1.0);
        let weights: Vec<f32> = (0..inputs * outputs).map(draw).collect();
        Ok(Trained {
            weights: Var::from_vec(weights, (inputs, outputs), &Device::Cpu)?,
            bias: Var::from_vec(vec![0.0_f32; outputs], outputs, &Device::Cpu)?,
        })
    };
    units.windows(2).map(layer).collect()
}

/// Adam on the mean squared error of batches, which are drawn anew in every epoch.
fn descend(
    layers: Vec<Trained>,
    params: &Spec,
    rows: &[f32],
    width: usize,
    seed: Seed,
) -> Candle<Vec<Trained>> {
    let variables = layers.iter().flat_map(|layer| [layer.weights.clone(), layer.bias.clone()]);
    // Without decay of the weights this is Adam (Kingma and Ba 2015).
    let adam =
        ParamsAdamW { lr: params.learning_rate, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut adam = AdamW::new(variables.collect(), adam)?;
    let mut rng = seed.derive("batches", 0).rng();
    let mut order: Vec<usize> = (0..rows.len() / width).collect();
    for _ in 0..params.epochs {
        order.shuffle(&mut rng);
        for batch in order.chunks(params.batch_size) {
            let picked = batch.iter().flat_map(|row| &rows[row * width..(row + 1) * width]);
            let picked: Vec<f32> = picked.copied().collect();
            let x = Tensor::from_vec(picked, (batch.len(), width), &Device::Cpu)?;
            let loss = (answer(&layers, &x)? - &x)?.sqr()?.mean_all()?;
            adam.backward_step(&loss)?;
        }
    }
    Ok(layers)
}

fn answer(layers: &[Trained], x: &Tensor) -> Candle<Tensor> {
    let mut values = x.clone();
    for (at, layer) in layers.iter().enumerate() {
        if at > 0 {
            values = values.relu()?;
        }
        values = values.matmul(&layer.weights)?.broadcast_add(&layer.bias)?;
    }
    Ok(values)
}

impl Trained {
    fn finish(&self) -> Candle<Layer> {
        let double = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
        Ok(Layer {
            weights: double(self.weights.flatten_all()?.to_vec1()?),
            bias: double(self.bias.to_vec1()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use gauntlet_core::Digest;

    use super::*;
    use crate::Target;
    use crate::testing::train_for;

    /// Rows near a curved line in `width` dimensions.
    fn curve(n: usize, width: usize) -> Train<Samples> {
        let mut rng = Seed(3).rng();
        let along: Vec<f32> = (0..n).map(|_| rng.random::<f32>() * 2.0 - 1.0).collect();
        let mut column = |i: usize| -> Vec<f32> {
            let of = |t: &f32| (t * (1.0 + i as f32 * 0.4)).sin() + 0.05 * rng.random::<f32>();
            along.iter().map(of).collect()
        };
        train_for((0..width).map(&mut column).collect(), Target::None(n))
    }

    fn spec(epochs: usize) -> Checked<Spec> {
        let hidden = vec![64, 8, 64];
        Spec { hidden, epochs, batch_size: 64, ..Spec::default() }.checked().unwrap()
    }

    fn bytes(network: &Autoencoder) -> Vec<u8> {
        let numbers = network.layers.iter().flat_map(|l| l.weights.iter().chain(&l.bias));
        numbers.flat_map(|v| v.to_bits().to_le_bytes()).collect()
    }

    #[test]
    fn training_lowers_the_error_and_rows_off_the_curve_have_a_larger_one() {
        let rows = curve(400, 20);
        let error = |network: &Autoencoder| {
            network.scores(&rows.x).iter().sum::<f64>() / rows.rows() as f64
        };
        let (early, late) =
            (fit(&spec(1), &rows, Seed(1)).unwrap(), fit(&spec(60), &rows, Seed(1)).unwrap());
        assert!(error(&late) < 0.02 && error(&late) < 0.1 * error(&early), "{}", error(&late));
        let mut off = rows.x.clone();
        off.columns[4].iter_mut().for_each(|v| *v = -*v);
        let off = late.scores(&off).iter().sum::<f64>() / rows.rows() as f64;
        assert!(off > 3.0 * error(&late), "{off}");
    }

    #[test]
    fn a_step_that_is_too_long_is_said() {
        let steep = Spec { learning_rate: 1e30, epochs: 20, ..Spec::default() };
        let error = fit(&steep.checked().unwrap(), &curve(40, 4), Seed(1)).unwrap_err();
        assert!(error.to_string().contains("`learning_rate`"), "{error}");
    }

    /// Set in the processes that the test starts.
    const CHILD: &str = "GAUNTLET_TEST_AUTOENCODER";

    #[test]
    fn weights_are_the_same_in_every_process_on_one_thread_and_on_two() {
        // Products of this size are split among threads.
        let wide = Spec { epochs: 2, ..Spec::default() }.checked().unwrap();
        let digest = Digest::of(&bytes(&fit(&wide, &curve(1100, 320), Seed(1)).unwrap()));
        if std::env::var_os(CHILD).is_some() {
            println!("digest {digest}");
            return;
        }
        let name = "models::autoencoder::fit::tests::weights_are_the_same_in_every_process_on_one_thread_and_on_two";
        for threads in ["1", "2"] {
            let child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", name, "--nocapture"])
                .envs([(CHILD, "1"), ("RAYON_NUM_THREADS", threads)])
                .output()
                .unwrap();
            let text = String::from_utf8(child.stdout).unwrap();
            assert!(text.contains(&format!("digest {digest}")), "{threads} threads: {text}");
        }
    }
}
