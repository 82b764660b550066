//! The page about a rig. It is generated, so it cannot drift from the descriptor.

use std::fmt::Write as _;

use super::{Bearing, FeatureTable, Recording, Rig, RigLayout, Run, SnapshotFiles, TimeFormat};
use crate::descriptor::Archive;

/// The page as Markdown.
pub(super) fn render(rig: &Rig) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut page, rig);
    page
}

fn write(page: &mut String, rig: &Rig) -> std::fmt::Result {
    writeln!(page, "<!-- generated from dataset.toml -->\n\n# {}\n\n{}\n", rig.title, rig.summary)?;
    writeln!(page, "- Homepage: <{}>", rig.origin.homepage)?;
    writeln!(page, "- Licence: {}", rig.origin.licence)?;
    writeln!(page, "- Citation: {}", rig.origin.citation)?;

    writeln!(page, "\n## Files\n\nExpected under `datasets/{}/raw/`: {}.", rig.name, files(rig))?;
    for download in &rig.download {
        let how = match download.archive {
            Archive::None => "the file itself",
            Archive::Zip => "a zip archive",
            Archive::Rar | Archive::SevenZ => "an archive to unpack by hand",
        };
        writeln!(page, "\nDownload: <{}> ({how}).", download.url)?;
    }
    if let Some(recording) = &rig.recording {
        self::recording(page, rig, recording)?;
    }
    writeln!(page, "\n## Runs\n")?;
    runs(page, rig)?;

    if !rig.traps.is_empty() {
        writeln!(page, "\n## Known traps\n")?;
        for trap in &rig.traps {
            writeln!(page, "- **{}**: {}.", trap.name, trap.text)?;
        }
    }
    if !rig.statistics.is_empty() {
        writeln!(page, "\n## Known figures\n\n| what | value |\n| --- | ---: |")?;
        for statistic in &rig.statistics {
            writeln!(page, "| {} | {} |", statistic.name, statistic.value)?;
        }
    }
    Ok(())
}

fn files(rig: &Rig) -> String {
    match rig.layout {
        RigLayout::Ims => {
            "one text file a snapshot, without a header, named by its time stamp".to_owned()
        }
        RigLayout::Xjtu => "`1.csv`, `2.csv`, ... with a header, one a minute".to_owned(),
        RigLayout::Femto => "`acc_00001.csv`, ... of hour, minute, second, microsecond and the \
            samples, and `temp_00001.csv`, ... of the temperature"
            .to_owned(),
        RigLayout::CsvSnapshots => {
            let time = match &rig.snapshots {
                Some(SnapshotFiles { time: Some(time), .. }) => format!("named `{time}`"),
                Some(SnapshotFiles { every_seconds: Some(every), .. }) => {
                    format!("one every {every} s in the order of their names")
                }
                _ => String::new(),
            };
            format!("one text file a snapshot, {time}")
        }
        RigLayout::FeatureTable => rig.table.as_ref().map_or(String::new(), table),
    }
}

fn table(table: &FeatureTable) -> String {
    let columns = match &table.pattern {
        Some(pattern) => format!("features in columns named `{pattern}`"),
        None => format!("features in {} columns", table.columns.len()),
    };
    let time = match &table.time_format {
        TimeFormat::Hours => "in hours".to_owned(),
        TimeFormat::Stamp(pattern) => format!("as `{pattern}`"),
    };
    format!("one table a run, with the time in column `{}` {time}, and {columns}", table.time)
}

fn recording(page: &mut String, rig: &Rig, recording: &Recording) -> std::fmt::Result {
    let Recording { sampling_rate_hz, unit, .. } = recording;
    let samples = recording.samples.map_or("as many".to_owned(), |samples| samples.to_string());
    writeln!(
        page,
        "\n## Signals\n\nSampled at {sampling_rate_hz} Hz, {samples} samples a snapshot, in {unit}."
    )?;
    let Some(geometry) = &rig.geometry else { return Ok(()) };
    let orders = geometry.orders();
    writeln!(
        page,
        "Bearings of {} elements of {} mm on a circle of {} mm, at {} degrees: per turn of the shaft the outer \
         race is passed {:.3} times, the inner race {:.3} times, an element turns {:.3} times, the cage {:.3} times.",
        geometry.rolling_elements,
        geometry.ball_diameter_mm,
        geometry.pitch_diameter_mm,
        geometry.contact_angle_deg,
        orders.bpfo,
        orders.bpfi,
        orders.bsf,
        orders.ftf
    )
}

fn runs(page: &mut String, rig: &Rig) -> std::fmt::Result {
    if rig.runs.is_empty() {
        return writeln!(page, "Every folder is a run.");
    }
    writeln!(page, "| run | place | speed | condition | bearings | failed |")?;
    writeln!(page, "| --- | --- | ---: | --- | --- | --- |")?;
    for run in &rig.runs {
        let Run { name, condition, .. } = run;
        let bearings = if run.bearings.is_empty() { &rig.bearings } else { &run.bearings };
        let names: Vec<&str> = bearings.iter().map(|bearing| bearing.name.as_str()).collect();
        let failed: Vec<String> = bearings.iter().filter(|b| b.failed).map(failure).collect();
        let (names, failed) = (names.join(", "), failed.join(", "));
        let place = run.file.as_ref().or(run.places().first()).map_or("", String::as_str);
        let rpm = run.rpm.or(rig.recording.as_ref().and_then(|recording| recording.rpm));
        let rpm = rpm.map_or(String::new(), |rpm| format!("{rpm} rpm"));
        writeln!(page, "| {name} | `{place}` | {rpm} | {condition} | {names} | {failed} |")?;
    }
    Ok(())
}

fn failure(bearing: &Bearing) -> String {
    let faults: Vec<String> = bearing.faults.iter().map(ToString::to_string).collect();
    if faults.is_empty() {
        bearing.name.clone()
    } else {
        format!("{} ({})", bearing.name, faults.join(", "))
    }
}
