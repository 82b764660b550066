//! One graph for several detectors, each the specialist for one unit, such as one machine of a type.

use gauntlet_bundle::graph::{Graph, Vector};
use gauntlet_features::Recipe;

use crate::LearnError;
use crate::graph::lower_recipe;
use crate::models::{Fitted, Lowering};

/// A specialist's detector, and the scale of its scores.
#[derive(Debug, Clone, Copy)]
pub struct Specialist<'a> {
    /// The value of the field that names the specialist.
    pub name: &'a str,
    /// Its detector.
    pub model: &'a Fitted,
    /// The score that becomes 0.
    pub usual: f64,
    /// The score that becomes 1, from which on there is an alarm; larger than `usual`.
    pub alarm: f64,
}

impl Specialist<'_> {
    /// A score of the specialist's detector on the scale that all specialists share.
    #[must_use]
    pub fn scaled(&self, score: f64) -> f64 {
        (score - self.usual) / (self.alarm - self.usual)
    }
}

/// Lowers the detectors of all specialists into one graph, whose text input `field` chooses among them: its score is
/// [`Specialist::scaled`], its threshold 1. A unit that nobody is the specialist for has the score NaN.
///
/// # Errors
/// No specialists, scales that are empty, a model that does not fit the recipe's features, is no detector or judge only.
pub fn build_specialists(
    recipe: &Recipe,
    field: &str,
    specialists: &[Specialist<'_>],
) -> Result<Vec<u8>, LearnError> {
    let problem = |reason: String| LearnError::Graph { name: field.to_owned(), reason };
    let mut graph = Graph::new();
    let features = lower_recipe(&mut graph, recipe)?;
    let text = graph.text(field);
    let codes: Vec<(String, f32)> = specialists
        .iter()
        .enumerate()
        .map(|(i, specialist)| (specialist.name.to_owned(), i as f32))
        .collect();
    let code = graph.encode(text, &codes);
    let mut chosen: Option<Vector<f64>> = None;
    for (i, specialist) in specialists.iter().enumerate() {
        if specialist.alarm.partial_cmp(&specialist.usual) != Some(std::cmp::Ordering::Greater) {
            let (name, usual, alarm) = (specialist.name, specialist.usual, specialist.alarm);
            return Err(problem(format!(
                "{name}: the alarm, {alarm}, is not above the usual {usual}"
            )));
        }
        let score: Vector<f64> = match specialist.model.lower(&mut graph, features)? {
            Lowering::Score(score) => graph.cast(score),
            Lowering::Double(score) => score,
            Lowering::JudgeOnly(reason) => {
                return Err(LearnError::JudgeOnly { kind: specialist.model.kind(), reason });
            }
            Lowering::Columns(_) => {
                let (kind, task) = (specialist.model.kind(), specialist.model.task());
                return Err(LearnError::Unserved { kind, task });
            }
        };
        let score = graph.sub(score, specialist.usual);
        let score = graph.div(score, specialist.alarm - specialist.usual);
        let here = graph.equal(code, i as f32);
        chosen = Some(match chosen {
            // A unit that nobody knows has no score.
            None => graph.select(here, score, f64::NAN),
            Some(rest) => graph.select(here, score, rest),
        });
    }
    let chosen = chosen.ok_or_else(|| problem("there are no specialists".to_owned()))?;
    let score = graph.cast(chosen);
    graph.detect(score, 1.0);
    Ok(graph.finish()?)
}

#[cfg(test)]
mod tests {
    use gauntlet_bundle::{Answers, Predictor};
    use gauntlet_core::{Column, Field, FieldKind, Frame, Plausible, Seed, Signature};
    use gauntlet_features::{Feature, RawInput, RawKind, parse};

    use super::*;
    use crate::Target;
    use crate::models::{ContenderSpec, mahalanobis};
    use crate::testing::train_for;

    fn recipe() -> Recipe {
        let feature = |name: &str| Feature {
            name: name.to_owned(),
            expr: parse(name).unwrap(),
            unit: String::new(),
            limit: None,
        };
        let input =
            |name: &str| RawInput { name: name.to_owned(), kind: RawKind::Number, nullable: false };
        Recipe {
            name: "r".into(),
            inputs: vec![input("a"), input("b")],
            features: vec![feature("a"), feature("b")],
        }
    }

    fn fitted(offset: f32) -> Fitted {
        let column = |step: usize| (0..40).map(|i| offset + (i * step % 7) as f32).collect();
        let samples = train_for(vec![column(3), column(5)], Target::None(40));
        let spec = ContenderSpec::from(mahalanobis::Spec::default());
        spec.check().unwrap().fit(&samples, Seed(1)).unwrap()
    }

    #[test]
    fn every_row_is_scored_by_its_own_unit() {
        let (low, high) = (fitted(0.0), fitted(100.0));
        let specialists = [
            Specialist { name: "id_00", model: &low, usual: 1.0, alarm: 3.0 },
            Specialist { name: "id_02", model: &high, usual: 1.0, alarm: 5.0 },
        ];
        let recipe = recipe();
        let model = build_specialists(&recipe, "unit", &specialists).unwrap();
        let mut raw = recipe.fields(|_| (String::new(), Plausible::default()));
        raw.push(Field {
            name: "unit".into(),
            kind: FieldKind::Category { values: vec!["id_00".into(), "id_02".into()] },
            unit: String::new(),
            nullable: false,
            plausible: Plausible::default(),
        });
        let task = gauntlet_core::Task::Anomaly;
        let signature = Signature { raw, threshold: 1.0, task, ..Signature::default() };
        let frame = Frame::new([
            ("a".to_owned(), Column::Number(vec![3.0, 3.0, 103.0])),
            ("b".to_owned(), Column::Number(vec![4.0, 4.0, 104.0])),
            (
                "unit".to_owned(),
                Column::Text(["id_00", "id_02", "id_02"].map(String::from).to_vec()),
            ),
        ])
        .unwrap();
        let Answers::Anomaly(answers) =
            Predictor::new(&model, signature).unwrap().answers(&frame).unwrap()
        else {
            unreachable!("it is a detector")
        };
        let x = recipe.apply(&frame).unwrap();
        let expected = [
            specialists[0].scaled(low.outputs(&x).unwrap().values()[0]),
            specialists[1].scaled(high.outputs(&x).unwrap().values()[1]),
            specialists[1].scaled(high.outputs(&x).unwrap().values()[2]),
        ];
        for (found, expected) in answers.score.iter().zip(expected) {
            let size = expected.abs().max(1.0);
            assert!((f64::from(*found) - expected).abs() < 2e-6 * size, "{found} {expected}");
        }
        assert_eq!(answers.prediction, [0, 1, 0]);
    }

    #[test]
    fn a_scale_without_room_is_refused() {
        let model = fitted(0.0);
        let specialist = Specialist { name: "id_00", model: &model, usual: 2.0, alarm: 2.0 };
        assert!(build_specialists(&recipe(), "unit", &[specialist]).is_err());
        assert!(build_specialists(&recipe(), "unit", &[]).is_err());
    }
}
