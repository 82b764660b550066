//! Measured reading of WAV files and making of log-mel spectrograms, for `bench/features/audio.py`.
//!
//! `audio_features FILE REPEATS [MELS]`. Prints median times in microseconds.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use gauntlet_features::audio::{Channel, LogMel, Scale, Setup, read_wav};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, repeats, mels @ ..] = arguments.as_slice() else {
        return Err("usage: audio_features FILE REPEATS [MELS]".into());
    };
    let file = Path::new(file);
    let repeats: usize = repeats.parse()?;
    let mels = mels.first().map_or(Ok(64), |mels| mels.parse())?;
    let clip = read_wav(file, Channel::Index(0))?;
    let setup =
        Setup { sampling_rate_hz: clip.rate, n_fft: 1024, hop: 512, mels, scale: Scale::Slaney };
    let mut log_mel = LogMel::new(&setup)?;
    let mut frames = Vec::new();

    let read = median(repeats, || {
        black_box(read_wav(file, Channel::Index(0))?);
        Ok(())
    })?;
    let mel = median(repeats, || {
        black_box(log_mel.frames(black_box(&clip.samples), &mut frames)?);
        Ok(())
    })?;
    println!("read_us {read:.1}\nlog_mel_us {mel:.1}");
    let hound = median(repeats, || {
        let mut reader = hound::WavReader::open(file)?;
        let channels = usize::from(reader.spec().channels);
        let mut samples = Vec::new();
        for (index, sample) in reader.samples::<i16>().enumerate() {
            let sample = f32::from(sample?);
            if index % channels == 0 {
                samples.push(sample / 32768.0);
            }
        }
        black_box(samples);
        Ok(())
    })?;
    println!("hound_us {hound:.1}");
    Ok(())
}

fn median(
    repeats: usize,
    mut work: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<f64, Box<dyn Error>> {
    let mut micros = Vec::new();
    for _ in 0..repeats.max(1) {
        let start = Instant::now();
        work()?;
        micros.push(start.elapsed().as_secs_f64() * 1e6);
    }
    micros.sort_by(f64::total_cmp);
    Ok(micros[micros.len() / 2])
}
