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
fn marks_line_ends_quotes_zones_and_holes_of_many_kinds() {
    let text = rows("\u{feff}\"Time stamp\",\"p, in\",q,p,\"operator\",const,id\r", |i| {
        let q = ["1.5", "", "NaN", "null", "-2e-3", "#N/A", " 3 "][i % 7];
        let status = if i == 250 { "TRIPPED" } else { "Night shift" };
        format!(
            "\"2018-04-01T{:02}:{:02}:00.000+02:00\",\"{}.5\",{q},{},\"{status}\",7,{}\r",
            i / 60,
            i % 60,
            i % 11,
            if i % 2 == 0 { "True" } else { "False" },
            i * i
        )
    });
    let hints = Hints { label: Some("operator".to_owned()), ..Hints::default() };
    let log = log(&text, &hints);
    let sensors: Vec<&str> = log.sensors.iter().map(|s| s.name.as_str()).collect();
    assert_eq!((sensors, log.rows()), (vec!["p__in", "q", "p"], 300));
    assert_eq!(log.readings[0][3], 3.5);
    assert_eq!(log.readings[1].iter().filter(|v| v.is_nan()).count(), 43 * 4);
    assert_eq!((log.readings[1][6], log.readings[2][..2].to_vec()), (3.0, vec![1.0, 0.0]));
    // Two hours ahead of Greenwich.
    assert_eq!((log.time_ms[0], log.events[0].row), (1_522_533_600_000, 250));
}

#[test]
fn numbers_since_1970_out_of_order_and_twice_at_any_cadence() {
    for (header, scale, step_s) in
        [("ts", 1, 10), ("epoch [ms]", 1000, 600), ("time_us", 1_000_000, 1)]
    {
        let text = rows(&format!("{header},watts,fault"), |i| {
            // Two rows change places, and one stands there twice.
            let at = match i {
                100 => 103,
                103 => 100,
                200 => 199,
                _ => i,
            };
            format!(
                "{},{}.5,{}",
                (1_600_000_000 + at * step_s) * scale,
                i % 7,
                u8::from((250..260).contains(&i))
            )
        });
        let log = log(&text, &Hints::default());
        assert_eq!(
            (log.rows(), log.step_s, log.grid.duplicates),
            (299, step_s as f64, 1),
            "{header}"
        );
        assert_eq!(
            (log.sensors.len(), log.time_ms[0], log.events.len()),
            (1, 1_600_000_000_000, 1)
        );
        assert!(log.grid.out_of_order > 0 && log.time_ms.is_sorted());
    }
}

#[test]
fn newest_first_and_words_that_stand_for_missing_readings() {
    let text = rows("t;flow;label", |i| {
        let i = 299 - i;
        let flow = if i % 40 == 7 { "I/O Timeout".to_owned() } else { format!("{},25", i % 9) };
        format!(
            "{:02}-Mar-2020 {:02}:{:02};{flow};{}",
            1 + i / 100,
            i % 100 / 60,
            i % 60,
            if i > 280 { "Leak" } else { "Normal" }
        )
    });
    let log = log(&text, &Hints::default());
    assert!(log.time_ms.is_sorted() && log.readings[0][7].is_nan());
    assert_eq!((log.readings[0][8], log.events.len(), log.lasts), (8.25, 1, true));
}

#[test]
fn kinds_of_failures_by_number_and_columns_made_from_them() {
    let text = rows("Timestamp,Label,Motor.Current,Motor.Moves,RUL", |i| {
        let kind = if (100..120).contains(&i) { 1 } else { 2 * u8::from(i >= 250) };
        format!("{:.2},{kind},{}.5,{},{}", 1_467_200_000.0 + i as f64 * 0.05, i % 7, i % 2, 300 - i)
    });
    let log = log(&text, &Hints::default());
    let sensors: Vec<&str> = log.sensors.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(sensors, ["Motor_Current", "Motor_Moves"]);
    assert_eq!((log.step_s, log.lasts), (0.05, true));
    assert_eq!(
        log.events.iter().map(|e| (e.row, e.last)).collect::<Vec<_>>(),
        [(100, 119), (250, 299)]
    );
}

#[test]
fn a_list_of_failures_with_other_columns_and_months_first() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("failures.csv");
    // The first line alone would be the sixth of May.
    let text = "Nr.,Start Time,End Time,Failure\n#1,6/5/2020 0:10,6/5/2020 0:20,\"Leak, air\"\n#2,6/18/2020 0:05,,Oil\n";
    fs_err::write(&list, text).unwrap();
    let text = rows(",timestamp,TP2,COMP", |i| {
        let day = if i < 150 { 5 } else { 18 };
        format!(
            "{},2020-06-{day:02} 00:{:02}:{:02},{}.5,{}",
            i * 10,
            i % 150 / 6,
            i % 6 * 10,
            i % 7,
            i % 2
        )
    });
    let hints = Hints { failures: Some(list), ..Hints::default() };
    let log = log(&text, &hints);
    assert_eq!((log.sensors.len(), log.step_s), (2, 10.0));
    assert_eq!(
        log.events.iter().map(|e| (e.row, e.last)).collect::<Vec<_>>(),
        [(60, 120), (180, 180)]
    );
}

#[test]
fn machines_in_one_file_are_told_apart_by_a_column_or_asked_for() {
    let text = |header: &str| {
        rows(&format!("datetime,{header},volt,failure"), |i| {
            format!("2020-01-01 00:{:02}:00,M{},{}.5,{}", i / 6, i % 6, i % 7, u8::from(i > 290))
        })
    };
    let found = log(&text("machineID"), &Hints::default());
    assert_eq!((found.groups.len(), found.grid.duplicates, found.events.len()), (6, 0, 6));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    fs_err::write(&path, text("who")).unwrap();
    let error = inspect(&path, &Hints::default()).unwrap_err();
    assert!(error.hint().unwrap().contains("`--group`, such as `who`"), "{error}");
    let hints = Hints { group: Some("who".to_owned()), ..Hints::default() };
    assert_eq!(log(&text("who"), &hints).groups.len(), 6);
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
    let wide: Vec<u8> = "\u{feff}time,y\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs_err::write(&path, wide).unwrap();
    let error = inspect(&path, &Hints::default()).unwrap_err().to_string();
    assert!(error.contains("UTF-16"), "{error}");
    let hinted = |hints: &Hints| {
        fs_err::write(&path, "time,y,z\n2020-01-01,2,a\n2020-01-02,4,b\n").unwrap();
        let error = inspect(&path, hints).unwrap_err();
        format!("{error} {}", error.hint().unwrap_or_default())
    };
    let wrong = Some("Y".to_owned());
    for hints in [
        Hints { time: wrong.clone(), ..Hints::default() },
        Hints { label: wrong.clone(), ..Hints::default() },
        Hints { group: wrong, ..Hints::default() },
    ] {
        let message = hinted(&hints);
        assert!(
            message.contains("no column `Y`") && message.contains("`time`, `y`, `z`"),
            "{message}"
        );
    }
    let message = hinted(&Hints { time: Some("z".to_owned()), ..Hints::default() });
    assert!(message.contains("`z` holds no times, such as `a`"), "{message}");
}
