//! From the settings to a server that answers, and back to the prompt.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use crate::access::Access;
use crate::app::App;
use crate::catalogue::Catalogue;
use crate::eyes::metrics::Metrics;
use crate::eyes::payload::PayloadLog;
use crate::listen::{self, Limits, Tls};
use crate::live::{self, Models, Watcher, Watching};
use crate::routes;
use crate::settings::Settings;
use crate::signals::{Signals, Told};
use crate::sources::{Sources, State};

/// How long the payload log may take to write what it holds.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Serves until the process is told to stop.
pub(crate) fn run(settings: Settings) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(settings))
}

/// Loads and tests every model, says what it would serve, and ends.
pub(crate) fn selftest(settings: &Settings) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let metrics = Arc::new(Metrics::new(&routes::patterns(), Instant::now()));
    let watching = Watching { metrics, drift: Some(settings.drift.clone()) };
    let sources = Arc::new(sources(settings)?);
    let slots = runtime.block_on(live::start(&sources, &settings.models, &watching))?;
    for slot in slots {
        let served = slot.current();
        let (wanted, version) = (&slot.wanted, served.located.version);
        let digest = served.digest.short();
        let line = format!("ok {wanted}: version {version}, {digest}, answers its example\n");
        std::io::stdout().write_all(line.as_bytes())?;
    }
    Ok(())
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    // Waiting for signals begins before anyone can know the address.
    let signals = Signals::listen()?;
    let access = Access::open(&settings.access)?;
    let tls = settings.tls.as_ref().map(Tls::open).transpose()?.map(Arc::new);
    let listener = listen::bind(&settings.host, settings.port, &access).await?;
    let metrics = Arc::new(Metrics::new(&routes::patterns(), Instant::now()));
    let drift = settings.drift.enabled.then(|| settings.drift.clone());
    let watching = Watching { metrics: metrics.clone(), drift };
    let sources = Arc::new(sources(&settings)?);
    let slots = live::start(&sources, &settings.models, &watching).await?;
    let models = Arc::new(Models::new(slots, settings.default_model.clone()));
    let payload = settings.payload_log.as_ref().map(PayloadLog::start).transpose()?;
    if let Some(payload) = &payload {
        metrics.watch_payload(payload.counts());
    }
    if !access.asks_everyone() {
        tracing::warn!("anonymous requests are allowed: who is on this machine needs no key");
    }
    let period = Duration::from_secs_f64(settings.watch_seconds);
    let every = settings.models.is_empty();
    let watcher = Watcher::new(sources.clone(), models.clone(), watching, every, period);
    let app = Arc::new(App {
        catalogue: Catalogue::new(sources, models.clone()),
        models,
        access,
        tls,
        metrics,
        exposition: settings.metrics.clone(),
        payload,
        body: settings.limits.body(),
        recording: settings.limits.recording(),
        backends: settings.backends.clone(),
        bell: watcher.bell(),
    });
    let watcher = tokio::spawn(watcher.run());
    listen_until_told(listener, &app, settings.limits, signals).await?;
    watcher.abort();
    if let Some(payload) = Arc::into_inner(app).and_then(|app| app.payload)
        && !tokio::task::block_in_place(|| payload.close(LAST_LINES))
    {
        tracing::warn!("the last lines of the payload log are not written");
    }
    Ok(())
}

fn sources(settings: &Settings) -> anyhow::Result<Sources> {
    Ok(Sources::open(&settings.registry, State::open(settings.state_dir.clone()))?)
}

async fn listen_until_told(
    listener: TcpListener,
    app: &Arc<App>,
    limits: Limits,
    mut signals: Signals,
) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let scheme = if app.tls.is_some() { "https" } else { "http" };
    // Nobody needs to read the address; a closed pipe is no reason to stop.
    let _ = writeln!(std::io::stdout(), "listening on {scheme}://{address}");
    let (told, stop) = tokio::sync::oneshot::channel::<()>();
    let router = routes::router(app.clone());
    let stopped = async {
        // The sender goes only together with this future.
        let _ = stop.await;
    };
    let server = listen::serve(listener, router, limits, app.tls.clone(), stopped);
    tokio::pin!(server);
    loop {
        tokio::select! {
            () = &mut server => return Ok(()),
            told = signals.next() => match told {
                Told::Reload => drop(app.reload()),
                Told::Stop => break,
            },
        }
    }
    // Nobody listens any more if the server ended by itself meanwhile.
    let _ = told.send(());
    loop {
        tokio::select! {
            () = &mut server => return Ok(()),
            told = signals.next() => if told == Told::Stop {
                tracing::warn!("told to stop a second time: ending at once");
                return Ok(());
            },
        }
    }
}
