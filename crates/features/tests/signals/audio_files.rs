//! WAV files, whole and damaged.

use gauntlet_features::audio::{AudioError, Channel, Clip, decode_wav, read_wav};

/// A WAV file of 16-bit integers, with an extensible format if there are many channels, as MIMII's.
fn wav(channels: u16, frames: &[Vec<i16>]) -> Vec<u8> {
    let block = 2 * channels;
    let mut format = Vec::new();
    format.extend(if channels > 2 { 0xFFFE_u16 } else { 1 }.to_le_bytes());
    format.extend(channels.to_le_bytes());
    format.extend(16_000_u32.to_le_bytes());
    format.extend((16_000 * u32::from(block)).to_le_bytes());
    format.extend(block.to_le_bytes());
    format.extend(16_u16.to_le_bytes());
    if channels > 2 {
        format.extend([22, 0, 16, 0, 0x3F, 6, 0, 0]);
        format.extend([1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    }
    let data: Vec<u8> = frames.iter().flatten().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
    for (name, chunk) in [(b"fmt ", format), (b"data", data)] {
        bytes.extend(name);
        bytes.extend(u32::try_from(chunk.len()).unwrap().to_le_bytes());
        bytes.extend(chunk);
    }
    bytes
}

fn ramp(channels: i16, count: i16) -> Vec<Vec<i16>> {
    (0..count).map(|i| (0..channels).map(|channel| 100 * i - 1000 * channel).collect()).collect()
}

fn message(bytes: &[u8]) -> String {
    decode_wav(bytes, Channel::Index(0)).unwrap_err().to_string()
}

#[test]
fn channels_are_chosen_or_averaged() {
    let bytes = wav(8, &ramp(8, 20_000 / 100));
    let clip = decode_wav(&bytes, Channel::Index(3)).unwrap();
    assert_eq!((clip.rate, clip.samples.len()), (16_000, 200));
    assert_eq!(clip.samples[..2], [-3000.0 / 32768.0, -2900.0 / 32768.0]);
    let mean = decode_wav(&bytes, Channel::Mean).unwrap();
    assert_eq!(mean.samples[..2], [-3500.0 / 32768.0, -3400.0 / 32768.0]);
    let error = decode_wav(&bytes, Channel::Index(8)).unwrap_err();
    assert_eq!(error.to_string(), "there is no channel 8: the file has 8, counted from 0");
}

#[test]
fn what_is_read_in_bulk_is_what_hound_reads() {
    for channels in [1, 2, 8] {
        let bytes = wav(channels, &ramp(i16::try_from(channels).unwrap(), 300));
        let reader = hound::WavReader::new(bytes.as_slice()).unwrap();
        let all: Vec<i16> = reader.into_samples().map(Result::unwrap).collect();
        for index in 0..usize::from(channels) {
            let clip = decode_wav(&bytes, Channel::Index(index)).unwrap();
            let expected: Vec<f32> = all[index..]
                .iter()
                .step_by(channels.into())
                .map(|&sample| f32::from(sample) / 32768.0)
                .collect();
            assert_eq!(clip.samples, expected);
        }
    }
}

#[test]
fn chunks_that_are_not_known_are_passed_over() {
    let plain = wav(1, &ramp(1, 50));
    let mut noted = plain.clone();
    // Of odd length, and so padded.
    noted.splice(12..12, *b"note\x03\0\0\0odd\0");
    assert_eq!(
        decode_wav(&noted, Channel::Mean).unwrap(),
        decode_wav(&plain, Channel::Mean).unwrap()
    );
}

#[test]
fn other_integers_and_floats_are_read_too() {
    let written = |bits_per_sample, sample_format, write: &dyn Fn(&mut Writer<'_>)| {
        let spec =
            hound::WavSpec { channels: 2, sample_rate: 8000, bits_per_sample, sample_format };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        write(&mut writer);
        writer.finalize().unwrap();
        bytes.into_inner()
    };
    type Writer<'a> = hound::WavWriter<&'a mut std::io::Cursor<Vec<u8>>>;
    let deep = written(24, hound::SampleFormat::Int, &|writer| {
        for sample in [1 << 22, 0, -(1 << 22), 1 << 21] {
            writer.write_sample(sample).unwrap();
        }
    });
    let clip = decode_wav(&deep, Channel::Index(0)).unwrap();
    assert_eq!(clip, Clip { rate: 8000, samples: vec![0.5, -0.5] });
    assert_eq!(decode_wav(&deep, Channel::Mean).unwrap().samples, [0.25, -0.125]);
    let float = |last: f32| {
        written(32, hound::SampleFormat::Float, &|writer| {
            for sample in [0.25_f32, 0.0, 0.75, last] {
                writer.write_sample(sample).unwrap();
            }
        })
    };
    assert_eq!(decode_wav(&float(1.0), Channel::Index(0)).unwrap().samples, [0.25, 0.75]);
    let error = decode_wav(&float(f32::NAN), Channel::Mean).unwrap_err();
    assert_eq!(error.to_string(), "sample 1 is NaN");
}

#[test]
fn damage_is_named() {
    let whole = wav(1, &ramp(1, 50));
    assert_eq!(
        message(&whole[..whole.len() - 10]),
        "truncated: the header promises 100 bytes of samples, 90 are there"
    );
    assert_eq!(message(b"ID3 no wave"), "this is no WAV file: it is shorter than a header");
    assert_eq!(
        message(b"ID3 this is another format"),
        "this is no WAV file: it does not begin with `RIFF` and `WAVE`"
    );
    assert_eq!(message(&wav(1, &[])), "zero length: there are no samples");
    assert_eq!(message(&wav(1, &[vec![0], vec![0]])), "silent: every sample is 0");
    assert_eq!(message(&whole[..30]), "this is no WAV file: its format is too short");
    assert_eq!(message(&whole[..40]), "this is no WAV file: it has no samples");
    // One channel is silent, and the others are not.
    let half = wav(2, &[vec![0, 1], vec![0, 2]]);
    assert!(matches!(decode_wav(&half, Channel::Index(0)), Err(AudioError::Silent(_))));
    assert!(decode_wav(&half, Channel::Index(1)).is_ok());
}

#[test]
fn no_truncation_and_no_wrong_byte_makes_it_panic() {
    let whole = wav(8, &ramp(8, 20));
    for length in 0..whole.len() {
        assert!(decode_wav(&whole[..length], Channel::Index(0)).is_err(), "{length} bytes");
    }
    for at in 0..100 {
        for byte in [0, 1, 127, 128, 255] {
            let mut wrong = whole.clone();
            wrong[at] = byte;
            let _ = decode_wav(&wrong, Channel::Mean);
        }
    }
}

#[test]
fn an_error_names_the_file() {
    let path = std::path::Path::new("no/such/clip.wav");
    let error = read_wav(path, Channel::Mean).unwrap_err();
    assert!(error.to_string().starts_with("no/such/clip.wav: "), "{error}");
}
