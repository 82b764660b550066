//! Media types by file name, as MLflow guesses them.

/// Endings that are shown as text.
const TEXT: &[&str] = &[
    "txt",
    "log",
    "err",
    "cfg",
    "conf",
    "cnf",
    "cf",
    "ini",
    "properties",
    "prop",
    "hocon",
    "toml",
    "yaml",
    "yml",
    "xml",
    "json",
    "js",
    "py",
    "py3",
    "csv",
    "tsv",
    "md",
    "rst",
    "ipynb",
    "MLmodel",
    "MLproject",
];

/// Endings that have a type of their own.
const OTHER: &[(&str, &str)] = &[
    ("bmp", "image/bmp"),
    ("css", "text/css"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("wav", "audio/x-wav"),
    ("webp", "image/webp"),
    ("zip", "application/zip"),
];

/// The media type of a file of that name.
pub(crate) fn of(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending =
        name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or(name, |(_, e)| e);
    if TEXT.contains(&ending) {
        return "text/plain";
    }
    let ending = ending.to_ascii_lowercase();
    let known = OTHER.iter().find(|(other, _)| *other == ending);
    known.map_or("application/octet-stream", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_read_is_text_and_what_is_unknown_is_bytes() {
        assert_eq!(of("m/MLmodel"), "text/plain");
        assert_eq!(of("m/conda.yaml"), "text/plain");
        assert_eq!(of("plot.PNG"), "image/png");
        assert_eq!(of("m/model.onnx"), "application/octet-stream");
        assert_eq!(of(".hidden"), "application/octet-stream");
        assert_eq!(of("noending"), "application/octet-stream");
    }
}
