//! What a WAV file says about itself.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use super::AudioError;

/// The tag of integers.
const PCM: u16 = 1;

/// The tag of files that give theirs further on, as those of many channels do.
const EXTENSIBLE: u16 = 0xFFFE;

/// The part of a format chunk that every file has, and the part that extensible ones have.
const PLAIN: usize = 16;
const EXTENDED: usize = 40;

/// The header of a WAV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) channels: usize,
    pub(super) rate: u32,
    tag: u16,
    bits: u16,
    pub(super) data_bytes: u64,
}

impl Header {
    /// Reads up to the first sample.
    ///
    /// # Errors
    /// What is no WAV file, or ends before its samples do.
    pub(super) fn read(source: &mut (impl Read + Seek)) -> Result<Self, AudioError> {
        let end = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let mut riff = [0; 12];
        fill(source, &mut riff, "it is shorter than a header")?;
        if &riff[..4] != b"RIFF" || &riff[8..] != b"WAVE" {
            return Err(AudioError::NotWav("it does not begin with `RIFF` and `WAVE`"));
        }
        let mut header: Option<Self> = None;
        loop {
            let mut chunk = [0; 8];
            fill(source, &mut chunk, "it has no samples")?;
            let [a, b, c, d, size @ ..] = chunk;
            let size = u64::from(u32::from_le_bytes(size));
            let position = source.stream_position()?;
            match &[a, b, c, d] {
                b"fmt " => header = Some(Self::format(source, size)?),
                b"data" => {
                    let no_format = AudioError::NotWav("its samples come before their format");
                    let header = header.ok_or(no_format)?;
                    return header.with_data(size, end - position);
                }
                _ => {}
            }
            // Chunks begin at even bytes.
            source.seek(SeekFrom::Start(position + size.next_multiple_of(2)))?;
        }
    }

    /// Whether samples are integers of 16 bits.
    pub(super) fn is_pcm16(&self) -> bool {
        self.tag == PCM && self.bits == 16
    }

    fn format(source: &mut impl Read, size: u64) -> Result<Self, AudioError> {
        let short = "its format is too short";
        let mut bytes = [0; EXTENDED];
        let length = if size >= EXTENDED as u64 { EXTENDED } else { PLAIN };
        if size < PLAIN as u64 {
            return Err(AudioError::NotWav(short));
        }
        fill(source, &mut bytes[..length], short)?;
        let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let (channels, bits) = (word(2), word(14));
        let tag = match word(0) {
            EXTENSIBLE if length == EXTENDED => word(24),
            tag => tag,
        };
        let rate = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        if channels == 0 || rate == 0 || bits == 0 {
            return Err(AudioError::NotWav("its format has no channels, no rate or no bits"));
        }
        Ok(Self { channels: usize::from(channels), rate, tag, bits, data_bytes: 0 })
    }

    fn with_data(self, promised: u64, found: u64) -> Result<Self, AudioError> {
        if promised > found {
            return Err(AudioError::Truncated { promised, found });
        }
        let frame = self.channels as u64 * u64::from(self.bits.div_ceil(8));
        if !promised.is_multiple_of(frame) {
            return Err(AudioError::NotWav("its samples end within a frame"));
        }
        Ok(Self { data_bytes: promised, ..self })
    }
}

fn fill(source: &mut impl Read, bytes: &mut [u8], short: &'static str) -> Result<(), AudioError> {
    source.read_exact(bytes).map_err(|error: io::Error| match error.kind() {
        ErrorKind::UnexpectedEof => AudioError::NotWav(short),
        _ => AudioError::Read(error),
    })
}
