//! Any rig that a descriptor can tell of.

use gauntlet_core::Origin;
use gauntlet_data::vibration::{channel_label, load, resolve, snapshot};
use gauntlet_data::{DataError, Decision, Mode};
use tempfile::TempDir;

use super::{feature, fill, options, press, real_from, rig};

#[test]
fn every_folder_of_an_unlisted_rig_is_a_run() {
    let folder = TempDir::new().unwrap();
    fill(&folder.path().join("b"), 3);
    fill(&folder.path().join("a"), 11);
    let loaded = real_from(&press(str::to_owned), folder.path()).unwrap();
    let names: Vec<_> =
        loaded.series.iter().map(|s| (s.run.as_str(), s.bearing.as_str())).collect();
    assert_eq!(names, [("a", "drive"), ("a", "free"), ("b", "drive"), ("b", "free")]);
    let first = &loaded.series[0];
    assert_eq!(first.files[1], "a/2.csv");
    assert_eq!(first.files[9], "a/10.csv");
    assert!((first.hours[10] - 10.0 / 60.0).abs() < 1e-12);
    assert!(first.faults.is_empty() && !first.failed && first.onset_hours.is_none());
    assert_eq!(first.values.len(), loaded.features.len());
    assert!(feature(&loaded, first, "rms").iter().all(|rms| *rms > 1.0));
}

#[test]
fn a_folder_without_folders_is_one_run() {
    let folder = TempDir::new().unwrap();
    fill(folder.path(), 2);
    let loaded = real_from(&press(str::to_owned), folder.path()).unwrap();
    assert_eq!(loaded.series[0].run, "press");
    assert_eq!(loaded.series[0].files, ["1.csv", "2.csv"]);
}

#[test]
fn names_can_tell_the_time_and_no_two_the_same() {
    let stamped = |text: &str| text.replace("every_seconds = 60", "time = \"%Y%m%d-%H%M%S*\"");
    let rig = press(stamped);
    let folder = TempDir::new().unwrap();
    let write =
        |name: &str| fs_err::write(folder.path().join(name), super::two_channels(1)).unwrap();
    write("20240229-233000.csv");
    write("20240301-003000.csv");
    write("notes.txt");
    let loaded = real_from(&rig, folder.path()).unwrap();
    assert_eq!(loaded.series[0].hours, [0.0, 1.0]);
    assert!(loaded.notes[0].contains("notes.txt"), "{:?}", loaded.notes);
    write("20240301-003000b.csv");
    let message = real_from(&rig, folder.path()).unwrap_err().to_string();
    assert!(message.contains("are of the same time"), "{message}");
}

#[test]
fn listed_runs_are_looked_for_and_missed() {
    let listed = |optional: bool| {
        press(|text| {
            let run = |name: &str| format!("{{ name = \"{name}\", optional = {optional} }}");
            let runs = format!("runs = [{}, {}]\n[origin]", run("a"), run("b"));
            text.replace("[origin]", &runs)
        })
    };
    let folder = TempDir::new().unwrap();
    let message = |optional| real_from(&listed(optional), folder.path()).unwrap_err().to_string();
    assert!(message(true).ends_with("none of the described runs is here"));
    fill(&folder.path().join("a"), 2);
    assert!(message(false).ends_with("run `b` is missing"));
    let loaded = real_from(&listed(true), folder.path()).unwrap();
    assert_eq!(loaded.notes, ["run `b` is not there"]);
    fs_err::create_dir(folder.path().join("b")).unwrap();
    assert!(message(true).contains("no file is called like a snapshot of run `b`"));
}

#[test]
fn a_place_may_be_the_folder_or_a_parent_of_it() {
    let parent = TempDir::new().unwrap();
    let raw = parent.path().join("nothing");
    let rig = rig("ims");
    let found = |place| match resolve(&rig, Mode::Real, Some(place), &raw).unwrap() {
        Decision::Found(source) => source.path,
        other => panic!("{other:?}"),
    };
    let Decision::Absent(absent) = resolve(&rig, Mode::Auto, Some(parent.path()), &raw).unwrap()
    else {
        panic!("nothing is there")
    };
    assert!(absent.may_simulate() && absent.into_rig_error(&rig).is_missing());
    let ims = parent.path().join("ims");
    fs_err::create_dir_all(ims.join("2nd_test")).unwrap();
    assert_eq!(found(parent.path()), ims);
    assert_eq!(found(&ims), ims);
    assert_eq!(resolve(&rig, Mode::Simulated, None, &raw).unwrap(), Decision::Simulate);
    let gone = resolve(&rig, Mode::Auto, Some(&raw), &raw).unwrap_err();
    assert!(matches!(gone, DataError::NoSuchPlace { .. }));
}

#[test]
fn one_raw_file_is_read_under_the_names_of_its_channels() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("1st_test");
    fs_err::create_dir(&run).unwrap();
    let path = run.join("2003.10.22.12.06.24");
    fs_err::write(&path, "1\t2\t3\t4\t5\t6\t7\t8\r\n").unwrap();
    let channels = snapshot(&rig("ims"), &path).unwrap().channels;
    assert_eq!(channels.len(), 8);
    assert_eq!(channels[4], (channel_label("3", "1"), vec![5.0]));
}

#[test]
fn progress_counts_every_file_once() {
    let folder = TempDir::new().unwrap();
    fill(folder.path(), 5);
    let seen = std::sync::Mutex::new(Vec::new());
    let progress = |done, total| seen.lock().unwrap().push((done, total));
    let mut options = options(0, None);
    options.progress = &progress;
    load(&press(str::to_owned), folder.path(), Origin::Real, &options).unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
}
