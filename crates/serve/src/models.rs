//! The models that are served: found through pointers, verified, and asked their own example first.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use gauntlet_bundle::{Bundle, Tolerance};
use gauntlet_core::{Alias, ModelName, Origin};
use gauntlet_registry::published::{self, Pointer};
use gauntlet_registry::{Kind, RegistryError};

use crate::arguments::Wanted;
use crate::body::Asked;
use crate::failure::Failure;
use crate::problem::Problem;

/// A bundle that answers, and where it came from.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) pointer: Pointer,
    pub(crate) bundle: Bundle,
}

/// All models that are served, by name; each at one alias or more.
#[derive(Debug)]
pub(crate) struct Models(BTreeMap<ModelName, Vec<Served>>);

impl Models {
    /// Loads what is wanted; every published champion if nothing is.
    pub(crate) fn load(root: &Path, wanted: &[Wanted]) -> anyhow::Result<Self> {
        let mut models: BTreeMap<ModelName, Vec<Served>> = BTreeMap::new();
        for pointer in pointers(root, wanted)? {
            let what = format!("model `{}` at `{}`", pointer.model, pointer.alias);
            let served = load(root, pointer).with_context(|| format!("cannot serve {what}"))?;
            models.entry(served.pointer.model.clone()).or_default().push(served);
        }
        Ok(Self(models))
    }

    /// Each model that is served, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Served> {
        self.0.values().flatten()
    }

    /// The bundle that a request asks for.
    pub(crate) fn find(&self, model: &ModelName, asked: Asked) -> Result<&Served, Problem> {
        let Some(served) = self.0.get(model) else {
            let known: Vec<&str> = self.0.keys().map(ModelName::as_str).collect();
            let detail = format!("model `{model}` is not served; served are {}", known.join(", "));
            return Err(Problem::not_found(detail));
        };
        let found = served.iter().find(|s| match asked {
            Asked::Auto => s.pointer.alias == Alias::champion(),
            Asked::Number(version) => s.pointer.version == version,
        });
        found.ok_or_else(|| {
            let place =
                |s: &Served| format!("version {} at @{}", s.pointer.version, s.pointer.alias);
            let places: Vec<String> = served.iter().map(place).collect();
            let lacking = match asked {
                Asked::Auto => "at @champion".to_owned(),
                Asked::Number(version) => format!("in version {version}"),
            };
            let there = places.join(", ");
            Problem::not_found(format!("model `{model}` is not served {lacking}, but {there}"))
        })
    }
}

fn pointers(root: &Path, wanted: &[Wanted]) -> anyhow::Result<Vec<Pointer>> {
    if !wanted.is_empty() {
        let mut wanted = wanted.to_vec();
        wanted.sort();
        wanted.dedup();
        let read = |w: &Wanted| published::read(root, &w.model, &w.alias).map_err(explain);
        return wanted.iter().map(read).collect();
    }
    let mut champions = published::list(root).map_err(explain)?;
    champions.retain(|pointer| pointer.alias == Alias::champion());
    if champions.is_empty() {
        let message = format!("no champion is published below {}", root.display());
        let hint = "run a gauntlet until it promotes a model, or name a folder with --registry";
        return Err(Failure::missing(message, hint).into());
    }
    Ok(champions)
}

/// A bundle is used only if it is the one the pointer names, and answers as it did when it was made.
fn load(root: &Path, pointer: Pointer) -> anyhow::Result<Served> {
    let folder = pointer.bundle(root).map_err(explain)?;
    if !folder.is_dir() {
        let message = format!("its bundle is not at {}", folder.display());
        let hint = "register the same bundle again to restore it";
        return Err(Failure::missing(message, hint).into());
    }
    let bundle = Bundle::open(&folder)?;
    if bundle.digest() != pointer.digest {
        let found = bundle.digest();
        let message = format!("its pointer names {}, but {found} is there", pointer.digest);
        let hint = "register the right bundle again; this one is not served";
        return Err(Failure::failed(message, hint).into());
    }
    bundle.self_test(Tolerance::Close)?;
    let from = bundle.manifest().lineage.origin;
    if from != pointer.origin {
        let message = format!("its pointer says {} rows, its bundle {from}", pointer.origin);
        return Err(Failure::failed(message, "open the registry once: it repairs pointers").into());
    }
    if from == Origin::Simulated {
        tracing::warn!(model = %pointer.model, "this model was trained on SIMULATED rows");
    }
    tracing::info!(
        model = %pointer.model,
        alias = %pointer.alias,
        version = %pointer.version,
        digest = %pointer.digest.short(),
        "verified and ready"
    );
    Ok(Served { pointer, bundle })
}

/// Gives an error of the registry its exit code.
fn explain(error: RegistryError) -> anyhow::Error {
    let missing = error.kind() == Kind::NotFound;
    let hint = error.hint().unwrap_or("look at what `gauntlet registry list` shows");
    let message = error.to_string();
    let failure =
        if missing { Failure::missing(message, hint) } else { Failure::failed(message, hint) };
    match std::error::Error::source(&error) {
        Some(source) => anyhow::anyhow!(source.to_string()).context(failure),
        None => failure.into(),
    }
}
