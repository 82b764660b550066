//! Splits of recordings.

use super::*;
use proptest::prelude::*;

/// A machine with this many recordings under two ratios, unsorted.
fn machine(id: &str, normals: usize, abnormals: usize) -> Vec<Clip> {
    let mut clips = Vec::new();
    for snr in ["6dB", "-6dB"] {
        for at in (0..normals).rev() {
            clips.push(clip(id, snr, &format!("normal/{at:08}.wav"), false));
        }
        for at in 0..abnormals {
            clips.push(clip(id, snr, &format!("abnormal/{at:08}.wav"), true));
        }
    }
    clips
}

#[test]
fn the_first_recordings_by_name_are_judged_on_and_the_others_learned_from() {
    let clips = [machine("id_00", 10, 3), machine("id_02", 8, 6)].concat();
    let split = split_clips(&clips, 4).unwrap();
    for (clip, side) in clips.iter().zip(&split.sides) {
        let number: usize = clip.recording[clip.recording.len() - 12..][..8].parse().unwrap();
        let tested = if clip.place.id == "id_00" { 3 } else { 4 };
        let test = clip.abnormal || number < tested;
        assert_eq!(*side == Side::Test, test, "{clip:?}");
    }
    let ids: Vec<_> =
        split.ids.iter().map(|i| (i.origin, i.train, i.test_normal, i.test_abnormal)).collect();
    assert_eq!(ids, [(Origin::Baseline, 7, 3, 3), (Origin::Capped, 4, 4, 6)]);
}

#[test]
fn too_few_recordings_are_said_with_machine_and_counts() {
    let error = split_clips(&machine("id_04", 5, 2), 4).unwrap_err().to_string();
    let expected =
        "fan id_04: 5 normal and 2 abnormal recordings leave 3 to train on, and 4 are needed";
    assert_eq!(error, expected);
    let error = split_clips(&machine("id_04", 5, 0), 2).unwrap_err().to_string();
    assert!(error.contains("leave 0 to test on"), "{error}");
}

#[test]
fn a_given_split_is_kept_or_refused_but_never_mended() {
    let mut clips = machine("id_00", 6, 2);
    for clip in &mut clips {
        let test = clip.abnormal || clip.recording.as_str() > "normal/00000003.wav";
        clip.given = Some(if test { Side::Test } else { Side::Train });
    }
    let split = split_clips(&clips, 2).unwrap();
    assert_eq!((split.ids[0].origin, split.ids[0].train), (Origin::Given, 4));
    let mut half = clips.clone();
    half[0].given = None;
    assert!(matches!(split_clips(&half, 2), Err(SoundError::HalfGiven { given: 15, .. })));
    let mut torn = clips.clone();
    torn[0].given = Some(Side::Train);
    assert!(matches!(split_clips(&torn, 2), Err(SoundError::TwoSides { .. })));
    let mut faulty = clips;
    faulty.iter_mut().filter(|c| c.abnormal).for_each(|c| c.given = Some(Side::Train));
    assert!(matches!(split_clips(&faulty, 2), Err(SoundError::AbnormalTrain { .. })));
}

#[test]
fn a_recording_twice_or_of_two_labels_is_refused() {
    let mut clips = machine("id_00", 6, 2);
    clips.push(clips[0].clone());
    assert!(matches!(split_clips(&clips, 2), Err(SoundError::Twice { .. })));
    clips.pop();
    clips[0].abnormal = true;
    assert!(matches!(split_clips(&clips, 2), Err(SoundError::TwoLabels { .. })));
    let sides = vec![Side::Test; 3];
    assert!(matches!(one_side_per_recording(&clips, &sides), Err(SoundError::Sides { .. })));
}

proptest! {
    #[test]
    fn every_recording_has_one_side_and_no_machine_learns_from_faults(
        counts in prop::collection::vec((2_usize..40, 1_usize..40), 1..5),
    ) {
        let ids = counts.iter().enumerate();
        let clips: Vec<Clip> =
            ids.flat_map(|(i, &(n, a))| machine(&format!("id_{i:02}"), n, a)).collect();
        let split = split_clips(&clips, 1).unwrap();
        prop_assert!(one_side_per_recording(&clips, &split.sides).is_ok());
        for (clip, side) in clips.iter().zip(&split.sides) {
            prop_assert!(!clip.abnormal || *side == Side::Test);
        }
        for (id, (normals, abnormals)) in split.ids.iter().zip(counts) {
            prop_assert_eq!(id.train + id.test_normal, normals);
            prop_assert_eq!(id.test_normal, abnormals.min(normals / 2));
        }
    }
}
