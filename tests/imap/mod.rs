//! The IMAP example programs, built with sanitizers and run on loopback.

pub(crate) mod digest;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread::{JoinHandle, spawn};

use crate::support;
use crate::support::examples;

/// Both programs, as built.
pub(crate) struct Programs {
    server: PathBuf,
    client: PathBuf,
}

impl Programs {
    pub(crate) fn build(more: &[&str]) -> Self {
        let build = |sources| examples::build(sources, more);
        Self { server: build(support::IMAP_SERVER), client: build(support::IMAP_CLIENT) }
    }
}

/// Both programs under the address and undefined behaviour sanitizers, where the compiler has them.
static PROGRAMS: LazyLock<Programs> = LazyLock::new(|| Programs::build(&examples::CHECKED));

/// A running server.
pub(crate) struct Server {
    process: Child,
    output: Option<JoinHandle<String>>,
    errors: Option<JoinHandle<String>>,
    pub(crate) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts it for `connections` connections, and returns once it listens.
    pub(crate) fn start(connections: usize) -> Self {
        let accounts = support::root().join("examples/accounts.htdigest");
        Self::start_with(connections, &accounts, None)
    }

    /// The same with these accounts, and perhaps a configuration.
    pub(crate) fn start_with(connections: usize, accounts: &Path, config: Option<&Path>) -> Self {
        let mut command = Command::new(&PROGRAMS.server);
        match config {
            Some(path) => command.env("SECUR32_CONFIG", path),
            None => command.env_remove("SECUR32_CONFIG"),
        };
        let mut process = command
            .args(["-v", "--connections", &connections.to_string(), "--accounts"])
            .arg(accounts)
            .args(["--realm", "example.org"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let errors = collect_errors(process.stderr.take().expect("a pipe"));
        let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut first = String::new();
        output.read_line(&mut first).expect("the server's output");
        let port = first.trim_end().strip_prefix("listening on 127.0.0.1:");
        let Some(port) = port.and_then(|port| port.parse().ok()) else {
            let _ = process.kill();
            panic!("the server says {first:?}; {}", errors.join().expect("its errors"));
        };
        Self { process, output: Some(collect(output)), errors: Some(errors), port }
    }

    /// Waits until its last connection has ended; its whole dialogue.
    pub(crate) fn finish(mut self) -> String {
        let status = self.process.wait().expect("the server ends");
        let join = |thread: Option<JoinHandle<String>>| {
            thread.map_or(String::new(), |thread| thread.join().expect("text"))
        };
        let (output, errors) = (join(self.output.take()), join(self.errors.take()));
        assert!(status.success(), "the server ended with {status}\n{output}\n{errors}");
        output
    }

    /// A connection that has read the greeting.
    pub(crate) fn connect(&self) -> Line {
        let mut line = Line::new(TcpStream::connect(("127.0.0.1", self.port)).expect("connected"));
        assert!(line.read().starts_with("* OK "));
        line
    }
}

fn collect(mut output: BufReader<ChildStdout>) -> JoinHandle<String> {
    spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).expect("text");
        text
    })
}

fn collect_errors(mut errors: ChildStderr) -> JoinHandle<String> {
    spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).expect("text");
        text
    })
}

/// How the example's client ended.
pub(crate) struct Ending {
    pub(crate) code: Option<i32>,
    pub(crate) dialogue: String,
    pub(crate) errors: String,
}

impl Ending {
    fn new(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            dialogue: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test, with all that was said, unless the exit code is this one.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.dialogue, self.errors);
        self
    }
}

/// Runs the example's client against a port of this host.
pub(crate) fn client(port: u16, qop: &str, user: &str, password: &str) -> Ending {
    client_with(None, &["--qop", qop], port, user, password)
}

/// The same with these words before the others, and perhaps a configuration.
pub(crate) fn client_with(
    config: Option<&Path>,
    words: &[&str],
    port: u16,
    user: &str,
    password: &str,
) -> Ending {
    let mut command = Command::new(&PROGRAMS.client);
    match config {
        Some(path) => command.env("SECUR32_CONFIG", path),
        None => command.env_remove("SECUR32_CONFIG"),
    };
    let mut process = command
        .args(words)
        .args(["127.0.0.1", &port.to_string(), user])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client starts");
    let mut input = process.stdin.take().expect("a pipe");
    writeln!(input, "{password}").expect("the client reads the password");
    drop(input);
    Ending::new(&process.wait_with_output().expect("the client ends"))
}

/// Plays the server for one run of the example's client with auth: after CAPABILITY, sends each of
/// `replies` and takes a line after each.
pub(crate) fn client_against(capabilities: &str, replies: &[&str]) -> Ending {
    client_with_against(None, capabilities, replies)
}

/// The same, perhaps with a configuration.
pub(crate) fn client_with_against(
    config: Option<&Path>,
    capabilities: &str,
    replies: &[&str],
) -> Ending {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let script: Vec<String> = [format!("* CAPABILITY {capabilities}\r\nc1 OK\r\n")]
        .into_iter()
        .chain(replies.iter().map(|reply| format!("{reply}\r\n")))
        .collect();
    let peer = spawn(move || {
        let mut line = Line::new(listener.accept().expect("a client").0);
        line.send("* OK\r\n");
        for reply in script {
            if line.read().is_empty() {
                return;
            }
            line.send(&reply);
        }
        line.rest();
    });
    let ending = client_with(config, &["--qop", "auth"], port, "alice", "secret");
    peer.join().expect("the script ran");
    ending
}

/// A plain connection to either side.
pub(crate) struct Line {
    stream: BufReader<TcpStream>,
}

impl Line {
    fn new(stream: TcpStream) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        // Whoever broke off is found by what is read next.
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// One line without its end; empty when the other side is gone.
    pub(crate) fn read(&mut self) -> String {
        let mut line = Vec::new();
        let _ = self.stream.read_until(b'\n', &mut line);
        String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_string()
    }

    pub(crate) fn read_bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("the other side goes on");
        bytes
    }

    /// Everything until the other side ends.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.stream.get_mut().shutdown(Shutdown::Write);
        let _ = self.stream.read_to_end(&mut bytes);
        bytes
    }

    /// Sends a command line and expects its answer to start so.
    pub(crate) fn ask(&mut self, command: &str, answer: &str) -> String {
        self.send(&format!("{command}\r\n"));
        let line = self.read();
        assert!(line.starts_with(answer), "{command:?} was answered by {line:?}");
        line
    }
}
