//! Laws: nothing looks ahead, and neither order nor threads reach a number.

use gauntlet_core::Digest;
use proptest::prelude::*;

use super::simulate::{contenders, lives, protocol, setup};
use crate::rul::{Life, fit_final, judge, vectors};

/// What is known of a life at snapshot `at`, with anything in the place of what is not.
fn masked(life: &Life, at: usize, with: f64) -> Life {
    let mut masked = life.clone();
    masked.features.iter_mut().for_each(|column| column[at + 1..].fill(with));
    masked.end_minutes = life.end_minutes * 3.0 + 1e4;
    masked.onset = life.onset.filter(|&onset| onset <= at);
    masked.common_start = None;
    masked
}

/// The life as it stood at snapshot `at`.
fn prefix(life: &Life, at: usize) -> Life {
    let mut prefix = masked(life, at, 0.0);
    prefix.minutes.truncate(at + 1);
    prefix.features.iter_mut().for_each(|column| column.truncate(at + 1));
    prefix
}

fn bits(life: &Life, at: usize) -> Vec<u64> {
    let vectors = vectors(life, &setup()).unwrap();
    vectors.columns.iter().map(|column| column[at].to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn masking_the_future_leaves_a_vector_bit_identical(
        which in 0_usize..6,
        share in 0.0..1.0_f64,
        with in prop::sample::select(vec![0.0, -5.0, 1e300, 0.3]),
    ) {
        let life = &lives(6, 5)[which];
        let at = 1 + (share * (life.snapshots() - 2) as f64) as usize;
        let known = bits(life, at);
        prop_assert_eq!(&known, &bits(&masked(life, at, with), at));
        prop_assert_eq!(&known, &bits(&prefix(life, at), at));
    }
}

#[test]
fn every_value_of_a_vector_is_finite_and_the_onset_is_where_time_starts() {
    let life = &lives(1, 8)[0];
    let vectors = vectors(life, &setup()).unwrap();
    assert!(vectors.columns.iter().flatten().all(|v| v.is_finite()));
    let column =
        |name: &str| &vectors.columns[vectors.names.iter().position(|n| n == name).unwrap()];
    let onset = life.onset.unwrap();
    let since = column("since_onset_log");
    assert!(since[..=onset].iter().all(|v| *v == 0.0) && since[onset + 1] > 0.0);
    assert!(column("indicator_rise")[life.snapshots() - 1] > 1.0);
    assert_eq!(column("condition_slow")[0], 1.0);
    assert_eq!(column("condition_fast")[0], 0.0);
}

fn in_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

#[test]
fn neither_threads_nor_the_order_of_lives_and_contenders_change_a_judgement() {
    let (lives, contenders, protocol) = (lives(7, 4), contenders(), protocol());
    let first = in_threads(1, || judge(&lives, &contenders, &protocol).unwrap());
    assert_eq!(first, in_threads(4, || judge(&lives, &contenders, &protocol).unwrap()));
    let reversed: Vec<Life> = lives.iter().rev().cloned().collect();
    let others: Vec<_> = contenders.iter().rev().cloned().collect();
    assert_eq!(first, judge(&reversed, &others, &protocol).unwrap());
    let written = serde_json::to_string(&first.onset.participants["ridge"].scores).unwrap();
    let read: Vec<crate::rul::BearingScores> = serde_json::from_str(&written).unwrap();
    assert_eq!(read, first.onset.participants["ridge"].scores);
}

#[test]
fn a_final_fit_is_the_same_on_one_thread_and_on_four() {
    let (mut lives, protocol) = (lives(7, 4), protocol());
    let digest = |lives: &[Life], threads, contender| -> Digest {
        let fitted = in_threads(threads, || fit_final(lives, contender, &protocol).unwrap());
        Digest::of(&crate::feature_graph(&fitted.model).unwrap())
    };
    for (_, contender) in contenders().iter().filter(|(_, contender)| contender.exports()) {
        let first = digest(&lives, 1, contender);
        assert_eq!(first, digest(&lives, 4, contender));
        lives.reverse();
        assert_eq!(first, digest(&lives, 4, contender));
    }
}
