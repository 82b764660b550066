//! Leave one bearing out: fit, calibrate and choose on the others, forecast the one.

use std::collections::{BTreeMap, BTreeSet};

use gauntlet_core::{Seed, Train};
use rayon::prelude::*;

use super::baselines::RulBaseline;
use super::calibration::{Calibration, calibrate};
use super::case::{Case, Start};
use super::contender::RulContender;
use super::judgement::{Comparison, Forecast, Participant, RulJudgement, SELECTED};
use super::pool::{Pool, even_rows, scale_of};
use super::{Band, Life, Measure, Protocol, RulError};
use crate::models::LogScale;
use crate::{LearnError, Samples};

/// Fewest bearings whose start was seen: one to forecast, two to divide between fit and calibration.
const FEWEST: usize = 3;

/// Judges contenders on every life in turn, each by models that saw the others only.
///
/// Predictions count from the noticed onset on; where every life has a common start, all is fitted and
/// judged a second time with that start in the onset's place. Whatever is chosen (bounds, and the winner
/// among contenders that export) is chosen inside the training bearings, by the mean error of those left
/// out. A bearing whose onset was missed has its median life as everybody's forecast. The order of lives
/// and of contenders, and the number of threads, do not matter.
///
/// # Errors
/// Lives or settings that cannot be computed with, a name that stands twice, too few bearings whose
/// start was seen, no contender that exports, or what a contender's fit refuses.
pub fn judge(
    lives: &[Life],
    contenders: &[(String, RulContender)],
    protocol: &Protocol,
) -> Result<RulJudgement, LearnError> {
    let lives = in_order(lives, protocol)?;
    let contenders = by_name(contenders)?;
    let compare = |start| {
        let cases = cases(&lives, start, protocol);
        compare(&cases, &contenders, start, protocol)
    };
    let given = lives.iter().all(|life| life.common_start.is_some());
    let common = if given { Some(compare(Start::Common)?) } else { None };
    Ok(RulJudgement { onset: compare(Start::Onset)?, common })
}

/// Checked lives, sorted by name.
pub(super) fn in_order<'a>(
    lives: &'a [Life],
    protocol: &Protocol,
) -> Result<Vec<&'a Life>, RulError> {
    protocol.check()?;
    lives.iter().try_for_each(|life| life.check(&protocol.setup))?;
    let mut lives: Vec<&Life> = lives.iter().collect();
    lives.sort_by(|a, b| a.bearing.cmp(&b.bearing));
    match lives.windows(2).find(|pair| pair[0].bearing == pair[1].bearing) {
        Some(pair) => Err(RulError::Name(pair[0].bearing.clone())),
        None => Ok(lives),
    }
}

pub(super) fn cases<'a>(lives: &[&'a Life], start: Start, protocol: &Protocol) -> Vec<Case<'a>> {
    lives.par_iter().map(|life| Case::new(life, start, &protocol.setup)).collect()
}

fn by_name(
    contenders: &[(String, RulContender)],
) -> Result<BTreeMap<&str, &RulContender>, RulError> {
    let mut taken: BTreeSet<&str> = RulBaseline::ALL.map(RulBaseline::name).into();
    taken.insert(SELECTED);
    if let Some((name, _)) = contenders.iter().find(|(name, _)| !taken.insert(name)) {
        return Err(RulError::Name(name.clone()));
    }
    if !contenders.iter().any(|(_, contender)| contender.exports()) {
        return Err(RulError::NoContender);
    }
    Ok(contenders.iter().map(|(name, contender)| (name.as_str(), contender)).collect())
}

/// One bearing held out.
struct Held {
    case: usize,
    train: Train<Samples>,
    rows: Samples,
}

/// A contender's forecast of a bearing, and what the training bearings say of the contender.
struct Try {
    forecast: Forecast,
    calibration: Calibration,
}

