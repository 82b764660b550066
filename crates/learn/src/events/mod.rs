//! Failures as events: detectors of sensors over time, judged by the alarms they raise.
//!
//! A row says little about a failure, and neighbouring rows say the same, so nothing here is scored by rows.
//! Detectors are fitted on what came before ([`walk_forward`]), their threshold is set on training rows by a budget of
//! false alarms ([`calibrate`]), and [`judge`] counts failures that were announced in time and alarms that announced
//! none. What a simulator knows of its failures is the ceiling ([`Foreseeable`]).

mod alarms;
mod calibrate;
mod ceiling;
mod detector;
mod gate;
mod judge;
mod protocol;
mod timeline;

#[cfg(test)]
mod tests;

pub use alarms::{Operation, alarms_of, counts_of};
pub use calibrate::{Calibrated, Calibration, calibrate};
pub use ceiling::{Foreseeable, chance_of_a_hit, poisson_interval};
pub use detector::{Detector, DetectorSpec, FittedDetector};
pub use gate::{EventsPolicy, Rival, decide_events};
pub use judge::{Alarm, AtHorizon, Detection, Judgement, Verdicts, judge};
pub use protocol::{ProtocolSpec, Step, fit_lines, walk_forward};
pub use timeline::{Failure, Phase, Timeline};
