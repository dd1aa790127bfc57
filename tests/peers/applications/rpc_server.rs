//! Hadoop's RPC client with the example of a server that makes passwords from names.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::accounts::Setting;
use crate::line_protocol::Process;
use crate::peer::MAXBUF;
use crate::programs::Found;
use crate::runner::run;
use crate::support;

use super::Application;
use super::java::{self, HADOOP};
use crate::results::{Entry, Version};

const KEY: &str = "the key of the test";
const SOURCES: &[&str] = &[
    "examples/rpc_server.c",
    "examples/rpc_login.c",
    "examples/rpc_link.c",
    "examples/rpc_bytes.c",
    "examples/rpc_token.c",
    "examples/listener.c",
    "examples/imap_layer.c",
    "examples/imap_text.c",
];

fn server() -> Found {
    static PROGRAM: OnceLock<Found> = OnceLock::new();
    PROGRAM
        .get_or_init(|| {
            if !Path::new("/usr/include/openssl/hmac.h").exists() {
                return Err("libssl-dev");
            }
            let library = ["-std=c99", "-Wl,--no-as-needed", "-lcrypto"];
            Ok(support::compile_c(SOURCES, &[&library[..], support::STRICT].concat()))
        })
        .clone()
}

fn missing() -> Option<&'static str> {
    java::spark_and_hadoop().err().or_else(|| server().err())
}

/// A token for alice that ends after so many seconds.
fn token(key: &str, seconds: i32) -> Result<(String, String), String> {
    let mut command = Command::new(server()?);
    let told = support::succeed(command.args([key, "token", "alice", &seconds.to_string()]));
    let (identifier, password) = told.trim_end().split_once(' ').ok_or("no token")?;
    Ok((identifier.to_owned(), password.to_owned()))
}

/// What Hadoop's client says of its calls.
fn call(
    setting: &Setting,
    (port, protection): (u16, &str),
    (identifier, password): (String, String),
) -> Result<Vec<String>, String> {
    let mut command = java::java(&java::spark_and_hadoop()?, &[], "HadoopPeer");
    command.args(["role=client", &format!("protection={protection}"), &format!("port={port}")]);
    command.args([format!("identifier={identifier}"), format!("password={password}")]);
    // The longest is split over several messages of SASL, both ways.
    command.arg("size=1,1024,60000,300000");
    let log = Stdio::from(setting.log("the client")?);
    let mut client = Process::start("Hadoop's client", command.stderr(log))?;
    let mut told = Vec::new();
    while let Ok(line) = client.read() {
        told.push(line);
    }
    Ok(told)
}

fn play(entry: &Entry) -> Result<(), String> {
    let (protection, layer) = match entry.agreed {
        "auth" => ("authentication", "none"),
        "auth-int" => ("integrity", "integrity"),
        _ => ("privacy", "confidentiality"),
    };
    let setting = Setting::new(None, None, MAXBUF)?;
    let mut command = setting.ours(&server()?);
    command.args([KEY, protection, "-v"]).stderr(Stdio::from(setting.log("the server")?));
    let mut server = Process::start("the example", &mut command)?;
    let port = server
        .read_until(|line| line.strip_prefix("listening on 127.0.0.1:")?.parse::<u16>().ok())?;

    let told = call(&setting, (port, protection), token(KEY, 600)?)?;
    let wanted = ["WHO alice", "ECHOED 1", "ECHOED 1024", "ECHOED 60000", "ECHOED 300000"];
    if told != wanted {
        return Err(format!("the client says {told:?}{}", setting.logs()));
    }
    let agreed =
        server.read_until(|line| Some(line.split_once("security layer: ")?.1.to_owned()))?;
    if agreed != layer {
        return Err(format!("the layer is {agreed}"));
    }

    let wrong = (token(KEY, 600)?.0, "d3Jvbmc=".to_owned());
    let refused = [wrong, token("another key", 600)?, token(KEY, -1)?];
    for login in refused {
        let told = call(&setting, (port, protection), login)?;
        if !told.first().is_some_and(|line| line.starts_with("FAIL ")) {
            return Err(format!("let in: {told:?}"));
        }
        server.read_until(|line| line.contains("wrong name or password").then_some(()))?;
    }
    // Digest lets clients choose less than this server asks for.
    if layer != "none" {
        let told = call(&setting, (port, "authentication"), token(KEY, 600)?)?;
        server.read_until(|line| line.contains("another layer").then_some(()))?;
        if told.iter().any(|line| line.starts_with("WHO")) {
            return Err(format!("served without the layer: {told:?}"));
        }
    }
    Ok(())
}

#[test]
fn hadoops_client_calls_a_server_that_makes_passwords_from_names() {
    let row = |agreed| Application {
        entry: Entry {
            protocol: "DIGEST-MD5",
            program: "Hadoop RPC",
            version: Version::Pinned(HADOOP),
            role: "client",
            agreed,
            settings: "none, and `pGetKeyFn`",
            names: "base64, so ASCII alone",
        },
        missing,
        play,
    };
    run("Hadoop RPC", &[row("auth"), row("auth-int"), row("auth-conf 3des")]);
}
