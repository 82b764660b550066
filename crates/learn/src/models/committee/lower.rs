//! The members side by side in one graph.

use gauntlet_bundle::graph::{self, Graph, Vector};
use gauntlet_features::Matrix;

use super::Committee;
use super::fit::Member;
use crate::models::{Lowering, Model};
use crate::{LearnError, Outputs};

impl Committee {
    /// The mean of the members' standardised scores of each row.
    ///
    /// # Errors
    /// A library's refusal.
    pub fn scores(&self, x: &Matrix) -> Result<Vec<f64>, LearnError> {
        let mut sums = vec![0.0; x.rows()];
        for Member { detector, location, scale } in &self.members {
            let scores = detector.outputs(x)?;
            sums.iter_mut()
                .zip(scores.column(0))
                .for_each(|(sum, s)| *sum += (s - location) / scale);
        }
        Ok(sums.into_iter().map(|sum| sum / self.members.len() as f64).collect())
    }
}

impl Model for Committee {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(self.scores(x)?))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let mut columns = Vec::with_capacity(self.members.len());
        for Member { detector, location, scale } in &self.members {
            let score: Vector<f64> = match detector.lower(graph, x)? {
                Lowering::Score(score) => graph.cast(score),
                Lowering::Double(score) => score,
                Lowering::JudgeOnly(reason) => return Ok(Lowering::JudgeOnly(reason)),
                Lowering::Columns(_) => {
                    let reason =
                        format!("member `{}` answers with several numbers", detector.kind());
                    return Err(LearnError::Lower { kind: "committee", reason });
                }
            };
            let score = graph.sub(score, *location);
            columns.push(graph.div(score, *scale));
        }
        let columns = graph.stack(&columns);
        Ok(Lowering::Double(graph.mean(columns)))
    }

    fn steepness(&self) -> f64 {
        let grown = |member: &Member| {
            member.detector.steepness() * member.location.abs().max(1.0) / member.scale
        };
        self.members.iter().map(grown).sum::<f64>() / self.members.len() as f64
    }
}
