//! Hadoop's RPC with a relay between its own client and server: toward the client the relay is our
//! server, toward the server our client, and calls go through both under the layer that was agreed.

use std::io::Write as _;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::accounts::Setting;
use crate::line_protocol::{Agreed, Process};
use crate::peer::MAXBUF;
use crate::runner::run;

use super::Application;
use super::java::{self, HADOOP};
use super::side::{Side, Step};
use super::wire::{Wire, framed, listen};
use crate::results::{Entry, Version};

mod hdfs;
mod message;

use message::{Kind, Message, State};

/// How calls go wrong, and who has to notice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Password {
    Right,
    WrongOfHadoop,
    WrongOfOurs,
}

/// What Hadoop's server told: where it listens, and a token.
struct Server {
    process: Process,
    port: u16,
    identifier: String,
    password: String,
}

fn hadoop(setting: &Setting, log: &str, words: &[String]) -> Result<Process, String> {
    let mut command = java::java(&java::spark_and_hadoop()?, &[], "HadoopPeer");
    Process::start("Hadoop", command.args(words).stderr(Stdio::from(setting.log(log)?)))
}

fn start_server(setting: &Setting, protection: &str) -> Result<Server, String> {
    let words = ["role=server".to_owned(), format!("protection={protection}")];
    let mut process = hadoop(setting, "Hadoop's server", &words)?;
    let port = process.read_until(|line| line.strip_prefix("LISTENING ")?.parse().ok())?;
    let (identifier, password) = process.read_until(|line| {
        let (identifier, password) = line.strip_prefix("TOKEN ")?.split_once(' ')?;
        Some((identifier.to_owned(), password.to_owned()))
    })?;
    Ok(Server { process, port, identifier, password })
}

fn play(entry: &Entry) -> Result<(), String> {
    let (qop, protection) = match entry.agreed {
        "auth" => ("auth", "authentication"),
        "auth-int" => ("auth-int", "integrity"),
        _ => ("auth-conf", "privacy"),
    };
    let setting = Setting::new(None, None, MAXBUF)?;
    let server = start_server(&setting, protection)?;
    for password in [Password::Right, Password::WrongOfHadoop, Password::WrongOfOurs] {
        once(&setting, &server, (qop, protection), password)
            .map_err(|error| error + &setting.logs())?;
    }
    drop(server.process);
    Ok(())
}

/// One client of Hadoop's through one relay.
fn once(
    setting: &Setting,
    server: &Server,
    (qop, protection): (&str, &str),
    password: Password,
) -> Result<(), String> {
    let wrong = "d3Jvbmc=".to_owned();
    let of = |who| if password == who { wrong.clone() } else { server.password.clone() };
    let (listener, port) = listen()?;
    let words = [
        "role=client".to_owned(),
        format!("protection={protection}"),
        format!("port={port}"),
        format!("identifier={}", server.identifier),
        format!("password={}", of(Password::WrongOfHadoop)),
        // A call has some bytes of its own beside these.
        "size=1,1024,60000".to_owned(),
    ];
    let user = format!("user={}", server.identifier);
    let known = format!("password={}", server.password);
    let ours = format!("password={}", of(Password::WrongOfOurs));
    let sides = Sides {
        server: Side::server(setting, &["qop=auth-conf", &user, &known])?,
        client: Side::client(setting, &["target=/default", &format!("qop={qop}"), &user, &ours])?,
    };
    let behind = server.port;
    let relay = thread::spawn(move || relay(&listener, behind, sides));
    let mut client = hadoop(setting, "Hadoop's client", &words)?;
    let mut told = Vec::new();
    while let Ok(line) = client.read() {
        told.push(line);
    }
    let relayed = relay.join().map_err(|_| "the relay panicked".to_owned())?;
    match password {
        Password::Right => {
            let (of_client, of_server) = relayed?;
            if of_client.qop != qop || of_server.qop != qop {
                return Err(format!("agreed {of_client:?} and {of_server:?}"));
            }
            let wanted = ["WHO alice (auth:TOKEN)", "ECHOED 1", "ECHOED 1024", "ECHOED 60000"];
            if told == wanted { Ok(()) } else { Err(format!("the client says {told:?}")) }
        }
        _ => match relayed {
            Err(reason) if reason.starts_with("refused: ") && told[0].starts_with("FAIL ") => {
                let ours = "refused: SaslAcceptSecurityContext 0x8009030C";
                if (password == Password::WrongOfHadoop) == (reason == ours) {
                    Ok(())
                } else {
                    Err(reason)
                }
            }
            other => Err(format!("let in with a wrong password: {told:?} {:?}", other.err())),
        },
    }
}

/// Our two ends in the relay: the server is toward Hadoop's client.
struct Sides {
    server: Side,
    client: Side,
}

