//! SQLite's one writer: it takes what is waiting, runs it in one transaction, and answers after the commit.
//!
//! A commit waits for the disk, so sixty-four requests that share one are answered sooner than sixty-four
//! that wait in turn. Each has a savepoint of its own: what one of them refuses, the others do not notice.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::{Conn, DbError, sql};

/// At most this many requests share a transaction.
const BATCH: usize = 128;

/// Hands work to the writer; the writer stops when the last handle is dropped.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts a writer on a pool of one connection.
    pub(super) fn start(pool: SqlitePool) -> Self {
        let (jobs, waiting) = mpsc::channel(4 * BATCH);
        tokio::spawn(work(pool, waiting));
        Self { jobs }
    }

    /// Runs `write` in a transaction and returns its answer once that is committed.
    pub(super) async fn run<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Written { write: Some(write), result: None, reply };
        self.jobs.send(Box::new(job)).await.map_err(|_| DbError::Closed)?;
        answer.await.map_err(|_| DbError::Closed)?
    }
}

/// One request, whatever it answers with.
trait Job: Send {
    /// Runs it; whether what it wrote is to be kept.
    fn run<'c>(&'c mut self, db: &'c mut Conn) -> BoxFuture<'c, bool>;

    /// Answers, given how the transaction ended.
    fn answer(self: Box<Self>, committed: Result<(), DbError>);
}

struct Written<T, E, F> {
    write: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Written<T, E, F>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
    F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
{
    fn run<'c>(&'c mut self, db: &'c mut Conn) -> BoxFuture<'c, bool> {
        async move {
            let Some(write) = self.write.take() else {
                return false;
            };
            // A bug in one request must not end the writer for all.
            let result = AssertUnwindSafe(write(db)).catch_unwind().await;
            let result = result.unwrap_or_else(|_| Err(DbError::Closed.into()));
            let keep = result.is_ok();
            self.result = Some(result);
            keep
        }
        .boxed()
    }

    fn answer(self: Box<Self>, committed: Result<(), DbError>) {
        let answer = match (self.result, committed) {
            (Some(Ok(_)) | None, Err(error)) => Err(error.into()),
            (Some(result), _) => result,
            (None, Ok(())) => Err(DbError::Closed.into()),
        };
        // Who asked may have gone; what was written stays written.
        let _ = self.reply.send(answer);
    }
}

async fn work(pool: SqlitePool, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let ended = together(&pool, &mut batch).await;
        let failed = ended.is_err();
        let mut first = ended.err();
        for job in batch.drain(..) {
            job.answer(match (failed, first.take()) {
                (false, _) => Ok(()),
                (true, Some(error)) => Err(error),
                (true, None) => Err(DbError::Closed),
            });
        }
    }
}

/// Runs a batch in one transaction.
async fn together(pool: &SqlitePool, batch: &mut [Box<dyn Job>]) -> Result<(), DbError> {
    let mut db = Conn::SqliteTransaction(pool.begin_with("BEGIN IMMEDIATE").await?);
    if let [job] = batch {
        return if job.run(&mut db).await { db.commit().await } else { db.rollback().await };
    }
    for job in batch {
        db.execute(sql("SAVEPOINT request")).await?;
        if !job.run(&mut db).await {
            db.execute(sql("ROLLBACK TO request")).await?;
        }
        db.execute(sql("RELEASE request")).await?;
    }
    db.commit().await
}
