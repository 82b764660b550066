//! One recording, under every SNR.

use rand::{Rng, RngExt as _};
use realfft::num_complex::Complex;

use super::bench::{Bench, LENGTH, LINES, SAMPLES, Spectrum};
use super::factory::Factory;
use super::fault::Broken;
use super::room::{CHANNELS, Room, add_delayed};
use super::rotor::Rotor;
use super::stroke::{Slider, Valve};
use super::wav;

/// One machine, by its type.
#[derive(Debug, Clone)]
pub(super) enum Voice {
    Rotor(Rotor),
    Slider(Slider),
    Valve(Valve),
}

impl Voice {
    /// Draws one of the machines of a type.
    pub(super) fn new(machine: &str, rng: &mut impl Rng) -> Self {
        match machine {
            "fan" => Self::Rotor(Rotor::fan(rng)),
            "pump" => Self::Rotor(Rotor::pump(rng)),
            "slider" => Self::Slider(Slider::new(rng)),
            _ => Self::Valve(Valve::new(rng)),
        }
    }
}

/// The root mean square of a machine's sound at the microphones before gains.
const LEVEL: f32 = 0.012;

/// What draws one clip after another in the same memory.
#[derive(Debug, Clone)]
pub(super) struct Studio {
    pub(super) bench: Bench,
    factory: Factory,
    samples: Vec<f32>,
    machine: Spectrum,
    lines: Spectrum,
    /// Machine and noise at each microphone.
    heard: Vec<[Vec<f32>; 2]>,
}

impl Studio {
    pub(super) fn new() -> Self {
        let lines = vec![Complex::default(); LINES];
        let samples = vec![0.0; LENGTH];
        Self {
            bench: Bench::new(),
            factory: Factory::new(),
            heard: vec![[samples.clone(), samples.clone()]; CHANNELS],
            samples,
            machine: lines.clone(),
            lines,
        }
    }

    /// Records `voice` in `room`, before noise of its own.
    pub(super) fn record(
        &mut self,
        voice: &Voice,
        broken: Option<Broken>,
        room: &Room,
        rng: &mut impl Rng,
    ) {
        let (bench, samples) = (&mut self.bench, &mut self.samples);
        samples.fill(0.0);
        match voice {
            Voice::Rotor(rotor) => rotor.sound(broken, bench, rng, samples),
            Voice::Slider(slider) => slider.sound(broken, bench, rng, samples),
            Voice::Valve(valve) => valve.sound(broken, bench, rng, samples),
        }
        bench.spectrum(samples, &mut self.machine);
        room.carry(&mut self.machine);
        self.factory.draw(bench, rng);
        let loud = LEVEL * 10_f32.powf(rng.random_range(-0.7..0.7) / 20.0);
        for (channel, [machine, noise]) in self.heard.iter_mut().enumerate() {
            self.lines.fill(Complex::default());
            add_delayed(&self.machine, room.azimuth(), channel, &mut self.lines);
            bench.samples(&mut self.lines, machine);
            self.lines.fill(Complex::default());
            for (spectrum, azimuth) in self.factory.spectra.iter().zip(self.factory.azimuths) {
                add_delayed(spectrum, azimuth, channel, &mut self.lines);
            }
            bench.samples(&mut self.lines, noise);
            let gain = loud * room.gain(channel);
            machine.iter_mut().chain(noise).for_each(|sample| *sample *= gain);
        }
    }

    /// The file of what was recorded last, with the machine's mean power at all microphones `snr_db` over that of the
    /// noise.
    pub(super) fn file(&self, snr_db: i32) -> Vec<u8> {
        let power = |which: usize| {
            let samples = self.heard.iter().flat_map(|heard| &heard[which][..SAMPLES]);
            samples.map(|&sample| f64::from(sample) * f64::from(sample)).sum::<f64>()
        };
        let ratio = power(0) / power(1) / 10_f64.powf(f64::from(snr_db) / 10.0);
        let loud = ratio.sqrt() as f32;
        let mut bytes = wav::header();
        for at in 0..SAMPLES {
            for [machine, noise] in &self.heard {
                bytes.extend_from_slice(&wav::integer(machine[at] + loud * noise[at]));
            }
        }
        bytes
    }
}
