//! Features of sound: a clip to a log-mel spectrogram or to one vector, nothing learned.
//!
//! [`read_wav`] and [`decode_wav`] read a [`Clip`]; [`LogMel`] makes its spectrogram, which [`stack`] prepares for
//! an autoencoder; [`ClipExtractor`] makes one vector of it. Conventions are those of librosa 0.11, with which the
//! numbers are compared.
//!
//! Everything is the same at every run. The Fourier transforms use the widest instructions that the processor
//! has, so between processors with and without AVX the last bits of double precision differ.

mod clip;
mod decibels;
mod error;
mod log_mel;
mod mel;
mod pooling;
mod riff;
mod setup;
mod statistics;
mod stft;
mod wav;

pub use clip::{ClipExtractor, ClipSetup};
pub use decibels::limit_range;
pub use error::{AudioError, ClipError};
pub use log_mel::{LogMel, stack};
pub use pooling::Pooling;
pub use setup::{Scale, Setup};
pub use wav::{Channel, Clip, decode_wav, read_wav};
