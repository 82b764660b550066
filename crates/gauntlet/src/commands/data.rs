//! `gauntlet data`: datasets by their descriptors.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Subcommand;
use gauntlet_core::{Digest, Origin, Seed};
use gauntlet_data::{Decision, Described, Descriptor, DigestPolicy, Mode, load, resolve, simulate};
use gauntlet_fetch::{Credentials, FetchError, Options, Url, Watcher, fetch};
use serde_json::json;

use super::{Session, block_on, clips, recordings};
use crate::events::{self, InitArgs};
use crate::failure::Failure;
use crate::progress::Progress;

/// Subcommands of `gauntlet data`.
#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// List the datasets and what of them is here
    #[command(after_help = "Example:\n  gauntlet data list")]
    List,
    /// Describe a table of sensors over time, or a folder of them: writes its descriptor and a pipeline file
    #[command(after_help = "Example:\n  gauntlet data init ~/plant/pump7.csv\n  \
        gauntlet data init ~/plant/compressors --failures ~/plant/failures.csv --name compressors")]
    Init(InitArgs),
    /// Download a dataset into its raw/ folder: resumed if interrupted, verified before it counts
    #[command(
        after_help = "Example:\n  gauntlet data fetch ai4i2020 --mirror https://files.example.org/pdm\n\n\
        Credentials come from the environment: KAGGLE_USERNAME and KAGGLE_KEY, GAUNTLET_DATA_USER and\n\
        GAUNTLET_DATA_PASSWORD, or GAUNTLET_DATA_TOKEN."
    )]
    Fetch {
        /// The dataset's folder under datasets/
        dataset: String,
        /// Fetch from here in place of the official address: the URL, a slash, the file name
        #[arg(long, value_name = "URL")]
        mirror: Option<Url>,
    },
    /// Read a dataset's file, check schema, cells and digest
    #[command(after_help = "Example:\n  gauntlet data verify ai4i2020 --data-dir ~/data/ai4i2020")]
    Verify {
        /// The dataset's folder under datasets/
        dataset: String,
        /// Folder that holds the file, or the file itself
        #[arg(long, value_name = "PATH", env = "GAUNTLET_DATA_DIR")]
        data_dir: Option<PathBuf>,
        /// Accept your own copy of the file with this digest
        #[arg(long, value_name = "SHA256")]
        accept_sha: Option<Digest>,
    },
    /// Draw a dataset with its simulator, in exactly the real layout
    #[command(after_help = "Example:\n  gauntlet data simulate ai4i2020 --rows 10000 --seed 7")]
    Simulate {
        /// The dataset's folder under datasets/
        dataset: String,
        /// Rows to draw; recordings have a size of their own
        #[arg(long, default_value_t = 10_000)]
        rows: usize,
        /// Seed of the simulator
        #[arg(long, default_value_t = 20_200)]
        seed: u64,
    },
}

pub(super) fn run(session: &Session, command: &DataCommand) -> Result<()> {
    match command {
        DataCommand::List => list(session),
        DataCommand::Init(args) => {
            let initiated = events::init(&session.home, args)?;
            session.print(&initiated, &initiated.to_string())
        }
        DataCommand::Fetch { dataset, mirror } => {
            let descriptor = descriptor(session, dataset)?;
            let raw = session.home.dataset(dataset).join("raw");
            download(&descriptor, &raw, mirror.clone(), session.progress).map_err(failure)?;
            let path = raw.join(&descriptor.file().path);
            session.print(
                &json!({ "dataset": dataset, "path": path }),
                &format!("{dataset}: {} is there and verified", path.display()),
            )
        }
        DataCommand::Verify { dataset, data_dir, accept_sha } => {
            let data_dir = data_dir.as_deref();
            match described(session, dataset)? {
                Described::Rig(rig) => recordings::verify(session, &rig, data_dir),
                Described::Sounds(sounds) => clips::verify(session, &sounds, data_dir),
                Described::Log(log) => {
                    let (value, text) =
                        events::data::verify(&session.home, &log, data_dir, *accept_sha)?;
                    session.print(&value, &text)
                }
                Described::Rows(_) => verify(session, dataset, data_dir, *accept_sha),
            }
        }
        DataCommand::Simulate { dataset, rows, seed } => {
            let descriptor = match described(session, dataset)? {
                Described::Rig(rig) => return recordings::simulate(session, &rig, Seed(*seed)),
                Described::Sounds(sounds) => return clips::simulate(session, &sounds, Seed(*seed)),
                Described::Log(log) => {
                    let (value, text) = events::data::draw(&session.home, &log, *seed)?;
                    return session.print(&value, &text);
                }
                Described::Rows(descriptor) => descriptor,
            };
            let folder = session.home.dataset(dataset);
            let source =
                simulate::write(&descriptor, &folder, *rows, Seed(*seed)).map_err(Failure::from)?;
            session.print(
                &json!({ "dataset": dataset, "path": source.path, "origin": Origin::Simulated }),
                &format!("{dataset}: SIMULATED, {rows} rows in {}", source.path.display()),
            )
        }
    }
}

