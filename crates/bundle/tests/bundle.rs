//! The folder: what is written opens again, and what was tampered with does not.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use gauntlet_bundle::{Bundle, BundleError, Draft, FILES, MANIFEST, Parts, Tolerance};
use gauntlet_core::{Cell, Digest, Frame};
use serde_json::{Value, json};

struct Folder {
    temp: tempfile::TempDir,
    digest: Digest,
}

impl Folder {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let packed = Draft::new(common::parts()).unwrap().pack(&json!({ "auc": 0.9 })).unwrap();
        let digest = packed.write(&temp.path().join("bundle")).unwrap();
        Self { temp, digest }
    }

    fn path(&self) -> PathBuf {
        self.temp.path().join("bundle")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The message with which both opening and verifying fail.
    fn refused(&self) -> String {
        let verified = chain(&Bundle::verify(&self.path()).unwrap_err());
        assert_eq!(verified, chain(&Bundle::open(&self.path()).unwrap_err()));
        verified
    }

    fn edit_manifest(&self, edit: impl FnOnce(&mut Value)) {
        let mut manifest: Value =
            serde_json::from_slice(&fs_err::read(self.file(MANIFEST)).unwrap()).unwrap();
        edit(&mut manifest);
        fs_err::write(self.file(MANIFEST), manifest.to_string()).unwrap();
    }
}

