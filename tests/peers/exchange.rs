//! An exchange between two ends, and the messages after it.

use std::fmt::Write as _;

use crate::base64::decode;
use crate::line_protocol::{Agreed, End, Event};

/// How an exchange ended: what the client and the server say of it.
pub(crate) enum Outcome {
    Established { client: Agreed, server: Agreed },
    ClientRefused(String),
    ServerRefused(String),
}

/// Carries tokens between the two ends until both are established or one refuses.
///
/// Who speaks last differs: some clients answer rspauth with an empty token and some with nothing,
/// and some servers wait for it. So an end that waits while the other one is established gets an
/// empty token, as an application protocol's final word would make it.
/// What was said goes to the transcript.
pub(crate) fn exchange(
    client: &mut dyn End,
    server: &mut dyn End,
    client_begins: bool,
    transcript: &mut String,
) -> Result<Outcome, String> {
    let mut agreed: [Option<Agreed>; 2] = [None, None];
    let mut waits = [false, false];
    let mut turn = usize::from(!client_begins);
    for _ in 0..20 {
        let ends: [&mut dyn End; 2] = [&mut *client, &mut *server];
        let [client, server] = ends;
        let (speaker, other) = if turn == 0 { (client, server) } else { (server, client) };
        match speaker.event()? {
            Event::Token(token) => {
                let text = String::from_utf8_lossy(&decode(&token)).into_owned();
                let _ = write!(transcript, "\n        {}: {text}", ["C", "S"][turn]);
                other.token(&token)?;
                waits[turn] = true;
                waits[1 - turn] = false;
            }
            Event::Established(what) => {
                agreed[turn] = Some(what);
                if std::mem::take(&mut waits[1 - turn]) {
                    other.token("-")?;
                }
            }
            Event::Refused(reason) if turn == 0 => return Ok(Outcome::ClientRefused(reason)),
            Event::Refused(reason) => return Ok(Outcome::ServerRefused(reason)),
        }
        if agreed[1 - turn].is_none() {
            turn = 1 - turn;
        }
        if let [Some(client), Some(server)] = &agreed {
            return Ok(Outcome::Established { client: client.clone(), server: server.clone() });
        }
    }
    Err("the exchange does not end".to_owned())
}

/// Sends messages both ways: one byte, 1 KiB, the largest, and fifty of sizes by chance.
/// The largest is what each end says that it may send.
pub(crate) fn messages(
    client: &mut dyn End,
    server: &mut dyn End,
    (client_largest, server_largest): (u32, u32),
    seed: u32,
) -> Result<(), String> {
    let largest = client_largest.max(server_largest);
    let mut chance = seed;
    let sizes = (0..50).map(|_| 1 + next(&mut chance) % 8192).collect::<Vec<_>>();
    for bytes in [1, 1024, largest].into_iter().chain(sizes) {
        one(&mut *client, &mut *server, bytes.min(client_largest), next(&mut chance))
            .map_err(|error| format!("{bytes} bytes to the server: {error}"))?;
        one(&mut *server, &mut *client, bytes.min(server_largest), next(&mut chance))
            .map_err(|error| format!("{bytes} bytes to the client: {error}"))?;
    }
    Ok(())
}

fn one(from: &mut dyn End, to: &mut dyn End, bytes: u32, seed: u32) -> Result<(), String> {
    let answer = from.ask(&format!("SEND {bytes} {seed}"))?;
    let body = answer.strip_prefix("DATA ").ok_or(format!("no message but {answer:?}"))?;
    let got = to.ask(&format!("RECV {body}"))?;
    let wanted = format!("GOT {bytes} {:08x}", checksum(bytes, seed));
    if got == wanted { Ok(()) } else { Err(format!("{got:?} instead of {wanted:?}; {body}")) }
}

/// The next number by chance, of the generator that participants fill messages with.
fn next(state: &mut u32) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    *state
}

/// The FNV-1a checksum of the message that `seed` makes.
fn checksum(bytes: u32, mut seed: u32) -> u32 {
    (0..bytes)
        .fold(2_166_136_261, |sum: u32, _| (sum ^ next(&mut seed) >> 24).wrapping_mul(16_777_619))
}
