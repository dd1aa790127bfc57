//! A connection on which requests are written by hand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The one challenge of a 401.
    pub(crate) fn challenge(&self) -> &str {
        assert_eq!(self.status, 401, "{self:?}");
        self.field("WWW-Authenticate").expect("a challenge")
    }

    /// Whether it is a 401 that asks for the same once more, with another nonce.
    pub(crate) fn is_stale(&self) -> bool {
        self.challenge().contains("stale=true")
    }
}

pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        // Whoever broke off is found by what is read next.
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// One answer; nothing when the server is gone.
    pub(crate) fn read(&mut self) -> Option<Answer> {
        let mut answer = self.read_head()?;
        let length = answer.field("Content-Length").map_or(0, |text| text.parse().expect("digits"));
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        answer.body = String::from_utf8_lossy(&body).into_owned();
        Some(answer)
    }

    fn read_head(&mut self) -> Option<Answer> {
        let first = self.line()?;
        let status = first.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let mut fields = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            fields.push((name.to_owned(), value.trim().to_owned()));
        }
        Some(Answer { status, fields, body: String::new() })
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    }

    /// Sends a request and reads its answer.
    pub(crate) fn ask(&mut self, method: &str, target: &str, authorization: &str) -> Answer {
        let field = match authorization {
            "" => String::new(),
            value => format!("Authorization: {value}\r\n"),
        };
        let text = format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{field}\r\n");
        self.send(text.as_bytes());
        let answer = if method == "HEAD" { self.read_head() } else { self.read() };
        answer.expect("an answer")
    }

    /// Asks for a challenge; its text.
    pub(crate) fn challenge(&mut self) -> String {
        self.ask("GET", "/", "").challenge().to_owned()
    }

    /// Whether the server closes the connection now.
    pub(crate) fn is_over(&mut self) -> bool {
        let _ = self.stream.get_mut().shutdown(Shutdown::Write);
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest);
        rest.is_empty()
    }
}
