//! `JavaMail`'s SMTP with our server: its own DIGEST-MD5, and the JDK's under it.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use crate::accounts::{Charset, Setting};
use crate::base64::{decode, encode};
use crate::line_protocol::Agreed;
use crate::peer::MAXBUF;
use crate::programs::Found;
use crate::runner::run;

use super::Application;
use super::java;
use super::side::{Side, Step};
use super::wire::{Wire, listen};
use crate::results::{Entry, Version};

fn jars() -> Option<String> {
    java::debian(&["javax.mail", "javax.activation"])
}

fn classes() -> Found {
    static PATH: OnceLock<Found> = OnceLock::new();
    PATH.get_or_init(|| {
        let jars = jars().ok_or("libmail-java")?;
        java::compile(&["MailClient"], &jars).map(|classes| java::join(&classes, &jars))
    })
    .clone()
}

/// One session of SMTP (RFC 5321, RFC 4954); what its login agreed.
fn serve(listener: &TcpListener, mut side: Side) -> Result<Option<Agreed>, String> {
    let mut wire = Wire::accept(listener)?;
    wire.write(b"220 localhost ESMTP\r\n")?;
    let mut agreed = None;
    loop {
        let command = wire.line()?;
        let word = command.split(' ').next().unwrap_or_default();
        match word {
            "EHLO" => wire.write(b"250-localhost\r\n250 AUTH DIGEST-MD5\r\n")?,
            "AUTH" => {
                let challenge = encode(&side.token()?);
                wire.write(format!("334 {challenge}\r\n").as_bytes())?;
                match side.step(&decode(&wire.line()?))? {
                    Step::Token(rspauth) => {
                        agreed = Some(side.established()?);
                        wire.write(format!("334 {}\r\n", encode(&rspauth)).as_bytes())?;
                        wire.line()?;
                        wire.write(b"235 2.7.0 welcome\r\n")?;
                    }
                    Step::Refused(_) => wire.write(b"535 5.7.8 no\r\n")?,
                    Step::Established(_) => return Err("established without rspauth".to_owned()),
                }
            }
            "" => return Ok(agreed),
            "QUIT" => {
                wire.write(b"221 bye\r\n")?;
                return Ok(agreed);
            }
            _ => wire.write(b"250 OK\r\n")?,
        }
    }
}

fn play(by_jdk: bool, lines: &str, logins: &[(&str, &str, bool)]) -> Result<(), String> {
    for &(user, password, welcome) in logins {
        let setting = Setting::new(None, None, MAXBUF)?.with(lines)?;
        let setting = setting.hashed(user, "secret", Charset::Latin1)?;
        let (listener, port) = listen()?;
        let side = Side::server(&setting, &["qop=auth-conf"])?;
        let options = ["-Dfile.encoding=UTF-8".to_owned()];
        let mut client: Command = java::java(Path::new(&classes()?), &options, "MailClient");
        client.arg(port.to_string()).args([user, password, if by_jdk { "jdk" } else { "own" }]);
        let (agreed, output) = thread::scope(|scope| {
            let server = scope.spawn(|| serve(&listener, side));
            let output = client.output().map_err(|error| error.to_string());
            (server.join().map_err(|_| "the server panicked".to_owned()), output)
        });
        let output = output?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let agreed = agreed?;
        let let_in = matches!(&agreed, Ok(Some(agreed)) if agreed.user.ends_with(user));
        if let_in != welcome || (said == "OK\n") != welcome {
            return Err(format!("{user}, {password}: {agreed:?} {said}{}", setting.logs()));
        }
    }
    Ok(())
}

#[test]
fn java_mail_logs_in_to_our_server() {
    let entry = |program, settings, names| Entry {
        protocol: "DIGEST-MD5",
        program,
        version: Version::Debian("libmail-java"),
        role: "client",
        agreed: "auth",
        settings,
        names,
    };
    let missing = || classes().err();
    run(
        "JavaMail",
        &[
            Application {
                entry: entry("JavaMail", "none", "ASCII alone; beyond it `UTF8SASL = 0`"),
                missing,
                play: |_| play(false, "", &[("alice", "secret", true), ("alice", "Secret", false)]),
            },
            Application {
                entry: entry("JavaMail", "`UTF8SASL = 0`", "ISO 8859-1"),
                missing,
                play: |_| {
                    let logins = [
                        ("alice", "secret", true),
                        ("jos\u{e9}", "secret", true),
                        ("alice", "Secret", false),
                    ];
                    play(false, "[WDigest]\nUTF8SASL = 0", &logins)
                },
            },
            Application {
                entry: entry("JavaMail, mail.smtp.sasl.enable", "none", "ISO 8859-1"),
                missing,
                play: |_| {
                    let logins = [
                        ("alice", "secret", true),
                        ("jos\u{e9}", "secret", true),
                        ("alice", "Secret", false),
                    ];
                    play(true, "", &logins)
                },
            },
        ],
    );
}
