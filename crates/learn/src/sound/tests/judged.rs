//! Judgements, differences, alarms, the gate and the trap.

use std::collections::BTreeMap;

use gauntlet_core::Decision;

use super::*;
use crate::gate::{Evidence, Parity};
use crate::models::ContenderSpec;
use crate::testing::train_for;

#[test]
fn areas_are_those_of_scikit_learn() {
    // roc_auc_score, and the same with max_fpr=0.1, of 20 normal and 5 abnormal clips.
    let normal: Vec<f32> = (0..20).map(|i| i as f32).collect();
    let abnormal = [19.5, 18.5, 12.5, 18.0, 3.5];
    let judged = judge_sound(&[task("id_00", "6dB", &normal, &abnormal)], &protocol()).unwrap();
    let task = &judged.tasks[0];
    assert!((task.auc.estimate.value - AUC).abs() < 1e-12, "{}", task.auc);
    assert!((task.partial_auc.estimate.value - PARTIAL).abs() < 1e-12, "{}", task.partial_auc);
    assert_eq!((task.normals, task.abnormals, task.alarms), (20, 5, None));
}

const AUC: f64 = 0.745;
const PARTIAL: f64 = 0.657_894_736_842_105_3;

#[test]
fn means_and_the_worst_are_over_machines_per_ratio_and_in_all() {
    let (low, high) = (&[1.0, 2.0][..], &[3.0, 4.0][..]);
    let tasks = [
        task("id_00", "6dB", low, high),
        task("id_02", "6dB", &[1.0, 3.0], &[2.0, 4.0]),
        task("id_00", "-6dB", high, low),
    ];
    let judged = judge_sound(&tasks, &protocol()).unwrap();
    let summary = |at: usize| {
        let s = &judged.summaries[at];
        (s.snr.as_deref(), s.tasks, s.auc.estimate.value, s.worst.place.to_string())
    };
    assert_eq!(summary(0), (Some("-6dB"), 1, 0.0, "fan id_00 -6dB".to_owned()));
    assert_eq!(summary(1), (Some("6dB"), 2, 0.875, "fan id_02 6dB".to_owned()));
    assert_eq!(summary(2), (None, 3, 1.75 / 3.0, "fan id_00 -6dB".to_owned()));
    assert_eq!(judged.unit, Unit::Recording);
}

#[test]
fn intervals_widen_when_sessions_are_known() {
    let (normal, abnormal) = (draws(60, 0.0, 1), draws(60, 0.8, 2));
    // Clips of a session share what shifts them.
    let shifted = |values: &[f32]| -> Vec<f32> {
        values.iter().enumerate().map(|(at, v)| 0.2 * v + (at / 10) as f32 * 0.5).collect()
    };
    let mut known = task("id_00", "0dB", &shifted(&normal), &shifted(&abnormal));
    let width = |task: &ScoredTask| {
        let judged = judge_sound(std::slice::from_ref(task), &protocol()).unwrap();
        let estimate = judged.tasks[0].auc.estimate;
        (judged.unit, estimate.high - estimate.low)
    };
    let (unit, narrow) = width(&known);
    assert_eq!(unit, Unit::Recording);
    for (at, clip) in known.clips.iter_mut().enumerate() {
        clip.session = Some(format!("day{}", at / 10));
    }
    let (unit, wide) = width(&known);
    assert_eq!(unit, Unit::Session);
    assert!(wide > 1.5 * narrow, "{narrow} {wide}");
    known.clips[0].session = None;
    assert_eq!(width(&known).0, Unit::Recording);
}

#[test]
fn threads_do_not_change_a_judgement() {
    let tasks = [task("id_00", "0dB", &draws(30, 0.0, 1), &draws(20, 1.0, 2))];
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| judge_sound(&tasks, &protocol())).unwrap()
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn versions_of_a_recording_are_drawn_together() {
    // Twice the same clips: the interval of the mean is that of either.
    let (normal, abnormal) = (draws(30, 0.0, 1), draws(20, 1.0, 2));
    let both = [task("id_00", "6dB", &normal, &abnormal), task("id_00", "0dB", &normal, &abnormal)];
    let judged = judge_sound(&both, &protocol()).unwrap();
    let all = &judged.summaries[2].auc.estimate;
    assert_eq!(all, &judged.tasks[0].auc.estimate);
    assert_eq!(judged.summaries[2].auc.units, 50);
}

