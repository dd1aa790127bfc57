//! The IMAP example as .exe, against native peers.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use crate::common::{IMAP_CLIENT, IMAP_SERVER};
use crate::imap::Server;
use crate::place::{Place, for_both_word_sizes};

for_both_word_sizes!(a_native_client_logs_in_to_a_server, a_client_logs_in_to_a_native_server);

fn a_native_client_logs_in_to_a_server(place: &Place) {
    place.compile(IMAP_SERVER, "libsecur32.dll.a", "imap_server.exe");
    let mut server = place
        .wine("imap_server.exe")
        .args(["-v", "--once", "--accounts", "accounts.htdigest"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("wine");
    let mut output = BufReader::new(server.stdout.take().expect("a pipe"));
    let mut first = String::new();
    output.read_line(&mut first).expect("the server's first line");
    let port = first.trim_end().strip_prefix("listening on 127.0.0.1:").expect("a port");
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "60", "--login-options", "AUTH=DIGEST-MD5"]);
    curl.args(["-u", "alice:secret", &format!("imap://127.0.0.1:{port}/")]);
    let ending = curl.output().expect("curl");
    let errors = String::from_utf8_lossy(&ending.stderr);
    if !ending.status.success() {
        // Its timekeeper hands this on.
        let _ = Command::new("kill").arg(server.id().to_string()).status();
    }
    let mut told = String::new();
    output.read_to_string(&mut told).expect("the dialogue");
    let status = server.wait().expect("the server ends");
    assert!(ending.status.success() && status.success(), "{errors}\n{told}");
    assert!(told.contains("alice logged in by DIGEST-MD5"), "{told}");
}

fn a_client_logs_in_to_a_native_server(place: &Place) {
    place.compile(IMAP_CLIENT, "libsecur32.dll.a", "imap_client.exe");
    let server = Server::start(1);
    let mut client = place
        .wine("imap_client.exe")
        .args(["--qop", "auth-conf", "127.0.0.1", &server.port.to_string(), "alice"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("wine");
    client.stdin.take().expect("a pipe").write_all(b"secret\n").expect("the password");
    let ending = client.wait_with_output().expect("the client ends");
    let dialogue = String::from_utf8_lossy(&ending.stdout);
    assert!(ending.status.success(), "{}\n{dialogue}", ending.status);
    let told = server.finish();
    assert!(told.contains("alice logged in by DIGEST-MD5"), "{told}");
    assert!(told.contains("(sealed "), "{told}");
}
