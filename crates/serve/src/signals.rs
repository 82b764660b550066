//! What the system tells the process: to stop, or to read its files again.

#[cfg(unix)]
mod system {
    use tokio::signal::unix::{Signal, SignalKind, signal};

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

        /// Ready at SIGTERM or Ctrl-C.
        pub(crate) async fn stop(&mut self) {
            tokio::select! {
                _ = self.terminate.recv() => (),
                _ = self.interrupt.recv() => (),
            }
        }

        /// Ready at SIGHUP.
        pub(crate) async fn reload(&mut self) {
            self.hangup.recv().await;
        }
    }
}

#[cfg(not(unix))]
mod system {
    /// The signals of a service: Ctrl-C only.
    #[derive(Debug)]
    pub(crate) struct Signals;

    impl Signals {
        /// Nothing has to be prepared.
        pub(crate) fn listen() -> std::io::Result<Self> {
            Ok(Self)
        }

        /// Ready at Ctrl-C.
        pub(crate) async fn stop(&mut self) {
            // Without a handler the process is simply ended by the system.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        }

        /// Never ready.
        pub(crate) async fn reload(&mut self) {
            std::future::pending().await
        }
    }
}

pub(crate) use system::Signals;
