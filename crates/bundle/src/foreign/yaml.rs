//! The scalars of a small YAML file, by their path of keys.
//!
//! `MLmodel` is a file of nested mappings of which a few entries matter here. Lists are passed over. Aliases are
//! refused: MLflow writes none, and they are how a small file becomes a large one.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

/// Mappings and lists inside each other.
const MAX_DEPTH: usize = 32;

/// The scalars of a document; those that say nothing (`null`, `~`) are left out.
pub(super) type Scalars = BTreeMap<Vec<String>, String>;

/// What is being read.
enum Level {
    /// A mapping, and the key whose value comes next.
    Mapping(Option<String>),
    List,
}

/// Reads the first document.
pub(super) fn read(text: &str) -> Result<Scalars, String> {
    let mut scalars = Scalars::new();
    let mut levels: Vec<Level> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        let line = span.start.line();
        match event {
            Event::Alias(_) => return Err(format!("line {line}: aliases are not supported")),
            Event::DocumentEnd => return Ok(scalars),
            Event::MappingStart(..) => levels.push(Level::Mapping(None)),
            Event::SequenceStart(..) => levels.push(Level::List),
            Event::MappingEnd | Event::SequenceEnd => {
                levels.pop();
                finish(&mut levels);
            }
            Event::Scalar(text, style, ..) => match levels.last_mut() {
                Some(Level::Mapping(key @ None)) => *key = Some(text.into_owned()),
                Some(Level::Mapping(Some(_))) => {
                    let is_null = style == ScalarStyle::Plain
                        && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                    if let (Some(path), false) = (path(&levels), is_null)
                        && scalars.insert(path, text.into_owned()).is_some()
                    {
                        return Err(format!("line {line}: a key stands twice"));
                    }
                    finish(&mut levels);
                }
                Some(Level::List) | None => {}
            },
            _ => {}
        }
        if levels.len() > MAX_DEPTH {
            return Err(format!("line {line}: is nested too deeply"));
        }
    }
    Ok(scalars)
}

/// The value of the innermost mapping's key is complete.
fn finish(levels: &mut [Level]) {
    if let Some(Level::Mapping(key)) = levels.last_mut() {
        // A mapping as a key has no path; its value is passed over.
        *key = if key.is_some() { None } else { Some(String::new()) };
    }
}

/// The keys that lead here, or nothing inside a list.
fn path(levels: &[Level]) -> Option<Vec<String>> {
    let key = |level: &Level| match level {
        Level::Mapping(key) => key.clone(),
        Level::List => None,
    };
    levels.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<'a>(scalars: &'a Scalars, path: &[&str]) -> Option<&'a str> {
        scalars.get(&path.iter().map(|&key| key.to_owned()).collect::<Vec<_>>()).map(String::as_str)
    }

    #[test]
    fn scalars_are_found_by_their_keys_past_lists_and_nulls() {
        let text = "flavors:\n  onnx:\n    code: null\n    data: model.onnx\n    providers:\n    - A\n    \
                    - {x: y}\n    last: 'null'\nsignature:\n  inputs: '[{\"type\": \"double\",\n    \"name\": \"x\"}]'\n";
        let scalars = read(text).unwrap();
        assert_eq!(get(&scalars, &["flavors", "onnx", "data"]), Some("model.onnx"));
        assert_eq!(get(&scalars, &["flavors", "onnx", "code"]), None);
        assert_eq!(get(&scalars, &["flavors", "onnx", "last"]), Some("null"));
        let inputs = get(&scalars, &["signature", "inputs"]).unwrap();
        assert_eq!(inputs, r#"[{"type": "double", "name": "x"}]"#);
        assert_eq!(scalars.len(), 3);
    }

    #[test]
    fn aliases_depth_and_repeated_keys_are_refused() {
        assert!(read("a: &x 1\nb: *x\n").unwrap_err().contains("aliases"));
        assert!(read(&format!("{}x", "- ".repeat(50))).unwrap_err().contains("nested"));
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read("a: 1\na: 2\n").unwrap_err().contains("twice"));
        assert!(read("a: [\n").is_err());
    }
}
