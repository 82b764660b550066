//! The simulator: layout, header, SNR, sessions, difficulty.

use std::path::Path;

use gauntlet_core::{Origin, Seed};
use gauntlet_data::DataError;
use gauntlet_data::audio::{ClipReader, Clips, Options, load};
use gauntlet_data::simulate::mimii::{Clips as Count, Note, Scale, write};
use gauntlet_features::audio::Channel;
use tempfile::TempDir;

use super::{real_data, setup, sounds};

fn scale(machines: &[&str], snrs_db: &[i32], normal: usize, abnormal: usize) -> Scale {
    Scale {
        snrs_db: snrs_db.to_vec(),
        ids: machines.iter().map(|machine| ((*machine).to_owned(), 1)).collect(),
        clips: Count::Each { normal, abnormal },
    }
}

fn drawn(folder: &Path, seed: u64, scale: &Scale) -> Note {
    write(&sounds("mimii"), folder, Seed(seed), scale, &|_, _| {}).unwrap()
}

fn load_from(folder: &Path, origin: Origin) -> Result<Clips, DataError> {
    let (setup, channel) = (&setup(), Channel::Index(0));
    let options = Options { setup, channel, skip_damaged: 0, cache: None, progress: &|_, _| {} };
    load(&sounds("mimii"), folder, origin, &options)
}

fn on_threads(threads: usize, work: impl FnOnce() + Send) {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work);
}

#[test]
fn layout_header_and_counts_are_exact_and_threads_change_nothing() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let scale = scale(&["fan", "pump", "slider", "valve"], &[0], 4, 2);
    on_threads(1, || drop(drawn(one.path(), 3, &scale)));
    on_threads(2, || drop(drawn(two.path(), 3, &scale)));
    let (a, b) = (
        load_from(one.path(), Origin::Simulated).unwrap(),
        load_from(two.path(), Origin::Simulated).unwrap(),
    );
    assert_eq!(a.digest, b.digest);
    assert_eq!(a.rows.len(), 4 * 6);
    assert_eq!(a.rows.iter().filter(|row| row.abnormal).count(), 4 * 2);
    assert!(a.rows.iter().all(|row| row.session.is_some()));
    let place = "0_dB_valve/valve/id_00/abnormal/00000001.wav";
    let bytes = fs_err::read(one.path().join(place)).unwrap();
    assert_eq!(bytes.len(), 2_560_080);
    if let Some(real) = real_data() {
        let real = fs_err::read(real.join("mimii/0_dB_fan/fan/id_00/normal/00000000.wav")).unwrap();
        assert_eq!(bytes[..80], real[..80]);
    }

    let as_real = load_from(one.path(), Origin::Real).unwrap_err();
    assert!(matches!(as_real, DataError::SimulatedAsReal { .. }));
    let before = fs_err::metadata(one.path().join(place)).unwrap().modified().unwrap();
    drawn(one.path(), 3, &scale);
    assert_eq!(fs_err::metadata(one.path().join(place)).unwrap().modified().unwrap(), before);
    fs_err::write(one.path().join(place), &bytes[..bytes.len() - 2]).unwrap();
    assert!(load_from(one.path(), Origin::Simulated).is_err());
}

#[test]
fn a_folder_of_others_is_left_alone_and_other_sounds_have_no_simulator() {
    let folder = TempDir::new().unwrap();
    fs_err::write(folder.path().join("mine.txt"), "keep").unwrap();
    let scale = scale(&["fan"], &[0], 4, 2);
    let result = write(&sounds("mimii"), folder.path(), Seed(1), &scale, &|_, _| {});
    assert!(result.unwrap_err().to_string().contains("holds files of others"));
    let result = write(&sounds("dcase2020"), folder.path(), Seed(1), &scale, &|_, _| {});
    assert!(matches!(result, Err(DataError::NoSimulator { .. })));
    assert!(folder.path().join("mine.txt").exists());
}