/// Carries one connection to its end; what both of our ends agreed.
fn relay(listener: &TcpListener, port: u16, mut sides: Sides) -> Result<(Agreed, Agreed), String> {
    let mut near = Wire::accept(listener)?;
    let mut far = Wire::connect(port)?;
    // "hrpc", the version, the class of service, and the code of SASL.
    let head = near.read(7)?;
    if head[..4] != *b"hrpc" || head[6] != 0xDF {
        return Err(format!("a client that does not speak SASL: {head:?}"));
    }
    far.write(&head)?;
    let agreed = login(&mut near, &mut far, &mut sides)?;
    let layered = agreed.0.qop != "auth";
    let Sides { server, client } = &mut sides;
    // Both directions go through both ends, one frame at a time.
    let ends = Mutex::new((server, client));
    let (mut near_writer, mut far_writer) = (near.writer()?, far.writer()?);
    let (near_end, far_end) = (near.writer()?, far.writer()?);
    thread::scope(|scope| {
        let back = scope.spawn(|| {
            let result = carry(&mut far, &mut near_writer, |frame| {
                let (server, client) = &mut *ends.lock().unwrap_or_else(PoisonError::into_inner);
                let text = opened(client, frame, layered)?;
                wrapped(server, &text, Kind::Response, layered)
            });
            let _ = near_end.shutdown(Shutdown::Both);
            result
        });
        let forth = carry(&mut near, &mut far_writer, |frame| {
            let (server, client) = &mut *ends.lock().unwrap_or_else(PoisonError::into_inner);
            let text = opened(server, frame, layered)?;
            wrapped(client, &text, Kind::Request, layered)
        });
        let _ = far_end.shutdown(Shutdown::Both);
        forth.and(back.join().map_err(|_| "the relay panicked".to_owned())?)
    })?;
    Ok(agreed)
}

/// Carries frames one way until whoever writes them is gone.
fn carry(
    from: &mut Wire,
    to: &mut TcpStream,
    mut change: impl FnMut(&[u8]) -> Result<Vec<u8>, String>,
) -> Result<(), String> {
    while let Ok(frame) = from.read_framed() {
        // Whoever closes first may have said all there is to say.
        if to.write_all(&framed(&change(&frame)?)).is_err() {
            break;
        }
    }
    Ok(())
}

/// What a frame holds; under a layer, other frames.
fn opened(side: &mut Side, frame: &[u8], layered: bool) -> Result<Vec<u8>, String> {
    if !layered {
        return Ok(frame.to_vec());
    }
    let message = Message::parse(frame).ok_or("not a SASL message under the layer")?;
    if message.state != State::WRAP {
        return Err(format!("the state {} under the layer", message.state));
    }
    side.open(&message.token)
}

fn wrapped(side: &mut Side, text: &[u8], kind: Kind, layered: bool) -> Result<Vec<u8>, String> {
    if !layered {
        return Ok(text.to_vec());
    }
    Ok(Message::new(State::WRAP, side.wrap(text)?).write(kind))
}

fn login(near: &mut Wire, far: &mut Wire, sides: &mut Sides) -> Result<(Agreed, Agreed), String> {
    let asked = near.read_framed()?;
    far.write_framed(&asked)?;
    let offer = far.read_framed()?;
    let offer = Message::parse(&offer).ok_or("not a SASL message")?;
    let challenge = offer.challenge().ok_or("no challenge of DIGEST-MD5")?;
    let response = sides.client.step(&challenge)?.token()?;
    let of_ours = sides.server.token()?;
    near.write_framed(&offer.with_challenge(&of_ours).write(Kind::Response))?;
    let initiate = near.read_framed()?;
    let initiate = Message::parse(&initiate).ok_or("not a SASL message")?;
    let rspauth = match sides.server.step(&initiate.token)? {
        Step::Token(rspauth) => rspauth,
        Step::Refused(reason) => {
            near.write_framed(&message::refusal())?;
            return Err(format!("refused: {reason}"));
        }
        Step::Established(_) => return Err("established without rspauth".to_owned()),
    };
    let of_server = sides.server.established()?;
    far.write_framed(&initiate.with_token(response).write(Kind::Request))?;
    let success = far.read_framed()?;
    let Some(success) = Message::parse(&success).filter(|it| it.state == State::SUCCESS) else {
        near.write(&framed(&success))?;
        return Err("refused: by Hadoop".to_owned());
    };
    let of_client = sides.client.step(&success.token)?.established()?;
    near.write_framed(&success.with_token(rspauth).write(Kind::Response))?;
    Ok((of_client, of_server))
}

#[test]
fn hadoop_rpc_calls_under_every_layer() {
    let row = |role, agreed| Application {
        entry: Entry {
            protocol: "DIGEST-MD5",
            program: "Hadoop RPC",
            version: Version::Pinned(HADOOP),
            role,
            agreed,
            settings: if role == "client" { "none, and `pGetKeyFn`" } else { "none" },
            names: "base64, so ASCII alone",
        },
        missing: || java::spark_and_hadoop().err(),
        play,
    };
    run(
        "Hadoop RPC",
        &[
            row("client and server", "auth"),
            row("client and server", "auth-int"),
            row("client and server", "auth-conf 3des"),
        ],
    );
}
