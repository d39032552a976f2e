//! A connection to a cluster: one for the process.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, LazyLock, RwLock};
use std::time::Duration;

use bytes::Bytes;
use cxx::UniquePtr;
use futures::future::join_all;
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session_builder::SessionBuilder;
use scylla::client::{PoolSize, WriteCoalescingDelay};
use scylla::errors::ExecutionError;
use scylla::policies::load_balancing::DefaultPolicy;
use scylla::policies::speculative_execution::SimpleSpeculativeExecutionPolicy;
use scylla::response::PagingState;
use scylla::response::query_result::QueryResult;
use scylla::statement::Consistency;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::unprepared::Statement;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use crate::cells::{Cells, length_of};
use crate::ffi::{Answer, Cluster, Failure, Waiter};
use crate::refusal::Attempt;
use crate::tls::{Rejection, context_of};

/// One thread is enough: it only moves bytes.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("cassandra")
        .enable_all()
        .build()
        .expect("a thread for Cassandra can be started")
});

/// A node that does not answer for so long is not waited for alone: another is asked as well. Statements are idempotent.
const ASK_ANOTHER_AFTER: Duration = Duration::from_millis(150);

/// How often a quiet connection is tried, and after how long without an answer it is given up: a machine that is gone
/// says nothing.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of values in one message: Cassandra builds it in its memory as one piece.
const LARGEST_MESSAGE: usize = 256 * 1024;

/// Into how many messages rows go that are alone in their partition, and how many of them at most into one: each message
/// costs the cluster a thread's time, and each row of one waits for the row before it.
const MIXED_MESSAGES: usize = 8;
const MOST_MIXED_ROWS: usize = 4;

/// Bytes of values in such a message: from 5 KiB on Cassandra complains of it in its log, and takes none over 50 KiB.
const LARGEST_MIXED_MESSAGE: usize = 3 * 1024;

struct Inner {
    session: scylla::client::session::Session,
    statements: RwLock<Vec<Arc<PreparedStatement>>>,
    permits: Semaphore,
    most: usize,
}

/// A statement, and where the cells of its row are.
type Row = (Arc<PreparedStatement>, Range<usize>);

pub struct Session(Arc<Inner>);

fn answer(mut waiter: UniquePtr<Waiter>, answer: Answer) {
    waiter.pin_mut().done(answer);
}

fn builder_of(cluster: &Cluster, rejection: &Rejection) -> Result<SessionBuilder, String> {
    let consistency =
        Consistency::try_from(cluster.consistency).map_err(|error| error.to_string())?;
    let mut balancing = DefaultPolicy::builder().token_aware(true);
    if !cluster.datacenter.is_empty() {
        balancing = balancing
            .prefer_datacenter(cluster.datacenter.clone())
            .permit_dc_failover(true);
    }
    let profile = ExecutionProfile::builder()
        .consistency(consistency)
        .request_timeout(Some(Duration::from_millis(cluster.request_milliseconds)))
        .load_balancing_policy(balancing.build())
        .speculative_execution_policy(Some(Arc::new(SimpleSpeculativeExecutionPolicy {
            max_retry_count: 1,
            retry_interval: ASK_ANOTHER_AFTER,
        })))
        .build();
    let mut builder = SessionBuilder::new()
        .known_nodes(&cluster.hosts)
        .connection_timeout(Duration::from_millis(cluster.connect_milliseconds))
        .default_execution_profile_handle(profile.into_handle())
        .keepalive_interval(KEEPALIVE_INTERVAL)
        .keepalive_timeout(KEEPALIVE_TIMEOUT)
        .pool_size(PoolSize::PerHost(NonZeroUsize::MIN))
        .write_coalescing_delay(WriteCoalescingDelay::SmallNondeterministic)
        .fetch_schema_metadata(false);
    if cluster.tls {
        builder = builder.tls_context(Some(context_of(cluster, rejection.clone())?));
    }
    if !cluster.user.is_empty() {
        builder = builder.user(&cluster.user, &cluster.password);
    }
    Ok(builder)
}

