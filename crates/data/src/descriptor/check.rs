//! What a descriptor must satisfy beyond its types.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::{Archive, ColumnKind, ColumnSpec, Descriptor, Download, GroupRule, Role};

/// The entry that is wrong and what is wrong with it.
pub(crate) type Finding = (String, String);

pub(crate) fn ensure(holds: bool, key: &str, problem: impl Into<String>) -> Result<(), Finding> {
    if holds { Ok(()) } else { Err((key.to_owned(), problem.into())) }
}

impl Descriptor {
    /// The first entry that contradicts another.
    pub(super) fn check(&self) -> Result<(), Finding> {
        ensure(is_folder_name(&self.name), "name", "use small letters, digits, `-` and `_`")?;
        ensure(self.files.len() == 1, "files", "the layout `csv_rows` has exactly one file")?;
        for file in &self.files {
            ensure(is_inside(&file.path), "files.path", outside(&file.path))?;
        }
        self.download.iter().try_for_each(Download::check)?;
        self.check_columns()?;
        self.check_group()
    }

    fn check_columns(&self) -> Result<(), Finding> {
        let mut headers = BTreeSet::new();
        let mut names = BTreeSet::new();
        for column in &self.columns {
            column.check()?;
            let twice = |text: &str| format!("`{text}` stands twice");
            ensure(headers.insert(&column.header), "columns.header", twice(&column.header))?;
            ensure(names.insert(&column.name), "columns.name", twice(&column.name))?;
        }
        let labels: Vec<&ColumnSpec> =
            self.columns.iter().filter(|c| c.role == Role::Label).collect();
        match labels[..] {
            [label] => {
                ensure(label.kind == ColumnKind::Flag, "columns.kind", "the label must be a flag")
            }
            _ => ensure(false, "columns.role", "exactly one column must be the `label`"),
        }
    }

    fn check_group(&self) -> Result<(), Finding> {
        let (name, numeric) = match &self.group.rule {
            GroupRule::EachRow => return Ok(()),
            GroupRule::ResetOf(name) => (name, true),
            GroupRule::Column(name) => (name, false),
        };
        let column = self.columns.iter().find(|c| c.name == *name);
        let key = "group.rule";
        match column {
            None => ensure(false, key, format!("there is no column named `{name}`")),
            Some(c) if numeric => {
                ensure(c.kind.is_numeric(), key, format!("column `{name}` must be numeric"))
            }
            Some(_) => Ok(()),
        }
    }
}

impl ColumnSpec {
    fn check(&self) -> Result<(), Finding> {
        let here = |what: &str| format!("column `{}`: {what}", self.name);
        ensure(is_identifier(&self.name), "columns.name", here("use letters, digits and `_`"))?;
        ensure(!self.header.is_empty(), "columns.header", here("the header is empty"))?;
        let category = self.kind == ColumnKind::Category;
        ensure(
            category != self.values.is_empty(),
            "columns.values",
            here("a category lists its values, and nothing else does"),
        )?;
        let bounded = self.min.is_some() || self.max.is_some();
        let may_be_bounded = matches!(self.kind, ColumnKind::Number | ColumnKind::Integer);
        ensure(!bounded || may_be_bounded, "columns.min", here("only numbers have bounds"))?;
        let low = self.min.unwrap_or(f64::NEG_INFINITY);
        let high = self.max.unwrap_or(f64::INFINITY);
        ensure(low <= high, "columns.min", here("the smallest value exceeds the largest"))?;
        ensure(
            !self.nullable || matches!(self.kind, ColumnKind::Number | ColumnKind::Integer),
            "columns.nullable",
            here("only numbers may be missing"),
        )
    }
}

impl Download {
    pub(crate) fn check(&self) -> Result<(), Finding> {
        let is_web = ["https://", "http://"].iter().any(|scheme| self.url.starts_with(scheme));
        ensure(is_web, "download.url", format!("`{}` is no http or https address", self.url))?;
        ensure(is_inside(&self.path), "download.path", outside(&self.path))?;
        ensure(
            self.member.is_none() || self.archive == Archive::Zip,
            "download.member",
            "only members of a zip archive are taken out",
        )
    }
}

pub(crate) fn outside(path: &str) -> String {
    format!("`{path}` must be a relative path without `..`")
}

/// Whether `path` stays below the folder it is joined to.
pub(crate) fn is_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|c| matches!(c, Component::Normal(_)))
}

pub(crate) fn is_folder_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    !name.is_empty() && name.chars().all(allowed)
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        name = "rig"
        title = "A rig"
        summary = "Two columns."
        layout = "csv_rows"
        files = [{ path = "rig.csv" }]
        download = [{ url = "https://example.org/rig.zip", archive = "zip", member = "rig.csv", path = "rig.csv" }]
        label = { meaning = "broken" }
        group = { meaning = "a run", rule = { reset_of = "age" } }
        columns = [
            { header = "Age [h]", name = "age", kind = "number", min = 0, max = 9, description = "hours" },
            { header = "Type", name = "type", kind = "category", values = ["a"], description = "kind" },
            { header = "Broken", name = "broken", kind = "flag", role = "label", description = "label" },
        ]
        [origin]
        homepage = "https://example.org"
        licence = "CC0"
        citation = "nobody"
    "#;

    fn read(text: &str) -> Result<Descriptor, String> {
        Descriptor::parse(Path::new("dataset.toml"), text).map_err(|e| e.to_string())
    }

    #[test]
    fn a_sound_descriptor_is_read() {
        let descriptor = read(GOOD).unwrap();
        assert_eq!(descriptor.label_column(), "broken");
        assert_eq!(descriptor.names_of(Role::Feature), ["age", "type"]);
        assert_eq!(descriptor.file().sha256, None);
    }

    #[test]
    fn contradictions_name_the_entry_that_is_wrong() {
        for (from, to, key) in [
            ("name = \"rig\"", "name = \"Rig 1\"", "name"),
            ("{ path = \"rig.csv\" }", "{ path = \"../rig.csv\" }", "files.path"),
            ("[{ path = \"rig.csv\" }]", "[]", "files"),
            ("https://example.org/rig.zip", "ftp://example.org/rig.zip", "download.url"),
            ("archive = \"zip\"", "archive = \"rar\"", "download.member"),
            ("name = \"type\"", "name = \"age\"", "columns.name"),
            ("name = \"type\"", "name = \"the type\"", "columns.name"),
            ("Type", "Age [h]", "columns.header"),
            ("values = [\"a\"]", "values = []", "columns.values"),
            ("min = 0", "min = 10", "columns.min"),
            ("role = \"label\"", "role = \"id\"", "columns.role"),
            ("kind = \"flag\"", "kind = \"integer\"", "columns.kind"),
            ("reset_of = \"age\"", "reset_of = \"wear\"", "group.rule"),
            ("reset_of = \"age\"", "reset_of = \"type\"", "group.rule"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let message = read(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(message.contains(&format!(": {key}: ")), "{to} gave {message}");
        }
    }

    #[test]
    fn a_layout_without_a_loader_is_refused_by_name() {
        let message = read(&GOOD.replace("csv_rows", "csv_snapshots")).unwrap_err();
        assert!(message.contains("`csv_snapshots`") && message.contains("`csv_rows`"), "{message}");
    }

    #[test]
    fn an_unknown_key_of_a_column_names_the_nearest_known_one() {
        let message = read(&GOOD.replace("min = 0", "minimun = 0")).unwrap_err();
        assert!(
            message.contains("`minimun`") && message.contains("did you mean `min`"),
            "{message}"
        );
    }
}
