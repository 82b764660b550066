//! Experiments, runs, metrics, inputs and logged models.

mod pending;
