use gauntlet_core::Column;

use super::*;
use crate::descriptor::{ColumnKind, Role};

fn spec(header: &str, name: &str, kind: ColumnKind) -> ColumnSpec {
    ColumnSpec {
        header: header.into(),
        name: name.into(),
        kind,
        role: Role::Feature,
        unit: String::new(),
        nullable: false,
        min: None,
        max: None,
        values: Vec::new(),
        description: String::new(),
    }
}

fn specs() -> Vec<ColumnSpec> {
    let mut specs = vec![
        spec("Heat [K]", "heat", ColumnKind::Number),
        spec("Speed [rpm]", "speed", ColumnKind::Integer),
        spec("Type", "type", ColumnKind::Category),
        spec("Machine failure", "Machine_failure", ColumnKind::Flag),
    ];
    specs[0].min = Some(-300.0);
    specs[0].max = Some(1000.0);
    specs[2].values = vec!["H".into(), "L".into()];
    specs
}

const HEAD: &str = "Heat [K],Speed [rpm],Type,Machine failure";

fn parse(text: &str) -> Result<Rows, CsvProblem> {
    read(text.as_bytes(), &specs())
}

fn fail(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn cells_become_numbers_and_text_under_canonical_names() {
    for end in ["\n", "\r\n"] {
        let rows = parse(&[HEAD, "298.1,1500,L,0", "\"-3e1\",7,H,1", ""].join(end)).unwrap();
        assert_eq!(rows.frame.names(), ["heat", "speed", "type", "Machine_failure"]);
        assert_eq!(rows.frame.numbers("heat").unwrap(), [298.1, -30.0]);
        assert_eq!(rows.frame.numbers("Machine_failure").unwrap(), [0.0, 1.0]);
        assert_eq!(rows.frame.texts("type").unwrap(), ["L", "H"]);
        assert!(rows.extra.is_empty() && !rows.reordered);
    }
}

#[test]
fn a_text_column_in_last_place_keeps_no_line_end() {
    let columns = [spec("a", "a", ColumnKind::Number), spec("b", "b", ColumnKind::Text)];
    for end in ["\n", "\r\n"] {
        for last in ["", end] {
            let text = format!("a,b{end}1,x{end}2,\"y, z\"{last}");
            let rows = read(text.as_bytes(), &columns).unwrap();
            assert_eq!(rows.frame.texts("b").unwrap(), ["x", "y, z"]);
        }
    }
}

#[test]
fn a_bad_cell_names_line_row_column_and_text() {
    for (row, column, problem) in [
        ("x,1,L,0", "Heat [K]", "`x` is not a number"),
        ("NaN,1,L,0", "Heat [K]", "`NaN` is not a finite number"),
        ("inf,1,L,0", "Heat [K]", "`inf` is not a finite number"),
        ("1e999,1,L,0", "Heat [K]", "`1e999` is not a finite number"),
        (",1,L,0", "Heat [K]", "`` is a missing value"),
        (" ,1,L,0", "Heat [K]", "` ` is not a number"),
        ("-301,1,L,0", "Heat [K]", "`-301` is below the smallest plausible value -300"),
        ("1001,1,L,0", "Heat [K]", "`1001` is above the largest plausible value 1000"),
        ("1,1.5,L,0", "Speed [rpm]", "`1.5` is not a whole number"),
        ("1,1,Q,0", "Type", "`Q` is not one of H, L"),
        ("1,1,,0", "Type", "`` is a missing value"),
        ("1,1,L,2", "Machine failure", "`2` is neither 0 nor 1"),
        ("1,1,L,", "Machine failure", "`` is a missing value"),
    ] {
        let message = fail(&format!("{HEAD}\r\n1,1,L,0\r\n{row}\r\n"));
        assert_eq!(message, format!("line 3 (row 2), column `{column}`: {problem}"));
    }
}

#[test]
fn of_several_bad_cells_the_one_that_stands_first_is_named() {
    let message = fail(&format!("{HEAD}\n1,1,L,0\n1,1,L,9\n1,1,L,0\nx,1,L,0\n"));
    assert!(message.starts_with("line 3 (row 2), column `Machine failure`"), "{message}");
}

#[test]
fn a_long_text_is_shortened_in_the_message() {
    let message = fail(&format!("{HEAD}\n{},1,L,0\n", "é".repeat(5000)));
    assert!(message.len() < 200, "{message}");
}

#[test]
fn a_renamed_column_is_recognised() {
    for renamed in ["Machine_failure", "machine failure", "Machine failures"] {
        let message = fail(&format!("Heat [K],Speed [rpm],Type,{renamed}\n1,1,L,0\n"));
        assert_eq!(
            message,
            format!("column `Machine failure` is missing (`{renamed}` looks like it, renamed)")
        );
    }
}

#[test]
fn every_missing_column_is_named() {
    let message = fail("Heat [K],zzz,Type\n1,1,L\n");
    assert_eq!(message, "column `Speed [rpm]` is missing; column `Machine failure` is missing");
}

#[test]
fn duplicate_and_nameless_columns_are_refused() {
    assert_eq!(fail("Type,Type\nL,L\n"), "column `Type` stands twice in the header");
    assert_eq!(fail("Type,\nL,L\n"), "column 2 has no header");
}

#[test]
fn extra_columns_are_kept_and_reported() {
    let rows = parse(&format!("note,{HEAD},age\nok,1,1,L,0,4\n,1,1,L,0,5\n")).unwrap();
    assert_eq!(rows.extra, ["note", "age"]);
    assert_eq!(rows.frame.numbers("age").unwrap(), [4.0, 5.0]);
    assert_eq!(rows.frame.texts("note").unwrap(), ["ok", ""]);
}

#[test]
fn an_extra_column_cannot_take_a_canonical_name() {
    let message = fail(&format!("{HEAD},heat\n1,1,L,0,4\n"));
    assert!(message.contains("`heat`") && message.contains("`Heat [K]`"), "{message}");
}

#[test]
fn columns_in_another_order_are_taken_and_reported() {
    let rows = parse("Type,Machine failure,Heat [K],Speed [rpm]\nL,0,1,2\n").unwrap();
    assert!(rows.reordered);
    assert_eq!(rows.frame.names(), ["heat", "speed", "type", "Machine_failure"]);
    assert_eq!(rows.frame.numbers("speed").unwrap(), [2.0]);
}

#[test]
fn an_empty_cell_of_a_nullable_column_is_nan() {
    let mut columns = specs();
    columns[0].nullable = true;
    let rows = read(format!("{HEAD}\n,1,L,0\n2,1,L,0\n").as_bytes(), &columns).unwrap();
    let Column::Number(heat) = rows.frame.column("heat").unwrap() else { panic!("not numbers") };
    assert!(heat[0].is_nan() && heat[1] == 2.0);
}

#[test]
fn comment_signs_and_odd_headers_mean_nothing_to_the_reader() {
    let columns = [spec("# a", "a", ColumnKind::Text), spec("0", "b", ColumnKind::Text)];
    let rows = read(b"# a,0\n# x,NA\nnull,\" \"\n", &columns).unwrap();
    assert_eq!(rows.frame.texts("a").unwrap(), ["# x", "null"]);
    assert_eq!(rows.frame.texts("b").unwrap(), ["NA", " "]);
}
