//! The protocol end to end on a small machine whose failures are announced by one of three sensors.

use gauntlet_core::{AlarmPolicy, Decision, Origin, Seed};
use gauntlet_features::Matrix;
use gauntlet_features::windows::Kind;
use rand::RngExt;

use super::*;
use crate::gate::Parity;
use crate::models::{ContenderSpec, gradientboosting, isolationforest, linfa_pca};

const MINUTE: i64 = 60_000;
const LINES: usize = 6000;

/// Failures at lines 1500, 3000, ... each announced 60 lines ahead unless it is the third; the machine stands for 50
/// lines after each.
fn machine(announced: bool) -> (Timeline, Vec<Failure>) {
    let mut rng = Seed(9).rng();
    let mut noise = || (0..6).map(|_| rng.random::<f32>()).sum::<f32>() - 3.0;
    let at = |line: usize| (line / 1500 * 1500, line % 1500);
    let mut columns = vec![Vec::new(), Vec::new(), Vec::new()];
    let (mut phase, mut run, mut runs) = (Vec::new(), Vec::new(), 0);
    for line in 0..LINES {
        let (start, since) = at(line);
        let standing = start > 0 && since < 50;
        if start > 0 && since == 50 {
            runs += 1;
        }
        let near = announced && start + 1500 < LINES && since >= 1440 && start != 3000;
        let load = noise();
        columns[0].push(load + 0.3 * noise() + if near { 9.0 } else { 0.0 });
        columns[1].push(load + 0.3 * noise());
        columns[2].push(noise());
        run.push(runs);
        phase.push(match since {
            0 if start > 0 => Phase::Failed,
            _ if standing => Phase::Excluded,
            _ => Phase::Normal,
        });
    }
    let names = ["a", "b", "c"].map(|s| format!("{s}_ewma")).to_vec();
    let timeline = Timeline {
        x: Matrix { names, columns, limits: vec![None; 3] },
        time_ms: (0..LINES as i64).map(|line| line * MINUTE).collect(),
        run,
        group: vec![0; LINES],
        phase,
        row: (0..LINES as u32).collect(),
        ready: vec![true; LINES],
    };
    let failure = |line: i64| Failure { group: 0, at_ms: line * MINUTE, until_ms: line * MINUTE };
    (timeline, vec![failure(1500), failure(3000), failure(4500)])
}

fn calibration() -> Calibration {
    Calibration {
        alarm: AlarmPolicy { needed: 3, window: 5, refractory: Some(120) },
        budget_per_week: 1.0,
        margin: 0.6,
        blocks: 3,
        most_lines: 2000,
        horizon_h: 2.0,
    }
}

fn specs() -> Vec<DetectorSpec> {
    let pca = ContenderSpec::from(linfa_pca::Spec::default());
    let forest = ContenderSpec::from(isolationforest::Spec::default());
    let boosted = gradientboosting::Spec { trees: 20, ..gradientboosting::Spec::default() };
    vec![
        DetectorSpec::RobustZ {},
        DetectorSpec::Usual(pca),
        DetectorSpec::Usual(forest),
        DetectorSpec::Residuals(serde_json::from_str("{}").unwrap()),
        DetectorSpec::Supervised(boosted.clone().into()),
        DetectorSpec::Shuffled(boosted.into()),
        DetectorSpec::Always {},
    ]
}

fn run(spec: &DetectorSpec, timeline: &Timeline, failures: &[Failure]) -> (Judgement, Parity) {
    let detector = spec.check(&[Kind::Ewma]).unwrap();
    let protocol = ProtocolSpec { burn_in: 1, initial_share: 0.5, steps: 8 };
    let steps = walk_forward(timeline, failures, &protocol).unwrap();
    let mut scores = vec![f32::NAN; timeline.lines()];
    let mut tests = Vec::new();
    let mut largest: f64 = 0.0;
    for step in &steps {
        let train = timeline.before(step.train).unwrap();
        let known: Vec<Failure> =
            failures.iter().copied().filter(|f| timeline.line_of(f) < step.train).collect();
        let calibrated = calibrate(&detector, &train, &known, &calibration(), Seed(1)).unwrap();
        let fitted = detector.fit(&train, &known, &calibration(), Seed(2)).unwrap();
        let own = fitted.scores(timeline).unwrap();
        scores[step.test.clone()].copy_from_slice(&own[step.test.clone()]);
        largest = largest.max(parity(&fitted, timeline, &own, calibrated.operation.threshold));
        tests.push((step.test.clone(), calibrated.operation));
    }
    let of = Verdicts { timeline, failures, scores: &scores, tests: &tests };
    let parity =
        Parity { rows: LINES, largest, labels_differ: 0, near_threshold: 0, tolerance: 1e-5 };
    (judge(&of, &[1.0, 2.0], 0.95), parity)
}

