//! What a snapshot was taken with, and where the faults of its bearing show.

use serde::{Deserialize, Serialize};

use super::SignalError;

/// What a snapshot was taken with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Samples per second.
    pub sampling_rate_hz: f64,
    /// Turns of the shaft per second.
    pub shaft_hz: f64,
    /// The bearing; without it there are no features of its fault frequencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Geometry>,
}

/// A rolling element bearing with a fixed outer race and a turning inner race.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geometry {
    /// Balls or rollers per row.
    pub rolling_elements: u32,
    /// Diameter of a rolling element, in millimetres.
    pub ball_diameter_mm: f64,
    /// Diameter of the circle on which the elements' centres run, in millimetres.
    pub pitch_diameter_mm: f64,
    /// Angle between the load and the bearing's plane, in degrees.
    pub contact_angle_deg: f64,
}

/// Characteristic frequencies of a bearing as multiples of the shaft's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaultOrders {
    /// Fundamental train frequency: turns of the cage.
    pub ftf: f64,
    /// Ball spin frequency: turns of a rolling element about itself.
    pub bsf: f64,
    /// Ball pass frequency, outer race.
    pub bpfo: f64,
    /// Ball pass frequency, inner race.
    pub bpfi: f64,
}

/// The element of a bearing that is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Outer race, at BPFO.
    OuterRace,
    /// Inner race, at BPFI; the load on it varies with the shaft.
    InnerRace,
    /// Ball or roller, at twice BSF, as it strikes both races; the load on it varies with the cage.
    RollingElement,
    /// Cage, at FTF.
    Cage,
}

impl Geometry {
    /// The bearing's frequencies as multiples of the shaft's, for rolling without slip.
    ///
    /// With `r = ball / pitch * cos(angle)` and `n` elements: `ftf = (1 - r) / 2`, `bpfo = n ftf`,
    /// `bpfi = n (1 + r) / 2`, `bsf = pitch / (2 ball) * (1 - r^2)`.
    #[must_use]
    pub fn orders(&self) -> FaultOrders {
        let elements = f64::from(self.rolling_elements);
        let ratio = self.ball_diameter_mm / self.pitch_diameter_mm
            * libm::cos(self.contact_angle_deg.to_radians());
        FaultOrders {
            ftf: (1.0 - ratio) / 2.0,
            bsf: self.pitch_diameter_mm / (2.0 * self.ball_diameter_mm) * (1.0 - ratio * ratio),
            bpfo: elements * (1.0 - ratio) / 2.0,
            bpfi: elements * (1.0 + ratio) / 2.0,
        }
    }

    fn check(&self) -> Result<(), SignalError> {
        let wrong = |what, value, rule| Err(SignalError::Geometry { what, value, rule });
        if self.rolling_elements == 0 {
            return wrong("rolling_elements", 0.0, "a bearing has at least one");
        }
        let (ball, pitch) = (self.ball_diameter_mm, self.pitch_diameter_mm);
        if !(pitch.is_finite() && pitch > 0.0) {
            return wrong("pitch_diameter_mm", pitch, "diameters are positive");
        }
        if !(ball > 0.0 && ball < pitch) {
            return wrong("ball_diameter_mm", ball, "it lies between 0 and the pitch diameter");
        }
        if !(0.0..90.0).contains(&self.contact_angle_deg) {
            return wrong(
                "contact_angle_deg",
                self.contact_angle_deg,
                "it lies from 0 to under 90",
            );
        }
        Ok(())
    }
}

impl Setup {
    /// Refuses rates that are not positive numbers and geometries that no bearing has.
    pub(super) fn check(&self) -> Result<(), SignalError> {
        for (what, value) in
            [("sampling_rate_hz", self.sampling_rate_hz), ("shaft_hz", self.shaft_hz)]
        {
            if !(value.is_finite() && value > 0.0) {
                return Err(SignalError::Rate { what, value });
            }
        }
        self.geometry.as_ref().map_or(Ok(()), Geometry::check)
    }
}

impl Fault {
    /// All faults, in the order of their features.
    pub const ALL: [Self; 4] = [Self::OuterRace, Self::InnerRace, Self::RollingElement, Self::Cage];

    /// The frequency in hertz at which the fault shows in an envelope spectrum.
    #[must_use]
    pub fn frequency(&self, orders: &FaultOrders, shaft_hz: f64) -> f64 {
        let order = match self {
            Self::OuterRace => orders.bpfo,
            Self::InnerRace => orders.bpfi,
            Self::RollingElement => 2.0 * orders.bsf,
            Self::Cage => orders.ftf,
        };
        order * shaft_hz
    }

    /// How the names of the fault's features end: `bpfo`, `bpfi`, `bsf2` or `ftf`.
    #[must_use]
    pub fn suffix(&self) -> &'static str {
        match self {
            Self::OuterRace => "bpfo",
            Self::InnerRace => "bpfi",
            Self::RollingElement => "bsf2",
            Self::Cage => "ftf",
        }
    }

    /// The distance in hertz of the sidebands that the load's variation makes, if it varies.
    pub(super) fn sideband(&self, orders: &FaultOrders, shaft_hz: f64) -> Option<f64> {
        match self {
            Self::OuterRace | Self::Cage => None,
            Self::InnerRace => Some(shaft_hz),
            Self::RollingElement => Some(orders.ftf * shaft_hz),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OuterRace => "outer race",
            Self::InnerRace => "inner race",
            Self::RollingElement => "rolling element",
            Self::Cage => "cage",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frequencies_of_two_published_bearings() {
        let rexnord = Geometry {
            rolling_elements: 16,
            ball_diameter_mm: 0.331 * 25.4,
            pitch_diameter_mm: 2.815 * 25.4,
            contact_angle_deg: 15.17,
        };
        let orders = rexnord.orders();
        let found = Fault::ALL.map(|fault| fault.frequency(&orders, 2000.0 / 60.0));
        for (found, published) in found.iter().zip([236.40, 296.93, 279.83, 14.78]) {
            assert!((found - published).abs() < 0.01, "{found} is not {published}");
        }

        let ldk = Geometry {
            rolling_elements: 8,
            ball_diameter_mm: 7.92,
            pitch_diameter_mm: 34.55,
            contact_angle_deg: 0.0,
        };
        let FaultOrders { ftf, bsf, bpfo, bpfi } = ldk.orders();
        for (found, published) in [ftf, bpfo, bpfi, bsf].iter().zip([0.385, 3.083, 4.917, 2.067]) {
            assert!((found - published).abs() < 0.001, "{found} is not {published}");
        }
    }

    #[test]
    fn impossible_setups_are_named() {
        let ball = |ball_diameter_mm| Geometry {
            rolling_elements: 8,
            ball_diameter_mm,
            pitch_diameter_mm: 30.0,
            contact_angle_deg: 0.0,
        };
        assert!(ball(7.0).check().is_ok());
        for wrong in [0.0, 30.0, f64::NAN] {
            let error = ball(wrong).check().unwrap_err().to_string();
            assert!(error.starts_with("`ball_diameter_mm`"), "{error}");
        }
        let setup = Setup { sampling_rate_hz: 20480.0, shaft_hz: -1.0, geometry: None };
        assert_eq!(setup.check(), Err(SignalError::Rate { what: "shaft_hz", value: -1.0 }));
    }
}
