//! C programs whose users are in a database or a directory: the examples, and one that tells what that
//! does to a process.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::accounts::{REALM, password};
use crate::servers::{Kind, Server, directory};
use crate::support::skip::find;
use crate::support::{STRICT, compile_c, library, succeed};

const OK: &str = "0x00000000";
const LOGON_DENIED: &str = "0x8009030C";
const NO_AUTHORITY: &str = "0x80090311";
const INTERNAL_ERROR: &str = "0x80090304";

/// A program that answers each line by one.
struct Program {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts it, with a configuration of these lines, if any, in this directory.
    fn start(program: &Path, words: &[&str], directory: &Path, configuration: &str) -> Self {
        Self::start_with(program, words, directory, configuration, &[])
    }

    /// The same with these variables.
    fn start_with(
        program: &Path,
        words: &[&str],
        directory: &Path,
        configuration: &str,
        variables: &[(&str, &Path)],
    ) -> Self {
        let file = directory.join("secur32.toml");
        fs::write(&file, format!("[server]\nrealm = \"{REALM}\"\n{configuration}\n"))
            .expect("a file");
        let mut command = Command::new(program);
        command.args(words).env("SECUR32_CONFIG", file).env("SECUR32_LOG", "error");
        for name in ["SECUR32_ACCOUNTS", "SECUR32_REALM"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, input, output }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("its output");
        line.trim_end().to_owned()
    }

    fn answer(&mut self, line: &str) -> String {
        let input = self.input.as_mut().expect("its input");
        writeln!(input, "{line}").expect("it reads");
        self.line()
    }

    fn log_in(&mut self, kind: &str, user: &str, password: &str) -> String {
        self.answer(&format!("{kind} {user} {password}"))
    }

    /// The same where the server answers, though a busy machine may make it late.
    fn log_in_in_the_end(&mut self, kind: &str, user: &str, password: &str) -> String {
        loop {
            let status = self.log_in(kind, user, password);
            if status != NO_AUTHORITY {
                return status;
            }
        }
    }

