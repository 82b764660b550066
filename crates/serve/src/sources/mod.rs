//! Where served models come from, and the folder that keeps the last good ones.
//!
//! A registry is a folder, a bucket or a server; beside it, `--model NAME=PLACE` names models that are in none.
//! Whatever it is, three questions are asked of it: which champions there are, where a wanted model is
//! (cheap, asked every few seconds), and its files (asked when something changed). [`Sources`] asks them, sees to
//! time limits and verification, and keeps what passed its self-test in the state directory:
//!
//! ```text
//! locate ── changed? ──► fetch (verified folder) ──► the server loads it and asks it its own example
//!                                                        └─ it passed ──► keep (copied, last-good.json)
//! locate or fetch failed ──► last_good (verified again), or go on with what is loaded
//! ```

mod error;
mod fetch;
mod last_good;
mod layout;
mod limits;
mod located;
mod plain;
mod pointers;
mod save;
mod server;
mod state;
mod stores;
mod wanted;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_core::{Digest, ModelName};
use gauntlet_registry::{LocalFiles, RegistryError, local_root};

pub(crate) use error::{SourceError, Trouble};
pub(crate) use layout::Layout;
pub(crate) use located::{ListedModel, ListedVersion, Located};
pub(crate) use state::{Fetched, State};
pub(crate) use wanted::Wanted;

use last_good::LastGood;
use plain::Plain;
use pointers::{Pointers, Root};
use server::Server;
use stores::{Files, Stores};

type Result<T, E = SourceError> = std::result::Result<T, E>;

/// Models that were fetched, by what the source called them; more are forgotten.
const MOST_KNOWN: usize = 1_000;

/// A registry, as this server needs it.
#[async_trait]
trait Source: Debug + Send + Sync {
    /// What it is called in messages; also what its last good models are found by.
    fn place(&self) -> String;

    /// Every model that has a champion.
    async fn champions(&self) -> gauntlet_registry::Result<Vec<Wanted>>;

    /// Where the wanted version is now: one request, or a few bytes of a file.
    async fn locate(&self, wanted: &Wanted) -> gauntlet_registry::Result<Located>;

    /// The files of what was located.
    async fn files(&self, located: &Located) -> gauntlet_registry::Result<Files>;

    /// All models.
    async fn catalogue(&self) -> gauntlet_registry::Result<Vec<ListedModel>>;

    /// All versions of a model, newest first.
    async fn versions(&self, model: &ModelName) -> gauntlet_registry::Result<Vec<ListedVersion>>;
}

/// Everything models come from.
#[derive(Debug)]
pub(crate) struct Sources {
    registry: Box<dyn Source>,
    plain: Plain,
    state: Arc<State>,
    last_good: Arc<Mutex<LastGood>>,
    known: Mutex<BTreeMap<String, Digest>>,
}

impl Sources {
    /// The registry at `registry`: a folder, `s3://bucket/prefix`, or the address of a server of ours or of MLflow's.
    /// Nothing is read or sent yet.
    pub(crate) fn open(registry: &str, state: State) -> Result<Self> {
        Self::with(registry, state, Stores::default())
    }

    fn with(registry: &str, state: State, stores: Stores) -> Result<Self> {
        let stores = Arc::new(stores);
        // An address may hold a password.
        let shown = registry.rsplit('@').next().unwrap_or_default();
        let wrap = |error: RegistryError| SourceError::wrap(shown, "a model", &error);
        let pointers = |root, stores| Box::new(Pointers::new(root, stores)) as Box<dyn Source>;
        let source = if registry.starts_with("s3://") {
            let bucket = registry.parse().and_then(|at| stores.bucket(at)).map_err(wrap)?;
            pointers(Root::Bucket(bucket), stores.clone())
        } else if let Some(folder) = local_root(registry) {
            pointers(Root::Folder(folder), stores.clone())
        } else {
            Box::new(Server::new(registry, stores.clone()).map_err(wrap)?)
        };
        let last_good = LastGood::open(state.home());
        let known = last_good.iter();
        let known = known.map(|entry| (key(&entry.place, &entry.located), entry.digest)).collect();
        Ok(Self {
            registry: source,
            plain: Plain::new(stores),
            state: Arc::new(state),
            last_good: Arc::new(Mutex::new(last_good)),
            known: Mutex::new(known),
        })
    }