pub fn connect(cluster: &Cluster, mut waiter: UniquePtr<Waiter>) {
    let attempt = Attempt {
        tls: cluster.tls,
        certificate: !cluster.certificate.is_empty(),
        rejection: Rejection::default(),
    };
    let builder = match builder_of(cluster, &attempt.rejection) {
        Ok(builder) => builder,
        Err(message) => return answer(waiter, Answer::failed(Failure::invalid, message)),
    };
    let most = cluster.in_flight as usize;
    RUNTIME.spawn(async move {
        match builder.build().await {
            Ok(session) => {
                let inner = Inner {
                    session,
                    statements: RwLock::default(),
                    permits: Semaphore::new(most),
                    most,
                };
                waiter
                    .pin_mut()
                    .connected(Box::new(Session(Arc::new(inner))));
            }
            Err(error) => answer(waiter, attempt.refusal(error)),
        }
    });
}

impl Inner {
    fn statement(&self, number: usize) -> Option<Arc<PreparedStatement>> {
        self.statements
            .read()
            .expect("nothing panics while it holds the lock")
            .get(number)
            .cloned()
    }

    fn add(&self, statement: PreparedStatement) -> usize {
        let mut statements = self
            .statements
            .write()
            .expect("nothing panics while it holds the lock");
        statements.push(Arc::new(statement));
        statements.len() - 1
    }

    /// In one message.
    async fn write(&self, rows: &[Row], cells: &[u8]) -> Result<QueryResult, ExecutionError> {
        if let [(statement, place)] = rows {
            return self
                .session
                .execute_unpaged(statement, Cells(&cells[place.clone()]))
                .await;
        }
        let mut batch = Batch::new(BatchType::Unlogged);
        batch.set_is_idempotent(true);
        for (statement, _) in rows {
            batch.append_statement(PreparedStatement::clone(statement));
        }
        let values: Vec<Cells> = rows
            .iter()
            .map(|(_, place)| Cells(&cells[place.clone()]))
            .collect();
        self.session.batch(&batch, values).await
    }

    /// Where each statement's row lies; all of `cells` belong to one.
    fn rows_of(&self, statements: &[usize], cells: &[u8]) -> Result<Vec<Row>, &'static str> {
        let mut rows = Vec::with_capacity(statements.len());
        let mut begin = 0;
        for number in statements {
            let statement = self.statement(*number).ok_or(NO_SUCH_STATEMENT)?;
            let columns = statement.get_variable_col_specs().len();
            let end = begin + length_of(&cells[begin..], columns).ok_or(WRONG_CELLS)?;
            rows.push((statement, begin..end));
            begin = end;
        }
        if begin == cells.len() {
            Ok(rows)
        } else {
            Err(WRONG_CELLS)
        }
    }
}

/// Rows of one partition travel in one message, which Cassandra applies as a whole and for which it waits for its log
/// once. Rows that are alone in theirs are applied one after another when they share a message.
fn messages_of(rows: Vec<Row>, cells: &[u8]) -> Vec<Vec<Row>> {
    let mut messages: Vec<Vec<Row>> = Vec::new();
    let mut of_partition: HashMap<(String, Bytes), (usize, usize)> = HashMap::new();
    for (statement, place) in rows {
        let partition = statement
            .get_table_spec()
            .map(|table| table.table_name().to_owned())
            .zip(
                statement
                    .compute_partition_key(&Cells(&cells[place.clone()]))
                    .ok(),
            );
        let Some(partition) = partition else {
            messages.push(vec![(statement, place)]);
            continue;
        };
        let length = place.len();
        match of_partition.get_mut(&partition) {
            Some((message, bytes)) if *bytes + length <= LARGEST_MESSAGE => {
                *bytes += length;
                messages[*message].push((statement, place));
            }
            _ => {
                of_partition.insert(partition, (messages.len(), length));
                messages.push(vec![(statement, place)]);
            }
        }
    }
    let (alone, mut messages): (Vec<_>, Vec<_>) =
        messages.into_iter().partition(|rows| rows.len() == 1);
    messages.extend(mixed_messages_of(alone.into_iter().flatten().collect()));
    messages
}

