//! TLS to the nodes: with what certificates, and why one of theirs was not accepted.

use std::fs;
use std::sync::{Arc, Mutex};

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{SslConnector, SslConnectorBuilder, SslMethod, SslVerifyMode};
use scylla::client::session::{OpenSsl010Config, TlsContext};

use crate::ffi::Cluster;

/// Why the last certificate that was not accepted was not. OpenSSL's own error says only that it was not.
#[derive(Clone, Default)]
pub struct Rejection(Arc<Mutex<Option<String>>>);

impl Rejection {
    pub fn take(&self) -> Option<String> {
        self.0.lock().expect(UNPOISONED).take()
    }

    fn set(&self, reason: &str) {
        *self.0.lock().expect(UNPOISONED) = Some(reason.to_string());
    }
}

const UNPOISONED: &str = "nothing panics while it holds the lock";

/// Reads the certificates. Error: which of them cannot be used, and why.
pub fn context_of(cluster: &Cluster, rejection: Rejection) -> Result<TlsContext, String> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(reason_of)?;
    builder.set_verify_callback(SslVerifyMode::PEER, move |good, certificates| {
        if !good {
            rejection.set(certificates.error().error_string());
        }
        good
    });
    if cluster.authorities.is_empty() {
        builder.set_default_verify_paths().map_err(reason_of)?;
    } else {
        read("cassandra-authorities", &cluster.authorities)?;
        builder.set_ca_file(&cluster.authorities).map_err(|error| {
            wrong(
                "cassandra-authorities",
                &cluster.authorities,
                "certificates",
                error,
            )
        })?;
    }
    if !cluster.certificate.is_empty() {
        read("cassandra-certificate", &cluster.certificate)?;
        builder
            .set_certificate_chain_file(&cluster.certificate)
            .map_err(|error| {
                wrong(
                    "cassandra-certificate",
                    &cluster.certificate,
                    "certificate",
                    error,
                )
            })?;
        set_key(&mut builder, &cluster.key).map_err(|error| match error {
            KeyError::Unread(message) => message,
            KeyError::Wrong(error) => wrong(
                "cassandra-key",
                &cluster.key,
                "key without a passphrase for that certificate",
                error,
            ),
        })?;
    }
    Ok(OpenSsl010Config::new(builder).into())
}

enum KeyError {
    Unread(String),
    Wrong(ErrorStack),
}

fn set_key(builder: &mut SslConnectorBuilder, path: &str) -> Result<(), KeyError> {
    let pem = read("cassandra-key", path).map_err(KeyError::Unread)?;
    // Without a callback OpenSSL would ask for the passphrase at the terminal, and wait.
    PKey::private_key_from_pem_callback(&pem, |_| Ok(0))
        .and_then(|key| builder.set_private_key(&key))
        .map_err(KeyError::Wrong)
}

fn read(setting: &str, path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{setting}: {path} cannot be read: {error}"))
}

fn wrong(setting: &str, path: &str, expected: &str, error: ErrorStack) -> String {
    format!(
        "{setting}: {path} holds no {expected} in PEM: {}",
        reason_of(error)
    )
}

fn reason_of(error: ErrorStack) -> String {
    let last = error.errors().last().and_then(|error| error.reason());
    last.unwrap_or("OpenSSL gives no reason").to_string()
}
