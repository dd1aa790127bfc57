//! `rediss://`: an engine with a certificate of its own, which whoever does not know it asks nothing.

use std::net::TcpListener;
use std::process::Command;

use secur32::digest::http::shared::Answer;

use crate::engine::{PATIENT, claim, client, refused};
use crate::servers::{Kind, Server};
use crate::support::succeed;

/// The variable that tells a part of this test where the engine is.
const PORT: &str = "SECUR32_TEST_TLS_PORT";

/// A certificate for `name`, and its key, in this directory.
fn make_certificate(directory: &std::path::Path, name: &str) {
    let mut command = Command::new("openssl");
    command.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    command.args(["-days", "2", "-subj", "/CN=test", "-addext"]);
    command.arg(format!("subjectAltName=DNS:{name}")).current_dir(directory);
    // One that signs itself and is a server's, as rustls wants it.
    command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    succeed(command.args(["-keyout", "key", "-out", "certificate"]));
}

/// Asks as the parts below do, in a process whose store of certificates is this file.
fn part(name: &str, port: u16, store: &std::path::Path) {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.args(["--exact", &format!("tls::{name}"), "--ignored", "--test-threads=1"]);
    command.env(PORT, port.to_string()).env("SSL_CERT_FILE", store).env_remove("SSL_CERT_DIR");
    let told = succeed(&mut command);
    assert!(told.contains("1 passed"), "{told}");
}

fn lines(host: &str) -> String {
    let port = std::env::var(PORT).expect("what the test says");
    format!("[shared]\nurl = \"rediss://{host}:{port}/0\"\n{PATIENT}")
}

#[test]
#[ignore = "a part of the test below"]
fn it_is_known() {
    let engine = client(&lines("localhost"));
    let epoch = engine.epoch(None).unwrap();
    assert_eq!(engine.claim(&claim(&[1; 16], &epoch, 1)).unwrap(), Answer::Begun);
    assert_eq!(engine.claim(&claim(&[1; 16], &epoch, 1)).unwrap(), Answer::Used);
    // The certificate is of another name.
    refused(client(&lines("127.0.0.1")).epoch(None));
}

#[test]
#[ignore = "a part of the test below"]
fn it_is_not_known() {
    let reason = refused(client(&lines("localhost")).epoch(None));
    assert!(reason.starts_with("shared: "), "{reason}");
}

#[test]
fn an_engine_by_tls() {
    let directory = std::env::temp_dir().join(format!("s32-tls-{}", std::process::id()));
    let other = directory.join("other");
    std::fs::create_dir_all(&other).expect("directories");
    make_certificate(&directory, "localhost");
    make_certificate(&other, "localhost");
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let (number, at) = (port.to_string(), directory.display().to_string());
    let (certificate, key) = (format!("{at}/certificate"), format!("{at}/key"));
    let words = [
        "--tls-port",
        &number,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
    ];
    let Some(server) = Server::start(Kind::Redis, &words) else { return };
    part("it_is_known", port, &directory.join("certificate"));
    part("it_is_not_known", port, &other.join("certificate"));
    assert_eq!(server.ask(&["DBSIZE"]), ":2", "the epoch and a record");
    let _ = std::fs::remove_dir_all(directory);
}