/// The largest relative difference between native scores and the graph's.
fn parity(fitted: &FittedDetector, timeline: &Timeline, scores: &[f32], threshold: f32) -> f64 {
    use gauntlet_bundle::engine::{Engine, Input, Output};
    let engine = Engine::load(&fitted.graph(threshold).unwrap()).unwrap();
    let rows: Vec<usize> = (0..timeline.lines()).collect();
    let rows = fitted.narrowed(&timeline.x, &rows).unwrap();
    let columns: Vec<Vec<f64>> =
        rows.columns.iter().map(|c| c.iter().map(|v| f64::from(*v)).collect()).collect();
    let inputs: Vec<Input<'_>> = columns.iter().map(|c| Input::Double(c)).collect();
    let Output::Float(answers) = &engine.run(&inputs).unwrap()[0] else { panic!("scores") };
    let differs = |(a, b): (&f32, &f32)| f64::from((a - b).abs()) / f64::from(a.abs()).max(1.0);
    scores.iter().zip(answers).map(differs).fold(0.0, f64::max)
}

#[test]
fn detectors_of_the_usual_find_what_is_announced_and_chance_alone_finds_the_rest() {
    let (timeline, failures) = machine(true);
    for spec in specs() {
        let (judgement, parity) = run(&spec, &timeline, &failures);
        let at = &judgement.horizons[1];
        assert!(parity.holds(), "{}: {}", spec.kind(), parity.largest);
        assert_eq!(at.failures, 2, "{}", spec.kind());
        let lead = |failure: usize| at.detections[failure].lead_s;
        match &spec {
            DetectorSpec::Always {} => {
                assert_eq!(at.hits, 2);
                assert!(at.false_per_week.value > 20.0 && at.time_in_alarm > 0.9);
            }
            DetectorSpec::Shuffled(_) => assert!(at.hits < 2, "{at:?}"),
            _ => {
                assert!(
                    lead(0).is_some_and(|s| (600.0..3600.0).contains(&s)),
                    "{}: {at:?}",
                    spec.kind()
                );
                assert_eq!(at.false_alarms, 0, "{}: {at:?}", spec.kind());
                // The last failure is not announced.
                assert_eq!(lead(1), None, "{}", spec.kind());
            }
        }
    }
}

#[test]
fn tests_hold_every_later_line_once_and_nothing_before_its_failure_is_trained_on() {
    let (timeline, failures) = machine(true);
    let spec = ProtocolSpec { burn_in: 1, initial_share: 0.5, steps: 8 };
    let steps = walk_forward(&timeline, &failures, &spec).unwrap();
    assert_eq!(
        steps.iter().map(|s| s.failures.clone()).collect::<Vec<_>>(),
        [vec![1], vec![2], vec![]]
    );
    let lines: Vec<usize> = steps.iter().flat_map(|s| s.test.clone()).collect();
    assert_eq!(lines, (steps[0].train..LINES).collect::<Vec<_>>());
    assert!(
        steps.iter().all(|s| s.train == s.test.start && timeline.phase[s.train] == Phase::Normal)
    );
    // One failure alone: the first half of the way to it is learned from.
    let alone = walk_forward(&timeline, &failures[..1], &spec).unwrap();
    assert_eq!((alone[0].train, alone[0].failures.len()), (750, 1));
    let few = ProtocolSpec { steps: 1, ..spec };
    assert_eq!(walk_forward(&timeline, &failures, &few).unwrap()[0].failures, [1, 2]);
}

#[test]
fn groups_are_tested_whole() {
    let (mut timeline, mut failures) = machine(true);
    timeline.group = (0..LINES as u32).map(|line| line / 2000).collect();
    for (group, failure) in failures.iter_mut().enumerate() {
        failure.group = group as u32;
    }
    let spec = ProtocolSpec { burn_in: 1, initial_share: 0.5, steps: 8 };
    let steps = walk_forward(&timeline, &failures, &spec).unwrap();
    let cuts: Vec<usize> = steps.iter().map(|s| s.train).collect();
    assert_eq!(cuts, [2000, 4000]);
}

#[test]
fn the_gate_wants_dominance_within_the_false_alarms_allowed_and_a_person_where_failures_are_few() {
    let (timeline, failures) = machine(true);
    let figures = |spec: &DetectorSpec| run(spec, &timeline, &failures).0.horizons[1].clone();
    let (good, always) = (figures(&specs()[0]), figures(&DetectorSpec::Always {}));
    let parity =
        Parity { rows: 1, largest: 0.0, labels_differ: 0, near_threshold: 0, tolerance: 1e-6 };
    let policy = |origin| EventsPolicy { most_false_per_week: 1.0, minimum_events: 10, origin };
    let rival = |name, figures| Rival { name, figures: Some(figures) };
    let decide = |candidate, rivals: &[Rival<'_>], champion, origin| {
        decide_events(candidate, rivals, champion, &parity, &policy(origin)).decision
    };
    let simulated = Origin::Simulated;
    assert_eq!(decide(&good, &[rival("always", &always)], None, simulated), Decision::Promote);
    assert_eq!(decide(&good, &[rival("always", &always)], None, Origin::Real), Decision::Hold);
    assert_eq!(decide(&always, &[], None, simulated), Decision::Reject);
    assert_eq!(decide(&good, &[rival("same", &good)], None, simulated), Decision::Hold);
    assert_eq!(decide(&good, &[], Some(rival("champion", &good)), simulated), Decision::Hold);
    let missing = Rival { name: "t2", figures: None };
    assert_eq!(decide(&good, &[missing], None, simulated), Decision::Hold);
}
