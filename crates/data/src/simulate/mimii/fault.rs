//! What breaks on which machine.

/// A defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A fan's rotor is out of balance.
    Unbalance,
    /// A fan's grille is clogged.
    Clogging,
    /// A motor runs at too little voltage.
    Voltage,
    /// A pump leaks.
    Leakage,
    /// Vapour collapses in a pump.
    Cavitation,
    /// A slider's rail has no grease.
    Grease,
    /// A slider's belt is loose.
    Belt,
    /// Dirt weakens a valve's stroke.
    Weak,
    /// A valve closes twice.
    Double,
}

impl Fault {
    /// The defects of a machine.
    pub(super) fn of(machine: &str) -> &'static [Self] {
        match machine {
            "fan" => &[Self::Unbalance, Self::Clogging, Self::Voltage],
            "pump" => &[Self::Leakage, Self::Cavitation, Self::Clogging],
            "slider" => &[Self::Grease, Self::Belt],
            _ => &[Self::Weak, Self::Double],
        }
    }

    /// As it stands in the note.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unbalance => "unbalance",
            Self::Clogging => "clogging",
            Self::Voltage => "voltage",
            Self::Leakage => "leakage",
            Self::Cavitation => "cavitation",
            Self::Grease => "grease",
            Self::Belt => "belt",
            Self::Weak => "weak",
            Self::Double => "double",
        }
    }
}

/// How far a machine is broken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Broken {
    pub(super) fault: Fault,
    /// From 0 to 1.
    pub(super) strength: f32,
}

impl Broken {
    /// The strength, if `broken` is this fault, else 0.
    pub(super) fn by(broken: Option<Self>, fault: Fault) -> f32 {
        broken.filter(|broken| broken.fault == fault).map_or(0.0, |broken| broken.strength)
    }
}
