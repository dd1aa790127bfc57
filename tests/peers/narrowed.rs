//! A server whose offer of ciphers is cut down on its way to the client. No hash covers the offer,
//! and a server that is asked for a cipher that it has offered gives it.

use crate::base64::{decode, encode};
use crate::participant::{End, Event};

/// A server of which the client sees one cipher.
pub(crate) struct Narrowed {
    pub(crate) server: Box<dyn End>,
    pub(crate) cipher: &'static str,
}

impl End for Narrowed {
    fn token(&mut self, base64: &str) -> Result<(), String> {
        self.server.token(base64)
    }

    fn event(&mut self) -> Result<Event, String> {
        let event = self.server.event()?;
        let Event::Token(base64) = &event else { return Ok(event) };
        let text = String::from_utf8_lossy(&decode(base64)).into_owned();
        let Some((before, rest)) = text.split_once("cipher=\"") else { return Ok(event) };
        let (offer, after) = rest.split_once('"').ok_or_else(|| format!("challenge {text}"))?;
        if !offer.split(',').any(|cipher| cipher == self.cipher) {
            return Err(format!("the server offers {offer}"));
        }
        let narrow = format!("{before}cipher=\"{}\"{after}", self.cipher);
        Ok(Event::Token(encode(narrow.as_bytes())))
    }

    fn ask(&mut self, line: &str) -> Result<String, String> {
        self.server.ask(line)
    }
}