#[test]
fn what_cannot_be_judged_is_refused_by_name() {
    let good = task("id_00", "0dB", &[1.0], &[2.0]);
    let refused = |tasks: &[ScoredTask]| judge_sound(tasks, &protocol()).unwrap_err().to_string();
    assert!(refused(&[]).contains("no tasks"));
    let one_kind = refused(&[task("id_02", "0dB", &[1.0], &[])]);
    assert!(one_kind.contains("fan id_02 0dB has 1 normal and 0 abnormal"), "{one_kind}");
    let nan = refused(&[task("id_02", "0dB", &[f32::NAN], &[1.0])]);
    assert!(nan.contains("`normal/00000000`"), "{nan}");
    assert!(refused(&[good.clone(), good.clone()]).contains("twice"));
    let setting = judge_sound(&[good], &Protocol { max_fpr: 0.0, ..protocol() }).unwrap_err();
    assert!(setting.to_string().contains("`max_fpr`"), "{setting}");
}

#[test]
fn a_difference_is_paired_and_of_the_same_clips() {
    let (normal, abnormal) = (draws(100, 0.0, 1), draws(100, 1.0, 2));
    let better: Vec<f32> = abnormal.iter().map(|v| v + 0.5).collect();
    let (mine, theirs) =
        ([task("id_00", "0dB", &normal, &better)], [task("id_00", "0dB", &normal, &abnormal)]);
    let difference = paired_difference(&mine, &theirs, Measure::Auc, &protocol()).unwrap();
    let estimate = difference.interval.estimate;
    assert!(estimate.is_above(0.0), "{estimate}");
    assert_eq!((difference.better, difference.tasks), (1, 1));
    let back = paired_difference(&theirs, &mine, Measure::Auc, &protocol()).unwrap();
    assert!((back.interval.estimate.value + estimate.value).abs() < 1e-12);
    let other = [task("id_02", "0dB", &normal, &abnormal)];
    let error = paired_difference(&mine, &other, Measure::Auc, &protocol());
    assert!(matches!(error, Err(SoundError::OtherClips(_))));
}

#[test]
fn an_alarm_level_is_a_quantile_of_clips_that_were_held_out() {
    let train = normals(vec![draws(400, 0.0, 5), draws(400, 0.0, 6)]);
    let nearest = ContenderSpec::from(crate::models::nearest::Spec::default()).check().unwrap();
    let level = alarm_level(&nearest, &train, 0.95, 5, Seed(1)).unwrap();
    assert_eq!((level.clips, level.folds), (400, 5));
    // On its own training rows the nearest row is at distance 0.
    let model = nearest.fit(&train, Seed(1)).unwrap();
    let fresh = rows(vec![draws(2000, 0.0, 7), draws(2000, 0.0, 8)]);
    let alarms = model.outputs(&fresh).unwrap().scores();
    let share = alarms.iter().filter(|s| **s >= level.threshold).count() as f64 / 2000.0;
    assert!((0.02..0.1).contains(&share), "{share}");
    let error = alarm_level(&nearest, &train, 1.0, 5, Seed(1)).unwrap_err().to_string();
    assert!(error.contains("`quantile`"), "{error}");
}

#[test]
fn alarm_rates_count_clips_on_both_sides_of_the_threshold() {
    let mut task = task("id_00", "0dB", &[1.0, 2.0, 3.0, 4.0], &[2.5, 3.5]);
    task.threshold = Some(3.0);
    let judged = judge_sound(&[task], &protocol()).unwrap();
    let rates = judged.tasks[0].alarms.unwrap();
    assert_eq!((rates.false_alarms.estimate.value, rates.detections.estimate.value), (0.5, 0.5));
    assert_eq!((rates.false_alarms.units, rates.detections.units), (4, 2));
}

