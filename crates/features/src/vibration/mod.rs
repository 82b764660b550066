//! Features of vibration: one channel of one snapshot to one vector, nothing learned.
//!
//! An [`Extractor`] is planned for a [`Setup`] and a number of samples. Its features, by name:
//!
//! | name | what it is |
//! | --- | --- |
//! | `mean`, `mean_abs`, `std`, `rms`, `peak`, `peak_to_peak` | of the samples as they are; `std` divides by their number; `peak` is the largest magnitude |
//! | `crest_factor`, `shape_factor`, `impulse_factor`, `clearance_factor` | peak / rms, rms / mean_abs, peak / mean_abs, peak / (mean of the magnitudes' square roots)² |
//! | `skewness`, `kurtosis` | third and fourth moment about the mean, over powers of `std`; excess kurtosis: 0 for normal noise |
//! | `band_rms_1` ... `band_rms_4` | RMS of the lines up to 1/8, 1/4, 1/2 and all of the Nyquist frequency, the mean left out |
//! | `spectral_centroid_hz`, `spectral_entropy` | mean frequency by power; Shannon's entropy of the power's shares, from 0 to 1 |
//! | `env_rms` | RMS of the fluctuation of the Hilbert envelope in the fixed band, 2 to 8 kHz |
//! | `env_*` | amplitudes of that envelope at a fault frequency and its second and third harmonic, summed |
//! | `ses_snr_*` | decibels by which the fault's lines, sidebands included, exceed their surroundings in the spectrum of the squared envelope, in the band that the kurtogram chooses |
//! | `cpw_snr_*` | the same of the whole signal after cepstrum pre-whitening |
//!
//! `*` is `bpfo`, `bpfi`, `bsf2` and `ftf`, and needs a [`Geometry`]. The `env_*` are for growth against a
//! machine's own past, so their band never moves; the ratios name a fault without a past.
//!
//! Everything is in double precision and the same at every run. The Fourier transforms use the widest
//! instructions that the processor has, so between processors with and without AVX the last bits differ.

mod band;
pub mod baseline;
mod error;
mod extractor;
mod faults;
mod kurtogram;
mod moments;
mod plot;
mod setup;
mod spectrum;

pub use error::SignalError;
pub use extractor::{Extractor, names};
pub use plot::{Band, Peak, Spectrum, peak_near};
pub use setup::{Fault, FaultOrders, Geometry, Setup};
