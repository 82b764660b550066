//! Finding the files of a descriptor.

use std::path::{Path, PathBuf};

use super::descriptor::LogDescriptor;
use super::error::EventsError;
use crate::DataError;

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Its path below the folder of the dataset, without the ending: the name of its group.
    pub group: String,
    /// Which entry of `files` names it.
    pub rule: usize,
}

/// Looks for the files of `described`, first in `data_dir` (the file itself, the folder that holds it, or a
/// folder of datasets by name), then in `raw`; nothing if there are none.
///
/// # Errors
/// A `data_dir` that does not exist, or a folder that cannot be read.
pub fn find(
    described: &LogDescriptor,
    data_dir: Option<&Path>,
    raw: &Path,
) -> Result<Vec<Found>, EventsError> {
    let mut places = Vec::new();
    if let Some(given) = data_dir {
        if !given.exists() {
            return Err(DataError::NoSuchPlace { path: given.to_owned() }.into());
        }
        if given.is_file() {
            let group = stem(&given.file_name().unwrap_or_default().to_string_lossy()).to_owned();
            return Ok(vec![Found { path: given.to_owned(), group, rule: 0 }]);
        }
        places.push(given.to_owned());
        places.push(given.join(&described.name));
    }
    places.push(raw.to_owned());
    for place in places {
        let mut found: Vec<Found> = Vec::new();
        for (rule, file) in described.files.iter().enumerate() {
            let parts: Vec<&str> = file.path.split('/').collect();
            let mut matched = Vec::new();
            descend(&place, "", &parts, &mut matched)?;
            found.extend(matched.into_iter().map(|(path, group)| Found { path, group, rule }));
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found.dedup_by(|a, b| a.path == b.path);
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn descend(
    folder: &Path,
    below: &str,
    parts: &[&str],
    matched: &mut Vec<(PathBuf, String)>,
) -> Result<(), EventsError> {
    let Some((part, rest)) = parts.split_first() else { return Ok(()) };
    if !folder.is_dir() {
        return Ok(());
    }
    let mut names: Vec<String> = fs_err::read_dir(folder)?
        .map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    names.retain(|name| matches(part, name));
    names.sort();
    for name in names {
        let path = folder.join(&name);
        let below = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if rest.is_empty() {
            if path.is_file() {
                matched.push((path, stem(&below).to_owned()));
            }
        } else {
            descend(&path, &below, rest, matched)?;
        }
    }
    Ok(())
}

/// A file's name without its ending.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Whether `name` fits `pattern`, in which each `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(tail, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_within_a_name() {
        assert!(
            matches("*.csv", "a.csv") && matches("valve*", "valve1") && matches("a*b*c", "abxc")
        );
        assert!(!matches("*.csv", "a.txt") && !matches("valve", "valve1"));
    }

    #[test]
    fn groups_are_named_by_folder_and_file() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["valve1/1.csv", "valve1/0.csv", "other/2.csv", "README.md"] {
            let path = folder.path().join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "x").unwrap();
        }
        let mut matched = Vec::new();
        descend(folder.path(), "", &["*", "*.csv"], &mut matched).unwrap();
        let groups: Vec<&str> = matched.iter().map(|(_, group)| group.as_str()).collect();
        assert_eq!(groups, ["other/2", "valve1/0", "valve1/1"]);
    }
}
