//! The IMAP example as .exe, against native peers.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::imap::Server;
use crate::linkers::clang;
use crate::place::{Place, for_both_word_sizes};
use crate::server::Running;
use crate::support::{IMAP_CLIENT, IMAP_SERVER};

for_both_word_sizes!(a_native_client_logs_in_to_a_server, a_client_logs_in_to_a_native_server);

fn a_native_client_logs_in_to_a_server(place: &Place) {
    place.compile(IMAP_SERVER, "libsecur32.dll.a", "imap_server.exe");
    let mut server = place.wine("imap_server.exe");
    let server = Running::start(server.args(["-v", "--once", "--accounts", "accounts.htdigest"]));
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "60", "--login-options", "AUTH=DIGEST-MD5"]);
    curl.args(["-u", "alice:secret", &format!("imap://127.0.0.1:{}/", server.port)]);
    let (_, told) = server.finish(&mut curl);
    assert!(told.contains("alice logged in by DIGEST-MD5"), "{told}");
}

/// Linked by mingw's linker with the import library that is made for it, and by LLVM's with the one
/// that is made for Microsoft's.
fn a_client_logs_in_to_a_native_server(place: &Place) {
    place.compile(IMAP_CLIENT, "libsecur32.dll.a", "imap_client.exe");
    log_in(place, "imap_client.exe");
    place.compile_by(clang(place.bits), IMAP_CLIENT, "secur32.lib", "imap_client_lld.exe");
    log_in(place, "imap_client_lld.exe");
}

fn log_in(place: &Place, program: &str) {
    let server = Server::start(1);
    let mut client = place
        .wine(program)
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