fn compare(
    cases: &[Case<'_>],
    contenders: &BTreeMap<&str, &RulContender>,
    start: Start,
    protocol: &Protocol,
) -> Result<Comparison, LearnError> {
    let pool = Pool::new(cases, protocol.offset_minutes)?;
    let seen = pool.seen();
    if seen.len() < FEWEST {
        return Err(RulError::Few { found: seen.len(), needed: FEWEST }.into());
    }
    let (mut held, mut openings) = (Vec::new(), Vec::new());
    for &case in &seen {
        let (train, rows, opening) = pool.hold_out(case)?;
        held.push(Held { case, train: even_rows(&train, protocol.rows_per_bearing), rows });
        openings.push(opening);
    }
    let units: Vec<(&Held, &str)> =
        held.iter().flat_map(|held| contenders.keys().map(move |name| (held, *name))).collect();
    let tried = units
        .par_iter()
        .map(|(held, name)| attempt(held, contenders[name], &pool, protocol))
        .collect::<Result<Vec<Try>, _>>()?;
    let mut tries: BTreeMap<(usize, &str), Try> =
        units.iter().map(|(held, name)| (held.case, *name)).zip(tried).collect();

    let baseline = |baseline: RulBaseline, case: usize| {
        let others: Vec<&Case<'_>> =
            (0..cases.len()).filter(|&at| at != case).map(|at| &cases[at]).collect();
        forecast(&cases[case], baseline.forecast(&cases[case], &others), None)
    };
    let mut chosen = BTreeMap::new();
    let mut forecasts: BTreeMap<&str, Vec<Forecast>> = BTreeMap::new();
    for (case, known) in cases.iter().enumerate() {
        for each in RulBaseline::ALL {
            forecasts.entry(each.name()).or_default().push(baseline(each, case));
        }
        if known.missed {
            for name in contenders.keys().copied().chain([SELECTED]) {
                let usual = baseline(RulBaseline::MedianLife, case);
                forecasts.entry(name).or_default().push(usual);
            }
            continue;
        }
        let best = least(exporting(contenders).map(|n| (n, tries[&(case, n)].calibration.nrmse)));
        chosen.insert(known.life.bearing.clone(), best.to_owned());
        let selected = tries[&(case, best)].forecast.clone();
        forecasts.entry(SELECTED).or_default().push(selected);
        for &name in contenders.keys() {
            let forecast = tries.remove(&(case, name)).map(|tried| tried.forecast);
            forecasts.entry(name).or_default().extend(forecast);
        }
    }
    let participants = forecasts
        .into_iter()
        .map(|(name, all)| Ok((name.to_owned(), Participant::judge(all, protocol)?)))
        .collect::<Result<BTreeMap<_, _>, LearnError>>()?;
    let nrmse = |name: &str| participants[name].mean(Measure::Nrmse);
    let winner = least(exporting(contenders).map(|name| (name, nrmse(name)))).to_owned();
    Ok(Comparison { start, participants, chosen, winner, openings })
}

fn attempt(
    held: &Held,
    contender: &RulContender,
    pool: &Pool<'_>,
    protocol: &Protocol,
) -> Result<Try, LearnError> {
    let case = &pool.cases[held.case];
    // The folds are the same for all contenders, so that the choice among them compares like with like.
    let seed: Seed = protocol.seed.derive(&case.life.bearing, 0);
    let calibration = calibrate(contender, &held.train, pool, protocol, seed)?;
    let learned = contender.fit(&held.train, pool, seed.derive("outer", 0))?;
    let scale = LogScale {
        margin: calibration.margin.unwrap_or(0.0),
        ..scale_of(&held.train, protocol.offset_minutes)?
    };
    let scores = learned.scores(&held.rows, pool, scale.offset)?;
    let lines: Vec<[f64; 3]> = scores.iter().map(|score| scale.line(*score)).collect();
    let column = |at: usize| -> Vec<f64> { lines.iter().map(|line| line[at]).collect() };
    let band = calibration.margin.map(|_| Band { lower: column(1), upper: column(2) });
    Ok(Try { forecast: forecast(case, column(0), band), calibration })
}

fn forecast(case: &Case<'_>, predicted: Vec<f64>, band: Option<Band>) -> Forecast {
    Forecast {
        bearing: case.life.bearing.clone(),
        missed: case.missed,
        life_minutes: case.life.end_minutes,
        minutes: case.scored.iter().map(|&at| case.life.minutes[at]).collect(),
        remaining: case.remaining(),
        predicted,
        band,
    }
}

fn exporting<'a>(contenders: &BTreeMap<&'a str, &RulContender>) -> impl Iterator<Item = &'a str> {
    contenders.iter().filter(|(_, contender)| contender.exports()).map(|(name, _)| *name)
}

/// The name with the least error, the first of several; there is at least one.
fn least<'a>(errors: impl Iterator<Item = (&'a str, f64)>) -> &'a str {
    errors.min_by(|a, b| a.1.total_cmp(&b.1)).map_or("", |(name, _)| name)
}
