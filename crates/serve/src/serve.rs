//! From the command line to a server that answers, and back to the prompt.

use std::io::Write as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::keys::Keys;
use crate::app::App;
use crate::backends::Backends;
use crate::live::{self, Models, Watcher};
use crate::routes;
use crate::sources::{Published, Source};

/// How long requests may take to finish once the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until the process is told to stop.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let keys = Keys::new(&arguments.keys);
    let addresses = addresses(&arguments.host, arguments.port, &keys)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let source: Arc<dyn Source> = Arc::new(Published(arguments.registry.clone()));
        let slots = live::start(&source, &arguments.models).await?;
        let models = Arc::new(Models::new(slots, None));
        if !keys.are_configured() {
            tracing::warn!("no API key is configured: requests from this machine need none");
        }
        let every = arguments.models.is_empty();
        let watcher = Watcher::new(source, models.clone(), every, Duration::from_secs(1));
        let app = Arc::new(App {
            models,
            keys,
            backends: Backends::default(),
            registry: arguments.registry.display().to_string(),
            bell: watcher.bell(),
        });
        tokio::spawn(watcher.run());
        listen(app, &addresses).await
    })
}

/// The addresses that a host name means. Without keys they all have to be loopback.
fn addresses(host: &str, port: u16, keys: &Keys) -> anyhow::Result<Vec<SocketAddr>> {
    let found: Vec<SocketAddr> = (host, port)
        .to_socket_addrs()
        .map_err(|error| {
            let message = format!("`{host}` is no address to listen on: {error}");
            Failure::usage(message, "give --host an address of this machine, such as 127.0.0.1")
        })?
        .collect();
    match found.iter().find(|address| !address.ip().is_loopback()) {
        Some(open) if !keys.are_configured() => {
            let message = format!("{} is open to others, and no API key is configured", open.ip());
            let hint = "set GAUNTLET_API_KEY, or listen on 127.0.0.1";
            Err(Failure::usage(message, hint).into())
        }
        _ => Ok(found),
    }
}

async fn listen(app: Arc<App>, addresses: &[SocketAddr]) -> anyhow::Result<()> {
    // Waiting for signals begins before anyone can know the address.
    let stop = stop_signal()?;
    let listener = TcpListener::bind(addresses)
        .await
        .with_context(|| format!("cannot listen on {addresses:?}"))?;
    let address = listener.local_addr()?;
    // Nobody needs to read the address; a closed pipe is no reason to stop.
    let _ = writeln!(std::io::stdout(), "listening on http://{address}");
    let stopping = Arc::new(Notify::new());
    let told = stopping.clone();
    let server = axum::serve(listener, routes::router(app)).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("stopping");
        told.notify_one();
    });
    let overdue = async {
        stopping.notified().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = async { server.await } => ended.context("the server failed"),
        () = overdue => {
            tracing::warn!("requests were still open after {} s", GRACE.as_secs());
            Ok(())
        }
    }
}

/// Ready when the process is told to stop: by Ctrl-C, or by SIGTERM.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => (),
            _ = interrupt.recv() => (),
        }
    })
}

/// Ready when the process is told to stop.
#[cfg(not(unix))]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler the process is simply ended by the system.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
