//! One end of an exchange: a program that speaks the line protocol of `c_tests/peers/lines.h`,
//! or something that is made to look like one.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long one answer may take, so that a peer that hangs fails its row and not the whole lane.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What an end says it has agreed.
#[derive(Clone, Debug)]
pub(crate) struct Agreed {
    pub(crate) qop: String,
    pub(crate) user: String,
    pub(crate) authzid: String,
    pub(crate) largest: u32,
}

/// What an end does next in an exchange.
#[derive(Debug)]
pub(crate) enum Event {
    Token(String),
    Established(Agreed),
    Refused(String),
}

/// One end. Tokens and messages are base64, as the other end takes them; "-" is the empty one.
pub(crate) trait End {
    /// Hands over the other end's token.
    fn token(&mut self, base64: &str) -> Result<(), String>;

    /// What the end does next.
    fn event(&mut self) -> Result<Event, String>;

    /// A request of the message phase, and its answer.
    fn ask(&mut self, line: &str) -> Result<String, String>;
}

/// A child process and the lines that it writes, read with patience; killed when dropped.
pub(crate) struct Process {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    /// Starts a program whose standard output is read; standard error goes where it is told.
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self, String> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
        let output = child.stdout.take().ok_or("no standard output")?;
        Ok(Self::reading(name, child, output))
    }

    /// Starts a program whose standard output and error are read as one stream.
    pub(crate) fn start_merged(name: &str, command: &mut Command) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{name}: {error}");
        let (output, writer) = std::io::pipe().map_err(failed)?;
        command.stdout(writer.try_clone().map_err(failed)?).stderr(writer);
        let child = command.stdin(Stdio::piped()).spawn().map_err(failed)?;
        // The command keeps the writing end until its descriptors are replaced.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self::reading(name, child, output))
    }

    fn reading(name: &str, mut child: Child, output: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let input = child.stdin.take();
        Self { name: name.to_owned(), child, input, lines }
    }

    /// The process' number.
    #[allow(dead_code)] // not every test asks for it
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn write(&mut self, line: &str) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("its input is closed")?;
        input
            .write_all(format!("{line}\n").as_bytes())
            .and_then(|()| input.flush())
            .map_err(|error| format!("{} takes no more input: {error}", self.name))
    }

    pub(crate) fn read(&mut self) -> Result<String, String> {
        self.lines.recv_timeout(PATIENCE).map_err(|_| match self.child.try_wait() {
            Ok(Some(status)) => format!("{} ended without an answer: {status}", self.name),
            _ => format!("{} did not answer in {} s", self.name, PATIENCE.as_secs()),
        })
    }

    /// Asks the program to end, and waits until it and its children have closed their output.
    pub(crate) fn terminate(&mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if asked.is_ok_and(|status| status.success()) {
            while self.lines.recv_timeout(PATIENCE).is_ok() {}
        }
    }

    /// Reads on until a line that `wanted` picks something from.
    pub(crate) fn read_until<T>(
        &mut self,
        wanted: impl Fn(&str) -> Option<T>,
    ) -> Result<T, String> {
        loop {
            if let Some(found) = wanted(&self.read()?) {
                return Ok(found);
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl End for Process {
    fn token(&mut self, base64: &str) -> Result<(), String> {
        self.write(&format!("TOKEN {base64}"))
    }

    fn event(&mut self) -> Result<Event, String> {
        let line = self.read()?;
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["TOKEN", base64] => Ok(Event::Token(base64.to_owned())),
            ["OK", qop, user, authzid, largest] => Ok(Event::Established(Agreed {
                qop: qop.to_owned(),
                user: user.to_owned(),
                authzid: authzid.to_owned(),
                largest: largest.parse().map_err(|_| format!("{}: {line}", self.name))?,
            })),
            // A name with blanks, which HDFS has: it and the authorization identity are told together.
            ["OK", qop, ref names @ .., largest] => Ok(Event::Established(Agreed {
                qop: qop.to_owned(),
                user: names.join(" "),
                authzid: String::new(),
                largest: largest.parse().map_err(|_| format!("{}: {line}", self.name))?,
            })),
            ["FAIL", ..] => Ok(Event::Refused(line["FAIL ".len()..].to_owned())),
            _ => Err(format!("{} wrote {line:?}", self.name)),
        }
    }

    fn ask(&mut self, line: &str) -> Result<String, String> {
        self.write(line)?;
        let answer = self.read()?;
        match answer.strip_prefix("FAIL ") {
            Some(reason) => Err(format!("{}: {reason}", self.name)),
            None => Ok(answer),
        }
    }
}

/// GNU SASL's command line tool, unmodified: base64 lines between the lines it writes for a person.
/// Its first token as a client, empty, is taken for what it is: no initial response.
pub(crate) struct GsaslTool {
    process: Process,
    initial: bool,
}

impl GsaslTool {
    pub(crate) fn start(command: &mut Command, client: bool) -> Result<Self, String> {
        Ok(Self { process: Process::start_merged("gsasl", command)?, initial: client })
    }
}

impl End for GsaslTool {
    fn token(&mut self, base64: &str) -> Result<(), String> {
        self.process.write(base64.trim_start_matches('-'))
    }

    fn event(&mut self) -> Result<Event, String> {
        loop {
            let line = self.process.read()?;
            if line.starts_with("Output from ") {
                let token = self.process.read()?;
                if !std::mem::take(&mut self.initial) {
                    let token = if token.is_empty() { "-".to_owned() } else { token };
                    return Ok(Event::Token(token));
                }
            } else if line.contains("authentication finished") {
                let [qop, user, authzid] = std::array::from_fn(|_| "?".to_owned());
                return Ok(Event::Established(Agreed { qop, user, authzid, largest: 0 }));
            } else if line.contains("mechanism error") {
                return Ok(Event::Refused(line));
            }
        }
    }

    fn ask(&mut self, _: &str) -> Result<String, String> {
        Err("the tool is not asked for messages".to_owned())
    }
}