#[test]
fn machine_over_noise_is_what_the_folder_says() {
    let folder = TempDir::new().unwrap();
    drawn(folder.path(), 5, &scale(&["fan", "valve"], &[-6, 0], 4, 2));
    // One recording under two SNRs differs by noise alone, whose amplitudes are known to each other.
    let ratio = 10_f64.powf(6.0 / 20.0);
    for machine in ["fan", "valve"] {
        let (mut loud, mut quiet) = (0.0, 0.0);
        for channel in 0..8 {
            let mut reader = ClipReader::new(&sounds("mimii"), Channel::Index(channel));
            let mut read = |snr: &str| {
                let place = format!("{snr}_dB_{machine}/{machine}/id_00/normal/00000002.wav");
                reader.read(&folder.path().join(place)).unwrap().samples
            };
            for (&noisy, &clear) in read("-6").iter().zip(&read("0")) {
                let noise = f64::from(noisy - clear) / (ratio - 1.0);
                quiet += noise * noise;
                loud += (f64::from(clear) - noise).powi(2);
            }
        }
        let decibels = 10.0 * (loud / quiet).log10();
        assert!(decibels.abs() < 0.3, "{machine}: {decibels} dB in place of 0");
    }
}

/// Distance of the features of two rows, each feature in units of its deviation over all rows.
fn distances(clips: &Clips) -> impl Fn(usize, usize) -> f64 {
    let (rows, width) = (clips.rows.len() as f64, clips.features.len());
    let column = |feature: usize| clips.values.iter().skip(feature).step_by(width);
    let deviation = |feature: usize| {
        let mean = column(feature).sum::<f64>() / rows;
        (column(feature).map(|value| (value - mean).powi(2)).sum::<f64>() / rows).sqrt()
    };
    let deviations: Vec<f64> = (0..width).map(deviation).collect();
    move |a, b| {
        let pairs = clips.features_of(a).iter().zip(clips.features_of(b)).zip(&deviations);
        pairs.map(|((a, b), deviation)| ((a - b) / deviation).powi(2)).sum()
    }
}

#[test]
fn neighbours_are_of_one_session_and_faults_are_heard_the_better_the_less_noise() {
    let folder = TempDir::new().unwrap();
    let mut aucs = Vec::new();
    drawn(folder.path(), 2, &scale(&["fan", "pump"], &[-6, 0, 6], 32, 16));
    let clips = load_from(folder.path(), Origin::Simulated).unwrap();
    let distance = distances(&clips);
    for snr in ["-6", "0", "6"] {
        let (mut own, mut seen, mut wins, mut pairs) = (0, 0, 0.0, 0.0);
        for machine in ["fan", "pump"] {
            let of = |abnormal: bool| {
                let rows = clips.rows.iter().enumerate().filter(move |(_, row)| {
                    let here = row.machine == machine && row.snr.as_deref() == Some(snr);
                    here && row.abnormal == abnormal
                });
                rows.map(|(row, _)| row).collect::<Vec<_>>()
            };
            let (normal, abnormal) = (of(false), of(true));
            for &row in &normal {
                let others = normal.iter().filter(|&&other| other != row);
                let nearest =
                    others.min_by(|&&a, &&b| distance(row, a).total_cmp(&distance(row, b)));
                let same = clips.rows[*nearest.unwrap()].session == clips.rows[row].session;
                own += usize::from(same);
                seen += 1;
            }
            // As published: the first normal clips are tested, the others trained on.
            let (tested, trained) = normal.split_at(abnormal.len());
            let score = |row: &usize| {
                trained.iter().map(|&other| distance(*row, other)).fold(f64::INFINITY, f64::min)
            };
            for broken in abnormal.iter().map(score) {
                for sound in tested.iter().map(score) {
                    wins += f64::from(u8::from(broken > sound));
                    pairs += 1.0;
                }
            }
        }
        // There are 8 sessions of 4 clips, so chance finds 3 of 31.
        let share = f64::from(own as u32) / f64::from(seen as u32);
        assert!(snr == "-6" || share > 0.25, "SNR {snr}: {share}");
        aucs.push(wins / pairs);
        eprintln!("SNR {snr}: AUC {:.3}, own session {share:.3}", wins / pairs);
    }
    assert!(aucs[0] < aucs[1] && aucs[1] < aucs[2], "{aucs:?}");
    assert!(aucs[0] > 0.5 && aucs[1] < 0.99, "{aucs:?}");
}