/// Downloads a dataset, with a bar on standard error.
pub(crate) fn download(
    descriptor: &Descriptor,
    raw: &Path,
    mirror: Option<Url>,
    progress: Progress,
) -> Result<(), FetchError> {
    let watcher = if progress.is_quiet() { Watcher::silent() } else { Watcher::bar() };
    let options =
        Options { mirror, credentials: Credentials::from_env(), watcher, ..Options::default() };
    let work = async { Ok(fetch(descriptor, raw, &options).await) };
    match block_on(work) {
        Ok(fetched) => fetched.map(|_| ()),
        Err(error) => Err(FetchError::from(std::io::Error::other(error.to_string()))),
    }
}

fn failure(error: FetchError) -> Failure {
    let (what, hint) = (error.to_string(), error.hint());
    if error.is_unavailable() {
        Failure::Missing { what, hint }
    } else {
        Failure::Other { what, hint }
    }
}

fn descriptor(session: &Session, dataset: &str) -> Result<Descriptor> {
    match described(session, dataset)? {
        Described::Rows(descriptor) => Ok(*descriptor),
        Described::Rig(rig) => Err(recordings::by_hand(session, &rig).into()),
        Described::Sounds(sounds) => Err(clips::by_hand(session, &sounds).into()),
        Described::Log(log) => Err(events::data::by_hand(&session.home, &log).into()),
    }
}

fn described(session: &Session, dataset: &str) -> Result<Described> {
    let path = session.home.dataset(dataset).join("dataset.toml");
    if path.is_file() {
        return Ok(Described::read(&path).map_err(Failure::from)?);
    }
    let what = format!("there is no dataset `{dataset}`: {} does not exist", path.display());
    let hint = Some("`gauntlet data list` shows the datasets there are".to_owned());
    Err(Failure::Missing { what, hint }.into())
}

fn verify(
    session: &Session,
    dataset: &str,
    data_dir: Option<&Path>,
    accept: Option<Digest>,
) -> Result<()> {
    let descriptor = descriptor(session, dataset)?;
    let raw = session.home.dataset(dataset).join("raw");
    let found = resolve(&descriptor, Mode::Real, data_dir, &raw).map_err(Failure::from)?;
    let source = match found {
        Decision::Found(source) => source,
        Decision::Absent(absent) => {
            return Err(Failure::from(absent.into_error(&descriptor)).into());
        }
        Decision::Simulate => return Ok(()),
    };
    let policy = DigestPolicy { accept, first_use: None };
    let dataset = load(&descriptor, &source, &policy).map_err(Failure::from)?;
    let notes: Vec<String> = dataset.notes.iter().map(|note| format!("\nnote: {note}")).collect();
    session.print(
        &json!({
            "dataset": dataset.name,
            "path": dataset.path,
            "digest": dataset.digest,
            "rows": dataset.frame.rows(),
            "notes": dataset.notes,
        }),
        &format!(
            "{}: {} rows, {}, as described{}",
            dataset.name,
            dataset.frame.rows(),
            dataset.digest,
            notes.concat()
        ),
    )
}

fn list(session: &Session) -> Result<()> {
    let mut folders: Vec<PathBuf> = fs_err::read_dir(session.home.datasets())?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<std::io::Result<_>>()?;
    folders.sort();
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for folder in folders.into_iter().filter(|f| f.join("dataset.toml").is_file()) {
        let described = Described::read(&folder.join("dataset.toml")).map_err(Failure::from)?;
        let (title, real, simulated) = match &described {
            Described::Rows(descriptor) => {
                let file = &descriptor.file().path;
                let is_in = |place: &str| folder.join(place).join(file).is_file();
                (&descriptor.title, is_in("raw"), is_in(simulate::FOLDER))
            }
            Described::Rig(rig) => {
                let is_in = |place: &str| recordings::is_in(rig, &folder.join(place));
                (&rig.title, is_in("raw"), is_in(simulate::FOLDER))
            }
            Described::Sounds(sounds) => {
                let is_in = |place: &str| clips::is_in(sounds, &folder.join(place));
                (&sounds.title, is_in("raw"), is_in(simulate::FOLDER))
            }
            Described::Log(log) => {
                let (real, simulated) = events::data::here(log, &folder)?;
                (&log.title, real, simulated)
            }
        };
        let name = described.name();
        let here = match (real, simulated) {
            (true, true) => "real and simulated",
            (true, false) => "real",
            (false, true) => "simulated",
            (false, false) => "nothing yet",
        };
        lines.push(format!("{name:12} {title} (here: {here})"));
        rows.push(json!({
            "name": name,
            "title": title,
            "real": real,
            "simulated": simulated,
        }));
    }
    session.print(&rows, &lines.join("\n"))
}
