//! WAV files exactly as the microphones' recorder wrote them: eight channels, `WAVE_FORMAT_EXTENSIBLE`.

use super::bench::{RATE, SAMPLES};
use super::room::CHANNELS;

/// Bytes of all samples.
const DATA: u32 = (SAMPLES * CHANNELS * 2) as u32;

/// Bytes before the first sample.
pub(super) const HEADER: usize = 80;

/// The rest of the format's identifier, behind its first two bytes.
const GUID: [u8; 14] = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

/// Everything up to the first sample.
pub(super) fn header() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + DATA as usize);
    let mut put = |part: &[u8]| bytes.extend_from_slice(part);
    put(b"RIFF");
    put(&(DATA + HEADER as u32 - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&40_u32.to_le_bytes());
    put(&0xFFFE_u16.to_le_bytes());
    put(&(CHANNELS as u16).to_le_bytes());
    put(&(RATE as u32).to_le_bytes());
    put(&(RATE as u32 * CHANNELS as u32 * 2).to_le_bytes());
    put(&(CHANNELS as u16 * 2).to_le_bytes());
    put(&16_u16.to_le_bytes());
    // Bytes of the extension, bits that count, and the places of the loudspeakers that channels are for.
    put(&22_u16.to_le_bytes());
    put(&16_u16.to_le_bytes());
    put(&0x063F_u32.to_le_bytes());
    put(&1_u16.to_le_bytes());
    put(&GUID);
    put(b"fact");
    put(&4_u32.to_le_bytes());
    put(&(SAMPLES as u32).to_le_bytes());
    put(b"data");
    put(&DATA.to_le_bytes());
    bytes
}

/// A sample from -1 to 1 as it is written; what is louder is cut off.
pub(super) fn integer(sample: f32) -> [u8; 2] {
    ((sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes()
}
