//! The bridge between vidi and Apache Cassandra: C++ hands over a prepared statement's number and its values as the
//! native protocol writes them, and is called back with rows as the native protocol writes them. What statements mean is
//! decided in C++ (src/platform/cassandra, src/storage/records/cassandra, src/storage/objects/cassandra); connections, tokens, retries and
//! reconnection are the driver's.

mod answer;
mod cells;
mod refusal;
mod session;
mod tls;

use session::{Session, connect};

#[cxx::bridge(namespace = "vidi::cassandra::bridge")]
mod ffi {
    /// How a cluster is reached.
    struct Cluster {
        /// "host" or "host:port"
        hosts: Vec<String>,
        /// Empty: no authentication.
        user: String,
        password: String,
        tls: bool,
        /// PEM file of the authorities that may have signed the nodes' certificates; empty: the system's.
        authorities: String,
        /// PEM files by which this side proves who it is; empty: it does not.
        certificate: String,
        key: String,
        /// As the protocol numbers it: 1 one, 4 quorum, 6 local_quorum, 10 local_one, ...
        consistency: u16,
        /// Preferred; empty: any.
        datacenter: String,
        request_milliseconds: u64,
        connect_milliseconds: u64,
        /// Requests that the cluster works on at the same time; more wait.
        in_flight: u32,
    }

    /// Why there is no answer.
    #[derive(Debug)]
    enum Failure {
        none,
        /// It may work later: no node, no quorum, too slow, too busy.
        unavailable,
        /// Never: a statement or value that Cassandra does not take.
        invalid,
        /// Not with this user.
        denied,
    }

    /// Cells are rows one after another, each cell its length in 4 bytes, most significant first (-1: null), and its
    /// bytes (native protocol version 4, section 6).
    struct Answer {
        failure: Failure,
        message: String,
        rows: usize,
        columns: usize,
        cells: Vec<u8>,
        /// Where the next page begins; empty: this was the last one.
        next: Vec<u8>,
        /// Of a prepared statement.
        statement: usize,
    }

    extern "Rust" {
        type Session;

        /// Calls back with a session, or with the reason why there is none.
        fn connect(cluster: &Cluster, waiter: UniquePtr<Waiter>);

        /// An unprepared statement without values, for schemas.
        fn query(self: &Session, statement: &str, waiter: UniquePtr<Waiter>);

        /// Calls back with the statement's number. `idempotent`: may be sent again when it is not known what became of
        /// it. `page`: rows of a page.
        fn prepare(
            self: &Session,
            statement: &str,
            idempotent: bool,
            page: i32,
            waiter: UniquePtr<Waiter>,
        );

        /// `cells`: one row. `from`: the `next` of the page before, or empty.
        fn execute(
            self: &Session,
            statement: usize,
            cells: &[u8],
            from: &[u8],
            waiter: UniquePtr<Waiter>,
        );

        /// Several writes at the same time, each to the nodes that keep its row. `cells`: a row for each statement.
        fn execute_all(
            self: &Session,
            statements: &[usize],
            cells: &[u8],
            waiter: UniquePtr<Waiter>,
        );
    }

    unsafe extern "C++" {
        include!("cassandra/waiter.hpp");

        /// What waits in C++. Called once, from a thread of the driver.
        type Waiter;
        fn done(self: Pin<&mut Waiter>, answer: Answer);
        fn connected(self: Pin<&mut Waiter>, session: Box<Session>);
    }
}

// SAFETY: a waiter is a callback that any thread may call, once; vidi's C++ side promises it (cassandra/waiter.hpp).
unsafe impl Send for ffi::Waiter {}
