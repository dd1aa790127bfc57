//! Connections with a deadline, and big-endian lengths.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::line_protocol::PATIENCE;

/// A connection, read with patience.
pub(crate) struct Wire(BufReader<TcpStream>);

/// Any failure of reading or writing, as a row's reason.
#[allow(clippy::needless_pass_by_value)] // as map_err hands it over
pub(crate) fn broken(error: std::io::Error) -> String {
    format!("the connection: {error}")
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Result<Self, String> {
        stream.set_read_timeout(Some(PATIENCE)).map_err(broken)?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(crate) fn connect(port: u16) -> Result<Self, String> {
        Self::new(TcpStream::connect(("127.0.0.1", port)).map_err(broken)?)
    }

    /// The next connection of a listener.
    pub(crate) fn accept(listener: &TcpListener) -> Result<Self, String> {
        Self::new(listener.accept().map_err(broken)?.0)
    }

    /// The same connection, to write to beside what is read.
    pub(crate) fn writer(&self) -> Result<TcpStream, String> {
        self.0.get_ref().try_clone().map_err(broken)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.get_mut().write_all(bytes).map_err(broken)
    }

    /// Bytes after their length in four.
    pub(crate) fn write_framed(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.write(&framed(bytes))
    }

    pub(crate) fn read(&mut self, length: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).map_err(broken)?;
        Ok(bytes)
    }

    /// Up to 16 MiB, after their length.
    pub(crate) fn read_framed(&mut self) -> Result<Vec<u8>, String> {
        let length = self.read(4)?;
        let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        if length > 1 << 24 { Err(format!("a frame of {length} bytes")) } else { self.read(length) }
    }

    /// A line, without its end; empty when the other end is gone.
    pub(crate) fn line(&mut self) -> Result<String, String> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).map_err(broken)?;
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Text up to and with the first `end`; what there is when the other end is gone before.
    pub(crate) fn until(&mut self, end: &str) -> Result<String, String> {
        let mut text = Vec::new();
        while !text.ends_with(end.as_bytes()) {
            let mut byte = [0];
            match self.0.read(&mut byte).map_err(broken)? {
                0 => break,
                _ => text.push(byte[0]),
            }
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Bytes after their length in four, the most significant first.
pub(crate) fn framed(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], bytes].concat()
}

/// A listener on a port of loopback, and its number.
pub(crate) fn listen() -> Result<(TcpListener, u16), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(broken)?;
    let port = listener.local_addr().map_err(broken)?.port();
    Ok((listener, port))
}

/// A port that nobody listened on a moment ago, for programs that cannot choose one.
pub(crate) fn free_port() -> Result<u16, String> {
    Ok(listen()?.1)
}