    /// What the registry is called, without secrets.
    pub(crate) fn registry(&self) -> String {
        self.registry.place()
    }

    fn place(&self, wanted: &Wanted) -> String {
        wanted.place.clone().unwrap_or_else(|| self.registry.place())
    }

    /// Every champion of the registry, for a server that was told no models.
    pub(crate) async fn champions(&self) -> Result<Vec<Wanted>> {
        let mut champions =
            self.ask("every champion", limits::LIST, self.registry.champions()).await?;
        champions.sort();
        if champions.is_empty() {
            let place = self.registry.place();
            let problem = "no champion is published there";
            return Err(SourceError::new(Trouble::NotFound, place, "every champion", problem));
        }
        Ok(champions)
    }

    /// Where a wanted model is now. Cheap: one request, or one small file.
    pub(crate) async fn locate(&self, wanted: &Wanted) -> Result<Located> {
        let Some(place) = &wanted.place else {
            return self.ask(wanted, limits::LOCATE, self.registry.locate(wanted)).await;
        };
        within(place, wanted, limits::LOCATE, self.plain.locate(wanted, place)).await
    }

    /// A local folder with what was located, every byte of it verified. What is in the state directory already is
    /// not fetched again; a local bundle is used where it is. A failure leaves nothing behind.
    pub(crate) async fn fetch(&self, wanted: &Wanted, located: &Located) -> Result<Fetched> {
        let place = self.place(wanted);
        if let Some(digest) = located.digest.or_else(|| self.recall(&place, located)) {
            let state = self.state.clone();
            let found = blocking(move || Ok(state.find(&digest))).await;
            if let Ok(Some(fetched)) = found {
                return Ok(fetched);
            }
        }
        let fetched =
            within(&place, wanted, limits::FETCH, self.fetch_anew(wanted, located)).await?;
        self.note(&place, located, fetched.digest);
        Ok(fetched)
    }

