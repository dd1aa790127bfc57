//! XMPP's clients with our server: the part of a server of XMPP that logs a client in (RFC 6120).

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use crate::accounts::{Charset, Setting};
use crate::base64::{decode, encode};
use crate::line_protocol::Agreed;
use crate::peer::{MAXBUF, REALM};
use crate::programs::Found;
use crate::runner::run;
use crate::support;

use super::Application;
use super::side::{Side, Step};
use super::wire::{Wire, listen};
use crate::results::{Entry, Version};

const SASL: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

fn strophe() -> Found {
    static PROGRAM: OnceLock<Found> = OnceLock::new();
    PROGRAM
        .get_or_init(|| {
            let flags =
                Command::new("pkg-config").args(["--cflags", "--libs", "libstrophe"]).output();
            let flags =
                flags.ok().filter(|output| output.status.success()).ok_or("libstrophe-dev")?;
            let program = support::scratch("peers").join("strophe_client");
            let mut command = Command::new("cc");
            command.args(["-std=c99"]).args(support::STRICT).arg("-o").arg(&program);
            command.arg(source("strophe_client.c"));
            command.args(String::from_utf8_lossy(&flags.stdout).split_whitespace());
            support::succeed(&mut command);
            Ok(program)
        })
        .clone()
}

/// The beginning of a stream, and what is to be done in it.
fn features(inner: &str) -> String {
    format!(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
         xmlns:stream='http://etherx.jabber.org/streams' id='1' from='{REALM}' version='1.0'>\
         <stream:features>{inner}</stream:features>"
    )
}

/// The text of an element `<name ...>text</name>` that comes next.
fn element(wire: &mut Wire, name: &str) -> Result<String, String> {
    let text = wire.until(&format!("</{name}>"))?;
    let (_, rest) = text.split_once('>').ok_or(text.clone())?;
    Ok(rest.split('<').next().unwrap_or_default().to_owned())
}

/// One stream; what its login agreed.
fn serve(listener: &TcpListener, mut side: Side) -> Result<Option<Agreed>, String> {
    let mut wire = Wire::accept(listener)?;
    wire.until("<stream:stream")?;
    wire.until(">")?;
    let offer = format!("<mechanisms {SASL}><mechanism>DIGEST-MD5</mechanism></mechanisms>");
    wire.write(features(&offer).as_bytes())?;
    wire.until("<auth")?;
    wire.until(">")?;
    let challenge = encode(&side.token()?);
    wire.write(format!("<challenge {SASL}>{challenge}</challenge>").as_bytes())?;
    wire.until("<response")?;
    let rspauth = match side.step(&decode(&element(&mut wire, "response")?))? {
        Step::Token(rspauth) => encode(&rspauth),
        Step::Refused(_) => {
            let failure = format!("<failure {SASL}><not-authorized/></failure></stream:stream>");
            wire.write(failure.as_bytes())?;
            return Ok(None);
        }
        Step::Established(_) => return Err("established without rspauth".to_owned()),
    };
    let agreed = side.established()?;
    wire.write(format!("<challenge {SASL}>{rspauth}</challenge>").as_bytes())?;
    wire.until("<response")?;
    wire.until(">")?;
    wire.write(format!("<success {SASL}/>").as_bytes())?;
    wire.until("<stream:stream")?;
    wire.until(">")?;
    let bind = "xmlns='urn:ietf:params:xml:ns:xmpp-bind'";
    wire.write(features(&format!("<bind {bind}/>")).as_bytes())?;
    // xmpppy asks for a session as well, which has been part of binding since RFC 6121.
    let mut id = String::new();
    loop {
        let tag = wire.until(">")?;
        if tag.contains("<iq") {
            let found = ["id=\"", "id='"].iter().find_map(|start| tag.split_once(start));
            let found = found.and_then(|(_, rest)| rest.split(['"', '\'']).next());
            found.ok_or(tag.clone())?.clone_into(&mut id);
        } else if tag.ends_with("</iq>") {
            let jid = format!("<bind {bind}><jid>alice@{REALM}/x</jid></bind>");
            wire.write(format!("<iq type='result' id='{id}'>{jid}</iq>").as_bytes())?;
        } else if tag.is_empty() || tag.ends_with("</stream:stream>") {
            break;
        }
    }
    wire.write(b"</stream:stream>")?;
    Ok(Some(agreed))
}

