//! A network that is trained to give back what it is given, through a narrow layer, as a detector: what it
//! gives back badly is unlike the training rows (Sakurada and Yairi 2014).
//!
//! The default is the baseline of MIMII (Purohit et al. 2019): dense layers of 64, 64, 8, 64 and 64 units
//! with ReLU, Adam on the mean squared error, of inputs of any width. For sound a row is five log-mel frames
//! side by side.
//!
//! Training is candle's, in single precision on the processor. Start and order of the rows come from the
//! seed, so that a fit has the same bytes in every process and on any number of threads; the matrix product
//! chooses its instructions by the processor, so processors of another generation may differ in last bits.
//! Scoring is in double precision, natively and in the graph, so that sums in another order agree.

mod fit;
mod lower;
mod network;
mod spec;

pub use network::Autoencoder;
pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind, Scaling};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = Autoencoder;

    const NAME: &'static str = "autoencoder";
    const TASKS: &'static [Task] = &[Task::Anomaly];
    const SCALING: Scaling = Scaling::Standard;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(
        params: &Checked<Self>,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<Autoencoder, LearnError> {
        fit::fit(params, train, seed)
    }
}