    /// At the end of its input it ends.
    fn finish(mut self) {
        drop(self.input.take());
        let status = self.process.wait().expect("it ends");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn compiled(source: &str, more: &[&str]) -> PathBuf {
    let flags = [&["-std=c99", "-g", "-O1"], STRICT, more].concat();
    compile_c(&[source, "examples/accounts_login.c"], &flags)
}

fn process() -> PathBuf {
    compiled("c_tests/databases/process.c", &[])
}

/// Logs in right and wrong, by each way, with the server there, gone, back and standing still.
fn logs_in_and_out_of_reach(server: &mut Server, mut start: impl FnMut(&Server, &str) -> Program) {
    for algorithms in ["MD5", "SHA-256"] {
        let mut program = start(server, &format!("http_algorithms = [\"{algorithms}\"]"));
        for kind in ["sasl", "http"] {
            let mut says =
                |user: &str, password: &str| program.log_in_in_the_end(kind, user, password);
            assert_eq!(says("alice", &password("alice")), OK, "{kind} {algorithms}");
            // Clients hash what fits ISO 8859-1 in that (RFC 2831 section 2.1.2.1).
            let japanese = "\u{65e5}\u{672c}";
            assert_eq!(says(japanese, &password(japanese)), OK, "{kind} {algorithms}");
            assert_eq!(says("o'hara", &password("o'hara")), OK, "{kind} {algorithms}");
            assert_eq!(says("alice", "wrong"), LOGON_DENIED, "{kind} {algorithms}");
            assert_eq!(says("nobody", "wrong"), LOGON_DENIED, "{kind} {algorithms}");
            assert_eq!(says("al*", &password("alice")), LOGON_DENIED, "{kind} {algorithms}");
            assert_eq!(says("ALICE", &password("alice")), LOGON_DENIED, "{kind} {algorithms}");
        }
        program.finish();
    }
    let mut program = start(server, "");
    let right = password("alice");
    assert_eq!(program.log_in_in_the_end("sasl", "alice", &right), OK);
    server.kill();
    assert_eq!(program.log_in("sasl", "alice", &right), NO_AUTHORITY);
    assert_eq!(program.log_in("sasl", "alice", "wrong"), NO_AUTHORITY);
    for _ in 0..2 {
        server.restart();
        assert_eq!(program.log_in_in_the_end("sasl", "alice", &right), OK);
        server.kill();
    }
    server.restart();
    assert_eq!(program.log_in_in_the_end("sasl", "alice", &right), OK);
    server.stand_still();
    assert_eq!(program.log_in("sasl", "alice", &right), NO_AUTHORITY);
    server.go_on();
    assert_eq!(program.log_in_in_the_end("sasl", "alice", &right), OK);
    assert_eq!(program.log_in_in_the_end("sasl", "alice", "wrong"), LOGON_DENIED);
    program.finish();
}

fn password_file(server: &Server) -> PathBuf {
    let file = server.directory.join("password");
    fs::write(&file, "of the proxy\n").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
    file
}

#[test]
fn the_example_of_postgresql() {
    let Some(headers) = find(&["/usr/include/postgresql/libpq-fe.h"], "libpq-dev") else {
        return;
    };
    let Some(mut server) = Server::start(Kind::Postgres) else { return };
    let include = format!("-I{}", headers.parent().expect("a directory").display());
    let flags = [include.as_str(), "-Wl,--no-as-needed", "-lpq"];
    let program = compiled("examples/accounts_postgresql.c", &flags);
    logs_in_and_out_of_reach(&mut server, |server, lines| {
        let string = format!("host={} user=postgres dbname=postgres", server.directory.display());
        Program::start(&program, &[&string], &directory(), lines)
    });
}

#[test]
fn the_example_of_ldap() {
    if find(&["/usr/include/ldap.h"], "libldap-dev").is_none() {
        return;
    }
    let Some(mut server) = Server::start(Kind::Slapd) else { return };
    let program = compiled("examples/accounts_ldap.c", &["-Wl,--no-as-needed", "-lldap", "-llber"]);
    logs_in_and_out_of_reach(&mut server, |server, lines| {
        let (uri, file) = (server.uri(), password_file(server));
        let words = [&uri, "dc=example", "uid=proxy,dc=example", file.to_str().expect("a path")];
        Program::start(&program, &words, &directory(), lines)
    });
}

fn sql(server: &Server) -> String {
    format!(
        "[sql]\nconnection = \"{}\"\ncache = 0\nconnections = 2\ntimeout = 2000\n\
         query = \"SELECT ha1, username FROM accounts WHERE username = ? AND realm = ?\"\n\
         query_sha256 = \"SELECT sha256, username FROM accounts WHERE username = ? AND realm = ?\"\n",
        server.connection()
    )
}

fn ldap(server: &Server) -> String {
    password_file(server);
    format!(
        "[ldap]\nuri = \"{}\"\nbase = \"dc=example\"\nbind_dn = \"uid=proxy,dc=example\"\n\
         bind_password_file = \"{}/password\"\nfilter = \"(uid=%u)\"\nname = \"uid\"\n\
         attribute = \"digestHA1\"\ncache = 0\n",
        server.uri(),
        server.directory.display()
    )
}

/// Starts the program that tells of its process, which must have got a credential.
fn told(table: &str) -> Program {
    let mut program = Program::start(&process(), &[], &directory(), table);
    assert_eq!(program.line(), OK);
    program
}

#[test]
fn a_process_with_a_database() {
    for kind in [Kind::Postgres, Kind::MariaDb] {
        let Some(mut server) = Server::start(kind) else { continue };
        logs_in_and_out_of_reach(&mut server, |server, lines| {
            told(&(lines.to_owned() + "\n" + &sql(server)))
        });
        let mut program = told(&sql(&server));
        // Nothing is begun before an account is wanted.
        assert_eq!(program.answer("state"), "1 default");
        assert_eq!(program.answer("mapped libodbc"), "yes");
        assert_eq!(program.answer("mapped libldap"), "no");
        while program.log_in("sasl", "alice", &password("alice")) != OK {}
        // MariaDB's connector has set SIGPIPE to ignored.
        assert_eq!(program.answer("state"), "2 default");
        let both = format!("{OK} {OK}");
        for _ in 0..3 {
            assert_eq!(program.log_in("fork", "alice", &password("alice")), both);
        }
        assert_eq!(program.answer("state"), "2 default");
        assert_eq!(
            program.log_in("fork", "alice", "wrong"),
            format!("{LOGON_DENIED} {LOGON_DENIED}")
        );
        program.finish();
    }
}

#[test]
fn a_process_with_a_directory() {
    let Some(mut server) = Server::start(Kind::Slapd) else { return };
    logs_in_and_out_of_reach(&mut server, |server, lines| {
        told(&(lines.to_owned() + "\n" + &ldap(server)))
    });
    let mut program = told(&ldap(&server));
    assert_eq!(program.answer("mapped libldap"), "yes");
    assert_eq!(program.answer("mapped libodbc"), "no");
    while program.log_in("sasl", "alice", &password("alice")) != OK {}
    assert_eq!(program.answer("state"), "1 default");
    for _ in 0..3 {
        assert_eq!(program.log_in("fork", "alice", &password("alice")), format!("{OK} {OK}"));
    }
    // The parent's connection is as it was: a dead one would have cost a signal that ends the process.
    server.kill();
    assert_eq!(program.log_in("sasl", "alice", &password("alice")), NO_AUTHORITY);
    assert_eq!(program.answer("state"), "1 default");
    program.finish();
}

/// Whoever does not know the server's certificate asks it nothing.
#[test]
fn a_directory_by_tls() {
    let Some(server) = Server::start(Kind::Slapd) else { return };
    let right = password("alice");
    for (uri, more) in [(server.tls(), ""), (server.tcp(), "starttls = 1\n")] {
        let lines = ldap(&server).replace(&server.uri(), &uri) + "timeout = 30000\n" + more;
        let certificate = server.certificate();
        for (variables, expected) in
            [(&[("LDAPTLS_CACERT", &*certificate)][..], OK), (&[], NO_AUTHORITY)]
        {
            let mut program = Program::start_with(&process(), &[], &directory(), &lines, variables);
            assert_eq!(program.line(), OK);
            let status = program.log_in("sasl", "alice", &right);
            assert_eq!(status, expected, "{uri} {more}");
            if expected == OK {
                assert_eq!(program.log_in("sasl", "alice", "wrong"), LOGON_DENIED);
            }
            program.finish();
        }
    }
}

#[test]
fn without_either_library_users_are_in_a_file_and_others_are_told_what_is_missing() {
    let needed = succeed(Command::new("readelf").arg("-d").arg(library()));
    for name in ["odbc", "ldap", "lber"] {
        assert!(!needed.contains(name), "{needed}");
    }
    let at = directory();
    let line = format!("alice:{REALM}:{}\n", crate::accounts::hex(&crate::accounts::md5("alice")));
    fs::write(at.join("accounts"), line).expect("a file");
    let mut program = told(&format!("accounts = \"{}/accounts\"", at.display()));
    assert_eq!(program.log_in("sasl", "alice", &password("alice")), OK);
    assert_eq!(program.answer("mapped libodbc"), "no");
    assert_eq!(program.answer("mapped libldap"), "no");
    program.finish();
    let tables = [
        (
            "[sql]\nconnection = \"x\"\nquery = \"q\"",
            "no ODBC driver manager is installed; looked for",
        ),
        (
            "[ldap]\nuri = \"ldapi:///\"\nbase = \"x\"\nfilter = \"(uid=%u)\"\nname = \"uid\"\nattribute = \"x\"",
            "no LDAP library is installed; looked for",
        ),
    ];
    let program = process();
    for (table, expected) in tables {
        let said = run_where_neither_is(&program, table);
        assert!(said.contains(INTERNAL_ERROR) && said.contains(expected), "{said}");
    }
}

/// Runs it in a mount namespace of its own, where no file has a name of these libraries'.
fn run_where_neither_is(program: &Path, table: &str) -> String {
    let at = directory();
    fs::write(at.join("secur32.toml"), table).expect("a file");
    let script = "for file in /usr/lib/*/libodbc.so.2 /usr/lib/*/libiodbc.so.2 /usr/lib/*/libldap*.so.*; do \
                  [ ! -e \"$file\" ] || mount --bind /dev/null \"$file\" || exit 9; done; exec \"$0\" 2>&1";
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .arg(program)
        .env("SECUR32_CONFIG", at.join("secur32.toml"))
        .env("SECUR32_LOG", "error")
        .stdin(Stdio::null())
        .output()
        .expect("unshare runs");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
