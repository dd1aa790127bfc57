//! Accounts in a directory by wldap32.dll, and in databases by odbc32.dll; nonce counts in Redis. Wine's first has a client of its
//! own; its second hands calls on to unixODBC where the machine's other side has that for the word size.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::accounts::{REALM, password};
use crate::engines;
use crate::place::{Bits, Place, for_both_word_sizes};
use crate::servers::{Kind, Server};
use crate::support::skip::say;

for_both_word_sizes!(users_of_a_directory, users_of_a_database, counts_in_an_engine);

const OK: &str = "0x00000000";
const LOGON_DENIED: &str = "0x8009030C";
const CONTINUE_NEEDED: &str = "0x00090312";
const NO_AUTHORITY: &str = "0x80090311";

/// The program under Wine, which answers each line by one.
struct Program {
    process: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Program {
    fn start(place: &Place, name: &str, table: &str) -> Self {
        place.compile(
            &["c_tests/windows/accounts.c", "examples/accounts_login.c"],
            "libsecur32.dll.a",
            &format!("{name}.exe"),
        );
        let file = format!("{name}.toml");
        let text = format!("[server]\nrealm = \"{REALM}\"\n{table}\n");
        std::fs::write(place.path(&file), text).expect("a file");
        let mut command = place.wine(&format!("{name}.exe"));
        command.env("SECUR32_CONFIG", file).env("SECUR32_LOG", "error");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("wine");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, output }
    }

    fn log_in(&mut self, kind: &str, user: &str, password: &str) -> String {
        let input = self.process.stdin.as_mut().expect("its input");
        writeln!(input, "{kind} {user} {password}").expect("it reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("its output");
        line.trim_end().to_owned()
    }

    /// The same where the server answers, though a busy machine may make it late.
    fn log_in_in_the_end(&mut self, kind: &str, user: &str, password: &str) -> String {
        // Far more than it takes: most of them wait.
        let mut tries = (0..10_000).map(|_| self.log_in(kind, user, password));
        tries.find(|status| status != NO_AUTHORITY).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn log_in_right_and_wrong(program: &mut Program) {
    for kind in ["sasl", "http"] {
        let mut says = |user: &str, password: &str| program.log_in_in_the_end(kind, user, password);
        assert_eq!(says("alice", &password("alice")), OK, "{kind}");
        // Beyond any code page of Windows.
        let japanese = "\u{65e5}\u{672c}";
        assert_eq!(says(japanese, &password(japanese)), OK, "{kind}");
        assert_eq!(says("alice", "wrong"), LOGON_DENIED, "{kind}");
        for nobody in ["nobody", "al*", "ALICE"] {
            assert_eq!(says(nobody, &password("alice")), LOGON_DENIED, "{kind} {nobody}");
        }
    }
}

/// Gone, back, and standing still: never an unknown user.
fn goes_and_comes_back(server: &mut Server, program: &mut Program) {
    let right = password("alice");
    server.kill();
    assert_eq!(program.log_in("sasl", "alice", &right), NO_AUTHORITY);
    server.restart();
    assert_eq!(program.log_in_in_the_end("sasl", "alice", &right), OK);
    server.stand_still();
    assert_eq!(program.log_in("sasl", "alice", &right), NO_AUTHORITY);
    server.go_on();
    assert_eq!(program.log_in_in_the_end("sasl", "alice", &right), OK);
    assert_eq!(program.log_in_in_the_end("sasl", "alice", "wrong"), LOGON_DENIED);
}

fn users_of_a_directory(place: &Place) {
    let Some(mut server) = Server::start(Kind::Slapd) else { return };
    std::fs::write(place.path("ldap.password"), "of the proxy\n").expect("a file");
    let table = format!(
        "[ldap]\nuri = \"{}\"\nbase = \"dc=example\"\nbind_dn = \"uid=proxy,dc=example\"\n\
         bind_password_file = \"ldap.password\"\nfilter = \"(uid=%u)\"\nname = \"uid\"\n\
         attribute = \"digestHA1\"\ncache = 0\ntimeout = 3000\n",
        server.tcp()
    );
    let mut program = Program::start(place, "directory", &table);
    log_in_right_and_wrong(&mut program);
    goes_and_comes_back(&mut server, &mut program);
}

fn users_of_a_database(place: &Place) {
    if place.bits == Bits::ThirtyTwo && !Path::new("/usr/lib/i386-linux-gnu/libodbc.so.2").exists()
    {
        say("SKIPPED: unixODBC and its drivers for 32-bit programs are missing");
        return;
    }
    let Some(mut server) = Server::start(Kind::Postgres) else { return };
    let table = format!(
        "[sql]\nconnection = \"{}\"\ncache = 0\nconnections = 2\ntimeout = 3000\n\
         query = \"SELECT ha1, username FROM accounts WHERE username = ? AND realm = ?\"\n",
        server.connection()
    );
    let mut program = Program::start(place, "database", &table);
    log_in_right_and_wrong(&mut program);
    goes_and_comes_back(&mut server, &mut program);
}

fn counts_in_an_engine(place: &Place) {
    let Some(mut engine) = engines::Server::start(engines::Kind::Redis, &[]) else { return };
    let table = format!(
        "accounts = \"accounts.htdigest\"\nsecret = \"sixteen bytes!!!\"\nhttp_algorithms = [\"MD5\"]\n\
         {}timeout = 5000\n",
        engine.by_tcp()
    );
    let mut program = Program::start(place, "engine", &table);
    assert_eq!(program.log_in_in_the_end("http", "alice", "secret"), OK);
    assert_eq!(engine.ask(&["DBSIZE"]), ":2", "the epoch and a record");
    assert_eq!(program.log_in_in_the_end("http", "alice", "secret"), OK);
    assert_eq!(engine.ask(&["DBSIZE"]), ":3");
    engine.kill();
    assert_eq!(program.log_in("http", "alice", "secret"), NO_AUTHORITY);
    engine.restart();
    // The challenge was of the epoch before: a stale one follows.
    assert_eq!(program.log_in_in_the_end("http", "alice", "secret"), CONTINUE_NEEDED);
    assert_eq!(program.log_in_in_the_end("http", "alice", "secret"), OK);
}
