//! The artefact store in an S3-compatible bucket.
