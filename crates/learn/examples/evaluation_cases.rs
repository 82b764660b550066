//! Answers the cases of `checks/evaluation.py`, which compares with scikit-learn, scipy and statsmodels.
//!
//! ```text
//! cargo run -p gauntlet-learn --example evaluation_cases < CASES.json > ANSWERS.json
//! ```

#[path = "../tests/evaluation/answer.rs"]
mod answer;

use answer::{Answers, Case, answer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cases: Vec<Case> = serde_json::from_reader(std::io::stdin().lock())?;
    let answers: Vec<Answers> = cases.iter().map(answer).collect();
    serde_json::to_writer(std::io::stdout().lock(), &answers)?;
    Ok(())
}
