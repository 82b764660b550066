//! What the system tells the process: to stop, or to read its files again.

/// What a signal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// SIGTERM or Ctrl-C.
    Stop,
    /// SIGHUP.
    Reload,
}

#[cfg(unix)]
mod system {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::Told;

    /// The signals of a service.
    #[derive(Debug)]
    pub(crate) struct Signals {
        terminate: Signal,
        interrupt: Signal,
        hangup: Signal,
    }

    impl Signals {
        /// From now on none is missed.
        pub(crate) fn listen() -> std::io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hangup: signal(SignalKind::hangup())?,
            })
        }

        /// The next signal.
        pub(crate) async fn next(&mut self) -> Told {
            tokio::select! {
                _ = self.terminate.recv() => Told::Stop,
                _ = self.interrupt.recv() => Told::Stop,
                _ = self.hangup.recv() => Told::Reload,
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::Told;

    /// Ctrl-C.
    #[derive(Debug)]
    pub(crate) struct Signals;

    impl Signals {
        /// Nothing has to be prepared.
        pub(crate) fn listen() -> std::io::Result<Self> {
            Ok(Self)
        }

        /// Ready at Ctrl-C.
        pub(crate) async fn next(&mut self) -> Told {
            // Without a handler the process is simply ended by the system.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            Told::Stop
        }
    }
}

pub(crate) use system::Signals;
