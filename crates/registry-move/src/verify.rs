//! Comparing what was moved with what was there, by counts and digests.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt as _;
use gauntlet_core::{Digest, Hasher};
use gauntlet_mlflow::{Experiment, GetRegisteredModel, GetRun, KeyValue, Run};
use gauntlet_registry::FileStore;

use crate::import::PARENT;
use crate::journal::{Counts, FileRecord, Journal, Unit, parse, read_lines};
use crate::tracking::{End, Tracking, number, walk};
use crate::{IMPORTED_RUN, MoveError, Result};

/// Hashes everything in an export again, and counts it.
pub(crate) fn folder(folder: &Path, journal: &Journal<Unit>) -> Result<Counts> {
    let mut counts = Counts::default();
    for unit in journal.lines.values() {
        read_lines(folder, unit)?;
        for file in &unit.files {
            let path = folder.join("artifacts").join(&unit.unit).join(&file.path);
            let mut reader = fs_err::File::open(&path)?;
            let (mut hasher, mut buffer) = (Hasher::default(), vec![0; 64 << 10]);
            loop {
                match reader.read(&mut buffer)? {
                    0 => break,
                    read => hasher.update(&buffer[..read]),
                }
            }
            let found = hasher.finish();
            if found != file.sha256 {
                let problem = format!("expected {}, found {found}", file.sha256);
                return Err(MoveError::Damaged { path, problem });
            }
        }
        counts.add(&unit.counts);
    }
    Ok(counts)
}

/// Whether all experiments are there by name, in the same stage, with their tags.
pub(crate) async fn experiments<T: Tracking>(
    to: &End<T>,
    folder: &Path,
    units: impl Iterator<Item = &Unit>,
) -> Result<()> {
    let there: BTreeMap<Option<String>, Experiment> =
        to.experiments().await?.into_iter().map(|found| (found.name.clone(), found)).collect();
    for unit in units {
        let lines = read_lines(folder, unit)?;
        let before: Experiment = parse(folder, unit, lines.first().map_or("", String::as_str))?;
        let found = there.get(&before.name);
        same(unit, "experiment", &before.name.as_ref(), &found.and_then(|e| e.name.as_ref()))?;
        let stage = found.and_then(|e| e.lifecycle_stage.as_ref());
        same(unit, "lifecycle stage", &before.lifecycle_stage.as_ref(), &stage)?;
        let tags = pairs(found.map_or(&[], |e| &e.tags));
        for (key, value) in pairs(&before.tags) {
            same(unit, &format!("tag {key}"), &Some(&value), &tags.get(&key))?;
        }
    }
    Ok(())
}

fn pairs(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    pairs.iter().filter_map(|pair| Some((pair.key.clone()?, pair.value.clone()?))).collect()
}

/// Whether a run's params, tags, datasets and metric histories are all there; files are compared apart.
pub(crate) async fn run<T: Tracking>(
    to: &End<T>,
    folder: &Path,
    unit: &Unit,
    target: &str,
) -> Result<Arc<dyn FileStore>> {
    let lines = read_lines(folder, unit)?;
    let before: Run = parse(folder, unit, lines.first().map_or("", String::as_str))?;
    let request = GetRun { run_id: Some(target.to_owned()), run_uuid: None };
    let after = to.ask(&format!("read run {target}"), request).await?.run.unwrap_or_default();
    let (before, found) = (before.data.unwrap_or_default(), after.data.clone().unwrap_or_default());
    same(unit, "params", &pairs(&before.params), &pairs(&found.params))?;
    let tags = pairs(&found.tags);
    for (key, value) in pairs(&before.tags) {
        // Runs have other names here: these two name runs.
        if key != IMPORTED_RUN && key != PARENT {
            same(unit, &format!("tag {key}"), &Some(&value), &tags.get(&key))?;
        }
    }
    let mut metrics = 0;
    for key in found.metrics.iter().filter_map(|metric| metric.key.as_deref()) {
        metrics += to.history(target, key).await?.len() as u64;
    }
    same(unit, "number of metric values", &unit.counts.metrics, &metrics)?;
    let datasets = after.inputs.map_or(0, |inputs| inputs.dataset_inputs.len() as u64);
    same(unit, "number of datasets", &unit.counts.datasets, &datasets)?;
    let root = after.info.and_then(|info| info.artifact_uri).unwrap_or_default();
    to.open(&unit.unit, &root)
}

/// Whether all files are there, byte by byte.
pub(crate) async fn files(unit: &Unit, store: &dyn FileStore) -> Result<()> {
    let found: BTreeMap<String, u64> = walk(&unit.unit, store).await?.into_iter().collect();
    for FileRecord { path, size, sha256 } in &unit.files {
        same(unit, path, &Some(size), &found.get(path))?;
        let failed =
            |source| MoveError::Artefact { owner: unit.unit.clone(), source: Box::new(source) };
        let mut bytes = store.get(path).await.map_err(failed)?.bytes;
        let mut hasher = Hasher::default();
        while let Some(chunk) = bytes.next().await {
            hasher.update(&chunk?);
        }
        same::<Digest>(unit, path, sha256, &hasher.finish())?;
    }
    Ok(())
}

/// Whether a registered model has the same versions and aliases.
pub(crate) async fn model<T: Tracking>(to: &End<T>, folder: &Path, unit: &Unit) -> Result<()> {
    let lines = read_lines(folder, unit)?;
    let before: gauntlet_mlflow::RegisteredModel =
        parse(folder, unit, lines.first().map_or("", String::as_str))?;
    let name = before.name.clone().unwrap_or_default();
    let mut expected = Vec::new();
    for line in lines.iter().skip(1) {
        expected.push(number(&parse::<gauntlet_mlflow::ModelVersion>(folder, unit, line)?));
    }
    let found: Vec<u64> = to.versions(&name).await?.iter().map(number).collect();
    same(unit, &format!("versions of {name}"), &expected, &found)?;
    let request = GetRegisteredModel { name: Some(name.clone()) };
    let after = to.ask(&format!("read model {name}"), request).await?;
    let aliases = |model: &gauntlet_mlflow::RegisteredModel| -> BTreeMap<String, String> {
        let pair = |a: &gauntlet_mlflow::RegisteredModelAlias| {
            Some((a.alias.clone()?, a.version.clone()?))
        };
        model.aliases.iter().filter_map(pair).collect()
    };
    let after = aliases(&after.registered_model.unwrap_or_default());
    same(unit, &format!("aliases of {name}"), &aliases(&before), &after)
}

pub(crate) fn same<V: PartialEq + std::fmt::Debug>(
    unit: &Unit,
    what: &str,
    expected: &V,
    found: &V,
) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(MoveError::Different {
        what: format!("{}: {what}", unit.unit),
        expected: format!("{expected:?}"),
        found: format!("{found:?}"),
    })
}
