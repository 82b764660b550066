//! Every participant through every test.

use std::ops::Range;

use anyhow::Result;
use gauntlet_core::{Digest, Seed, Train};
use gauntlet_learn::LearnError;
use gauntlet_learn::events::{
    AtHorizon, Calibrated, Failure, FittedDetector, Judgement, Operation, Step, Timeline, Verdicts,
    calibrate, judge,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::lengths::Lengths;
use super::spec::{EventsPipeline, Participant};

/// Features that are named as what an alarm saw.
const ODDEST: usize = 3;

/// What all participants are tested on.
#[derive(Debug)]
pub(super) struct Course<'a> {
    pub(super) pipeline: &'a EventsPipeline,
    pub(super) timeline: &'a Timeline,
    pub(super) failures: &'a [Failure],
    pub(super) steps: &'a [Step],
    pub(super) split: Digest,
    /// Windows and alarm policy in rows and decisions of the dataset.
    pub(super) lengths: Lengths,
}

/// A participant after all tests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Judged {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) baseline: bool,
    pub(crate) judgement: Judgement,
    /// On the failures that were only learned from, by detectors that had not seen their part.
    pub(crate) validation: Option<AtHorizon>,
    /// The operating point of each test.
    pub(crate) tests: Vec<(Range<usize>, Operation)>,
    /// Why it was not judged.
    pub(crate) refused: Option<String>,
    /// Scores of all tested lines, for pictures.
    #[serde(skip)]
    pub(crate) scores: Vec<f32>,
}

impl Judged {
    /// The figures at the operating point.
    pub(crate) fn figures(&self) -> Option<&AtHorizon> {
        self.judgement.horizons.first()
    }
}

impl Course<'_> {
    /// The failures before line `end`.
    pub(super) fn known(&self, end: usize) -> Vec<Failure> {
        let before = |f: &&Failure| self.timeline.line_of(f) < end;
        self.failures.iter().filter(before).copied().collect()
    }

    /// Runs all participants; their order stays.
    pub(super) fn run(&self, done: &(dyn Fn() + Sync)) -> Vec<Judged> {
        let participants = &self.pipeline.participants;
        participants
            .par_iter()
            .map(|participant| {
                let judged = self.participant(participant);
                done();
                judged.unwrap_or_else(|error| refused(participant, &error))
            })
            .collect()
    }

    fn participant(&self, participant: &Participant) -> Result<Judged, LearnError> {
        let (timeline, failures) = (self.timeline, self.failures);
        let level = self.pipeline.spec.judgement.level;
        let mut scores = vec![f32::NAN; timeline.lines()];
        let (mut tests, mut detectors) = (Vec::new(), Vec::new());
        let mut validation = None;
        for step in self.steps {
            let train = timeline.before(step.train)?;
            let (calibrated, fitted) = self.fit(participant, &train, step.train)?;
            if tests.is_empty() {
                validation = Some(self.validate(&train, &calibrated, step.train));
            }
            let own = fitted.scores(timeline)?;
            scores[step.test.clone()].copy_from_slice(&own[step.test.clone()]);
            tests.push((step.test.clone(), calibrated.operation));
            detectors.push(fitted);
        }
        let of = Verdicts { timeline, failures, scores: &scores, tests: &tests };
        let mut judgement = judge(&of, &self.pipeline.horizons(), level);
        for alarm in &mut judgement.alarms {
            let test = tests.iter().position(|(lines, _)| lines.contains(&alarm.line));
            let detector = test.and_then(|test| detectors.get(test));
            alarm.saw = detector.map_or(Vec::new(), |d| d.oddest(&timeline.x, alarm.line, ODDEST));
        }
        Ok(Judged {
            name: participant.spec.name.clone(),
            kind: participant.spec.detector.kind(),
            baseline: participant.baseline,
            judgement,
            validation: validation.filter(|v| v.failures > 0),
            tests,
            refused: None,
            scores,
        })
    }

    /// A participant fitted on the lines before `end`, and its operating point.
    pub(super) fn fit(
        &self,
        participant: &Participant,
        train: &Train<Timeline>,
        end: usize,
    ) -> Result<(Calibrated, FittedDetector), LearnError> {
        let calibration = self.pipeline.calibration(&self.lengths);
        let known = self.known(end);
        let seed = self.pipeline.seed.derive(&participant.spec.name, end as u64);
        let detector = &participant.detector;
        let calibrated = calibrate(detector, train, &known, &calibration, seed.derive("parts", 0))?;
        let fitted = detector.fit(train, &known, &calibration, seed.derive("fit", 0))?;
        Ok((calibrated, fitted))
    }

    /// The figures on training lines.
    fn validate(&self, train: &Timeline, calibrated: &Calibrated, end: usize) -> AtHorizon {
        let tests = [(0..end, calibrated.operation)];
        let known = self.known(end);
        let of = Verdicts {
            timeline: train,
            failures: &known,
            scores: &calibrated.scores,
            tests: &tests,
        };
        let horizon = self.pipeline.spec.judgement.horizon_h;
        let mut judgement = judge(&of, &[horizon], self.pipeline.spec.judgement.level);
        judgement.horizons.remove(0)
    }

    /// Judges scores of somebody else's, such as a champion's, at one operating point.
    pub(super) fn judge_scores(&self, scores: &[f32], operation: Operation) -> Option<AtHorizon> {
        let tests: Vec<(Range<usize>, Operation)> =
            self.steps.iter().map(|step| (step.test.clone(), operation)).collect();
        let of =
            Verdicts { timeline: self.timeline, failures: self.failures, scores, tests: &tests };
        let horizon = self.pipeline.spec.judgement.horizon_h;
        judge(&of, &[horizon], self.pipeline.spec.judgement.level).horizons.into_iter().next()
    }

    /// The seed of the registered detectors.
    pub(super) fn final_seed(&self) -> Seed {
        self.pipeline.seed.derive("final fit", 0)
    }
}

fn refused(participant: &Participant, error: &LearnError) -> Judged {
    Judged {
        name: participant.spec.name.clone(),
        kind: participant.spec.detector.kind(),
        baseline: participant.baseline,
        judgement: Judgement { horizons: Vec::new(), alarms: Vec::new() },
        validation: None,
        tests: Vec::new(),
        refused: Some(error.to_string()),
        scores: Vec::new(),
    }
}

/// The contender that comes first on the failures that were only learned from: most announced, then most within the
/// false alarms allowed, then the order of the file.
pub(super) fn winner(judged: &[Judged], most_false_per_week: f64) -> Option<usize> {
    let rank = |judged: &Judged| {
        let Some(v) = &judged.validation else { return (true, 0) };
        (v.false_per_week.value <= most_false_per_week, v.hits)
    };
    let contenders = judged.iter().enumerate().filter(|(_, j)| !j.baseline && j.refused.is_none());
    contenders.rev().max_by_key(|(_, j)| rank(j)).map(|(at, _)| at)
}