#[test]
fn a_clip_of_frames_scores_their_mean() {
    let clips = clip_scores(&[1.0, 5.0, 2.0, 3.0], &[7, 3, 7, 7]);
    assert_eq!(clips.iter().map(|c| (c.clip, c.score)).collect::<Vec<_>>(), [(3, 5.0), (7, 2.0)]);
}

fn decide(
    candidate: &[ScoredTask],
    energy: &[ScoredTask],
    champion: Option<&[ScoredTask]>,
    largest: f64,
) -> (Decision, Vec<String>) {
    let constant = candidate.iter().map(ScoredTask::constant).collect();
    let baselines =
        BTreeMap::from([("energy".to_owned(), energy.to_vec()), ("constant".to_owned(), constant)]);
    let parity = Parity { rows: 9, largest, labels_differ: 0, near_threshold: 0, tolerance: 2e-6 };
    let evidence = Evidence { parity, waivers: BTreeMap::new(), champion_caveat: None };
    let evidence = SoundEvidence { evidence: &evidence, baselines: &baselines, champion };
    let verdict = decide_sound(candidate, &evidence, &SoundPolicy::new(protocol()));
    let failed = verdict.rules.iter().filter(|r| r.decision != Decision::Promote);
    (verdict.decision, failed.map(|r| r.name.clone()).collect())
}

#[test]
fn the_gate_takes_what_beats_baselines_and_champion_on_enough_clips() {
    let of = |shift: f32, n: usize| [task("id_00", "0dB", &draws(n, 0.0, 1), &draws(n, shift, 2))];
    let (good, weak) = (of(2.0, 60), of(0.3, 60));
    assert_eq!(decide(&good, &weak, None, 0.0), (Decision::Promote, vec![]));
    let (decision, failed) = decide(&weak, &good, None, 0.0);
    assert_eq!((decision, failed.contains(&"beats_energy".to_owned())), (Decision::Reject, true));
    assert_eq!(decide(&good, &weak, None, 1.0), (Decision::Reject, vec!["parity".to_owned()]));
    let (decision, failed) = decide(&good, &weak, Some(&good), 0.0);
    assert_eq!((decision, failed), (Decision::Hold, vec!["champion".to_owned()]));
    assert_eq!(decide(&good, &weak, Some(&weak), 0.0).0, Decision::Promote);
    let few = decide(&of(4.0, 8), &of(0.0, 8), None, 0.0);
    assert_eq!(few, (Decision::Hold, vec!["clips".to_owned()]));
    let other = [task("id_09", "0dB", &[0.0], &[1.0])];
    assert_eq!(decide(&good, &other, None, 0.0).1, ["beats_energy"]);
}

#[test]
fn the_trap_is_perfect_at_random_and_no_better_than_chance_on_a_new_machine() {
    // What one machine sounds like with a fault, the next does without: nothing carries over.
    let (machines, clips) = (4, 60);
    let id: Vec<String> = (0..machines * clips).map(|i| format!("id_{}", i / clips)).collect();
    let label: Vec<bool> = (0..machines * clips).map(|i| i % 3 == 0).collect();
    let noise = draws(machines * clips, 0.0, 3);
    let level = |at: usize| {
        let loud = label[at] == (at / clips).is_multiple_of(2);
        0.05 * noise[at] + if loud { 0.5 } else { -0.5 }
    };
    let voice = |at: usize| (at / clips) as f32 + 0.05 * noise[(at * 7 + 1) % noise.len()];
    let all = 0..label.len();
    let columns = vec![all.clone().map(level).collect(), all.map(voice).collect()];
    let rows = train_for(columns, Target::Binary(label.clone()));
    let (random, left_out) = supervised_trap(&rows, &id, 30, 5, Seed(1)).unwrap();
    assert!(random.mean > 0.95, "{random:?}");
    assert!(left_out.mean < 0.6, "{left_out:?}");
    assert_eq!(left_out.ids.len(), 4);
    let one = vec!["id_0".to_owned(); label.len()];
    assert!(supervised_trap(&rows, &one, 30, 5, Seed(1)).is_err());
    assert!(supervised_trap(&rows, &one[1..], 30, 5, Seed(1)).is_err());
}
