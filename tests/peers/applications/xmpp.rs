//! XMPP's clients with our server: the part of a server of XMPP that logs a client in (RFC 6120).

use std::net::TcpListener;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use crate::accounts::{Charset, Setting};
use crate::base64::{decode, encode};
use crate::line_protocol::Agreed;
use crate::matrix::run;
use crate::peer::{MAXBUF, REALM};
use crate::programs::Found;
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
            command.arg(support::root().join("c_tests/peers/applications/strophe_client.c"));
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
    let asked = wire.until("</iq>")?;
    let id = ["id=\"", "id='"].iter().find_map(|start| asked.split_once(start));
    let id = id.and_then(|(_, rest)| rest.split(['"', '\'']).next());
    let id = id.ok_or(asked.clone())?;
    let answer =
        format!("<iq type='result' id='{id}'><bind {bind}><jid>alice@{REALM}/x</jid></bind></iq>");
    wire.write(answer.as_bytes())?;
    wire.until("</stream:stream>")?;
    wire.write(b"</stream:stream>")?;
    Ok(Some(agreed))
}

fn net_xmpp() -> Found {
    let probe = Command::new("perl").args(["-MNet::XMPP", "-e", "0"]).output();
    let found = probe.is_ok_and(|output| output.status.success());
    if found { Ok("perl".into()) } else { Err("libnet-xmpp-perl") }
}

fn play(entry: &Entry) -> Result<(), String> {
    let logins =
        [("alice", "secret", true), ("jos\u{e9}", "secret", true), ("alice", "Secret", false)];
    for (user, password, welcome) in logins {
        let setting = Setting::new(None, None, MAXBUF)?.with("qop = \"auth\"")?;
        let setting = setting.hashed(user, "secret", Charset::Utf8)?;
        let (listener, port) = listen()?;
        // A program that asks for confidentiality, as an unchanged one does.
        let side = Side::server(&setting, &["qop=auth-conf"])?;
        let mut client = Command::new("perl");
        if entry.program.starts_with("libstrophe") {
            client = Command::new(strophe()?);
        } else {
            client.arg(support::root().join("c_tests/peers/applications/xmpp_client.pl"));
        }
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

#[test]
fn clients_log_in_where_auth_alone_is_offered() {
    let row = |program, package| Entry {
        protocol: "DIGEST-MD5",
        program,
        version: Version::Debian(package),
        role: "client",
        agreed: "auth",
        settings: "`qop = \"auth\"`",
        names: "UTF-8",
    };
    let strophe_row = row("libstrophe (XMPP)", "libstrophe-dev");
    let net_xmpp_row = row("Net::XMPP", "libnet-xmpp-perl");
    run(
        "XMPP",
        &[
            Application { entry: strophe_row, missing: || strophe().err(), play },
            Application { entry: net_xmpp_row, missing: || net_xmpp().err(), play },
        ],
    );
}
