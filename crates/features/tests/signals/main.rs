//! Features of vibration and sound: their values, what they show, and what they do not depend on.

#![allow(missing_docs, clippy::unwrap_used)]

mod audio_files;
mod audio_real;
mod audio_reference;
mod made;
mod vibration;
mod vibration_real;
mod vibration_reference;
