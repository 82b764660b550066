//! Features of the training rows, recipe by recipe. Sealed rows get theirs in the exported graph.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use gauntlet_core::{Table, Train};
use gauntlet_features::Recipe;
use gauntlet_learn::{LearnError, Samples, Target};

use super::Context;
use super::prepare::{self, Prepared, Rows};
use super::table::{read_matrix, write_matrix};
use crate::home;

/// The fitted recipes and the features of the training rows, by recipe or rules baseline.
#[derive(Debug)]
pub(crate) struct Features {
    pub(crate) recipes: BTreeMap<String, Recipe>,
    pub(crate) samples: BTreeMap<String, Train<Samples>>,
}

/// Runs the stage.
pub(crate) fn run(context: &Context) -> Result<()> {
    let Rows { info, train, .. } = prepare::read(context)?;
    let folder = folder(context);
    home::fresh(&folder)?;
    let recipes = recipes(context, &train)?;
    for (name, recipe) in &recipes {
        write_matrix(
            &folder.join(format!("{name}.csv")),
            &train.row,
            &recipe.apply(&train.frame)?,
        )?;
        home::write(&folder.join(format!("{name}.toml")), recipe.to_toml().as_bytes())?;
    }
    info.stamp().write(&folder)?;
    let widths: Vec<String> = recipes
        .values()
        .map(|recipe| format!("{} {}", recipe.name, recipe.features.len()))
        .collect();
    context.progress.say(&format!("features  {}", widths.join(", ")));
    Ok(())
}

/// Reads what the stage left for these training rows.
pub(crate) fn read(context: &Context, info: &Prepared, train: &Train<Table>) -> Result<Features> {
    info.stamp().check(context, "features")?;
    let folder = folder(context);
    let recipes = recipes(context, train)?;
    let mut samples = BTreeMap::new();
    for (name, recipe) in &recipes {
        let names: Vec<String> = recipe.features.iter().map(|f| f.name.clone()).collect();
        let limits: Vec<Option<f32>> = recipe.features.iter().map(|f| f.limit).collect();
        let path = folder.join(format!("{name}.csv"));
        let x = read_matrix(&path, &train.row, &names, &limits)
            .with_context(|| format!("features of `{name}`"))?;
        let of_recipe = train.try_map(|table| {
            let target = Target::Binary(table.label.clone());
            Ok::<_, LearnError>(Samples::new(x, target, table.group.clone(), table.row.clone()))
        })?;
        samples.insert(name.clone(), of_recipe);
    }
    Ok(Features { recipes, samples })
}

/// Categories are learned from training rows, so every stage finds the same ones.
fn recipes(context: &Context, train: &Train<Table>) -> Result<BTreeMap<String, Recipe>> {
    let sides = context.pipeline.sides(&train.frame)?;
    sides.plans.iter().map(|(name, plan)| Ok((name.clone(), plan.fit(train)?))).collect()
}

fn folder(context: &Context) -> PathBuf {
    context.home.work(context.pipeline.name(), "features")
}
