//! Why there is no connection, in words for the person who looks after vidi.

use std::io::ErrorKind;

use scylla::errors::{
    ConnectionError, ConnectionPoolError, ConnectionSetupRequestErrorKind, DbError, MetadataError,
    NewSessionError,
};

use crate::ffi::{Answer, Failure};
use crate::tls::Rejection;

/// How it was tried.
pub struct Attempt {
    pub tls: bool,
    /// With a certificate of our own.
    pub certificate: bool,
    pub rejection: Rejection,
}

impl Attempt {
    pub fn refusal(&self, error: NewSessionError) -> Answer {
        let unavailable = |message: String| Answer::failed(Failure::unavailable, message);
        if let Some(reason) = self.rejection.take() {
            return unavailable(format!(
                "a node's certificate is not accepted: {reason}. Those of the setting cassandra-authorities must have \
                 signed it, for the node's IP address"
            ));
        }
        match error {
            NewSessionError::FailedToResolveAnyHostname(hosts) => unavailable(format!(
                "there is no host of the name {}",
                hosts.join(" or ")
            )),
            NewSessionError::MetadataError(MetadataError::ConnectionPoolError(
                ConnectionPoolError::Broken {
                    last_connection_error,
                },
            )) => self.refusal_of_connection(last_connection_error),
            error => unavailable(error.to_string()),
        }
    }

    fn refusal_of_connection(&self, error: ConnectionError) -> Answer {
        let (failure, message) = match error {
            ConnectionError::ConnectTimeout => {
                (Failure::unavailable, "no node answers in time".to_string())
            }
            ConnectionError::IoError(error) if self.tls && error.kind() == ErrorKind::Other => (
                Failure::unavailable,
                format!(
                    "no TLS with a node ({error}); perhaps it speaks none, see the setting cassandra-tls"
                ),
            ),
            ConnectionError::IoError(error) => (
                Failure::unavailable,
                format!("no node can be reached: {error}"),
            ),
            ConnectionError::ConnectionSetupRequestError(error) => {
                return self.refusal_of_setup(error.get_error());
            }
            error => (Failure::unavailable, error.to_string()),
        };
        Answer::failed(failure, message)
    }

    fn refusal_of_setup(&self, error: &ConnectionSetupRequestErrorKind) -> Answer {
        use ConnectionSetupRequestErrorKind::{
            BrokenConnection, DbError as Database, MissingAuthentication,
        };
        match error {
            Database(DbError::AuthenticationError, message) => {
                Answer::failed(Failure::denied, message)
            }
            MissingAuthentication => Answer::failed(
                Failure::denied,
                "it asks for a user and a password: the settings cassandra-user and cassandra-password",
            ),
            BrokenConnection(_) => Answer::failed(Failure::unavailable, self.reason_of_the_end()),
            error => Answer::failed(Failure::unavailable, error),
        }
    }

    /// Of a connection that a node ended before it answered. What it said about it comes before or after the end that
    /// the driver has noticed, so that the driver's own words change from one attempt to the next.
    fn reason_of_the_end(&self) -> &'static str {
        match (self.tls, self.certificate) {
            (false, _) => {
                "a node ended the connection; perhaps it speaks only TLS, see the setting cassandra-tls"
            }
            (true, false) => {
                "a node ended the connection; perhaps it asks for a certificate, see the setting cassandra-certificate"
            }
            (true, true) => {
                "a node ended the connection; perhaps it does not accept the certificate of the setting \
                 cassandra-certificate"
            }
        }
    }
}
