//! The published failure rules: the part of the label that is no accident, and so the known ceiling.

use std::f64::consts::PI;

use gauntlet_core::{Frame, FrameError};

/// Heat dissipation failure: too small a temperature difference (K) at too low a speed (rpm).
pub(super) fn heat(air: f64, process: f64, speed: f64) -> bool {
    process - air < 8.6 && speed < 1380.0
}

/// Power failure: torque (Nm) times angular speed outside 3500 to 9000 W.
pub(super) fn power(torque: f64, speed: f64) -> bool {
    let watts = torque * (speed * 2.0 * PI / 60.0);
    !(3500.0..=9000.0).contains(&watts)
}

/// Overstrain failure: wear (min) times torque (Nm) over the limit of the type.
pub(super) fn overstrain(kind: &str, wear: f64, torque: f64) -> bool {
    let limit = match kind {
        "L" => 11_000.0,
        "M" => 12_000.0,
        _ => 13_000.0,
    };
    wear * torque > limit
}

/// Whether a row of `frame` fails by any of the three rules (heat, power, overstrain), in 64 bits.
///
/// # Errors
/// A column of AI4I 2020 is missing, under its canonical name.
pub fn published_rules(frame: &Frame) -> Result<Vec<bool>, FrameError> {
    let kind = frame.texts("Type")?;
    let air = frame.numbers("Air_temperature_K")?;
    let process = frame.numbers("Process_temperature_K")?;
    let speed = frame.numbers("Rotational_speed_rpm")?;
    let torque = frame.numbers("Torque_Nm")?;
    let wear = frame.numbers("Tool_wear_min")?;
    let fails = |row: usize| {
        heat(air[row], process[row], speed[row])
            || power(torque[row], speed[row])
            || overstrain(&kind[row], wear[row], torque[row])
    };
    Ok((0..frame.rows()).map(fails).collect())
}

/// The F1 of the published rules on `frame`: what no model can honestly beat, since tool wear failures and flipped
/// labels are drawn by chance. NaN without any failure.
///
/// # Errors
/// As for [`published_rules`].
pub fn ceiling(frame: &Frame) -> Result<f64, FrameError> {
    let label = frame.numbers("Machine_failure")?;
    let rules = published_rules(frame)?;
    let (mut hits, mut wrong) = (0.0, 0.0);
    for (&rule, &label) in rules.iter().zip(label) {
        match (rule, label == 1.0) {
            (true, true) => hits += 1.0,
            (false, false) => {}
            _ => wrong += 1.0,
        }
    }
    Ok(2.0 * hits / (2.0 * hits + wrong))
}
