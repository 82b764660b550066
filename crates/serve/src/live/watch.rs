//! Follows aliases: loads beside what answers, lets it answer its example, and only then swaps.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::Notify;

use super::slot::Next;
use super::{Models, Served, Slot};
use crate::sources::{Located, Source, Wanted};

/// Looks at every alias now and then, or when told to.
#[derive(Debug)]
pub(crate) struct Watcher {
    source: Arc<dyn Source>,
    models: Arc<Models>,
    /// Whether every champion is served, so that new ones are too.
    every: bool,
    period: Duration,
    told: Arc<Notify>,
}

/// Loads everything that is wanted before anybody is answered; every champion if nothing is.
pub(crate) async fn start(
    source: &Arc<dyn Source>,
    wanted: &[Wanted],
) -> anyhow::Result<Vec<Slot>> {
    let wanted = if wanted.is_empty() { source.champions().await? } else { wanted.to_vec() };
    let mut slots = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        let what = format!("cannot serve model `{}`", wanted.model);
        let located = source.locate(&wanted).await?;
        let served = load(source, located).await.context(what)?;
        slots.push(Slot::new(wanted, served));
    }
    Ok(slots)
}

async fn load(source: &Arc<dyn Source>, located: Located) -> anyhow::Result<Served> {
    let folder = source.fetch(&located).await?;
    open(located, folder).await
}

/// Compiling and testing a model takes long enough to hold up requests on this thread.
async fn open(located: Located, folder: PathBuf) -> anyhow::Result<Served> {
    tokio::task::spawn_blocking(move || Served::open(located, &folder)).await?
}

impl Watcher {
    pub(crate) fn new(
        source: Arc<dyn Source>,
        models: Arc<Models>,
        every: bool,
        period: Duration,
    ) -> Self {
        Self { source, models, every, period, told: Arc::new(Notify::new()) }
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
            self.round().await;
        }
    }

    /// Looks at every alias once.
    pub(crate) async fn round(&self) {
        for slot in self.models.slots() {
            self.look(&slot).await;
        }
        if self.every {
            self.look_for_new().await;
        }
    }

    async fn look(&self, slot: &Slot) {
        let located = match self.source.locate(&slot.wanted).await {
            Ok(located) => located,
            Err(error) => {
                if slot.in_trouble(error.to_string()) {
                    let model = &slot.wanted.model;
                    tracing::warn!(%model, %error, "the alias cannot be followed; serving goes on");
                }
                return;
            }
        };
        match slot.consider(&located, Instant::now()) {
            Next::Stay => return slot.settled(),
            Next::Wait => return,
            Next::Load => {}
        }
        let identity = located.identity();
        match load(&self.source, located).await {
            Ok(served) => {
                let (model, version) = (served.located.model.clone(), served.located.version);
                tracing::info!(%model, %version, digest = %served.digest.short(), "swapped");
                slot.swap(served);
                slot.settled();
            }
            Err(error) => {
                let error = format!("{error:#}");
                if slot.refuse(identity, error.clone(), Instant::now()) {
                    let model = &slot.wanted.model;
                    tracing::error!(%model, error, "refused what the alias points at; serving goes on");
                }
            }
        }
    }

    async fn look_for_new(&self) {
        let Ok(champions) = self.source.champions().await else { return };
        for wanted in champions {
            if self.models.of(wanted.model.as_str()).is_ok() {
                continue;
            }
            let model = wanted.model.clone();
            let loaded = async {
                let located = self.source.locate(&wanted).await?;
                load(&self.source, located).await
            };
            match loaded.await {
                Ok(served) => {
                    tracing::info!(%model, "a new champion is served");
                    self.models.add(Slot::new(wanted, served));
                }
                Err(error) => {
                    tracing::warn!(%model, error = format!("{error:#}"), "a new champion is not served");
                }
            }
        }
    }
}
