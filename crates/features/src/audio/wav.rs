//! Sounds from WAV files.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use super::riff::Header;
use super::{AudioError, ClipError};

/// One channel of sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Samples per second.
    pub rate: u32,
    /// Samples, from -1 to under 1.
    pub samples: Vec<f32>,
}

/// Which channel of a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The one of this number, from 0.
    Index(usize),
    /// The mean of all.
    Mean,
}

/// Bytes that are taken from a file at a time: few enough to stay in the processor's cache.
const BLOCK: usize = 1 << 16;

/// Reads a channel of a WAV file of integers or floats.
///
/// # Errors
/// A file that cannot be read, is no WAV file or of a kind that is not read, is truncated, empty or silent,
/// or does not have the channel. The error names the file.
pub fn read_wav(path: &Path, channel: Channel) -> Result<Clip, ClipError> {
    File::open(path)
        .map_err(AudioError::from)
        .and_then(|file| read(file, channel))
        .map_err(|error| error.at(path))
}

/// Reads a channel of the bytes of a WAV file, as [`read_wav`] does.
///
/// # Errors
/// As [`read_wav`], without a name.
pub fn decode_wav(bytes: &[u8], channel: Channel) -> Result<Clip, AudioError> {
    read(Cursor::new(bytes), channel)
}

fn read(mut source: impl Read + Seek, channel: Channel) -> Result<Clip, AudioError> {
    let header = Header::read(&mut source)?;
    let (index, channels) = match channel {
        Channel::Index(index) => (index, header.channels),
        Channel::Mean => (0, header.channels),
    };
    if index >= channels {
        return Err(AudioError::Channel { index, channels });
    }
    if header.data_bytes == 0 {
        return Err(AudioError::Empty);
    }
    let samples = if header.is_pcm16() {
        pcm16(&mut source, &header, channel)?
    } else {
        source.seek(SeekFrom::Start(0))?;
        any(source, channel)?
    };
    match samples.first() {
        None => Err(AudioError::Empty),
        Some(&first) if samples.iter().all(|&sample| sample == first) => {
            Err(AudioError::Silent(first))
        }
        Some(_) => Ok(Clip { rate: header.rate, samples }),
    }
}

/// Samples of 16-bit integers, from where they begin.
fn pcm16(
    source: &mut impl Read,
    header: &Header,
    channel: Channel,
) -> Result<Vec<f32>, AudioError> {
    let frame = 2 * header.channels;
    let scale = 1.0 / 32768.0;
    let mean_scale = scale / header.channels as f32;
    let mut samples = Vec::with_capacity(header.data_bytes as usize / frame);
    let mut block = vec![0; (BLOCK / frame).max(1) * frame];
    let mut left = header.data_bytes as usize;
    while left > 0 {
        let length = left.min(block.len());
        let bytes = &mut block[..length];
        source.read_exact(bytes)?;
        left -= length;
        let frames = bytes.chunks_exact(frame);
        let integer = |pair: &[u8]| i16::from_le_bytes([pair[0], pair[1]]);
        match channel {
            Channel::Index(index) => samples.extend(
                frames.map(|frame| f32::from(integer(&frame[2 * index..2 * index + 2])) * scale),
            ),
            Channel::Mean => samples.extend(frames.map(|frame| {
                let sum: i32 = frame.chunks_exact(2).map(|pair| i32::from(integer(pair))).sum();
                sum as f32 * mean_scale
            })),
        }
    }
    Ok(samples)
}

/// Samples of any kind that hound reads, from the file's beginning.
fn any(source: impl Read, channel: Channel) -> Result<Vec<f32>, AudioError> {
    let reader = hound::WavReader::new(source).map_err(refused)?;
    let spec = reader.spec();
    let channels = usize::from(spec.channels);
    let values: Result<Vec<f32>, _> = match spec.sample_format {
        hound::SampleFormat::Float => reader.into_samples::<f32>().collect(),
        hound::SampleFormat::Int => {
            let scale = 1.0 / (1_i64 << (spec.bits_per_sample - 1)) as f32;
            let integers = reader.into_samples::<i32>();
            integers.map(|sample| sample.map(|sample| sample as f32 * scale)).collect()
        }
    };
    let values = values.map_err(refused)?;
    if let Some((index, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        return Err(AudioError::NotFinite { index: index / channels, value });
    }
    let frames = values.chunks_exact(channels);
    Ok(match channel {
        Channel::Index(index) => frames.map(|frame| frame[index]).collect(),
        Channel::Mean => frames.map(|frame| frame.iter().sum::<f32>() / channels as f32).collect(),
    })
}

fn refused(error: hound::Error) -> AudioError {
    match error {
        hound::Error::IoError(error) => AudioError::Read(error),
        hound::Error::FormatError(problem) => AudioError::NotWav(problem),
        other => AudioError::Unsupported(other.to_string()),
    }
}
