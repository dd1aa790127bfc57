//! Programs that have never heard of us, with our DLL and without: the same answers.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::place::{Place, for_both_word_sizes};
use crate::support::skip::say;
use crate::support::succeed;
use crate::support::wine::{PREFIX, run_to_success};

const SOURCES: [&str; 3] = [
    "c_tests/windows/strangers.c",
    "c_tests/windows/strangers_exchange.c",
    "c_tests/windows/strangers_tls.c",
];

for_both_word_sizes!(the_machine_s_packages_answer_alike_with_and_without_us);

fn the_machine_s_packages_answer_alike_with_and_without_us(place: &Place) {
    place.compile(&SOURCES, "libsecur32.dll.a", "strangers.exe");
    let server = TlsServer::start(place);
    let theirs = run_to_success(place.wine_alone("strangers.exe").arg(&server.port));
    let ours = run_to_success(place.wine("strangers.exe").arg(&server.port));
    assert!(theirs.lines().any(|line| line == "  regnarts"), "no message over TLS: {theirs}");
    assert_eq!(ours.lines().last(), Some("end"), "{ours}");
    if !theirs.contains("  package NTLM: ") {
        // Of the Wines that are unpacked for CI only Wine 8 has the C library that this needs.
        let wanted = env::var_os("SECUR32_TEST_WINDOWS").is_some();
        assert!(!wanted || !PREFIX.iter().any(|part| part == "wine-8.0"), "no NTLM: {theirs}");
        say("SKIPPED: NTLM, by Samba's ntlm_auth (winbind), is not there or does not start");
    }
    // Ours is in the list, where Windows has it: before Schannel.
    let (mut lines, mut place_of_ours) = (vec![], vec![]);
    for line in ours.lines() {
        if line.starts_with("  package WDigest: ") {
            place_of_ours.push(lines.len());
        } else {
            lines.push(line);
        }
    }
    let [index] = place_of_ours[..] else { panic!("WDigest not once: {ours}") };
    assert!(lines[index].starts_with("  package Schannel: "), "{ours}");
    for (number, (ours, theirs)) in lines.iter().zip(theirs.lines()).enumerate() {
        assert_eq!(*ours, theirs, "line {number} of\n{}", lines.join("\n"));
    }
    assert_eq!(lines.len(), theirs.lines().count(), "{ours}");
}

/// OpenSSL's server, which sends each line back in reverse.
struct TlsServer {
    process: Child,
    port: String,
}

impl TlsServer {
    fn start(place: &Place) -> Self {
        let (key, certificate) = (place.path("key.pem"), place.path("certificate.pem"));
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
        command.args(["-subj", "/CN=localhost", "-keyout"]).arg(&key).arg("-out").arg(&certificate);
        succeed(&mut command);
        let mut command = Command::new("timeout");
        command.args(["600", "openssl", "s_server", "-rev", "-accept", "127.0.0.1:0", "-key"]);
        command.arg(&key).arg("-cert").arg(&certificate);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("openssl");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut lines = output.lines().map(|line| line.expect("text"));
        let port = lines.find_map(|line| {
            Some(line.strip_prefix("ACCEPT ")?.rsplit_once(':')?.1.trim().to_owned())
        });
        // Read on, so that it is never kept waiting.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, port: port.expect("a port") }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        // Its timekeeper hands this on.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}
