//! Features of sound: a clip to a log-mel spectrogram or to one vector, nothing learned.

mod error;
mod log_mel;
mod mel;
mod riff;
mod setup;
mod stft;
mod wav;

pub use error::{AudioError, ClipError};
pub use log_mel::{LogMel, limit_range, stack};
pub use setup::{Scale, Setup};
pub use wav::{Channel, Clip, decode_wav, read_wav};
