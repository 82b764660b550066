//! Fans and pumps: a rotor whose blades or vanes sing, flowing air or water, a humming motor.

use rand::{Rng, RngExt as _};

use super::bench::{Bench, LENGTH, RATE};
use super::curve::Curve;
use super::fault::{Broken, Fault};

/// Twice the frequency of the mains in hertz, and of its next harmonics.
const HUM_HZ: [f32; 3] = [100.0, 200.0, 400.0];

/// One fan or pump.
#[derive(Debug, Clone)]
pub(super) struct Rotor {
    turn_hz: f32,
    blades: f32,
    /// Amplitudes of the rotor's turn and of the blades' harmonics.
    turn: f32,
    harmonics: Vec<f32>,
    hum: [f32; 3],
    flow: Curve,
}

impl Rotor {
    pub(super) fn fan(rng: &mut impl Rng) -> Self {
        let falling = Curve::falling(rng.random_range(3.0..5.0));
        Self {
            turn_hz: rng.random_range(22.0..32.0),
            blades: rng.random_range(5..9) as f32,
            turn: 0.12,
            harmonics: harmonics(6, 0.25, rng),
            hum: [0.1, 0.06, 0.03].map(|hum| hum * rng.random_range(0.5..1.5)),
            flow: falling.and(&Curve::random(3.0, rng)),
        }
    }

    pub(super) fn pump(rng: &mut impl Rng) -> Self {
        let falling = Curve::falling(rng.random_range(2.0..4.0));
        Self {
            turn_hz: rng.random_range(46.0..50.0),
            blades: rng.random_range(4..7) as f32,
            turn: 0.15,
            harmonics: harmonics(8, 0.35, rng),
            hum: [0.25, 0.15, 0.1].map(|hum| hum * rng.random_range(0.5..1.5)),
            flow: falling.and(&Curve::random(4.0, rng)).bump(900.0, 1.0, 4.0),
        }
    }

    /// Adds ten seconds of it to `out`.
    pub(super) fn sound(
        &self,
        broken: Option<Broken>,
        bench: &mut Bench,
        rng: &mut impl Rng,
        out: &mut [f32],
    ) {
        let by = |fault| Broken::by(broken, fault);
        let (clogging, voltage) = (by(Fault::Clogging), by(Fault::Voltage));
        let speed = 1.0 + rng.random_range(-0.006..0.006) - 0.09 * voltage;
        let turn = self.turn * 10_f32.powf(14.0 * by(Fault::Unbalance) / 20.0);
        let swell = 0.03 + 0.25 * by(Fault::Unbalance);
        // Clogged, it howls lower and hisses less.
        let flow = self.flow.and(&Curve::random(0.6, rng)).bump(420.0, 0.7, 7.0 * clogging).bump(
            5000.0,
            1.0,
            -5.0 * clogging - 3.0 * voltage,
        );
        bench.add_noise(&flow, |_| 1.0, rng, out);
        self.tones(speed, turn, swell, 1.0 + 4.0 * voltage, rng, out);
        let rattle = by(Fault::Unbalance);
        if rattle > 0.0 {
            let band = Curve::falling(0.0).bump(700.0, 0.8, 40.0);
            bench.add_noise(&band, |_| 0.55 * rattle, rng, out);
        }
        let hiss = by(Fault::Leakage);
        if hiss > 0.0 {
            let band = Curve::falling(0.0).bump(5500.0, 0.8, 40.0);
            bench.add_noise(&band, |_| 0.6 * hiss, rng, out);
        }
        let bursts = by(Fault::Cavitation);
        if bursts > 0.0 {
            let levels = bursts_of(bursts, rng);
            let band = Curve::falling(0.0).bump(3500.0, 1.0, 40.0);
            bench.add_noise(&band, |at| levels[at / BURST], rng, out);
        }
    }

    fn tones(
        &self,
        speed: f32,
        turn: f32,
        swell: f32,
        hum: f32,
        rng: &mut impl Rng,
        out: &mut [f32],
    ) {
        let hums = HUM_HZ.map(|hz| (hz / RATE, rng.random::<f32>()));
        let phases: Vec<f32> = self.harmonics.iter().map(|_| rng.random::<f32>()).collect();
        let amplitudes: Vec<f32> =
            self.harmonics.iter().map(|size| size * rng.random_range(0.8..1.25)).collect();
        // The speed wanders a little, and all that turns with it.
        let (mut angle, mut wander) = (rng.random::<f32>(), 0.0_f32);
        let step = self.turn_hz * speed / RATE;
        for (at, out) in out.iter_mut().enumerate() {
            if at % 160 == 0 {
                wander = 0.98 * wander + rng.random_range(-3e-4..3e-4);
            }
            angle += step * (1.0 + wander);
            angle -= angle.floor();
            let blade = angle * self.blades;
            let mut sum = 0.0;
            for (order, (size, phase)) in amplitudes.iter().zip(&phases).enumerate() {
                sum += size * sine(blade * (order + 1) as f32 + phase);
            }
            let turned = sine(angle);
            sum = sum * (1.0 + swell * turned) + turn * turned;
            for (size, (hz, phase)) in self.hum.iter().zip(hums) {
                sum += hum * size * sine(hz * at as f32 + phase);
            }
            *out += sum;
        }
    }
}

fn harmonics(count: usize, first: f32, rng: &mut impl Rng) -> Vec<f32> {
    let size = |order: usize| first / (order + 1) as f32 * rng.random_range(0.4..1.4);
    (0..count).map(size).collect()
}

/// Samples of which a burst is made.
const BURST: usize = 400;

/// The level of every stretch of a cavitating pump's bursts.
fn bursts_of(strength: f32, rng: &mut impl Rng) -> Vec<f32> {
    let mut level = 0.0;
    let stretch = |_| {
        level *= 0.55;
        if rng.random_bool(0.06) {
            level += 1.2 * strength * rng.random_range(0.5..1.5);
        }
        level
    };
    (0..LENGTH.div_ceil(BURST)).map(stretch).collect()
}

/// The sine of a number of turns.
fn sine(turns: f32) -> f32 {
    // A parabola and its square: within a thousandth, and all of one kind of instruction.
    let x = turns - turns.floor() - 0.5;
    let parabola = -16.0 * x * (0.5 - x.abs());
    0.225 * (parabola * parabola.abs() - parabola) + parabola
}
