//! Tables of many hands.

use gauntlet_core::Origin;

use super::*;
use crate::events::{State, find, load};

/// The log of the one table `text`, by the descriptor that inspection writes.
fn log(text: &str, hints: &Hints) -> crate::events::Log {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Plant 7.csv");
    fs_err::write(&path, text).unwrap();
    let inspected = inspect(&path, hints).unwrap();
    assert_eq!(inspected.described.name, "plant_7");
    let found = find(&inspected.described, Some(&inspected.folder), Path::new("none")).unwrap();
    load(&inspected.described, &found, Origin::Real, None).unwrap()
}

fn rows(head: &str, row: impl Fn(usize) -> String) -> String {
    let rows: Vec<String> = (0..300).map(row).collect();
    format!("{head}\n{}\n", rows.join("\n"))
}

#[test]
fn semicolons_decimal_commas_days_first_and_a_flag() {
    let text = rows("Zeit;Druck [bar];Pumpe läuft;Störung (fault)", |i| {
        format!(
            "{:02}.03.2021 {:02}:{:02};{},5;{};{}",
            1 + i / 60 / 24,
            i / 60 % 24,
            i % 60,
            i % 13,
            i % 2,
            u8::from(i > 280)
        )
    });
    let log = log(&text, &Hints::default());
    assert_eq!(log.rows(), 300);
    let names: Vec<&str> = log.sensors.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["Druck", "Pumpe_l_uft"]);
    assert_eq!(log.sensors[0].unit, "bar");
    assert_eq!(log.readings[0][14], 1.5);
    assert_eq!((log.events.len(), log.step_s, log.lasts), (1, 60.0, true));
}

#[test]
fn a_status_in_words_with_repairs_and_a_row_number() {
    let status = |i: usize| match i {
        100 => "BROKEN",
        101..=150 => "RECOVERING",
        _ => "NORMAL",
    };
    let text = rows(",timestamp,a,b,machine_status", |i| {
        format!("{i},2018-04-01 {:02}:{:02}:00,{}.25,,{}", i / 60, i % 60, i % 7, status(i))
    });
    let log = log(&text, &Hints::default());
    assert_eq!(log.sensors.len(), 1);
    assert_eq!(log.state[120], State::Excluded);
    assert_eq!((log.events.len(), log.starts.clone(), log.lasts), (1, vec![0, 151], false));
}

#[test]
fn plain_seconds_and_a_list_of_failures() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("failures.csv");
    fs_err::write(&list, "begin,end\n100,110\n200,\n").unwrap();
    let text = rows("time (s)\tx\ty", |i| format!("{i}\t{}\t{}", i % 5, i % 3));
    let hints = Hints { failures: Some(list), ..Hints::default() };
    let log = log(&text, &hints);
    assert_eq!(
        log.events.iter().map(|e| (e.row, e.last)).collect::<Vec<_>>(),
        [(100, 110), (200, 200)]
    );
}

#[test]
fn a_column_that_somebody_names_tells_failures_whatever_it_says() {
    let text = rows("time,x,phase", |i| {
        format!("2020-01-01 00:{:02}:{:02},{}.5,{}", i / 60, i % 60, i % 7, i / 140)
    });
    let hints = Hints { label: Some("phase".to_owned()), ..Hints::default() };
    let log = log(&text, &hints);
    assert_eq!((log.events.len(), log.events[0].row, log.sensors.len()), (1, 140, 1));
}

#[test]
fn folders_of_runs_are_groups_and_tables_of_another_kind_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    for (number, name) in ["valve1/0.csv", "valve1/1.csv", "other/5.csv"].iter().enumerate() {
        let path = folder.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        let text = rows("datetime;Pressure;Temperature;anomaly;changepoint", |i| {
            let fault = f64::from(u8::from(i > 200 && number != 1));
            format!(
                "2020-03-0{} 10:{:02}:{:02};0.{};90.{};{fault:.1};0.0",
                9 - number,
                i / 60,
                i % 60,
                i % 9,
                i % 4
            )
        });
        fs_err::write(path, text).unwrap();
    }
    fs_err::create_dir_all(folder.path().join("free")).unwrap();
    fs_err::write(
        folder.path().join("free/free.csv"),
        "datetime;Pressure\n2020-03-09 10:00:00;1\n",
    )
    .unwrap();
    let inspected = inspect(folder.path(), &Hints::default()).unwrap();
    assert_eq!(inspected.files, 3);
    assert!(inspected.notes[0].contains("free.csv"), "{:?}", inspected.notes);
    let found = find(&inspected.described, Some(folder.path()), Path::new("none")).unwrap();
    let log = load(&inspected.described, &found, Origin::Real, None).unwrap();
    assert_eq!(log.groups, ["other/5", "valve1/1", "valve1/0"]);
    assert_eq!(log.sensors.len(), 2);
    assert_eq!(log.events.iter().map(|e| e.group).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn a_date_and_a_time_of_day_in_two_columns() {
    let text = rows("Date;Time;CO;fault", |i| {
        format!("10/03/2004;{:02}.{:02}.00;{},4;{}", i / 60, i % 60, i % 9, u8::from(i == 250))
    });
    let log = log(&text, &Hints::default());
    assert_eq!((log.step_s, log.events[0].row), (60.0, 250));
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let fail = |text: &str| {
        fs_err::write(&path, text).unwrap();
        let error = inspect(&path, &Hints::default()).unwrap_err();
        format!("{error} {}", error.hint().unwrap_or_default())
    };
    assert!(fail("x,y\n1,2\n3,4\n").contains("--time"));
    assert!(fail("time,y\n2020-01-01,2\n2020-01-02,4\n").contains("--failures"));
    assert!(fail("time,y\n").contains("no row"));
}
