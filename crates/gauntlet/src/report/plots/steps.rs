//! From the points of a precision-recall curve to what is drawn.
//!
//! Each recall keeps its best precision, and a precision holds back to the recall before it: the area under these
//! steps is the average precision, so the picture and the reported number agree.

/// What is drawn for a curve, in units of recall and precision.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A line of steps from recall 0 to the largest recall.
    Steps(Vec<(f64, f64)>),
    /// The only decision a participant can make.
    Single((f64, f64)),
}

/// The shape of the curve through `points`, in any order. The point at which everything is flagged, whose precision
/// is the prevalence, says nothing about a participant and does not count as a decision of its own.
pub(super) fn shape(points: &[(f64, f64)], prevalence: f64) -> Option<Shape> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    sorted.dedup_by(|next, kept| next.0 == kept.0);
    if sorted.len() > 1 {
        sorted.retain(|point| point.0 > 0.0);
    }
    let everything = |point: &(f64, f64)| point.0 == 1.0 && (point.1 - prevalence).abs() < 1e-9;
    let decisions = sorted.iter().filter(|point| !everything(point)).count();
    let first = *sorted.first()?;
    if sorted.len() == 1 || decisions == 1 {
        return Some(Shape::Single(first));
    }
    let mut steps = Vec::with_capacity(2 * sorted.len());
    let mut before = 0.0;
    for (recall, precision) in sorted {
        steps.extend([(before, precision), (recall, precision)]);
        before = recall;
    }
    Some(Shape::Steps(steps))
}

/// The precision that steps have at `recall`, if they reach that far.
pub(super) fn precision_at(steps: &[(f64, f64)], recall: f64) -> Option<f64> {
    steps.iter().find(|step| step.0 >= recall && step.0 > 0.0).map(|step| step.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_under_the_steps_is_the_average_precision() {
        // labels 1, 0, 1, 0, 0 by falling score: average precision 5/6
        let points = [(0.5, 1.0), (0.5, 0.5), (1.0, 2.0 / 3.0), (1.0, 0.5), (1.0, 0.4)];
        let Some(Shape::Steps(steps)) = shape(&points, 0.4) else { panic!("steps") };
        let area: f64 = steps.chunks(2).map(|s| (s[1].0 - s[0].0) * s[1].1).sum();
        assert!((area - 5.0 / 6.0).abs() < 1e-12);
        let mut reversed = points.to_vec();
        reversed.reverse();
        assert_eq!(shape(&reversed, 0.4), Some(Shape::Steps(steps)));
    }

    #[test]
    fn a_rule_with_one_decision_is_a_single_point() {
        let rule = Some(Shape::Single((0.6, 0.5)));
        assert_eq!(shape(&[(0.6, 0.5)], 0.03), rule);
        assert_eq!(shape(&[(0.0, 1.0), (0.6, 0.5), (1.0, 0.03)], 0.03), rule);
        let constant = Some(Shape::Single((1.0, 0.03)));
        assert_eq!(shape(&[(1.0, 0.03)], 0.03), constant);
        let two = shape(&[(0.3, 0.9), (0.6, 0.5), (1.0, 0.03)], 0.03);
        assert!(matches!(two, Some(Shape::Steps(_))));
        assert_eq!(shape(&[], 0.03), None);
    }

    #[test]
    fn precision_is_read_from_the_step_that_covers_a_recall() {
        let steps = [(0.0, 1.0), (0.5, 1.0), (0.5, 0.6), (0.8, 0.6)];
        assert_eq!(precision_at(&steps, 0.0), Some(1.0));
        assert_eq!(precision_at(&steps, 0.5), Some(1.0));
        assert_eq!(precision_at(&steps, 0.51), Some(0.6));
        assert_eq!(precision_at(&steps, 0.9), None);
    }
}
