//! What C++ is told: rows, or why there are none.

use scylla::deserialize::row::ColumnIterator;
use scylla::errors::{DbError, ExecutionError, PrepareError, RequestAttemptError};
use scylla::response::PagingStateResponse;
use scylla::response::query_result::QueryResult;

use crate::cells::append_row;
use crate::ffi::{Answer, Failure};

impl Answer {
    pub fn empty() -> Answer {
        Answer {
            failure: Failure::none,
            message: String::new(),
            rows: 0,
            columns: 0,
            cells: Vec::new(),
            next: Vec::new(),
            statement: 0,
        }
    }

    pub fn prepared(statement: usize) -> Answer {
        Answer {
            statement,
            ..Answer::empty()
        }
    }

    /// The message becomes one line: some of the driver's have several.
    pub fn failed(failure: Failure, message: impl ToString) -> Answer {
        let message = message.to_string();
        let words: Vec<&str> = message.split_whitespace().collect();
        Answer {
            failure,
            message: words.join(" "),
            ..Answer::empty()
        }
    }

    pub fn of(result: QueryResult, paging: Option<PagingStateResponse>) -> Answer {
        let mut answer = Answer::empty();
        if let Some(PagingStateResponse::HasMorePages { state }) = paging {
            answer.next = state
                .as_bytes_slice()
                .map(|bytes| bytes.to_vec())
                .unwrap_or_default();
        }
        if !result.is_rows() {
            return answer;
        }
        match read(result, &mut answer) {
            Ok(()) => answer,
            Err(message) => Answer::failed(Failure::invalid, message),
        }
    }
}

fn read(result: QueryResult, answer: &mut Answer) -> Result<(), String> {
    let rows = result
        .into_rows_result()
        .map_err(|error| error.to_string())?;
    answer.rows = rows.rows_num();
    answer.columns = rows.column_specs().len();
    answer.cells.reserve(rows.rows_bytes_size());
    for row in rows
        .rows::<ColumnIterator>()
        .map_err(|error| error.to_string())?
    {
        let row = row.map_err(|error| error.to_string())?;
        append_row(row, &mut answer.cells).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn failure_of_database(error: &DbError) -> Failure {
    match error {
        DbError::AuthenticationError | DbError::Unauthorized => Failure::denied,
        DbError::SyntaxError
        | DbError::Invalid
        | DbError::AlreadyExists { .. }
        | DbError::FunctionFailure { .. }
        | DbError::ConfigError
        | DbError::ProtocolError => Failure::invalid,
        _ => Failure::unavailable,
    }
}

fn failure_of_attempt(error: &RequestAttemptError) -> Failure {
    match error {
        RequestAttemptError::DbError(error, _) => failure_of_database(error),
        RequestAttemptError::SerializationError(_)
        | RequestAttemptError::CqlRequestSerialization(_) => Failure::invalid,
        _ => Failure::unavailable,
    }
}

impl From<ExecutionError> for Answer {
    fn from(error: ExecutionError) -> Answer {
        let failure = match &error {
            ExecutionError::BadQuery(_) => Failure::invalid,
            ExecutionError::LastAttemptError(attempt) => failure_of_attempt(attempt),
            _ => Failure::unavailable,
        };
        Answer::failed(failure, error)
    }
}

impl From<PrepareError> for Answer {
    fn from(error: PrepareError) -> Answer {
        let failure = match &error {
            PrepareError::AllAttemptsFailed { first_attempt } => failure_of_attempt(first_attempt),
            _ => Failure::unavailable,
        };
        Answer::failed(failure, error)
    }
}
