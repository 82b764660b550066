//! What the crate computes of a WAV file, for `checks/features/audio_reference.py`.
//!
//! `audio_answers FILE mean|CHANNEL slaney|htk MELS COEFFICIENTS R`. Prints the spectrogram as a line of numbers
//! per frame, an empty line, and the clip's features, pooled by mean, standard deviation, maximum and rank.

use std::error::Error;
use std::path::Path;

use gauntlet_features::audio::{
    Channel, ClipExtractor, ClipSetup, LogMel, Pooling, Scale, Setup, read_wav,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, channel, scale, mels, coefficients, r] = arguments.as_slice() else {
        return Err("usage: audio_answers FILE mean|CHANNEL slaney|htk MELS COEFFICIENTS R".into());
    };
    let channel = match channel.as_str() {
        "mean" => Channel::Mean,
        index => Channel::Index(index.parse()?),
    };
    let clip = read_wav(Path::new(file), channel)?;
    let setup = Setup {
        sampling_rate_hz: clip.rate,
        n_fft: 1024,
        hop: 512,
        mels: mels.parse()?,
        scale: if scale == "htk" { Scale::Htk } else { Scale::Slaney },
    };
    let mut frames = Vec::new();
    LogMel::new(&setup)?.frames(&clip.samples, &mut frames)?;
    for frame in frames.chunks_exact(setup.mels) {
        println!("{}", frame.iter().map(f32::to_string).collect::<Vec<_>>().join(" "));
    }
    println!();

    let pooling = vec![Pooling::Mean, Pooling::Std, Pooling::Max, Pooling::Ranked(r.parse()?)];
    let setup = ClipSetup { setup, coefficients: coefficients.parse()?, pooling };
    let mut extractor = ClipExtractor::new(&setup)?;
    let mut values = vec![0.0; extractor.names().len()];
    extractor.extract(&clip, &mut values)?;
    for (name, value) in extractor.names().iter().zip(values) {
        println!("{name} {value:?}");
    }
    Ok(())
}
