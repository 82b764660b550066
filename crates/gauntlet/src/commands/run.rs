//! `gauntlet run`: every stage in order, then the gate and the registry.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use gauntlet_core::Decision;
use serde::Serialize;

use super::{PipelineArgs, Session, block_on};
use crate::events::{self, EventsPipeline};
use crate::failure::Failure;
use crate::pipeline::{Family, family};
use crate::sound::{SoundPipeline, Wishes};
use crate::stages::register::{self, NameOutcome, Status};
use crate::stages::source::DataArgs;
use crate::stages::{attach, features, judge, prepare, train};
use crate::vibration::{SignalArgs, VibrationPipeline};
use crate::{report, sound, trap, vibration};

/// Arguments of `gauntlet run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    signal: SignalArgs,
    /// Show the famous flattering number beside the honest one, and register nothing
    #[arg(long)]
    trap: bool,
    /// Exit with code 4 unless the winner is champion after the run
    #[arg(long, conflicts_with = "trap")]
    require_promotion: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Ran<'a> {
    metrics: report::ReportMetrics,
    names: &'a [NameOutcome],
}

pub(super) fn run(session: &Session, args: &RunArgs) -> Result<()> {
    match family(args.pipeline.path())? {
        Family::Classification => classification(session, args),
        Family::Sound => sound(session, args),
        Family::Events => events(session, args),
        Family::Vibration => vibration(session, args),
    }
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_millis() as i64)
}

fn events(session: &Session, args: &RunArgs) -> Result<()> {
    let mut pipeline = EventsPipeline::read(args.pipeline.path(), args.pipeline.seed())?;
    if let Some(dataset) = &args.signal.dataset {
        pipeline.on(dataset)?;
    }
    let _lock = session.home.lock(&pipeline.spec.name)?;
    let (home, progress) = (&session.home, session.progress);
    if args.trap {
        let shown = events::trap(home, progress, &pipeline, &args.data)?;
        return session.print(&shown, &shown.to_string());
    }
    let ran = events::run(home, progress, &pipeline, &args.data, now_ms())?;
    session.print(&ran, &ran.to_string())?;
    if args.require_promotion { require(&ran.names) } else { Ok(()) }
}

fn vibration(session: &Session, args: &RunArgs) -> Result<()> {
    let mut pipeline = VibrationPipeline::read(args.pipeline.path(), args.pipeline.seed())?;
    if let Some(dataset) = &args.signal.dataset {
        pipeline.on(dataset)?;
    }
    if args.trap {
        let what = "`--trap` belongs to gauntlets whose pipeline file describes a trap".to_owned();
        return Err(Failure::Usage(what).into());
    }
    let started_ms = now_ms();
    let _lock = session.home.lock(&pipeline.spec.name)?;
    let data = (&args.data, &args.signal);
    let ran = vibration::run(&session.home, session.progress, &pipeline, data, started_ms)?;
    session.print(&ran, &ran.to_string())?;
    if args.require_promotion { require(&ran.names) } else { Ok(()) }
}

fn sound(session: &Session, args: &RunArgs) -> Result<()> {
    let mut pipeline = SoundPipeline::read(args.pipeline.path(), args.pipeline.seed())?;
    if let Some(dataset) = &args.signal.dataset {
        pipeline.on(dataset)?;
    }
    let SignalArgs { scale, skip_damaged, .. } = &args.signal;
    let wishes = Wishes { scale, skip_damaged: *skip_damaged };
    let data = (&args.data, &wishes);
    let started_ms = now_ms();
    let _lock = session.home.lock(&pipeline.spec.name)?;
    if args.trap {
        let shown = sound::trap(&session.home, session.progress, &pipeline, data)?;
        return session.print(&shown, &shown.to_string());
    }
    let ran = sound::run(&session.home, session.progress, &pipeline, data, started_ms)?;
    session.print(&ran, &ran.to_string())?;
    if args.require_promotion {
        // Every type of machine has a winner of its own.
        ran.names.chunks(1).try_for_each(require)?;
    }
    Ok(())
}

fn classification(session: &Session, args: &RunArgs) -> Result<()> {
    let context = session.context(&args.pipeline)?;
    let _lock = context.lock()?;
    if args.trap {
        let shown = trap::run(&context, &args.data)?;
        return session.print(&shown, &shown.to_string());
    }
    let started_ms = now_ms();
    prepare::run(&context, &args.data)?;
    features::run(&context)?;
    train::run(&context)?;
    let (judgement, test) = judge::run(&context)?;
    let (_, timings) = train::read(&context, &judgement.info)?;
    let outcomes = block_on(register::run(&context, &judgement, &test, &timings, started_ms))?;
    report::publish(&context, &judgement, Some(&outcomes))?;
    block_on(attach::run(&context.home, context.pipeline.name(), context.progress, &outcomes))?;
    let text = report::text(&context, &judgement, Some(&outcomes))?;
    let value = Ran { metrics: report::metrics(&context, &judgement)?, names: &outcomes };
    session.print(&value, &text)?;
    if args.require_promotion { require(&outcomes) } else { Ok(()) }
}

/// The winner's name is the last.
fn require(outcomes: &[NameOutcome]) -> Result<()> {
    match outcomes.last() {
        Some(winner)
            if winner.status == Status::Unchanged
                || winner.verdict.decision == Decision::Promote =>
        {
            Ok(())
        }
        Some(winner) => {
            let what = format!("{} was not promoted: {}", winner.model, winner.verdict.decision);
            Err(Failure::NotPromoted(what).into())
        }
        None => Err(Failure::NotPromoted("nothing was registered".to_owned()).into()),
    }
}
