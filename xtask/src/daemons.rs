//! Servers that benchmarks start, each with a directory of its own, and stop.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs, thread};

use crate::install::permissions;
use crate::{Result, in_ci, problem};

/// A directory, removed when dropped.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    /// One of this process, which everybody may read: servers have users of their own.
    pub(crate) fn new(name: &str) -> Result<Self> {
        let path = env::temp_dir().join(format!("secur32-{name}-{}", std::process::id()));
        let made = fs::create_dir_all(&path).and_then(|()| permissions(&path, 0o755));
        made.map_err(|error| problem(&path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that listens on loopback, stopped when dropped.
pub(crate) struct Server {
    process: Child,
    _directory: Option<Directory>,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Most end their children when they are asked to end, and not when they are killed.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

impl Server {
    /// One of the examples' servers, which takes a port and says it.
    pub(crate) fn example(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let output = process.stdout.take().ok_or("the example has no output")?;
        let mut server = Self { process, _directory: None, port: 0 };
        let line = wait_for("listening on", output)?;
        let port = line.rsplit(':').next().and_then(|port| port.parse().ok());
        server.port = port.ok_or_else(|| format!("the example says: {line}"))?;
        Ok(server)
    }

    /// One that is told its port. `lay_out` fills its directory and returns its words; it is ready when it says
    /// `ready` on standard error.
    pub(crate) fn start(
        program: &Path,
        environment: &[(&str, &OsStr)],
        ready: &str,
        lay_out: impl FnOnce(&Path, u16) -> io::Result<Vec<OsString>>,
    ) -> Result<Self> {
        // Someone else may take the port before the server does; then it says so and ends.
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        drop(listener);
        let directory = Directory::new(&format!("{port}"))?;
        let words = lay_out(&directory.0, port).map_err(|error| problem(&directory.0, &error))?;
        let mut command = Command::new(program);
        command
            .args(words)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let errors = process.stderr.take().ok_or("a server has no output")?;
        let server = Self { process, _directory: Some(directory), port };
        wait_for(ready, errors)?;
        Ok(server)
    }

    /// What `benches/peers/rivals.c` reads of it.
    pub(crate) fn word(&self, name: &str) -> String {
        format!("{name}={},{}", self.port, self.process.id())
    }
}

/// The line with `text`; what comes after it is read and thrown away.
pub(crate) fn wait_for(text: &str, output: impl Read + Send + 'static) -> Result<String> {
    let mut output = BufReader::new(output);
    let mut said = String::new();
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).map_err(|error| error.to_string())? == 0 {
            return Err(format!("a server does not start: {said}"));
        }
        if line.contains(text) {
            thread::spawn(move || io::copy(&mut output, &mut io::sink()));
            return Ok(line.trim_end().into());
        }
        said += &line;
    }
}

/// Says what is not compared with; in CI, all has to be there.
pub(crate) fn miss(name: &str, package: &str) -> Result<()> {
    let text = format!("{name} is missing (Debian: apt install {package})");
    if in_ci() {
        return Err(text);
    }
    println!("SKIPPED: {text}");
    Ok(())
}

/// What `id` says of whom this runs as, or of another.
pub(crate) fn id(options: &[&str]) -> io::Result<String> {
    let output = Command::new("id").args(options).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

pub(crate) fn is_root() -> bool {
    id(&["-u"]).is_ok_and(|id| id == "0")
}
