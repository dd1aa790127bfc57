//! Our end of a login, in bytes, for protocols that a test speaks itself.

use std::process::Stdio;

use crate::accounts::Setting;
use crate::base64::{decode, encode};
use crate::line_protocol::{Agreed, End, Event, Process};
use crate::programs;

/// Our server or our client, in a process of its own.
pub(crate) struct Side(Process);

/// What follows a token.
pub(crate) enum Step {
    Token(Vec<u8>),
    Established(Agreed),
    Refused(String),
}

impl Side {
    /// Our server, with arguments as `our_server.c` has them.
    pub(crate) fn server(setting: &Setting, words: &[&str]) -> Result<Self, String> {
        let mut command = setting.ours(&programs::our_server()?);
        let log = setting.log("the server")?;
        Ok(Self(Process::start("our server", command.args(words).stderr(Stdio::from(log)))?))
    }

    /// Our client, with arguments as `our_client.c` has them.
    pub(crate) fn client(setting: &Setting, words: &[&str]) -> Result<Self, String> {
        let mut command = setting.ours(&programs::our_client()?);
        let log = setting.log("the client")?;
        Ok(Self(Process::start("our client", command.args(words).stderr(Stdio::from(log)))?))
    }

    /// What it does next by itself.
    pub(crate) fn next(&mut self) -> Result<Step, String> {
        Ok(match self.0.event()? {
            Event::Token(token) => Step::Token(decode(&token)),
            Event::Established(agreed) => Step::Established(agreed),
            Event::Refused(reason) => Step::Refused(reason),
        })
    }

    /// What it does with the other end's token.
    pub(crate) fn step(&mut self, token: &[u8]) -> Result<Step, String> {
        self.0.token(&encode(token))?;
        self.next()
    }

    /// Its token; anything else is a failure.
    pub(crate) fn token(&mut self) -> Result<Vec<u8>, String> {
        self.next()?.token()
    }

    /// What it has agreed; anything else is a failure.
    pub(crate) fn established(&mut self) -> Result<Agreed, String> {
        self.next()?.established()
    }

    /// Protects a text; without the four bytes of length (RFC 4422 §3.7).
    pub(crate) fn wrap(&mut self, text: &[u8]) -> Result<Vec<u8>, String> {
        let answer = self.0.ask(&format!("WRAP {}", encode(text)))?;
        answer.strip_prefix("DATA ").map(decode).ok_or(answer.clone())
    }

    /// Opens a message.
    pub(crate) fn open(&mut self, body: &[u8]) -> Result<Vec<u8>, String> {
        let answer = self.0.ask(&format!("OPEN {}", encode(body)))?;
        answer.strip_prefix("TEXT ").map(decode).ok_or(answer.clone())
    }
}

impl Step {
    pub(crate) fn token(self) -> Result<Vec<u8>, String> {
        match self {
            Self::Token(token) => Ok(token),
            Self::Established(_) => Err("established instead of a token".to_owned()),
            Self::Refused(reason) => Err(format!("refused: {reason}")),
        }
    }

    pub(crate) fn established(self) -> Result<Agreed, String> {
        match self {
            Self::Established(agreed) => Ok(agreed),
            Self::Token(_) => Err("a token instead of an end".to_owned()),
            Self::Refused(reason) => Err(format!("refused: {reason}")),
        }
    }
}
