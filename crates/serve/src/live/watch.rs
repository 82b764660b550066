//! Follows aliases: loads beside what answers, lets it answer its example, and only then swaps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::Notify;

use super::slot::Next;
use super::{Models, Served, Slot, Watching};
use crate::eyes::kinds::ReloadFailure;
use crate::settings::ModelSettings;
use crate::sources::{Fetched, Located, SourceError, Sources, Trouble, Wanted};

/// Looks at every alias now and then, or when told to.
#[derive(Debug)]
pub(crate) struct Watcher {
    sources: Arc<Sources>,
    models: Arc<Models>,
    watching: Watching,
    /// Whether every champion is served, so that new ones are too.
    every: bool,
    period: Duration,
    told: Arc<Notify>,
}

/// Loads everything that is wanted before anybody is answered; every champion if nothing is.
///
/// What cannot be had now is served as it was last, if it is in the state directory.
pub(crate) async fn start(
    sources: &Arc<Sources>,
    wanted: &[ModelSettings],
    watching: &Watching,
) -> anyhow::Result<Vec<Slot>> {
    let wanted = match wanted {
        [] => champions(sources).await?.into_iter().map(ModelSettings::from).collect(),
        some => some.to_vec(),
    };
    let mut slots = Vec::with_capacity(wanted.len());
    for settings in wanted {
        let what = format!("cannot serve model `{}`", settings.model);
        let slot = first(sources, &settings, watching).await.context(what)?;
        beside(sources, &slot, watching).await;
        slots.push(slot);
    }
    Ok(slots)
}

/// Every champion; while the registry cannot be asked, those that were served last.
async fn champions(sources: &Arc<Sources>) -> anyhow::Result<Vec<Wanted>> {
    let error = match sources.champions().await {
        Ok(champions) => return Ok(champions),
        Err(error) => error,
    };
    let last = sources.last_wanted();
    if last.is_empty() {
        return Err(error.into());
    }
    tracing::warn!(%error, "the registry cannot be asked: the champions that were served last are");
    Ok(last)
}

/// A place with its first version.
async fn first(
    sources: &Arc<Sources>,
    settings: &ModelSettings,
    watching: &Watching,
) -> anyhow::Result<Slot> {
    let wanted = &settings.model;
    let error = match look(sources, wanted, watching).await {
        Ok(served) => {
            let slot = Slot::new(settings, served, watching);
            slot.checked(Instant::now());
            return Ok(slot);
        }
        Err(error) => error,
    };
    let Some((located, fetched)) = sources.last_good(wanted).await else { return Err(error) };
    let trouble = format!("{error:#}");
    tracing::warn!(model = %wanted, error = trouble, "serving the last good version instead");
    let served = open(located, fetched, watching).await?;
    let slot = Slot::new(settings, served, watching);
    slot.in_trouble(reason(&error), trouble);
    Ok(slot)
}

/// Looks at the aliases of the versions beside the one that answers.
async fn beside(sources: &Arc<Sources>, slot: &Slot, watching: &Watching) {
    for side in slot.sides.iter() {
        let (wanted, now) = (&side.wanted, side.current.load_full());
        let served = match sources.locate(wanted).await {
            Ok(located) if now.as_ref().is_some_and(|now| now.located.is_same_as(&located)) => {
                continue;
            }
            Ok(located) => load(sources, wanted, located, watching).await,
            // Nobody challenges the champion at the moment.
            Err(error) if error.trouble == Trouble::NotFound => {
                side.current.store(None);
                continue;
            }
            Err(error) => Err(error.into()),
        };
        match served {
            Ok(served) => {
                let version = served.located.version;
                tracing::info!(model = %wanted, %version, "stands beside the champion");
                side.current.store(Some(Arc::new(served)));
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(model = %wanted, error, "does not stand beside the champion");
            }
        }
    }
    slot.note_shares();
}

async fn look(
    sources: &Arc<Sources>,
    wanted: &Wanted,
    watching: &Watching,
) -> anyhow::Result<Served> {
    let located = sources.locate(wanted).await?;
    load(sources, wanted, located, watching).await
}