/// Our programs that log in by others' libraries.
fn source(name: &str) -> PathBuf {
    support::root().join("c_tests/peers/applications").join(name)
}

fn by_strophe() -> Result<Command, &'static str> {
    strophe().map(Command::new)
}

fn by_gloox() -> Result<Command, &'static str> {
    static PROGRAM: OnceLock<Found> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let flags = Command::new("pkg-config").args(["--cflags", "--libs", "gloox"]).output();
        let flags = flags.ok().filter(|output| output.status.success()).ok_or("libgloox-dev")?;
        let program = support::scratch("peers").join("gloox_client");
        let mut command = Command::new("c++");
        command.args(["-std=c++11"]).args(support::STRICT).arg("-o").arg(&program);
        command.arg(source("gloox_client.cpp"));
        command.args(String::from_utf8_lossy(&flags.stdout).split_whitespace());
        support::succeed(&mut command);
        Ok(program)
    });
    program.clone().map(Command::new)
}

fn by_net_xmpp() -> Result<Command, &'static str> {
    let probe = Command::new("perl").args(["-MNet::XMPP", "-e", "0"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        return Err("libnet-xmpp-perl");
    }
    let mut command = Command::new("perl");
    command.arg(source("xmpp_client.pl"));
    Ok(command)
}

fn by_xmpppy() -> Result<Command, &'static str> {
    let modules = support::root().join("target/python");
    if !modules.join("xmpp").exists() || !modules.join("six.py").exists() {
        return Err("xmpppy and six (of PyPI)");
    }
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", modules).env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(source("xmpppy_client.py"));
    Ok(command)
}

fn play(client: fn() -> Result<Command, &'static str>, lines: &str) -> Result<(), String> {
    let logins =
        [("alice", "secret", true), ("jos\u{e9}", "secret", true), ("alice", "Secret", false)];
    for (user, password, welcome) in logins {
        let setting = Setting::new(None, None, MAXBUF)?.with(lines)?;
        let setting = setting.hashed(user, "secret", Charset::Utf8)?;
        let (listener, port) = listen()?;
        // A program that asks for confidentiality, as an unchanged one does.
        let side = Side::server(&setting, &["qop=auth-conf"])?;
        let mut client = client()?;
        client.args([port.to_string(), format!("{user}@{REALM}"), password.to_owned()]);
        let (agreed, output) = thread::scope(|scope| {
            let server = scope.spawn(|| serve(&listener, side));
            let output = client.output().map_err(|error| error.to_string());
            (server.join().map_err(|_| "the server panicked".to_owned()), output)
        });
        let said = String::from_utf8_lossy(&output?.stdout).into_owned();
        let agreed = agreed?;
        let let_in = matches!(&agreed, Ok(Some(agreed)) if agreed.user.ends_with(user));
        if let_in != welcome || (said == "OK\n") != welcome {
            return Err(format!("{user}, {password}: {agreed:?} {said}{}", setting.logs()));
        }
    }
    Ok(())
}

const AUTH_ALONE: &str = "qop = \"auth\"";

fn entry(program: &'static str, version: Version, settings: &'static str) -> Entry {
    Entry {
        protocol: "DIGEST-MD5",
        program,
        version,
        role: "client",
        agreed: "auth",
        settings,
        names: "UTF-8",
    }
}

#[test]
fn clients_log_in_where_auth_alone_is_offered() {
    let row = |program, package| entry(program, Version::Debian(package), "`qop = \"auth\"`");
    run(
        "XMPP",
        &[
            Application {
                entry: row("libstrophe (XMPP)", "libstrophe-dev"),
                missing: || by_strophe().err(),
                play: |_| play(by_strophe, AUTH_ALONE),
            },
            Application {
                entry: row("Net::XMPP", "libnet-xmpp-perl"),
                missing: || by_net_xmpp().err(),
                play: |_| play(by_net_xmpp, AUTH_ALONE),
            },
        ],
    );
}

#[test]
fn clients_of_xmpp_log_in_where_all_is_offered() {
    run(
        "XMPP, every qop",
        &[
            Application {
                entry: entry("gloox (XMPP)", Version::Debian("libgloox-dev"), "none"),
                missing: || by_gloox().err(),
                play: |_| play(by_gloox, ""),
            },
            Application {
                entry: entry("xmpppy (XMPP)", Version::Pinned("0.7.4"), "none"),
                missing: || by_xmpppy().err(),
                play: |_| play(by_xmpppy, ""),
            },
        ],
    );
}