fn chain(error: &BundleError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[test]
fn a_bundle_opens_as_it_was_written() {
    let folder = Folder::new();
    let bundle = Bundle::open(&folder.path()).unwrap();
    let parts = common::parts();
    assert_eq!(bundle.digest(), folder.digest);
    assert_eq!(bundle.manifest().lineage, parts.lineage);
    assert_eq!(bundle.signature(), &parts.signature);
    assert_eq!(bundle.recipe().unwrap(), parts.recipe);
    assert_eq!(bundle.reference().unwrap(), parts.reference);
    assert_eq!(bundle.report().unwrap(), json!({ "auc": 0.9 }));
    let sizes = FILES.iter().chain(&[MANIFEST]).map(|f| folder.file(f).metadata().unwrap().len());
    assert_eq!(bundle.size_bytes(), sizes.sum::<u64>());
    bundle.self_test(Tolerance::Exact).unwrap();
}

#[test]
fn draft_and_bundle_answer_alike_by_batch_and_by_row() {
    let folder = Folder::new();
    let draft = Draft::new(common::parts()).unwrap();
    let bundle = Bundle::open(&folder.path()).unwrap();
    let rows = common::machine_rows(21, 300);
    let answers = bundle.predict(&rows).unwrap();
    assert_eq!(draft.predict(&rows).unwrap(), answers);
    assert!(answers.prediction.contains(&0) && answers.prediction.contains(&1));
    for row in 0..rows.rows() {
        let cells: Vec<Cell<'_>> = rows.iter().map(|(_, column)| column.cell(row)).collect();
        let answer = bundle.predict_row(&cells).unwrap();
        assert_eq!(answer.probability.to_bits(), answers.probability[row].to_bits());
        assert_eq!(answer.prediction, answers.prediction[row]);
        assert_eq!(answer.prediction, i64::from(answer.probability >= 0.52));
    }
}

#[test]
fn the_same_parts_give_the_same_bytes_whatever_the_order_of_json_keys() {
    let packed = |report: &str| {
        let report = serde_json::from_str(report).unwrap();
        Draft::new(common::parts()).unwrap().pack(&report).unwrap()
    };
    let (one, two) =
        (packed(r#"{"a":1,"b":{"d":2,"c":3}}"#), packed(r#"{"b":{"c":3,"d":2},"a":1}"#));
    assert_eq!(one, two);
    assert_ne!(one.digest(), packed(r#"{"a":2,"b":{"c":3,"d":2}}"#).digest());
    let text = |name| {
        let found = one.files().find(|(file, _)| *file == name).unwrap().1;
        String::from_utf8(found.to_vec()).unwrap()
    };
    assert_eq!(one.digest(), Digest::of(text(MANIFEST).as_bytes()));
    for word in ["time", "uuid", "run_id", "date"] {
        assert!(!text("MLmodel").contains(word), "{word}");
    }
}

#[test]
fn writing_twice_is_the_same_and_writing_over_another_is_refused() {
    let folder = Folder::new();
    let draft = Draft::new(common::parts()).unwrap();
    let same = draft.pack(&json!({ "auc": 0.9 })).unwrap();
    assert_eq!(same.write(&folder.path()).unwrap(), folder.digest);
    let other = draft.pack(&json!({ "auc": 0.1 })).unwrap();
    assert!(matches!(other.write(&folder.path()), Err(BundleError::Exists { .. })));
    assert_eq!(Bundle::verify(&folder.path()).unwrap().digest(), folder.digest);
    let left: Vec<_> = fs_err::read_dir(folder.temp.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_damaged_bundle_is_not_mistaken_for_the_one_to_be_written() {
    let folder = Folder::new();
    fs_err::write(folder.file("recipe.toml"), "name = \"other\"\n").unwrap();
    let packed = Draft::new(common::parts()).unwrap().pack(&json!({ "auc": 0.9 })).unwrap();
    assert!(matches!(packed.write(&folder.path()), Err(BundleError::Exists { .. })));
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    for name in FILES {
        let folder = Folder::new();
        let mut bytes = fs_err::read(folder.file(name)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs_err::write(folder.file(name), bytes).unwrap();
        let message = folder.refused();
        assert!(message.contains(name) && message.contains("sha256:"), "{message}");
    }
}

#[test]
fn truncated_and_extended_files_are_noticed() {
    for name in FILES {
        let folder = Folder::new();
        let bytes = fs_err::read(folder.file(name)).unwrap();
        fs_err::write(folder.file(name), &bytes[..bytes.len() - 1]).unwrap();
        assert!(folder.refused().contains("bytes"));
        fs_err::write(folder.file(name), [&bytes[..], b" "].concat()).unwrap();
        assert!(folder.refused().contains("bytes"));
    }
}

#[test]
fn missing_extra_and_nested_files_are_refused() {
    for name in FILES {
        let folder = Folder::new();
        fs_err::remove_file(folder.file(name)).unwrap();
        assert!(folder.refused().contains("missing"));
    }
    let extra = Folder::new();
    fs_err::write(extra.file("hook.py"), "").unwrap();
    assert!(extra.refused().contains("hook.py"));
    let nested = Folder::new();
    fs_err::create_dir(nested.file("code")).unwrap();
    assert!(nested.refused().contains("code"));
}

#[cfg(unix)]
#[test]
fn symlinks_and_folders_in_place_of_files_are_refused() {
    for name in FILES.into_iter().chain([MANIFEST]) {
        let folder = Folder::new();
        let outside = folder.temp.path().join("outside");
        fs_err::rename(folder.file(name), &outside).unwrap();
        fs_err::os::unix::fs::symlink(&outside, folder.file(name)).unwrap();
        assert!(folder.refused().contains("not a regular file"));
        fs_err::remove_file(folder.file(name)).unwrap();
        fs_err::create_dir(folder.file(name)).unwrap();
        assert!(folder.refused().contains("not a regular file"));
    }
}

#[test]
fn paths_that_leave_the_folder_are_no_files_of_a_bundle() {
    for path in ["../outside", "/etc/hostname", "./MLmodel", "a/../MLmodel", "MLMODEL", ""] {
        let folder = Folder::new();
        fs_err::write(folder.temp.path().join("outside"), "x").unwrap();
        folder.edit_manifest(|m| m["files"][0]["path"] = json!(path));
        assert!(folder.refused().contains("a bundle consists of"));
    }
}

#[test]
fn listings_that_are_reordered_doubled_or_cut_are_refused() {
    let edits: [fn(&mut Vec<Value>); 4] = [
        |files| files.reverse(),
        |files| files.push(files[0].clone()),
        |files| files[1] = files[0].clone(),
        |files| drop(files.pop()),
    ];
    for edit in edits {
        let folder = Folder::new();
        folder.edit_manifest(|m| edit(m["files"].as_array_mut().unwrap()));
        assert!(folder.refused().contains("a bundle consists of"));
    }
}

#[test]
fn manifests_of_another_format_or_with_unknown_fields_are_refused() {
    let future = Folder::new();
    future.edit_manifest(|m| m["format"] = json!(2));
    assert!(future.refused().contains("has format 2"));
    let unknown = Folder::new();
    unknown.edit_manifest(|m| m["run"] = json!("x"));
    assert!(unknown.refused().contains("unknown field `run`"));
    let twice = Folder::new();
    let text = fs_err::read_to_string(twice.file(MANIFEST)).unwrap();
    let twofold = text.replacen("\"format\": 1", "\"format\": 1, \"format\": 1", 1);
    fs_err::write(twice.file(MANIFEST), twofold).unwrap();
    assert!(twice.refused().contains("duplicate field"));
    let empty = Folder::new();
    fs_err::write(empty.file(MANIFEST), "").unwrap();
    assert!(empty.refused().contains(MANIFEST));
}

#[test]
fn an_oversized_manifest_or_file_is_not_even_read() {
    let folder = Folder::new();
    fs_err::write(folder.file(MANIFEST), vec![b' '; 100_000]).unwrap();
    assert!(folder.refused().contains("more than the limit"));
    let folder = Folder::new();
    fs_err::File::create(folder.file("report.json")).unwrap().set_len(1 << 40).unwrap();
    assert!(folder.refused().contains("more than the limit"));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let path = Path::new("no/such/bundle");
    assert!(chain(&Bundle::open(path).unwrap_err()).contains("no/such/bundle"));
}

fn refused(change: impl FnOnce(&mut Parts)) -> String {
    let mut parts = common::parts();
    change(&mut parts);
    chain(&Draft::new(parts).unwrap_err())
}

#[test]
fn a_graph_that_does_not_fit_its_signature_is_refused() {
    assert!(refused(|p| p.signature.raw.swap(1, 2)).contains("`Process temperature`"));
    assert!(refused(|p| drop(p.signature.raw.pop())).contains("5 inputs, 4 fields"));
    let mistyped = refused(|p| p.signature.raw[0].kind = gauntlet_core::FieldKind::Number);
    assert!(mistyped.contains("`Type`"), "{mistyped}");
    let threshold = refused(|p| p.signature.threshold = 0.9);
    assert!(threshold.contains("threshold 0.9"), "{threshold}");
    assert!(refused(|p| p.example = Frame::default()).contains("no column `Type`"));
    assert!(refused(|p| p.model.truncate(100)).contains("cannot be run"));
}

#[test]
fn an_example_that_json_cannot_hold_is_refused() {
    let mut parts = common::single_field();
    let name = parts.signature.raw[0].name.clone();
    let values = gauntlet_core::Column::Number(vec![f64::NEG_INFINITY]);
    parts.example = Frame::new([(name, values)]).unwrap();
    assert!(matches!(Draft::new(parts), Err(BundleError::SelfTest(_))));
}

#[test]
fn missing_values_survive_the_example() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("bundle");
    Draft::new(common::single_field()).unwrap().pack(&Value::Null).unwrap().write(&path).unwrap();
    let bundle = Bundle::open(&path).unwrap();
    bundle.self_test(Tolerance::Exact).unwrap();
    let (rows, answers) = bundle.example().unwrap();
    let name = &bundle.signature().raw[0].name;
    assert!(rows.numbers(name).unwrap()[1].is_nan());
    let missing = bundle.predict_row(&[Cell::Number(f64::NAN)]).unwrap();
    assert_eq!(missing.probability, answers.floats()[0].values[1]);
}

#[test]
fn a_changed_answer_is_found_by_the_self_test() {
    let folder = Folder::new();
    let text = fs_err::read_to_string(folder.file("example.json")).unwrap();
    let mut example: Value = serde_json::from_str(&text).unwrap();
    let label = example["outputs"]["prediction"][0].as_i64().unwrap();
    example["outputs"]["prediction"][0] = json!(1 - label);
    let bytes = example.to_string();
    fs_err::write(folder.file("example.json"), &bytes).unwrap();
    folder.edit_manifest(|m| {
        m["files"][1]["size"] = json!(bytes.len());
        m["files"][1]["sha256"] = json!(Digest::of(bytes.as_bytes()));
    });
    let bundle = Bundle::open(&folder.path()).unwrap();
    let error = chain(&bundle.self_test(Tolerance::Close).unwrap_err());
    assert!(error.contains("row 0: prediction"), "{error}");
}

#[test]
fn a_row_that_does_not_fit_names_its_field() {
    let bundle = Bundle::open(&Folder::new().path()).unwrap();
    let number = Cell::Number(300.0);
    let short = bundle.predict_row(&[Cell::Text("L")]).unwrap_err().to_string();
    assert!(short.contains("5 fields, not 1"), "{short}");
    let text = bundle.predict_row(&[number, number, number, number, number]).unwrap_err();
    assert!(text.to_string().contains("`Type` must be a text"), "{text}");
    let swapped = [Cell::Text("L"), number, Cell::Text("L"), number, number];
    let swapped = bundle.predict_row(&swapped).unwrap_err().to_string();
    assert!(swapped.contains("`Process temperature` must be a number"), "{swapped}");
}
