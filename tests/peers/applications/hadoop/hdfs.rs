//! HDFS' client with our server in the place of a `DataNode`: by a block token, and by a key for encryption.

use std::net::TcpListener;
use std::process::Stdio;
use std::thread;

use crate::accounts::Setting;
use crate::base64::encode;
use crate::line_protocol::{Agreed, Process};
use crate::peer::MAXBUF;
use crate::runner::run;

use super::super::Application;
use super::super::java::{self, HADOOP};
use super::super::side::{Side, Step};
use super::super::wire::{Wire, listen};
use super::message::{payload, with_payload};
use crate::results::{Entry, Version};

/// What stands before the first message of a client that speaks SASL.
const MAGIC: [u8; 4] = 0xDEAD_BEEF_u32.to_be_bytes();

/// A message behind its length.
fn read(wire: &mut Wire) -> Result<Vec<u8>, String> {
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = usize::from(wire.read(1)?[0]);
        length |= (byte & 0x7F) << shift;
        shift += 7;
        if byte < 0x80 {
            return payload(&wire.read(length)?).ok_or("not a message of HDFS".to_owned());
        }
        if shift > 21 {
            return Err("a message that is too long".to_owned());
        }
    }
}

/// One login, and then whatever comes is sent back; what was agreed, unless the client was refused.
fn serve(listener: &TcpListener, mut side: Side) -> Result<Option<Agreed>, String> {
    let mut wire = Wire::accept(listener)?;
    if wire.read(4)? != MAGIC || !read(&mut wire)?.is_empty() {
        return Err("a client that does not speak SASL".to_owned());
    }
    wire.write(&with_payload(Some(&side.token()?)))?;
    let agreed = match side.step(&read(&mut wire)?)? {
        Step::Token(rspauth) => {
            let agreed = side.established()?;
            wire.write(&with_payload(Some(&rspauth)))?;
            agreed
        }
        Step::Refused(_) => {
            wire.write(&with_payload(None))?;
            return Ok(None);
        }
        Step::Established(_) => return Err("established without rspauth".to_owned()),
    };
    // Until the client leaves.
    while let Ok(frame) = wire.read_framed() {
        let text = side.open(&frame)?;
        wire.write_framed(&side.wrap(&text)?)?;
    }
    Ok(Some(agreed))
}

fn play(entry: &Entry) -> Result<(), String> {
    let (password, wrong) = (encode(b"the password of HDFS"), encode(b"another password"));
    let by_token = entry.agreed == "auth-int";
    let setting = Setting::new(None, None, MAXBUF)?;
    for (of_client, welcome) in [(&password, true), (&wrong, false)] {
        let (listener, port) = listen()?;
        let mut command = java::java(&java::spark_and_hadoop()?, &[], "HdfsPeer");
        command.args([format!("port={port}"), format!("password={of_client}")]);
        command.arg("size=1,1024,60000");
        command.arg(if by_token { "by=token" } else { "by=key" });
        command.stderr(Stdio::from(setting.log("the client")?));
        let mut client = Process::start("HDFS' client", &mut command)?;
        let identifier = client.read_until(|line| Some(line.strip_prefix("TOKEN ")?.to_owned()))?;
        // Of a key: a number, a pool and a nonce, with blanks between them.
        let user = if by_token { identifier } else { format!("5 pool {}", encode(b"nonce")) };
        let words = [format!("user={user}"), format!("password={password}")];
        let side = Side::server(&setting, &["qop=auth-conf", &words[0], &words[1]])?;
        let server = thread::spawn(move || serve(&listener, side));
        client.write("on")?;
        let mut told = Vec::new();
        while let Ok(line) = client.read() {
            told.push(line);
        }
        let agreed = server.join().map_err(|_| "the server panicked".to_owned())?;
        let result = match agreed.map_err(|error| format!("{error}: {told:?}{}", setting.logs()))? {
            Some(Agreed { qop, .. }) => welcome && entry.agreed.split(' ').next() == Some(&qop),
            None => !welcome,
        };
        let said = if welcome {
            told == ["ECHOED 1", "ECHOED 1024", "ECHOED 60000"]
        } else {
            told.first().is_some_and(|line| line.starts_with("FAIL "))
        };
        if !result || !said {
            return Err(format!("{of_client}: {told:?}{}", setting.logs()));
        }
    }
    Ok(())
}

#[test]
fn hdfs_client_of_a_datanode() {
    let row = |program, agreed| Application {
        entry: Entry {
            protocol: "DIGEST-MD5",
            program,
            version: Version::Pinned(HADOOP),
            role: "client",
            agreed,
            settings: "none, and `pGetKeyFn`",
            names: "base64, so ASCII alone",
        },
        missing: || java::spark_and_hadoop().err(),
        play,
    };
    run(
        "HDFS",
        &[row("HDFS, block token", "auth-int"), row("HDFS, encryption key", "auth-conf 3des")],
    );
}
