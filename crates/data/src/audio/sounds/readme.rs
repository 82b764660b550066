//! The page about sounds. It is generated, so it cannot drift from the descriptor.

use std::fmt::Write as _;

use super::table::ROLES;
use super::{ClipTable, Role, Sounds, SoundsLayout};
use crate::descriptor::Archive;

/// The page as Markdown.
pub(super) fn render(sounds: &Sounds) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut page, sounds);
    page
}

fn write(page: &mut String, s: &Sounds) -> std::fmt::Result {
    writeln!(page, "<!-- generated from dataset.toml -->\n\n# {}\n\n{}\n", s.title, s.summary)?;
    writeln!(page, "- Homepage: <{}>", s.origin.homepage)?;
    writeln!(page, "- Licence: {}", s.origin.licence)?;
    writeln!(page, "- Citation: {}", s.origin.citation)?;

    writeln!(page, "\n## Files\n\nExpected under `datasets/{}/raw/`: {}.", s.name, files(s))?;
    for download in &s.download {
        let how = match download.archive {
            Archive::None => "the file itself",
            Archive::Zip => "a zip archive",
            Archive::Rar | Archive::SevenZ => "an archive to unpack by hand",
        };
        writeln!(page, "\nDownload: <{}> ({how}).", download.url)?;
    }
    if let Some(recording) = &s.recording {
        let samples = match recording.samples {
            Some(samples) => format!("{samples} samples of"),
            None => "any length,".to_owned(),
        };
        writeln!(
            page,
            "\n## Clips\n\nWAV files at {} Hz, {samples} {} channel{}.",
            recording.sampling_rate_hz,
            recording.channels,
            if recording.channels == 1 { "" } else { "s" }
        )?;
    }
    if let Some(table) = &s.table {
        columns(page, table)?;
    }
    if !s.traps.is_empty() {
        writeln!(page, "\n## Known traps\n")?;
        for trap in &s.traps {
            writeln!(page, "- **{}**: {}.", trap.name, trap.text)?;
        }
    }
    if !s.statistics.is_empty() {
        writeln!(page, "\n## Known figures\n\n| what | value |\n| --- | ---: |")?;
        for statistic in &s.statistics {
            writeln!(page, "| {} | {} |", statistic.name, statistic.value)?;
        }
    }
    Ok(())
}

fn files(sounds: &Sounds) -> String {
    match (sounds.layout, &sounds.table) {
        (SoundsLayout::Mimii, _) => {
            "`<snr>_<machine>/<machine>/id_XX/{normal,abnormal}/NNNNNNNN.wav`, where the first folder is called \
             like `-6_dB_fan`, `min6dB_fan` or `0dB`; any of these folders may be missing"
                .to_owned()
        }
        (SoundsLayout::Dcase2020, _) => {
            "`<machine>/{train,test}/{normal,anomaly}_id_XX_NNNNNNNN.wav`; folders of other names than `train` and \
             `test` are read too, and say nothing"
                .to_owned()
        }
        (SoundsLayout::ClipTable, table) => {
            let files = table.as_ref().map_or("", |table| table.files.as_str());
            format!("tables of features called `{files}` (CSV with a header, or Parquet), one row a clip")
        }
    }
}

fn columns(page: &mut String, table: &ClipTable) -> std::fmt::Result {
    writeln!(page, "\n## Columns\n\n| what | where it stands |\n| --- | --- |")?;
    for (role, _) in ROLES {
        let place = match table.source(role) {
            None => continue,
            Some(Role::Column(header)) => format!("column `{header}`"),
            Some(Role::Constant(text)) => format!("always `{text}`"),
            Some(Role::File) => "the file's name".to_owned(),
            Some(Role::Path(path)) => {
                format!("column `{}`, spelt `{}`", path.column, path.pattern)
            }
        };
        writeln!(page, "| {role} | {place} |")?;
    }
    let ignored: Vec<String> = table.ignore.iter().map(|header| format!("`{header}`")).collect();
    let but =
        if ignored.is_empty() { String::new() } else { format!(" but {}", ignored.join(", ")) };
    writeln!(page, "\nEvery other numeric column{but} is a feature.")
}
