//! Tables of features.

use std::io::Cursor;
use std::path::Path;

use gauntlet_data::audio::{Clips, Given, Sounds, resolve};
use gauntlet_data::{Decision, Described, Mode};
use polars::prelude::{CsvReader, ParquetWriter, SerReader};
use tempfile::TempDir;

use super::{load_with, put, sounds};

fn described(table: &str) -> Sounds {
    let text = format!(
        r#"
        name = "press"
        title = "A press"
        summary = "Features of its sound."
        layout = "clip_table"
        [origin]
        homepage = "https://example.org"
        licence = "CC0"
        citation = "nobody"
        [table]
        {table}
        "#
    );
    Sounds::parse(Path::new("dataset.toml"), &text).unwrap()
}

/// One table in which all stands in columns.
const PLAIN: &str = r#"
    files = "all.csv"
    columns = { machine = "machine", id = "machine_id", snr = "snr", label = "label", recording = "name" }
"#;

const ROWS: &str = "machine,machine_id,snr,label,name,mel_1,mel_2\n\
    fan,id_00,6_dB,normal,00000001.wav,1.5,-2\n\
    fan,id_00,-6_dB,abnormal,00000001.wav,2.5,-3\n\
    fan,id_00,-6_dB,normal,00000001.wav,3.5,-4\n";

fn load_text(table: &str, name: &str, text: &str) -> Result<Clips, String> {
    let folder = TempDir::new().unwrap();
    put(folder.path(), name, text.as_bytes());
    load_with(&described(table), folder.path(), 0, None).map_err(|error| error.to_string())
}

#[test]
fn columns_tell_all() {
    let clips = load_text(PLAIN, "all.csv", ROWS).unwrap();
    assert_eq!(clips.features, ["mel_1", "mel_2"]);
    assert_eq!(clips.values, [3.5, -4.0, 2.5, -3.0, 1.5, -2.0]);
    let rows: Vec<_> = clips
        .rows
        .iter()
        .map(|row| (row.id.as_str(), row.snr.as_deref().unwrap(), row.abnormal, row.unit()))
        .collect();
    let (normal, abnormal) = ("fan/id_00/normal/00000001", "fan/id_00/abnormal/00000001");
    assert_eq!(
        rows,
        [
            ("00", "-6", false, normal.to_owned()),
            ("00", "-6", true, abnormal.to_owned()),
            ("00", "6", false, normal.to_owned()),
        ]
    );
    assert!(clips.notes.is_empty());
}

#[test]
fn parquet_says_what_csv_says() {
    let mut frame = CsvReader::new(Cursor::new(ROWS)).finish().unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    let folder = TempDir::new().unwrap();
    put(folder.path(), "all.parquet", &bytes);
    let table = PLAIN.replace("all.csv", "all.parquet");
    let parquet = load_with(&described(&table), folder.path(), 0, None).unwrap();
    let csv = load_text(PLAIN, "all.csv", ROWS).unwrap();
    assert_eq!((parquet.rows, parquet.values), (csv.rows, csv.values));
    assert_eq!(parquet.features, csv.features);
}

#[test]
fn a_table_of_features_without_runs_is_one_of_sounds() {
    let folder = TempDir::new().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let text = fs_err::read_to_string(repository.join("mimii_clip_features/dataset.toml")).unwrap();
    let text = text.replace("\"clip_table\"", "\"feature_table\"");
    put(folder.path(), "mimii_clip_features/dataset.toml", text.as_bytes());
    let read = |path: &Path| Described::read(&path.join("dataset.toml")).unwrap();
    assert!(matches!(read(&folder.path().join("mimii_clip_features")), Described::Sounds(_)));
    assert!(matches!(read(&repository.join("ims_features")), Described::Rig(_)));
}

#[test]
fn paths_constants_and_names_of_files_tell_the_rest() {
    let table = r#"
        files = "tables/{snr}dB_{*}.csv"
        constants = { machine = "fan", session = "s1" }
        path = { column = "file", pattern = "{*}id_{id}/{label}/{recording}.wav" }
        columns = { set = "split" }
        ignore = ["length"]
    "#;
    let folder = TempDir::new().unwrap();
    let text = |first: f64| {
        format!(
            "file,rms,length,split\n/x/fan/id_00/normal/07.wav,{first},10,train\n\
             C:\\x\\id_00\\abnormal\\07.wav,2,10,test\n"
        )
    };
    put(folder.path(), "tables/min6dB_a.csv", text(1.0).as_bytes());
    put(folder.path(), "tables/0dB_b.csv", text(3.0).as_bytes());
    put(folder.path(), "tables/notes.txt", b"nothing");
    let clips = load_with(&described(table), folder.path(), 0, None).unwrap();
    assert_eq!((clips.features.as_slice(), clips.rows.len()), (&["rms".to_owned()][..], 4));
    assert_eq!(clips.values, [1.0, 2.0, 3.0, 2.0]);
    let row = &clips.rows[1];
    assert_eq!((row.set, row.session.as_deref()), (Some(Given::Test), Some("s1")));
    assert_eq!((row.recording.as_str(), row.snr_db()), ("07", Some(-6.0)));
}

