//! Measured reading of a WAV file and its features, for `bench/features/audio.py`.
//!
//! `audio_features FILE REPEATS MELS`. Prints median times in microseconds: reading the first channel, the same with
//! hound alone, the log-mel spectrogram of what is in memory, both together, and a vector of features from the
//! file on.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use gauntlet_features::audio::{
    Channel, ClipExtractor, ClipSetup, LogMel, Pooling, Scale, Setup, read_wav,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, repeats, mels] = arguments.as_slice() else {
        return Err("usage: audio_features FILE REPEATS MELS".into());
    };
    let file = Path::new(file);
    let repeats: usize = repeats.parse()?;
    let first = Channel::Index(0);
    let clip = read_wav(file, first)?;
    let setup = Setup {
        sampling_rate_hz: clip.rate,
        n_fft: 1024,
        hop: 512,
        mels: mels.parse()?,
        scale: Scale::Slaney,
    };
    let mut log_mel = LogMel::new(&setup)?;
    let mut frames = Vec::new();
    let pooling = vec![Pooling::Mean, Pooling::Std, Pooling::Max];
    let mut extractor = ClipExtractor::new(&ClipSetup { setup, coefficients: 13, pooling })?;
    let mut values = vec![0.0; extractor.names().len()];

    let read = median(repeats, || {
        black_box(read_wav(file, first)?);
        Ok(())
    })?;
    let hound = median(repeats.div_ceil(10), || {
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
    let mel = median(repeats, || {
        black_box(log_mel.frames(black_box(&clip.samples), &mut frames)?);
        Ok(())
    })?;
    let both = median(repeats, || {
        black_box(log_mel.frames(&read_wav(file, first)?.samples, &mut frames)?);
        Ok(())
    })?;
    let features = median(repeats, || {
        extractor.extract(&read_wav(file, first)?, &mut values)?;
        black_box(&values);
        Ok(())
    })?;
    println!("read {read:.1}\nhound {hound:.1}\nlog_mel {mel:.1}\nboth {both:.1}");
    println!("features {features:.1}");
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
