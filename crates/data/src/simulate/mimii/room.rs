//! What is the same for all clips of a session: where machine and microphones stand, and how loud it is.

use rand::{Rng, RngExt as _};
use rand_distr::{Distribution as _, StandardNormal};
use realfft::num_complex::Complex;

use super::bench::{Bench, LENGTH, LINES, RATE, SPACING_HZ, Spectrum};
use super::curve::Curve;

/// Microphones, on a circle.
pub(super) const CHANNELS: usize = 8;

/// The radius of the circle in metres.
const RADIUS: f32 = 0.035;

/// Metres that sound goes in a second.
const SOUND: f32 = 343.0;

/// The way from the machine to the microphones in one session.
#[derive(Debug)]
pub(super) struct Room {
    response: Spectrum,
    loudness: f32,
    /// Where the machine stands, in radians.
    azimuth: f32,
    gains: [f32; CHANNELS],
}

impl Room {
    pub(super) fn new(bench: &mut Bench, rng: &mut impl Rng) -> Self {
        let loudness = 10_f32.powf(rng.random_range(-1.0..1.0) / 20.0);
        let colour = Curve::falling(rng.random_range(-0.25..0.25)).and(&Curve::random(0.45, rng));
        // Echoes fade exponentially, by 60 dB in 0.2 to 0.5 seconds, 14 to 18 dB under the direct sound in all.
        let fade = 6.9 / (rng.random_range(0.2..0.5) * RATE);
        let echoes = 10_f32.powf(rng.random_range(-18.0..-14.0) / 20.0) * (2.0 * fade).sqrt();
        let mut impulse = vec![0.0; LENGTH];
        for (at, sample) in impulse.iter_mut().take(RATE as usize / 2).enumerate() {
            let drawn: f32 = StandardNormal.sample(rng);
            *sample = echoes * drawn * (-fade * at as f32).exp();
        }
        impulse[0] += 1.0;
        let mut response = vec![Complex::default(); LINES];
        bench.spectrum(&mut impulse, &mut response);
        for (line, response) in response.iter_mut().enumerate() {
            *response *= LENGTH as f32 * colour.gain(line as f32 * SPACING_HZ);
        }
        let azimuth = rng.random_range(0.0..std::f32::consts::TAU);
        let gains = [0.0; CHANNELS].map(|_| 10_f32.powf(rng.random_range(-0.7..0.7) / 20.0));
        Self { response, loudness, azimuth, gains }
    }

    /// Sends the machine's sound to the microphones, where its power is 1.
    ///
    /// Noise is as loud as the machine and the SNR say, so a machine that is broken and therefore louder would be known
    /// by the noise.
    pub(super) fn carry(&self, machine: &mut [Complex<f32>]) {
        machine.iter_mut().zip(&self.response).for_each(|(line, response)| *line *= response);
        let power: f64 = machine.iter().map(|line| f64::from(line.norm_sqr())).sum();
        let scale = (1.0 / (2.0 * power)).sqrt() as f32;
        machine.iter_mut().for_each(|line| *line *= scale);
    }

    pub(super) fn azimuth(&self) -> f32 {
        self.azimuth
    }

    pub(super) fn gain(&self, channel: usize) -> f32 {
        self.loudness * self.gains[channel]
    }
}

/// Adds sound from `azimuth`, as it comes to microphone `channel`, to `out`: earlier or later by its way.
pub(super) fn add_delayed(
    sound: &[Complex<f32>],
    azimuth: f32,
    channel: usize,
    out: &mut [Complex<f32>],
) {
    let stands = std::f32::consts::TAU * channel as f32 / CHANNELS as f32;
    let seconds = -RADIUS / SOUND * (azimuth - stands).cos();
    let turn = -std::f64::consts::TAU * f64::from(seconds) * f64::from(SPACING_HZ);
    let step = Complex::new(turn.cos(), turn.sin());
    let mut phase = Complex::new(1.0_f64, 0.0);
    for (sound, out) in sound.iter().zip(out) {
        *out += sound * Complex::new(phase.re as f32, phase.im as f32);
        phase *= step;
    }
}