#[test]
fn recordings_without_names_are_counted() {
    let table = r#"
        files = "{*}.csv"
        constants = { machine = "fan", id = "0" }
        columns = { label = "y" }
        labels = { normal = ["OK"], abnormal = ["NOK"] }
    "#;
    let clips = load_text(table, "any.csv", "y,a\nNOK,1\nOK,2\nOK,3\n").unwrap();
    let names: Vec<_> = clips.rows.iter().map(|row| row.recording.as_str()).collect();
    assert_eq!(names, ["00000000", "00000001", "00000000"]);
    assert_eq!(clips.values, [2.0, 3.0, 1.0]);
    assert!(clips.notes[0].contains("numbered in the order of rows"));
}

#[test]
fn errors_name_file_row_and_column_and_list_the_columns_there_are() {
    let fail = |table: &str, text: &str| load_text(table, "all.csv", text).unwrap_err();
    for (from, to, message) in [
        (
            "machine_id,",
            "number,",
            "`table.columns.id` names column `machine_id`, which is not there; the columns are machine, number, snr",
        ),
        ("abnormal", "broken", "row 2, column `label`: `broken` is neither normal nor abnormal"),
        ("mel_2", "index", "column `index` is numeric but hardly a feature"),
        ("mel_2", "target", "column `target` is numeric but hardly a feature"),
        ("-2\n", "\n", "row 1, column `mel_2`: `` is no finite number"),
        ("-3\n", "nan\n", "row 2, column `mel_2`: `nan` is no finite number"),
        ("2.5,-3\n", "2.5\n", "row 2"),
        ("fan,id_00,6_dB", "fan,id_00,-6_dB", "row 1` and `all.csv, row 3` are both recording"),
    ] {
        assert!(ROWS.contains(from), "{from}");
        let error = fail(PLAIN, &ROWS.replacen(from, to, 1));
        assert!(error.contains("all.csv") || error.contains("press"), "{error}");
        assert!(error.contains(message), "{message}: {error}");
    }
    let ignoring = format!("{PLAIN}\nignore = [\"mel_9\"]");
    let error = fail(&ignoring, ROWS);
    assert!(error.contains("`table.ignore` names column `mel_9`"), "{error}");
    let path = PLAIN.replace(", recording = \"name\"", "")
        + "path = { column = \"name\", pattern = \"{recording}.flac\" }";
    let error = fail(&path, ROWS);
    assert!(
        error.contains("row 1, column `name`: `00000001.wav` is not spelt `{recording}.flac`"),
        "{error}"
    );
    let none = "machine,machine_id,snr,label,name\nfan,0,6,normal,a\n";
    assert!(fail(PLAIN, none).contains("no column is left to be a feature"));
    let error = load_text(PLAIN, "other.csv", ROWS).unwrap_err();
    assert!(error.contains("none is called `all.csv`"), "{error}");
}

#[test]
fn all_tables_have_the_same_features_in_any_order() {
    let table = PLAIN.replace("all.csv", "{*}.csv");
    let folder = TempDir::new().unwrap();
    put(folder.path(), "a.csv", ROWS.as_bytes());
    let turned = "mel_2,mel_1,machine,machine_id,snr,label,name\n9,8,pump,0,6,0,x\n";
    put(folder.path(), "b.csv", turned.as_bytes());
    let load = || load_with(&described(&table), folder.path(), 0, None);
    let clips = load().unwrap();
    assert_eq!(clips.values[6..], [8.0, 9.0]);
    put(folder.path(), "b.csv", turned.replace("mel_2", "mel_3").as_bytes());
    let error = load().unwrap_err().to_string();
    assert!(error.contains("b.csv: the feature `mel_3` is here and not in `a.csv`"), "{error}");
}

#[test]
fn the_committed_example_reads_a_folder_of_tables_or_one_of_them() {
    let sounds = sounds("mimii_clip_features");
    let folder = TempDir::new().unwrap();
    let text =
        "file,machine_id,label,mel\n00000000.wav,id_00,normal,1\n00000000.wav,id_00,abnormal,2\n";
    put(folder.path(), "mimii/clip_features/6_dB_fan.csv", text.as_bytes());
    put(folder.path(), "mimii/clip_features/-6_dB_fan.csv", text.as_bytes());
    let find = |given: &Path| {
        let found = resolve(&sounds, Mode::Real, Some(given), Path::new("nowhere")).unwrap();
        let Decision::Found(source) = found else { panic!("{found:?}") };
        load_with(&sounds, &source.path, 0, None).unwrap()
    };
    assert_eq!(find(folder.path()).rows.len(), 4);
    let one = find(&folder.path().join("mimii/clip_features/6_dB_fan.csv"));
    assert_eq!((one.rows.len(), one.rows[0].snr_db()), (2, Some(6.0)));
}
