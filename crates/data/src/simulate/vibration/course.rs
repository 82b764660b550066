//! How a fault shows over a bearing's remaining life, as multiples of the healthy signal's standard deviation.

use rand::{Rng, RngExt as _};

/// What a fault is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Character {
    /// Strikes that grow to the end.
    Plain,
    /// Strikes that grow, fade as edges are rolled smooth, and come back.
    Healing,
    /// Strikes that are sharp for a while and then drown in roughness: kurtosis rises and falls back.
    Fading,
    /// A surface that roughens: the signal grows, and kurtosis falls.
    Wear,
}

/// The course of one fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    pub(crate) character: Character,
    /// The level with which it begins.
    pub(crate) first: f64,
    /// The level in which it ends.
    pub(crate) last: f64,
    /// How late it grows.
    pub(crate) bend: f64,
    /// When smoothing sets in, as a fraction of the life that remains at onset.
    pub(crate) turn: f64,
    /// Phases of the slow fluctuation.
    pub(crate) phases: [f64; 2],
}

/// From this fraction of the remaining life on, the level triples.
const RUNAWAY: f64 = 0.98;

impl Course {
    pub(crate) fn new(character: Character, last: f64, rng: &mut impl Rng) -> Self {
        Self {
            character,
            first: rng.random_range(0.25..0.45),
            last,
            bend: rng.random_range(2.5..4.5),
            turn: rng.random_range(0.3..0.45),
            phases: [
                rng.random_range(0.0..std::f64::consts::TAU),
                rng.random_range(0.0..std::f64::consts::TAU),
            ],
        }
    }

    /// Levels of strikes and of roughness after the fraction `age` of the life that remains at onset.
    pub(crate) fn levels(&self, age: f64) -> (f64, f64) {
        if age < 0.0 {
            return (0.0, 0.0);
        }
        let age = age.min(1.0);
        let growth = ((self.bend * age.powf(1.3)).exp() - 1.0) / (self.bend.exp() - 1.0);
        let runaway = 1.0 + 2.0 * ((age - RUNAWAY) / (1.0 - RUNAWAY)).max(0.0);
        let wobble =
            0.06 * (40.0 * age + self.phases[0]).sin() + 0.04 * (97.0 * age + self.phases[1]).sin();
        let level = (self.first + (self.last / 3.0 - self.first).max(0.0) * growth)
            * runaway
            * wobble.exp();
        let bump = |centre: f64, width: f64| (-((age - centre) / width).powi(2) / 2.0).exp();
        let turn = self.turn;
        match self.character {
            Character::Plain => (level, 0.3 * level),
            Character::Healing => {
                let smoothed = 1.0 + 1.6 * bump(turn, 0.06) - 0.45 * bump(turn + 0.25, 0.08)
                    + 0.5 * bump(turn + 0.38, 0.05);
                (level * smoothed, 0.4 * level * smoothed)
            }
            Character::Fading => {
                let sharp = level * (1.0 + 2.5 * bump(turn, 0.12));
                let drowned = 1.0 / (1.0 + (-(age - turn - 0.3) / 0.04).exp());
                (sharp * (1.0 - 0.9 * drowned), level * (0.1 + 0.9 * drowned))
            }
            Character::Wear => (0.8 * self.first * (1.0 - age), level),
        }
    }
}

impl std::fmt::Display for Character {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Healing => "healing",
            Self::Fading => "fading",
            Self::Wear => "wear",
        })
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_core::Seed;

    use super::*;

    fn course(character: Character) -> Course {
        Course::new(character, 9.0, &mut Seed(3).rng())
    }

    #[test]
    fn nothing_shows_before_the_onset_and_all_end_far_above() {
        for character in [Character::Plain, Character::Healing, Character::Fading, Character::Wear]
        {
            let course = course(character);
            assert_eq!(course.levels(-0.01), (0.0, 0.0));
            let (strikes, roughness) = course.levels(0.0);
            assert!((0.1..0.6).contains(&strikes.hypot(roughness)), "{character}");
            let (strikes, roughness) = course.levels(1.0);
            assert!(strikes.hypot(roughness) > 6.0, "{character}");
        }
    }

    #[test]
    fn strikes_heal_fade_or_give_way_to_wear() {
        let (healing, fading, wear) =
            (course(Character::Healing), course(Character::Fading), course(Character::Wear));
        let turn = healing.turn;
        assert!(healing.levels(turn).0 > 1.3 * healing.levels(turn + 0.22).0);
        assert!(fading.levels(fading.turn).0 > 3.0 * fading.levels(0.85).0);
        assert!(wear.levels(0.9).0 < wear.levels(0.1).0);
        assert!(wear.levels(0.9).1 > wear.levels(0.1).1);
    }
}
