//! What people type.

mod clips;
pub(crate) mod data;
mod recordings;
pub(crate) mod registry;
mod run;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use crate::events::{self, EventsPipeline};
use crate::failure::Failure;
use crate::home::Home;
use crate::pipeline::{Family, Pipeline, family};
use crate::progress::Progress;
use crate::report;
use crate::sound::{self, SoundPipeline};
use crate::stages::source::DataArgs;
use crate::stages::{Context, features, judge, prepare, train};
use crate::vibration::{self, VibrationPipeline};

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage or pipeline file, \
3 data missing, 4 the gate did not promote (only with --require-promotion)";

/// Reproducible batch training for predictive maintenance
#[derive(Debug, Parser)]
#[command(name = "gauntlet", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The project's root, which holds datasets/, registry/, reports/ and work/
    #[arg(long, global = true, default_value = ".", value_name = "DIR", env = "GAUNTLET_ROOT")]
    root: PathBuf,
    /// Threads for fitting and judging; the results do not depend on it
    #[arg(long, global = true, value_name = "N", env = "GAUNTLET_JOBS")]
    jobs: Option<usize>,
    /// Print JSON on standard output and no progress
    #[arg(long, global = true)]
    json: bool,
    /// Print no progress
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a whole gauntlet: load, split, features, fit, export, judge, gate, register
    #[command(
        after_help = "Example:\n  gauntlet run pipelines/ai4i.toml --data-dir ~/data/ai4i2020"
    )]
    Run(run::RunArgs),
    /// Stage 1: load and verify the data, divide it, and let the leak guard look
    #[command(after_help = "Example:\n  gauntlet prepare pipelines/ai4i.toml --data simulated")]
    Prepare {
        #[command(flatten)]
        pipeline: PipelineArgs,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Stage 2: compute the features of the training rows
    #[command(after_help = "Example:\n  gauntlet features pipelines/ai4i.toml")]
    Features(PipelineArgs),
    /// Stage 3: cross-validate the contenders, fit the best and export them
    #[command(after_help = "Example:\n  gauntlet train pipelines/ai4i.toml --jobs 2")]
    Train(PipelineArgs),
    /// Stage 4: open the sealed rows and judge the exported bundles on them
    #[command(after_help = "Example:\n  gauntlet judge pipelines/ai4i.toml")]
    Judge(PipelineArgs),
    /// Print the report of the last run again, and write its card and plots
    #[command(after_help = "Example:\n  gauntlet report pipelines/ai4i.toml")]
    Report(PipelineArgs),
    /// Look at registered models and move their aliases
    #[command(subcommand)]
    Registry(registry::RegistryCommand),
    /// List, fetch, verify and simulate datasets
    #[command(subcommand)]
    Data(data::DataCommand),
}

/// Which pipeline.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PipelineArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// Seed of everything random, in place of the pipeline file's
    #[arg(long, value_name = "N", env = "GAUNTLET_SEED")]
    seed: Option<u64>,
}

/// What every command is given.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) home: Home,
    pub(crate) progress: Progress,
    pub(crate) json: bool,
}

impl PipelineArgs {
    pub(crate) fn path(&self) -> &Path {
        &self.pipeline
    }

    pub(crate) fn seed(&self) -> Option<u64> {
        self.seed
    }
}

impl Session {
    fn context(&self, args: &PipelineArgs) -> Result<Context> {
        if family(&args.pipeline)? != Family::Classification {
            let what = format!(
                "{}: this gauntlet has no separate stages, use `gauntlet run`",
                args.pipeline.display()
            );
            return Err(Failure::Usage(what).into());
        }
        let pipeline = Pipeline::read(&args.pipeline, args.seed)?;
        Ok(Context { home: self.home.clone(), pipeline, progress: self.progress })
    }

    /// Prints `value` as JSON if that was asked for, else `text`.
    pub(crate) fn print(&self, value: &impl serde::Serialize, text: &str) -> Result<()> {
        use std::io::Write;
        let text = if self.json { serde_json::to_string_pretty(value)? } else { text.to_owned() };
        match writeln!(std::io::stdout(), "{text}") {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }
}

/// Runs the command that was typed.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    if arguments.jobs == Some(0) {
        return Err(Failure::Usage("`--jobs` must be at least 1".to_owned()).into());
    }
    if let Some(jobs) = arguments.jobs {
        rayon::ThreadPoolBuilder::new()
            .num_threads(jobs)
            .build_global()
            .context("cannot start the threads that `--jobs` asks for")?;
    }
    let session = Session {
        home: Home::new(arguments.root),
        progress: Progress::new(arguments.quiet || arguments.json),
        json: arguments.json,
    };
    match arguments.command {
        Command::Run(args) => run::run(&session, &args),
        Command::Prepare { pipeline, data } => {
            let context = session.context(&pipeline)?;
            let _lock = context.lock()?;
            let info = prepare::run(&context, &data)?;
            if session.json { session.print(&info, "") } else { Ok(()) }
        }
        Command::Features(args) => {
            let context = session.context(&args)?;
            let _lock = context.lock()?;
            features::run(&context)
        }
        Command::Train(args) => {
            let context = session.context(&args)?;
            let _lock = context.lock()?;
            let trained = train::run(&context)?;
            if session.json { session.print(&trained, "") } else { Ok(()) }
        }
        Command::Judge(args) => {
            let context = session.context(&args)?;
            let _lock = context.lock()?;
            let (judgement, _) = judge::run(&context)?;
            report::publish(&context, &judgement, None)?;
            let text = report::text(&context, &judgement, None)?;
            session.print(&report::metrics(&context, &judgement)?, &text)
        }
        Command::Report(args) if family(&args.pipeline)? == Family::Sound => {
            let pipeline = SoundPipeline::read(&args.pipeline, args.seed)?;
            let ran = sound::report(&session.home, &pipeline)?;
            session.print(&ran, &ran.to_string())
        }
        Command::Report(args) if family(&args.pipeline)? == Family::Events => {
            let pipeline = EventsPipeline::read(&args.pipeline, args.seed)?;
            let ran = events::report(&session.home, &pipeline)?;
            session.print(&ran, &ran.to_string())
        }
        Command::Report(args) if family(&args.pipeline)? == Family::Vibration => {
            let pipeline = VibrationPipeline::read(&args.pipeline, args.seed)?;
            let ran = vibration::report(&session.home, &pipeline)?;
            session.print(&ran, &ran.to_string())
        }
        Command::Report(args) => {
            let context = session.context(&args)?;
            let judgement = judge::read(&context)?;
            let outcomes = report::read_outcomes(&context)?;
            report::publish(&context, &judgement, outcomes.as_deref())?;
            let text = report::text(&context, &judgement, outcomes.as_deref())?;
            session.print(&report::metrics(&context, &judgement)?, &text)
        }
        Command::Registry(command) => registry::run(&session, &command),
        Command::Data(command) => data::run(&session, &command),
    }
}

/// Runs registry and network work, which waits rather than computes.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
