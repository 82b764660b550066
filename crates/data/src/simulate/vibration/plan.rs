//! What is decided of a run before a sample is drawn.

use gauntlet_features::vibration::{Fault, FaultOrders};

use super::{Course, Truth, Voice};

/// A run to be drawn.
#[derive(Debug, Clone)]
pub(crate) struct RunPlan {
    pub(crate) name: String,
    pub(crate) folder: String,
    pub(crate) sampling_rate_hz: f64,
    pub(crate) shaft_hz: f64,
    pub(crate) orders: FaultOrders,
    /// The frequency of the mains.
    pub(crate) mains_hz: f64,
    pub(crate) files: Vec<FilePlan>,
    pub(crate) bearings: Vec<BearingPlan>,
    pub(crate) channels: Vec<ChannelPlan>,
}

/// One snapshot.
#[derive(Debug, Clone)]
pub(crate) struct FilePlan {
    pub(crate) name: String,
    /// Hours from the run's first snapshot.
    pub(crate) hours: f64,
    /// Whether the rig stands still.
    pub(crate) stopped: bool,
    /// Gain of all channels, which a restart of the rig changes.
    pub(crate) gain: f64,
}

/// One bearing.
#[derive(Debug, Clone)]
pub(crate) struct BearingPlan {
    pub(crate) name: String,
    pub(crate) fault: Option<FaultPlan>,
}

/// How a bearing fails.
#[derive(Debug, Clone)]
pub(crate) struct FaultPlan {
    pub(crate) elements: Vec<Fault>,
    pub(crate) onset_hours: f64,
    pub(crate) end_hours: f64,
    pub(crate) course: Course,
    /// Frequency in hertz and damping ratio of what rings when an element strikes.
    pub(crate) modes: Vec<(f64, f64)>,
    /// Standard deviation of the way between two strikes, as a fraction of it: elements slip.
    pub(crate) slip: f64,
    /// How much of the vibration reaches each channel.
    pub(crate) reach: Vec<f64>,
}

/// One channel.
#[derive(Debug, Clone)]
pub(crate) struct ChannelPlan {
    /// The index of the bearing on which it is mounted.
    pub(crate) bearing: usize,
    /// Standard deviation of the healthy signal.
    pub(crate) level: f64,
    /// Constant that the sensor adds.
    pub(crate) offset: f64,
    pub(crate) drift: Drift,
    pub(crate) voice: Voice,
}

/// A gain that moves slowly from 1 to another value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drift {
    pub(crate) change: f64,
    pub(crate) from_hours: f64,
    pub(crate) to_hours: f64,
}

impl Drift {
    pub(crate) fn gain(self, hours: f64) -> f64 {
        let way = (hours - self.from_hours) / (self.to_hours - self.from_hours);
        let way = way.clamp(0.0, 1.0);
        1.0 + self.change * way * way * (3.0 - 2.0 * way)
    }
}

impl RunPlan {
    /// What is true of its bearings.
    pub(super) fn truth(&self) -> Vec<Truth> {
        let truth = |bearing: &BearingPlan| Truth {
            run: self.name.clone(),
            bearing: bearing.name.clone(),
            failed: bearing.fault.is_some(),
            faults: bearing.fault.as_ref().map_or(Vec::new(), |fault| fault.elements.clone()),
            onset_hours: bearing.fault.as_ref().map(|fault| fault.onset_hours),
            course: bearing.fault.as_ref().map(|fault| fault.course.character.to_string()),
        };
        self.bearings.iter().map(truth).collect()
    }
}
