//! An example server under Wine.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A server that listens.
pub(crate) struct Running {
    process: Child,
    output: BufReader<ChildStdout>,
    pub(crate) port: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().expect("wine");
        let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut first = String::new();
        output.read_line(&mut first).expect("the server's first line");
        let port = first.trim_end().strip_prefix("listening on 127.0.0.1:");
        let port = port.unwrap_or_else(|| panic!("the server says {first:?}")).to_owned();
        Self { process, output, port }
    }

    /// Runs a client, after which the server has to end; what the two wrote to standard output.
    pub(crate) fn finish(mut self, client: &mut Command) -> (String, String) {
        let ending = client.output().expect("the client");
        if !ending.status.success() {
            // Its timekeeper hands this on.
            let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        }
        let mut told = String::new();
        self.output.read_to_string(&mut told).expect("the dialogue");
        let status = self.process.wait().expect("the server ends");
        let output = String::from_utf8_lossy(&ending.stdout).into_owned();
        let errors = String::from_utf8_lossy(&ending.stderr);
        let well = ending.status.success() && status.success();
        assert!(well, "{client:?}: {}\n{output}{errors}\n{status}\n{told}", ending.status);
        (output, told)
    }
}
