//! The MLflow-compatible registry server.