/// Fetches, opens and tests what was located, and keeps it as the last good version.
async fn load(
    sources: &Arc<Sources>,
    wanted: &Wanted,
    located: Located,
    watching: &Watching,
) -> anyhow::Result<Served> {
    let fetched = sources.fetch(wanted, &located).await?;
    let served = open(located.clone(), fetched.clone(), watching).await?;
    // Copying takes longer than answering can wait.
    let (sources, wanted) = (sources.clone(), wanted.clone());
    tokio::spawn(async move {
        if let Err(error) = sources.keep(&wanted, &located, &fetched).await {
            tracing::warn!(model = %wanted, %error, "it is served, but not kept for bad times");
        }
    });
    Ok(served)
}

/// Compiling and testing a model takes long enough to hold up requests on this thread.
async fn open(located: Located, fetched: Fetched, watching: &Watching) -> anyhow::Result<Served> {
    let watching = watching.clone();
    tokio::task::spawn_blocking(move || Served::open(located, fetched, &watching)).await?
}

/// Why a version was not taken, in a word for the metrics.
fn reason(error: &anyhow::Error) -> ReloadFailure {
    if let Some(error) = error.downcast_ref::<SourceError>() {
        return match error.trouble {
            Trouble::Unreachable => ReloadFailure::Unreachable,
            Trouble::NotFound => ReloadFailure::Missing,
            Trouble::Damaged => ReloadFailure::Digest,
            Trouble::DiskFull => ReloadFailure::Storage,
            Trouble::Denied | Trouble::Other => ReloadFailure::Other,
        };
    }
    match error.downcast_ref::<gauntlet_bundle::BundleError>() {
        Some(gauntlet_bundle::BundleError::SelfTest(_)) => ReloadFailure::SelfTest,
        Some(gauntlet_bundle::BundleError::Engine(_)) => ReloadFailure::Unsupported,
        Some(_) => ReloadFailure::Digest,
        None => ReloadFailure::Other,
    }
}

impl Watcher {
    pub(crate) fn new(
        sources: Arc<Sources>,
        models: Arc<Models>,
        watching: Watching,
        every: bool,
        period: Duration,
    ) -> Self {
        Self { sources, models, watching, every, period, told: Arc::new(Notify::new()) }
    }

    /// What makes it look at once.
    pub(crate) fn bell(&self) -> Arc<Notify> {
        self.told.clone()
    }

    /// Watches until the server ends.
    pub(crate) async fn run(self) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.period) => {}
                () = self.told.notified() => {}
            }
            for slot in self.models.slots() {
                self.follow(&slot).await;
                beside(&self.sources, &slot, &self.watching).await;
            }
            if self.every {
                self.look_for_new().await;
            }
        }
    }

    async fn follow(&self, slot: &Slot) {
        let model = &slot.wanted;
        let located = match self.sources.locate(model).await {
            Ok(located) => located,
            Err(error) => {
                let error = error.into();
                if slot.in_trouble(reason(&error), format!("{error:#}")) {
                    tracing::warn!(%model, %error, "the alias cannot be followed; serving goes on");
                }
                return;
            }
        };
        match slot.consider(&located, Instant::now()) {
            Next::Stay => return slot.checked(Instant::now()),
            Next::Wait => return,
            Next::Load => {}
        }
        let identity = located.identity();
        match load(&self.sources, model, located, &self.watching).await {
            Ok(served) => {
                let version = served.located.version;
                tracing::info!(%model, %version, digest = %served.digest.short(), "swapped");
                slot.swap(served);
                slot.checked(Instant::now());
            }
            Err(error) => {
                let (why, error) = (reason(&error), format!("{error:#}"));
                if slot.refuse(identity, why, error.clone(), Instant::now()) {
                    tracing::error!(%model, error, "refused what the alias points at; serving goes on");
                }
            }
        }
    }

    async fn look_for_new(&self) {
        let Ok(champions) = self.sources.champions().await else { return };
        for wanted in champions {
            if self.models.of(wanted.model.as_str()).is_ok() {
                continue;
            }
            match look(&self.sources, &wanted, &self.watching).await {
                Ok(served) => {
                    tracing::info!(model = %wanted, "a new champion is served");
                    let slot = Slot::new(&wanted.into(), served, &self.watching);
                    slot.checked(Instant::now());
                    self.models.add(slot);
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(model = %wanted, error, "a new champion is not served");
                }
            }
        }
    }
}
