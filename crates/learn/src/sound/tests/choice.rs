//! Choices by training clips.

use super::*;
use crate::models::{Contender, ContenderSpec, nearest};
use gauntlet_core::Subset;

fn detector() -> Contender {
    ContenderSpec::from(nearest::Spec::default()).check().unwrap()
}

/// Machines whose level tells them apart in `mean` and not at all in `max`.
fn machine(feature: &str, ids: usize) -> Vec<TrainingClips> {
    let one = |id: usize| {
        let shift = if feature == "mean" { id as f32 * 4.0 } else { 0.0 };
        let column = draws(40, shift, 10 + id as u64);
        TrainingClips {
            id: format!("id_{id:02}"),
            snr: "0dB".to_owned(),
            rows: normals(vec![column]),
        }
    };
    (0..ids).map(one).collect()
}

#[test]
fn the_summary_that_tells_machines_apart_is_chosen_wherever_it_stands() {
    let detector = detector();
    let (mean, max) = (machine("mean", 3), machine("max", 3));
    let candidate =
        |name: &str, clips| Candidate { name: name.to_owned(), contender: &detector, clips };
    for candidates in [
        [candidate("max", &max[..]), candidate("mean", &mean[..])],
        [candidate("mean", &mean[..]), candidate("max", &max[..])],
    ] {
        let choice = choose(&candidates, 3, Seed(1)).unwrap();
        assert_eq!((choice.name.as_str(), choice.ground), ("mean", Ground::OtherMachines));
        assert!(choice.areas["mean"] > 0.9 && choice.areas["max"] < 0.7, "{choice:?}");
    }
    let equal = [candidate("max", &max[..]), candidate("again", &max[..])];
    assert_eq!(choose(&equal, 3, Seed(1)).unwrap().at, 0);
}

#[test]
fn with_one_machine_the_first_declared_is_taken_and_it_is_said() {
    let detector = detector();
    let alone = machine("mean", 1);
    let candidate =
        |name: &str| Candidate { name: name.to_owned(), contender: &detector, clips: &alone };
    let choice = choose(&[candidate("max"), candidate("mean")], 3, Seed(1)).unwrap();
    assert_eq!((choice.name.as_str(), choice.ground), ("max", Ground::FirstDeclared));
    assert!(choose(&[], 3, Seed(1)).is_err());
    // Another ratio of the same machine is no other machine.
    let mut ratios = machine("mean", 2);
    ratios[1].snr = "6dB".to_owned();
    let of_ratios =
        |name: &str| Candidate { name: name.to_owned(), contender: &detector, clips: &ratios };
    let choice = choose(&[of_ratios("max"), of_ratios("mean")], 3, Seed(1)).unwrap();
    assert_eq!(choice.ground, Ground::FirstDeclared);
}

/// All clips of three machines, split; what is chosen when the test clips hold `value`.
fn chosen_with_test_clips(value: f32) -> Choice {
    let ids = ["id_00", "id_02", "id_04"];
    let clips: Vec<Clip> = ids
        .iter()
        .flat_map(|id| {
            (0..60).map(move |at| {
                let kind = if at < 20 { "abnormal" } else { "normal" };
                clip(id, "0dB", &format!("{kind}/{at:08}"), at < 20)
            })
        })
        .collect();
    let sides = split_clips(&clips, 10).unwrap().sides;
    let features = |shift: f32| {
        let mut columns = vec![Vec::new()];
        for (at, side) in sides.iter().enumerate() {
            let own = draws(1, shift * (at / 60) as f32, at as u64)[0];
            columns[0].push(if *side == Side::Test { value } else { own });
        }
        columns
    };
    let of_candidate = |shift: f32| -> Vec<TrainingClips> {
        let columns = features(shift);
        let own = |(at, id): (usize, &&str)| {
            let positions: Vec<usize> =
                (at * 60..(at + 1) * 60).filter(|&p| sides[p] == Side::Train).collect();
            let column = rows(columns.clone()).subset(&positions).columns;
            TrainingClips { id: (*id).to_owned(), snr: "0dB".to_owned(), rows: normals(column) }
        };
        ids.iter().enumerate().map(own).collect()
    };
    let detector = detector();
    let (far, near) = (of_candidate(3.0), of_candidate(0.5));
    let candidate =
        |name: &str, clips| Candidate { name: name.to_owned(), contender: &detector, clips };
    choose(&[candidate("near", &near[..]), candidate("far", &far[..])], 4, Seed(1)).unwrap()
}

#[test]
fn test_clips_cannot_change_a_choice() {
    let choice = chosen_with_test_clips(0.0);
    assert_eq!(choice.name, "far");
    for value in [1e6, -30.0, f32::NAN] {
        assert_eq!(chosen_with_test_clips(value), choice);
    }
}
