//! Spark's SASL client and server, which its block transfer and shuffle services use: the user is
//! "sparkSaslUser" in base64, the realm "default", the target "null/default".

use std::process::Stdio;

use crate::accounts::Setting;
use crate::exchange::{self, Outcome};
use crate::line_protocol::{End, Process};
use crate::peer::MAXBUF;
use crate::programs;
use crate::runner::run;

use super::Application;
use super::java::{self, SPARK};
use crate::results::{Entry, Version};

/// base64 of sparkSaslUser and of the secret, as Spark makes name and password.
const USER: &str = "user=c3BhcmtTYXNsVXNlcg==";
const PASSWORD: &str = "password=c2VjcmV0";
const WRONG: &str = "password=U2VjcmV0";

fn spark(setting: &Setting, name: &str, words: &[&str]) -> Result<Box<dyn End>, String> {
    let mut command = java::java(&java::spark_and_hadoop()?, &[], "SparkPeer");
    let log = setting.log(name)?;
    Ok(Box::new(Process::start("Spark", command.args(words).stderr(Stdio::from(log)))?))
}

fn ours(setting: &Setting, client: bool, words: &[&str]) -> Result<Box<dyn End>, String> {
    let (program, name) = if client {
        (programs::our_client()?, "the client")
    } else {
        (programs::our_server()?, "the server")
    };
    let mut command = setting.ours(&program);
    let log = setting.log(name)?;
    Ok(Box::new(Process::start(name, command.args(words).stderr(Stdio::from(log)))?))
}

fn play(entry: &Entry) -> Result<(), String> {
    let setting = Setting::new(None, None, MAXBUF)?;
    for password in [PASSWORD, WRONG] {
        let encrypt = entry.agreed != "auth";
        let qop = if encrypt { "qop=auth-conf" } else { "qop=auth" };
        let mut words = vec!["secret=secret"];
        words.extend(encrypt.then_some("encrypt=1"));
        let (mut client, mut server) = if entry.role == "client" {
            let client = spark(&setting, "the client", &[&["role=client"][..], &words].concat())?;
            (client, ours(&setting, false, &["qop=auth-conf", USER, password])?)
        } else {
            let words_of_ours = ["target=null/default", qop, USER, password];
            let server = spark(&setting, "the server", &[&["role=server"][..], &words].concat())?;
            (ours(&setting, true, &words_of_ours)?, server)
        };
        let mut transcript = String::new();
        let outcome = exchange::exchange(client.as_mut(), server.as_mut(), false, &mut transcript);
        let told = |error: String| error + &transcript + &setting.logs();
        match outcome.map_err(told)? {
            Outcome::Established { client: of_client, server: of_server } => {
                let qop = entry.agreed.split(' ').next().unwrap_or_default();
                if password == WRONG || of_client.qop != qop || of_server.qop != qop {
                    return Err(format!("{password}: {of_client:?}, {of_server:?}"));
                }
                if encrypt {
                    let sizes = (of_client.largest, of_server.largest);
                    exchange::messages(client.as_mut(), server.as_mut(), sizes, 1)?;
                }
            }
            Outcome::ServerRefused(_) if password == WRONG => {}
            Outcome::ServerRefused(reason) | Outcome::ClientRefused(reason) => {
                return Err(format!("refused: {reason}{transcript}{}", setting.logs()));
            }
        }
    }
    Ok(())
}

#[test]
fn spark_by_its_own_classes() {
    let row = |role, agreed| Application {
        entry: Entry {
            protocol: "DIGEST-MD5",
            program: "Spark",
            version: Version::Pinned(SPARK),
            role,
            agreed,
            settings: if role == "client" { "none, and `pGetKeyFn`" } else { "none" },
            names: "base64, so ASCII alone",
        },
        missing: || java::spark_and_hadoop().err(),
        play,
    };
    run(
        "Spark",
        &[
            row("client", "auth"),
            row("client", "auth-conf 3des"),
            row("server", "auth"),
            row("server", "auth-conf 3des"),
        ],
    );
}
