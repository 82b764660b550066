//! The plots of a report, and the points behind them as CSV for DVC.

use std::path::Path;

use anyhow::Result;
use gauntlet_core::Origin;
use gauntlet_learn::metrics::{Metric, reliability};

use super::plots::{
    Bin, Curve, Row, comparison, confusion, pr_curves, reliability as draw_reliability, to_png,
};
use crate::home;
use crate::stages::Context;
use crate::stages::judge::Judgement;

/// Writes all plots into `folder`.
pub(super) fn write(context: &Context, judgement: &Judgement, folder: &Path) -> Result<()> {
    let winner = &judgement.trained.winner;
    let subtitle = subtitle(judgement);
    let title = |what: &str| format!("{}: {what}", context.pipeline.spec.title);
    let (n, failures) = judgement.test_size();

    let curves = curves(context, judgement);
    write_curves(&folder.join("pr_curve.csv"), &curves)?;
    let prevalence = failures as f64 / n as f64;
    let picture = pr_curves(&title("precision and recall"), &subtitle, prevalence, &curves)?;
    write_picture(folder, "pr_curve", &picture)?;

    let rows = rows(judgement);
    let spec = &context.pipeline.spec.judgement;
    let intervals = format!("{subtitle}, {:.0} % intervals by {}", 100.0 * spec.level, spec.unit);
    let picture = comparison(&title("contenders and baselines"), &intervals, "PR-AUC", &rows)?;
    write_picture(folder, "contenders", &picture)?;

    let judged = &judgement.judged[winner];
    let bins = bins(&judged.scores);
    let title = |what: &str| format!("{winner}: {what}");
    let picture = draw_reliability(&title("reliability"), &subtitle, &bins)?;
    write_picture(folder, "reliability", &picture)?;
    let c = judged.at_cost;
    let counts = [[c.true_negative, c.false_positive], [c.false_negative, c.true_positive]];
    let picture = confusion(&title("decisions at the served threshold"), &subtitle, counts)?;
    write_picture(folder, "confusion", &picture)
}

/// The picture as SVG and as PNG.
pub(crate) fn write_picture(folder: &Path, name: &str, svg: &str) -> Result<()> {
    home::write(&folder.join(format!("{name}.svg")), svg.as_bytes())?;
    home::write(&folder.join(format!("{name}.png")), &to_png(svg)?)
}

fn subtitle(judgement: &Judgement) -> String {
    let (n, failures) = judgement.test_size();
    let loud = match judgement.info.origin {
        Origin::Real => "",
        Origin::Simulated => "SIMULATED DATA, ",
    };
    format!("{loud}sealed test, {n} rows, {failures} failures")
}

/// The contenders of the winner's recipe, and the baselines beside it.
fn curves(context: &Context, judgement: &Judgement) -> Vec<Curve> {
    let winner = &judgement.trained.winner;
    let recipe = judgement.trained.finalists.iter().find(|f| f.id == *winner).map(|f| &f.recipe);
    let contenders = judgement.trained.finalists.iter().filter(|f| Some(&f.recipe) == recipe);
    let mut ids: Vec<(String, bool)> = contenders.map(|f| (f.id.clone(), false)).collect();
    let baselines = context.pipeline.spec.baselines.keys();
    ids.extend(baselines.map(|name| {
        let recipe = recipe.map(String::as_str).unwrap_or_default();
        (context.pipeline.baseline_id(name, recipe), true)
    }));
    ids.into_iter()
        .filter_map(|(id, baseline)| {
            let points = judgement.judged.get(&id)?.scores.pr_curve();
            Some(Curve { name: id, points, baseline })
        })
        .collect()
}

fn write_curves(path: &Path, curves: &[Curve]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["participant", "recall", "precision"])?;
    for curve in curves {
        for (recall, precision) in &curve.points {
            writer.write_record([&curve.name, &recall.to_string(), &precision.to_string()])?;
        }
    }
    home::write(path, &writer.into_inner()?)
}

fn rows(judgement: &Judgement) -> Vec<Row> {
    let mut rows: Vec<Row> = judgement
        .judged
        .iter()
        .map(|(id, judged)| {
            let estimate = judged.metrics[&Metric::PrAuc];
            let baseline = judgement.participant(id).is_some_and(|p| p.baseline);
            Row {
                name: id.clone(),
                value: estimate.value,
                low: estimate.low,
                high: estimate.high,
                baseline,
            }
        })
        .filter(|row| row.value.is_finite())
        .collect();
    rows.sort_by(|a, b| a.baseline.cmp(&b.baseline).then(b.value.total_cmp(&a.value)));
    rows
}

fn bins(scores: &gauntlet_learn::TestScores) -> Vec<Bin> {
    let mut rising: Vec<u32> = (0..scores.score.len() as u32).collect();
    rising.sort_by(|&a, &b| {
        scores.score[a as usize].total_cmp(&scores.score[b as usize]).then(a.cmp(&b))
    });
    reliability(&scores.score, &scores.label, &vec![1; scores.label.len()], &rising)
        .into_iter()
        .map(|bin| Bin { rows: bin.rows, score: bin.score, observed: bin.observed })
        .collect()
}
