//! MIMII, drawn anew.

mod note;
mod scale;

pub use note::{Note, Session};
pub use scale::{Clips, Scale};
