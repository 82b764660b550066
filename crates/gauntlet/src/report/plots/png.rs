//! From an SVG to a bitmap, with a font of our own, so that a machine without fonts gives the same pixels.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::error::PlotError;

const FAMILY: &str = "DejaVu Sans";

/// Pixels of the bitmap for each pixel of the SVG.
const SHARPNESS: f32 = 2.0;

/// `svg` as a PNG of twice its size.
///
/// # Errors
/// [`PlotError`] if it is not an SVG, or too large for memory.
pub(crate) fn to_png(svg: &str) -> Result<Vec<u8>, PlotError> {
    let mut fonts = Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.load_font_data(dejavu::sans::bold().to_vec());
    fonts.set_sans_serif_family(FAMILY);
    let options =
        Options { font_family: FAMILY.to_owned(), fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width() * SHARPNESS as u32, size.height() * SHARPNESS as u32);
    let wrong = |reason: String| PlotError::Bitmap { width, height, reason };
    let mut pixels =
        Pixmap::new(width, height).ok_or_else(|| wrong("it is too large".to_owned()))?;
    resvg::render(&tree, Transform::from_scale(SHARPNESS, SHARPNESS), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::confusion;
    use super::*;

    #[test]
    fn a_bitmap_repeats_and_shows_text() {
        let svg = confusion("title", "s", [[90, 1], [2, 7]]).unwrap();
        let png = to_png(&svg).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(png, to_png(&svg).unwrap());
        let untitled = confusion("", "s", [[90, 1], [2, 7]]).unwrap();
        assert_ne!(png, to_png(&untitled).unwrap());
        let other = svg.replacen("title\n</text>", "tit1e\n</text>", 1);
        assert_ne!(other, svg);
        assert_ne!(png, to_png(&other).unwrap());
    }

    #[test]
    fn text_that_is_no_svg_is_refused() {
        assert!(matches!(to_png("precision, recall"), Err(PlotError::Svg(_))));
    }
}
