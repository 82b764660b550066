//! Judgements of lives that can be forecast: what beats what, and how often bounds hold.

use gauntlet_core::{Decision, Seed};

use super::simulate::{contenders, lives, protocol};
use crate::LearnError;
use crate::gate::{Evidence, Parity};
use crate::rul::{
    Measure, Participant, RulBaseline, RulContender, RulError, RulJudgement, RulPolicy, SELECTED,
    decide, judge,
};

#[test]
fn contenders_beat_the_baselines_and_bounds_hold_as_often_as_they_say() {
    let judgement = judge(&lives(40, 11), &contenders(), &protocol()).unwrap();
    let common = judgement.common.as_ref().unwrap();
    for comparison in [&judgement.onset, common] {
        let of = |name: &str| &comparison.participants[name];
        for name in ["ridge", "gradientboosting", "randomforest", "exponential", SELECTED] {
            for baseline in RulBaseline::ALL {
                for (measure, sign) in
                    [(Measure::Nrmse, 1.0), (Measure::MaeMinutes, 1.0), (Measure::Cra, -1.0)]
                {
                    let (mine, theirs) =
                        (of(name).mean(measure), of(baseline.name()).mean(measure));
                    assert!(sign * mine < sign * theirs, "{name} {baseline:?} {measure:?}");
                }
            }
            let coverage = of(name).mean(Measure::Coverage);
            assert!((0.7..=0.9).contains(&coverage), "{name}: {coverage}");
        }
    }
    assert_eq!(judgement.onset.openings.len(), 38);
    assert_eq!(verdict(&judgement), Decision::Promote);
}

fn verdict(judgement: &RulJudgement) -> Decision {
    let scores = |name: &str| judgement.onset.participants[name].scores.clone();
    let baselines =
        RulBaseline::ALL.map(|b| (b.name().to_owned(), scores(b.name()))).into_iter().collect();
    let parity =
        Parity { rows: 1, largest: 0.0, labels_differ: 0, near_threshold: 0, tolerance: 1e-6 };
    let evidence = Evidence { parity, waivers: Default::default(), champion_caveat: None };
    let policy = RulPolicy::new(true, Seed(3));
    decide(&scores(SELECTED), &baselines, None, &evidence, &policy).decision
}

#[test]
fn a_missed_onset_is_scored_as_the_median_life_by_everybody() {
    let mut lives = lives(6, 2);
    lives[4].onset = None;
    // Noticed when nothing is left is as good as missed.
    lives[1].onset = Some(lives[1].snapshots() - 1);
    let onset = judge(&lives, &contenders(), &protocol()).unwrap().onset;
    let usual = &onset.participants["median_life"];
    for (name, participant) in &onset.participants {
        for at in [1, 4] {
            assert!(participant.scores[at].missed && !participant.scores[0].missed);
            assert_eq!(participant.scores[at], usual.scores[at], "{name}");
        }
    }
    assert_eq!(onset.chosen.len(), 4);
    let nowhere = lives[4].common_start.unwrap();
    assert_eq!(usual.forecasts[4].minutes[0], nowhere as f64);
    let mut ends: Vec<f64> = (0..6).filter(|i| *i != 4).map(|i| lives[i].end_minutes).collect();
    ends.sort_by(f64::total_cmp);
    let expected = (ends[2] - nowhere as f64).max(0.0);
    assert_eq!(usual.forecasts[4].predicted[0], expected);
}

#[test]
fn too_few_bearings_for_bounds_are_judged_without_and_fewer_still_refused() {
    let mut lives = lives(4, 3);
    let onset = judge(&lives, &contenders(), &protocol()).unwrap().onset;
    let ridge: &Participant = &onset.participants["ridge"];
    assert!(ridge.forecasts.iter().all(|f| f.band.is_none()));
    assert!(!ridge.means.contains_key(&Measure::Coverage));
    lives[0].onset = None;
    lives[1].onset = None;
    let error = judge(&lives, &contenders(), &protocol()).unwrap_err();
    assert!(matches!(error, LearnError::Rul(RulError::Few { found: 2, needed: 3 })), "{error}");
}

#[test]
fn names_that_cannot_be_told_apart_are_refused() {
    let refused = |lives: &[_], contenders: &[_]| judge(lives, contenders, &protocol()).is_err();
    let mut twice = lives(5, 3);
    twice[1].bearing = twice[0].bearing.clone();
    assert!(refused(&twice, &contenders()));
    let mut reserved = contenders();
    reserved[0].0 = SELECTED.to_owned();
    assert!(refused(&lives(5, 3), &reserved));
    assert!(refused(&lives(5, 3), &[("e".to_owned(), RulContender::Exponential)]));
}
