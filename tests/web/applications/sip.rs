//! SIP's REGISTER: user agents with a registrar of ours, and a user agent of ours with Kamailio.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::daemons::Daemon;
use crate::example::{Server, built, directory, peer, run};

use super::passed;
use crate::results::Version;

fn registrar() -> PathBuf {
    built(&[
        "c_tests/web/applications/registrar.c",
        "examples/listener.c",
        "examples/peer.c",
        "examples/http_gate.c",
        "examples/http_contexts.c",
        "examples/http_text.c",
    ])
}

fn user_agent() -> PathBuf {
    built(&[
        "c_tests/web/applications/sip_client.c",
        "examples/http_login.c",
        "examples/http_text.c",
    ])
}

#[test]
fn our_user_agent_registers_with_our_registrar() {
    let client = user_agent();
    for algorithm in ["MD5", "MD5-sess", "SHA-256"] {
        let server = Server::start_program(&registrar(), 0, &crate::asking_for(algorithm));
        let port = server.port.to_string();
        run(&client, &[&port, "alice", "secret"]).expect(0);
        run(&client, &[&port, "alice", "wrong"]).expect(1);
        let told = server.stop();
        assert!(told.contains("CompleteAuthToken: SEC_E_OK"), "{algorithm}: {told}");
    }
}

#[test]
fn our_user_agent_registers_with_kamailio() {
    let Some(kamailio) = Daemon::kamailio() else { return };
    let (client, port) = (user_agent(), kamailio.port.to_string());
    let told = run(&client, &[&port, "alice", "secret"]).expect(0).output;
    assert!(told.contains("nc=00000002"), "{told}");
    run(&client, &[&port, "alice", "wrong"]).expect(1);
    passed("Kamailio (SIP)", Version::Debian("kamailio"), "server", "MD5", "none", "");
}

#[test]
fn sipsak_registers_with_our_registrar() {
    let Some(sipsak) = peer(&["sipsak"], &["--version"], "sipsak") else { return };
    let server = Server::start_program(&registrar(), 0, "");
    let port = server.port.to_string();
    let register = |password| {
        // Without -u it calls its user "alice@".
        let user = ["-U", "-i", "-s", "sip:alice@127.0.0.1", "-u", "alice", "-a", password];
        run(&sipsak, &[&user[..], &["-r", &port]].concat())
    };
    register("secret").expect(0);
    assert_ne!(register("wrong").code, Some(0));
    let told = server.stop();
    assert!(told.contains("this is example.org\\alice"), "{told}");
    assert!(told.contains("SEC_E_LOGON_DENIED"), "{told}");
    passed("sipsak (SIP)", Version::Debian("sipsak"), "client", "MD5", "none", "");
}

/// What baresip says of its registration.
fn baresip(program: &Path, port: u16, password: &str) -> String {
    let settings = directory();
    let account = format!("<sip:alice@127.0.0.1:{port}>;auth_pass={password};regint=60\n");
    let modules = "sip_listen 127.0.0.1:0\nmodule_path /usr/lib/baresip/modules\n\
                   module_tmp account.so\n";
    for (name, text) in [("config", modules), ("accounts", &account), ("contacts", "")] {
        std::fs::write(settings.join(name), text).expect("a file");
    }
    let mut command = Command::new(program);
    command.arg("-f").arg(&settings).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut process = command.stderr(Stdio::null()).spawn().expect("baresip runs");
    let output = BufReader::new(process.stdout.take().expect("a pipe"));
    let said = output.lines().map_while(Result::ok).find(|line| line.contains(" Registrar "));
    let _ = process.kill();
    let _ = process.wait();
    let _ = std::fs::remove_dir_all(settings);
    said.expect("an answer")
}

#[test]
fn baresip_registers_with_our_registrar() {
    // Its help ends with a failure.
    let probe = ["-c", "command -v baresip"];
    if peer(&["sh"], &probe, "baresip-core").is_none() {
        return;
    }
    let program = Path::new("baresip");
    let server = Server::start_program(&registrar(), 0, "");
    let said = baresip(program, server.port, "secret");
    assert!(said.contains("200 Registrar"), "{said}");
    let said = baresip(program, server.port, "wrong");
    assert!(said.contains("401 Registrar"), "{said}");
    let told = server.stop();
    assert!(told.contains("this is example.org\\alice"), "{told}");
    passed("baresip (SIP)", Version::Debian("baresip-core"), "client", "MD5", "none", "");
}
