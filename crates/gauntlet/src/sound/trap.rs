//! The famous number: a supervised forest on a random split, beside what it does on a machine it never heard.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::Result;
use gauntlet_core::{Origin, Split, Subset as _};
use gauntlet_features::RecipePlan;
use gauntlet_learn::sound::{TrapIds, supervised_trap};
use gauntlet_learn::{LearnError, Samples, Target};
use serde::Serialize;

use super::heard::Heard;
use super::source::{self, Wishes};
use super::spec::SoundPipeline;
use crate::failure::Failure;
use crate::home::Home;
use crate::progress::Progress;
use crate::report::{row, table};
use crate::stages::source::DataArgs;

/// The trap's areas beside the honest ones.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    title: String,
    origin: Origin,
    why: String,
    /// By type of machine and ratio.
    areas: BTreeMap<String, Pair>,
    /// Types and ratios that could not be compared, in sentences.
    left_out: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Pair {
    random_split: TrapIds,
    machine_left_out: TrapIds,
}

/// Runs the trap of a pipeline. It uses labels and test clips, exports nothing and registers nothing.
pub(crate) fn run(
    home: &Home,
    progress: Progress,
    pipeline: &SoundPipeline,
    args: (&DataArgs, &Wishes<'_>),
) -> Result<Shown> {
    let spec = &pipeline.spec;
    let Some(trap) = &spec.trap else {
        let what = format!("pipeline `{}` describes no trap: add a section `[trap]`", spec.name);
        return Err(Failure::Usage(what).into());
    };
    let found = source::find(home, progress, spec, pipeline.seed, args)?;
    let heard = Heard::new(&found.clips, spec.judgement.least_train)?;
    let groups: BTreeSet<(&str, &str)> =
        heard.clips.iter().map(|c| (c.place.machine.as_str(), c.place.snr.as_str())).collect();
    let bar = progress.bar("trap", groups.len() as u64);
    let (mut areas, mut left_out) = (BTreeMap::new(), Vec::new());
    for (machine, snr) in groups {
        let of = |at: &usize| {
            let place = &heard.clips[*at].place;
            place.machine == machine && place.snr == snr
        };
        let rows: Vec<usize> = (0..heard.clips.len()).filter(of).collect();
        let ids: Vec<String> = rows.iter().map(|at| heard.clips[*at].place.id.clone()).collect();
        let name = format!("{machine} {snr}").trim_end().to_owned();
        if ids.iter().collect::<BTreeSet<_>>().len() < 2 {
            left_out.push(format!("{name}: there is one machine, none can be left out"));
            bar.inc(1);
            continue;
        }
        // Everything is trained on, which is the point: the sealed side is one row twice and is never opened.
        let with_sealed: Vec<usize> = rows.iter().copied().chain([rows[0]]).collect();
        let split =
            Split { train: (0..rows.len() as u32).collect(), test: vec![rows.len() as u32] };
        let all = split.seal(&heard.table.subset(&with_sealed), with_sealed.len())?.0;
        let plan = RecipePlan::check("trap", &heard.features, &BTreeMap::new(), &all.frame)?;
        let recipe = plan.fit(&all)?;
        let samples = all.try_map(|rows| {
            let target = Target::Binary(rows.label.clone());
            let x = recipe.apply(&rows.frame)?;
            Ok::<_, LearnError>(Samples::new(x, target, rows.group.clone(), rows.row.clone()))
        })?;
        let seed = pipeline.seed.derive("trap", 0);
        let (random_split, machine_left_out) =
            supervised_trap(&samples, &ids, trap.trees, trap.folds, seed)?;
        areas.insert(name, Pair { random_split, machine_left_out });
        bar.inc(1);
    }
    bar.finish_and_clear();
    let (title, why) = (spec.title.clone(), trap.why.clone());
    Ok(Shown { title, origin: found.clips.origin, why, areas, left_out })
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{} ({} data): the trap", self.title, self.origin)?;
        if self.origin == Origin::Simulated {
            writeln!(f, "SIMULATED: these numbers describe the simulator, not real machines")?;
        }
        let mut rows = vec![row([
            "clips",
            "supervised forest, random split: AUC",
            "the same, machine left out: AUC",
        ])];
        for (name, Pair { random_split, machine_left_out }) in &self.areas {
            rows.push(vec![
                name.clone(),
                format!("{:.3}", random_split.mean),
                format!("{:.3}", machine_left_out.mean),
            ]);
        }
        write!(f, "{}", table(&rows))?;
        for sentence in &self.left_out {
            writeln!(f, "{sentence}")?;
        }
        write!(f, "{}", self.why)
    }
}
