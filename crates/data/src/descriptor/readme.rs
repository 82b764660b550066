//! The page about a dataset. It is generated, so it cannot drift from the descriptor.

use std::fmt::Write as _;

use super::{Archive, ColumnKind, ColumnSpec, Descriptor, GroupRule, Role};

/// The page as Markdown.
pub(super) fn render(descriptor: &Descriptor) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut page, descriptor);
    page
}

fn write(page: &mut String, d: &Descriptor) -> std::fmt::Result {
    writeln!(page, "<!-- generated from dataset.toml -->\n\n# {}\n\n{}\n", d.title, d.summary)?;
    writeln!(page, "- Homepage: <{}>", d.origin.homepage)?;
    writeln!(page, "- Licence: {}", d.origin.licence)?;
    writeln!(page, "- Citation: {}", d.origin.citation)?;

    writeln!(page, "\n## Files\n\nExpected under `datasets/{}/raw/`.\n", d.name)?;
    writeln!(page, "| path | bytes | sha256 |\n| --- | ---: | --- |")?;
    for file in &d.files {
        let size = file.size.map_or("any".to_owned(), |size| size.to_string());
        let digest = file.sha256.map_or("recorded at first use".to_owned(), |digest| digest.hex());
        writeln!(page, "| `{}` | {size} | `{digest}` |", file.path)?;
    }
    for download in &d.download {
        let how = match (download.archive, &download.member) {
            (Archive::None, _) => "the file itself".to_owned(),
            (Archive::Zip, Some(member)) => format!("a zip archive, of which `{member}` is taken"),
            (Archive::Zip, None) => "a zip archive".to_owned(),
            (Archive::Rar | Archive::SevenZ, _) => "an archive to unpack by hand".to_owned(),
        };
        writeln!(page, "\nDownload: <{}> ({how}).", download.url)?;
    }

    writeln!(page, "\n## Columns\n\n| header | name | kind | role | unit | meaning |")?;
    writeln!(page, "| --- | --- | --- | --- | --- | --- |")?;
    for column in &d.columns {
        let ColumnSpec { header, name, unit, description, .. } = column;
        let (kind, role) = (kind(column), role(column.role));
        writeln!(page, "| `{header}` | `{name}` | {kind} | {role} | {unit} | {description} |")?;
    }

    writeln!(page, "\nLabel: {}.\n", d.label.meaning)?;
    let rule = match &d.group.rule {
        GroupRule::ResetOf(column) => format!("a new one starts where `{column}` falls"),
        GroupRule::Column(column) => format!("rows with the same `{column}`"),
        GroupRule::EachRow => "every row".to_owned(),
    };
    writeln!(page, "Unit of independence: {} ({rule}).", d.group.meaning)?;

    if !d.traps.is_empty() {
        writeln!(page, "\n## Known traps\n")?;
        for trap in &d.traps {
            writeln!(page, "- **{}**: {}.", trap.name, trap.text)?;
        }
    }
    if !d.statistics.is_empty() {
        writeln!(page, "\n## Known figures\n\n| what | value |\n| --- | ---: |")?;
        for statistic in &d.statistics {
            writeln!(page, "| {} | {} |", statistic.name, statistic.value)?;
        }
    }
    Ok(())
}

fn kind(column: &ColumnSpec) -> String {
    let name = match column.kind {
        ColumnKind::Number => "number",
        ColumnKind::Integer => "integer",
        ColumnKind::Text => "text",
        ColumnKind::Flag => "0 or 1",
        ColumnKind::Category => return format!("one of {}", column.values.join(", ")),
    };
    match (column.min, column.max) {
        (None, None) => name.to_owned(),
        (Some(min), None) => format!("{name}, at least {min}"),
        (None, Some(max)) => format!("{name}, at most {max}"),
        (Some(min), Some(max)) => format!("{name}, {min} to {max}"),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Feature => "feature",
        Role::Id => "identifier",
        Role::Label => "label",
        Role::Derived => "made from the label",
    }
}
