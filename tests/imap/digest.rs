//! A client of DIGEST-MD5 with auth-int, independent of the library: RFC 2831 by its formulas.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

use super::{Line, Server};

/// A connection that is logged in as alice with auth-int.
pub(crate) struct Signed {
    pub(crate) line: Line,
    sending_key: [u8; 16],
    sent: u32,
}

impl Signed {
    pub(crate) fn log_in(server: &Server) -> Self {
        let (mut signed, response) = Self::begin(server);
        signed.read_rspauth(&response);
        signed.line.ask("", "a OK");
        signed
    }

    /// Logs in without waiting for rspauth and OK, with a first frame right behind.
    pub(crate) fn log_in_at_once(server: &Server, text: &[u8]) -> Self {
        let (mut signed, response) = Self::begin(server);
        let frame = signed.frame(text);
        signed.line.send_bytes(&[format!("{response}\r\n\r\n").as_bytes(), &frame].concat());
        assert!(signed.line.read().starts_with("+ "));
        assert!(signed.line.read().starts_with("a OK"));
        signed
    }

    /// The connection with its key, and the response in base64, yet to be sent.
    fn begin(server: &Server) -> (Self, String) {
        let mut line = server.connect();
        let challenge = line.ask("a AUTHENTICATE DIGEST-MD5", "+ ");
        let challenge = decode(&challenge[2..]);
        let nonce = value(&challenge, "nonce=\"");
        let (response, session) = respond(nonce, "example.org", "imap/127.0.0.1");
        let constant = b"Digest session key to client-to-server signing key magic constant";
        let sending_key = md5(&[&session, constant]);
        (Self { line, sending_key, sent: 0 }, encode(response.as_bytes()))
    }

    fn read_rspauth(&mut self, response: &str) {
        let rspauth = self.line.ask(response, "+ ");
        assert!(decode(&rspauth[2..]).starts_with("rspauth="));
    }

    /// One frame with its length in front, as the next of this connection.
    pub(crate) fn frame(&mut self, text: &[u8]) -> Vec<u8> {
        let number = self.sent.to_be_bytes();
        self.sent += 1;
        let mut mac = Hmac::<Md5>::new_from_slice(&self.sending_key).expect("any length");
        mac.update(&number);
        mac.update(text);
        let mac = mac.finalize().into_bytes();
        let length = u32::try_from(text.len() + 16).expect("short").to_be_bytes();
        [&length, text, &mac[..10], &[0, 1], &number].concat()
    }

    /// The text of the server's next frame; its signature is the library's tests' business.
    pub(crate) fn read(&mut self) -> String {
        let head = self.line.read_bytes(4);
        let length = u32::from_be_bytes(head.try_into().expect("four bytes")) as usize;
        let body = self.line.read_bytes(length);
        String::from_utf8_lossy(&body[..length - 16]).into_owned()
    }
}

/// The server's answer to alice of this realm, who responds for this service.
pub(crate) fn log_in_for(server: &Server, realm: &str, uri: &str) -> String {
    let mut line = server.connect();
    let challenge = line.ask("a AUTHENTICATE DIGEST-MD5", "+ ");
    let challenge = decode(&challenge[2..]);
    let (response, _) = respond(value(&challenge, "nonce=\""), realm, uri);
    line.send(&format!("{}\r\n", encode(response.as_bytes())));
    match line.read() {
        answer if answer.starts_with("+ ") => line.ask("", "a "),
        answer => answer,
    }
}

/// The line of an htdigest file for alice of this realm.
pub(crate) fn account(realm: &str) -> String {
    format!("alice:{realm}:{}\n", HEXLOWER.encode(&md5(&[b"alice:", realm.as_bytes(), b":secret"])))
}

/// The digest-response for alice, and H(A1).
fn respond(nonce: &str, realm: &str, uri: &str) -> (String, [u8; 16]) {
    let secret = md5(&[b"alice:", realm.as_bytes(), b":secret"]);
    let session = md5(&[&secret, b":", nonce.as_bytes(), b":0a4f113b"]);
    let a2 = HEXLOWER.encode(&md5(&[b"AUTHENTICATE:", uri.as_bytes(), b":", &[b'0'; 32]]));
    let middle = format!(":{nonce}:00000001:0a4f113b:auth-int:{a2}");
    let response =
        HEXLOWER.encode(&md5(&[HEXLOWER.encode(&session).as_bytes(), middle.as_bytes()]));
    let text = format!(
        "username=\"alice\",realm=\"{realm}\",nonce=\"{nonce}\",cnonce=\"0a4f113b\",\
         nc=00000001,qop=auth-int,digest-uri=\"{uri}\",response={response}"
    );
    (text, session)
}

fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

fn value<'a>(challenge: &'a str, before: &str) -> &'a str {
    let from = challenge.find(before).expect("the directive") + before.len();
    challenge[from..].split('"').next().expect("a quoted value")
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

fn decode(text: &str) -> String {
    String::from_utf8(BASE64.decode(text.as_bytes()).expect("base64")).expect("text")
}