/// Messages of rows that are alone in their partition.
fn mixed_messages_of(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let together = rows
        .len()
        .div_ceil(MIXED_MESSAGES)
        .clamp(1, MOST_MIXED_ROWS);
    let mut messages: Vec<Vec<Row>> = Vec::new();
    let mut room = (0, 0);
    for row in rows {
        let length = row.1.len();
        match messages.last_mut() {
            Some(message) if room.0 > 0 && length <= room.1 => {
                message.push(row);
                room = (room.0 - 1, room.1 - length);
            }
            _ => {
                messages.push(vec![row]);
                room = (together - 1, LARGEST_MIXED_MESSAGE.saturating_sub(length));
            }
        }
    }
    messages
}

const NO_SUCH_STATEMENT: &str = "there is no statement of that number";
const WRONG_CELLS: &str = "the values are not those of the statement's columns";

impl Session {
    /// `messages`: how many the work sends at the same time.
    fn run<F>(&self, messages: usize, waiter: UniquePtr<Waiter>, work: impl FnOnce(Arc<Inner>) -> F)
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let inner = self.0.clone();
        let work = work(inner.clone());
        RUNTIME.spawn(async move {
            // It is never closed.
            let _permit = inner
                .permits
                .acquire_many(messages.min(inner.most) as u32)
                .await;
            answer(waiter, work.await);
        });
    }

    pub fn query(&self, statement: &str, waiter: UniquePtr<Waiter>) {
        let statement = Statement::new(statement);
        self.run(1, waiter, |inner| async move {
            match inner.session.query_unpaged(statement, &[]).await {
                Ok(result) => Answer::of(result, None),
                Err(error) => error.into(),
            }
        });
    }

    pub fn prepare(&self, statement: &str, idempotent: bool, page: i32, waiter: UniquePtr<Waiter>) {
        let statement = Statement::new(statement).with_page_size(page);
        self.run(1, waiter, move |inner| async move {
            match inner.session.prepare(statement).await {
                Ok(mut prepared) => {
                    prepared.set_is_idempotent(idempotent);
                    prepared.set_use_cached_result_metadata(true);
                    Answer::prepared(inner.add(prepared))
                }
                Err(error) => error.into(),
            }
        });
    }

    pub fn execute(&self, statement: usize, cells: &[u8], from: &[u8], waiter: UniquePtr<Waiter>) {
        let writes = match self.0.rows_of(&[statement], cells) {
            Ok(writes) => writes,
            Err(message) => return answer(waiter, Answer::failed(Failure::invalid, message)),
        };
        let cells = cells.to_vec();
        let from = if from.is_empty() {
            PagingState::start()
        } else {
            PagingState::new_from_raw_bytes(from)
        };
        self.run(1, waiter, |inner| async move {
            match inner
                .session
                .execute_single_page(&writes[0].0, Cells(&cells), from)
                .await
            {
                Ok((result, paging)) => Answer::of(result, Some(paging)),
                Err(error) => error.into(),
            }
        });
    }

    pub fn execute_all(&self, statements: &[usize], cells: &[u8], waiter: UniquePtr<Waiter>) {
        let messages = match self
            .0
            .rows_of(statements, cells)
            .map(|rows| messages_of(rows, cells))
        {
            Ok(messages) => messages,
            Err(message) => return answer(waiter, Answer::failed(Failure::invalid, message)),
        };
        let cells = cells.to_vec();
        self.run(messages.len(), waiter, |inner| async move {
            let each = messages.iter().map(|rows| inner.write(rows, &cells));
            // All are waited for, those after a failure too: nothing of a call goes on behind its answer.
            for result in join_all(each).await {
                if let Err(error) = result {
                    return error.into();
                }
            }
            Answer::empty()
        });
    }
}
