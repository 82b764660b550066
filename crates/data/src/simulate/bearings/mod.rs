//! Bearings that run to failure, in the layouts of NASA IMS and XJTU-SY, with everything known about their ends.

mod ims;
mod life;
mod signal;
mod stamp;
mod truth;
mod xjtu;

use std::path::Path;

use gauntlet_core::Seed;

use crate::error::DataError;
pub use truth::{Known, Truth};

/// Told how many files of how many are written.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Rows of each file; the real ones have 20,480 (IMS) and 32,768 (XJTU-SY).
    pub samples: usize,
    /// Every how many snapshots of the IMS rig one is written.
    pub every: usize,
}

impl Plan {
    /// Files a tenth as long as the real ones: about 400 MB of IMS, 300 MB of XJTU-SY.
    pub const SMALL: Self = Self { samples: 2048, every: 1 };

    /// Files as long as the real ones of IMS at 1, shorter in proportion below.
    ///
    /// # Errors
    /// A scale outside 0.02 to 1.6.
    pub fn of_scale(scale: f64) -> Result<Self, DataError> {
        if !(0.02..=1.6).contains(&scale) {
            let problem = format!("the scale is {scale}, it must lie between 0.02 and 1.6");
            return Err(DataError::Simulate { dataset: "bearings".to_owned(), problem });
        }
        Ok(Self { samples: (20_480.0 * scale).round() as usize, every: 1 })
    }
}

/// Draws the runs of the dataset by `seed` and writes them, with a note of the truth, into `folder`.
///
/// The same plan and seed give the same bytes on any number of threads. What stood in `folder` is removed first.
///
/// # Errors
/// A dataset without a simulator, or a folder that cannot be written.
pub fn write(
    dataset: &str,
    folder: &Path,
    seed: Seed,
    plan: &Plan,
    progress: Progress<'_>,
) -> Result<Truth, DataError> {
    let write = match dataset {
        "ims" => ims::write,
        "xjtu_sy" => xjtu::write,
        _ => return Err(DataError::NoSimulator { dataset: dataset.to_owned() }),
    };
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    write(dataset, folder, seed, plan, progress)
}
