//! The model to serve: fitted on every bearing, with bounds calibrated across all of them.

use super::calibration::{bearings_needed, calibrate};
use super::case::Start;
use super::contender::{Learned, RulContender};
use super::judge::{cases, in_order};
use super::pool::{Pool, even_rows, scale_of};
use super::vectors::vector_names;
use super::{Life, Protocol, RulError};
use crate::LearnError;
use crate::models::{self, LogScale};

/// A model of remaining life that can be exported.
#[derive(Debug)]
pub struct Fitted {
    /// The model: remaining minutes, lower and upper bound, from a vector.
    pub model: models::Fitted,
    /// Names of the vector's columns, in the model's order.
    pub names: Vec<String>,
    /// Factor by which the bounds lie from the value (both plus the protocol's offset).
    pub factor: f64,
    /// Bearings it was fitted on: those whose onset was noticed.
    pub bearings: Vec<String>,
}

/// Fits a contender on all lives whose onset was noticed. Each life's last scored snapshot stays out.
///
/// # Errors
/// As [`judge`](super::judge); a contender that is judge only; fewer bearings than bounds need.
pub fn fit_final(
    lives: &[Life],
    contender: &RulContender,
    protocol: &Protocol,
) -> Result<Fitted, LearnError> {
    let lives = in_order(lives, protocol)?;
    let cases = cases(&lives, Start::Onset, protocol);
    let pool = Pool::new(&cases, protocol.offset_minutes)?;
    let seen = pool.seen();
    // Bounds of a low level could do with one bearing, which cannot be left out.
    let needed = bearings_needed(protocol.level).max(2);
    let few = || RulError::Few { found: seen.len(), needed };
    if seen.len() < needed {
        return Err(few().into());
    }
    let train = even_rows(&pool.all()?, protocol.rows_per_bearing);
    let seed = protocol.seed.derive("final", 0);
    let calibration = calibrate(contender, &train, &pool, protocol, seed)?;
    let margin = calibration.margin.ok_or_else(few)?;
    let Learned::Model(model) = contender.fit(&train, &pool, seed.derive("outer", 0))? else {
        let reason = "it follows a bearing over its whole course, which no single vector holds";
        return Err(LearnError::JudgeOnly { kind: "exponential", reason });
    };
    let scale = LogScale { margin, ..scale_of(&train, protocol.offset_minutes)? };
    Ok(Fitted {
        model: model.on_log_scale(scale)?,
        names: vector_names(&protocol.setup),
        factor: margin.exp(),
        bearings: seen.iter().map(|&at| cases[at].life.bearing.clone()).collect(),
    })
}