    /// The digest of files that no manifest lists, if they were fetched before.
    fn recall(&self, place: &str, located: &Located) -> Option<Digest> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&key(place, located)).copied()
    }

    fn note(&self, place: &str, located: &Located, digest: Digest) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(key(place, located), digest);
    }

    async fn fetch_anew(
        &self,
        wanted: &Wanted,
        located: &Located,
    ) -> gauntlet_registry::Result<Fetched> {
        let files = match &wanted.place {
            Some(place) => self.plain.files(place)?,
            None => self.registry.files(located).await?,
        };
        match files {
            Files::Folder(folder) => match located.digest {
                Some(digest) => {
                    blocking(move || {
                        gauntlet_registry::verify_folder(&folder, &digest)?;
                        Ok(Fetched::in_place(folder, digest))
                    })
                    .await
                }
                None => self.store(&LocalFiles::new(folder), None, None).await,
            },
            Files::Store(files) => self.store(files.as_ref(), located.digest, None).await,
            Files::File(files, name) => self.store(files.as_ref(), None, Some(name)).await,
        }
    }

    /// Fetches a model, or one file of it, into the state directory.
    async fn store(
        &self,
        files: &dyn gauntlet_registry::FileStore,
        digest: Option<Digest>,
        file: Option<String>,
    ) -> gauntlet_registry::Result<Fetched> {
        let unfinished = self.state.begin()?;
        let into = unfinished.path();
        let digest = match file {
            Some(name) => fetch::foreign(files, &[name], into).await?,
            None => fetch::model(files, digest.as_ref(), into).await?,
        };
        let state = self.state.clone();
        blocking(move || {
            fetch::verify(unfinished.path(), &digest)?;
            state.adopt(unfinished, &digest)
        })
        .await
    }

    /// Remembers a model that passed its self-test as the last good one of what was wanted. It is copied into the
    /// state directory if it is elsewhere, and put safely on disk. Old models go when there are too many.
    pub(crate) async fn keep(
        &self,
        wanted: &Wanted,
        located: &Located,
        fetched: &Fetched,
    ) -> Result<()> {
        let place = self.place(wanted);
        if self.state.home().is_none() {
            return Ok(());
        }
        let work = async {
            let kept = if self.state.owns(&fetched.folder) {
                fetched.clone()
            } else {
                let files = LocalFiles::new(&fetched.folder);
                self.store(&files, Some(fetched.digest), None).await?
            };
            let (state, last_good) = (self.state.clone(), self.last_good.clone());
            let (place, wanted, located) = (place.clone(), wanted.clone(), located.clone());
            blocking(move || {
                sync(&kept.folder)?;
                let mut last_good = last_good.lock().unwrap_or_else(PoisonError::into_inner);
                last_good.put(&place, &wanted, &located, kept.digest)?;
                state.prune(&last_good.digests())
            })
            .await
        };
        within(&place, wanted, limits::FETCH, work).await
    }

    /// What was served last for `wanted` from this source, verified again; `None` if there is nothing that can be
    /// used.
    pub(crate) async fn last_good(&self, wanted: &Wanted) -> Option<(Located, Fetched)> {
        let entry = {
            let book = self.last_good.lock().unwrap_or_else(PoisonError::into_inner);
            book.find(&self.place(wanted), wanted).cloned()?
        };
        let (state, digest) = (self.state.clone(), entry.digest);
        let fetched = blocking(move || Ok(state.find(&digest))).await.ok()??;
        Some((entry.located, fetched))
    }

    /// What was served last from the registry: what to serve while it cannot be asked for its champions.
    pub(crate) fn last_wanted(&self) -> Vec<Wanted> {
        let place = self.registry.place();
        let book = self.last_good.lock().unwrap_or_else(PoisonError::into_inner);
        let served = book.iter().filter(|entry| entry.place == place);
        let mut wanted: Vec<Wanted> = served.map(|entry| entry.wanted.clone()).collect();
        wanted.retain(|wanted| wanted.place.is_none());
        wanted.sort();
        wanted
    }

    /// All models of the registry.
    pub(crate) async fn catalogue(&self) -> Result<Vec<ListedModel>> {
        self.ask("its models", limits::LIST, self.registry.catalogue()).await
    }

    /// All versions of a model of the registry, newest first.
    pub(crate) async fn versions(&self, model: &ModelName) -> Result<Vec<ListedVersion>> {
        self.ask(model, limits::LIST, self.registry.versions(model)).await
    }

    async fn ask<T>(
        &self,
        what: impl ToString,
        limit: Duration,
        answer: impl Future<Output = gauntlet_registry::Result<T>>,
    ) -> Result<T> {
        within(&self.registry.place(), what, limit, answer).await
    }
}

/// What a source calls a model, told apart from what others call theirs.
fn key(place: &str, located: &Located) -> String {
    format!("{place} {}", located.identity())
}

/// Waits for an answer, but not for ever.
async fn within<T>(
    place: &str,
    what: impl ToString,
    limit: Duration,
    answer: impl Future<Output = gauntlet_registry::Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(SourceError::wrap(place, what, &error)),
        Err(_) => {
            let problem = format!("no answer within {} s", limit.as_secs());
            Err(SourceError::new(Trouble::Unreachable, place, what.to_string(), problem))
        }
    }
}

/// Work that waits for a disk, where it does not keep requests waiting.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> gauntlet_registry::Result<T> + Send + 'static,
) -> gauntlet_registry::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(std::io::Error::other(error).into()),
    }
}

/// Puts the files of a folder safely on disk.
fn sync(folder: &Path) -> std::io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync(&path)?;
        } else {
            fs_err::File::open(path)?.sync_all()?;
        }
    }
    if cfg!(unix) {
        // Elsewhere a folder cannot be opened like a file.
        fs_err::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
