//! Database servers and a directory, each in the foreground with a directory of its own, reached by a
//! socket in it.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::skip::find;

/// What can be started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Postgres,
    MariaDb,
    Slapd,
}

/// A running server, killed when dropped.
pub(crate) struct Server {
    kind: Kind,
    program: PathBuf,
    pub(crate) directory: PathBuf,
    /// Of a directory: without TLS, and with it.
    ports: [u16; 2],
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal("KILL");
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

impl Server {
    /// Starts it with the accounts of these tests; `None` where it is not installed.
    pub(crate) fn start(kind: Kind) -> Option<Self> {
        let program = program(kind)?;
        let directory = directory();
        match kind {
            Kind::Postgres => {
                let mut command = as_user("postgres", &program.with_file_name("initdb"));
                command.args(["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"]);
                command.arg("--locale=C.UTF-8").arg("-D").arg(directory.join("data"));
                let data = directory.join("data");
                give_to("postgres", &data);
                give_to("postgres", &directory);
                succeed(command.current_dir(&directory));
            }
            Kind::MariaDb => {
                let mut command = Command::new("mariadb-install-db");
                command.args(["--no-defaults", "--auth-root-authentication-method=normal"]);
                command.args(["--skip-test-db", "--user=mysql"]);
                command.arg(format!("--datadir={}", directory.join("data").display()));
                command.arg(format!("--tmpdir={}", directory.display()));
                give_to("mysql", &directory.join("data"));
                give_to("mysql", &directory);
                succeed(&mut command);
            }
            Kind::Slapd => write_slapd(&directory),
        }
        let ports = free_ports();
        let process = launch(kind, &program, &directory, ports);
        let server = Self { kind, program, directory, ports, process };
        server.fill();
        Some(server)
    }

    /// Its death, as by a fault of the machine.
    pub(crate) fn kill(&mut self) {
        self.signal("KILL");
        let _ = self.process.wait();
    }

    /// The same server once more.
    pub(crate) fn restart(&mut self) {
        self.process = launch(self.kind, &self.program, &self.directory, self.ports);
    }

    /// It stands still, with all processes of its own, until [`Server::go_on`].
    pub(crate) fn stand_still(&self) {
        self.signal("STOP");
        // Its threads stop one by one.
        let tasks = || {
            let pids = self.pids().into_iter();
            pids.flat_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten())
        };
        let runs = |stat: &str| {
            stat.rsplit(')')
                .next()
                .is_none_or(|rest| !rest.starts_with(" T") && !rest.starts_with(" Z"))
        };
        while tasks()
            .flatten()
            .any(|task| fs::read_to_string(task.path().join("stat")).is_ok_and(|stat| runs(&stat)))
        {
            std::thread::yield_now();
        }
    }

    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let mut command = Command::new("kill");
        // Those of PostgreSQL that have just ended are no loss.
        let _ = command.arg(format!("-{name}")).args(self.pids()).stderr(Stdio::null()).status();
    }

    /// Its process, and those that this has begun.
    fn pids(&self) -> Vec<String> {
        let own = self.process.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
        let children = children.unwrap_or_default();
        std::iter::once(own.to_string())
            .chain(children.split_whitespace().map(str::to_owned))
            .collect()
    }

    /// Has it carry out statements of SQL, or changes of LDIF.
    pub(crate) fn carry_out(&self, text: &str) {
        let socket = self.directory.display();
        let mut command = match self.kind {
            Kind::Postgres => {
                let mut command = Command::new("psql");
                command.arg(format!("--host={socket}"));
                command.args(["-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "-X", "postgres"]);
                command
            }
            Kind::MariaDb => {
                let mut command = Command::new("mariadb");
                command.args(["--no-defaults", "-u", "root", "--default-character-set=utf8mb4"]);
                command.arg(format!("--socket={socket}/socket")).arg("--database=mysql");
                command
            }
            Kind::Slapd => {
                let mut command = Command::new("ldapmodify");
                command.args(["-x", "-D", "cn=admin,dc=example", "-w", "admin", "-H"]);
                command.arg(self.uri()).stdout(Stdio::null());
                command
            }
        };
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut client = command.spawn().expect("the client starts");
        client.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
        let output = client.wait_with_output().expect("the client ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What statements begin with.
    pub(crate) fn prelude(&self) -> String {
        if self.kind == Kind::MariaDb { "USE accounts;\n".to_owned() } else { String::new() }
    }

    /// The directory's address.
    pub(crate) fn uri(&self) -> String {
        format!(
            "ldapi://{}",
            self.directory.join("socket").display().to_string().replace('/', "%2F")
        )
    }

    /// The directory's address by TCP.
    pub(crate) fn tcp(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.ports[0])
    }

    /// The same by TLS, with a certificate that nobody trusts who is not told of it.
    pub(crate) fn tls(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.ports[1])
    }

    /// The file of that certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.join("certificate")
    }

    /// ODBC's connection string.
    pub(crate) fn connection(&self) -> String {
        let socket = self.directory.display();
        match self.kind {
            Kind::Postgres => format!(
                "DRIVER={{PostgreSQL Unicode}};Servername={socket};UserName=postgres;Database=postgres"
            ),
            _ => format!(
                "DRIVER={{MariaDB Unicode}};SOCKET={socket}/socket;USER=root;DATABASE=accounts"
            ),
        }
    }

    pub(crate) fn is_mariadb(&self) -> bool {
        self.kind == Kind::MariaDb
    }

    /// The connection string of another database, which holds ISO 8859-1.
    pub(crate) fn latin1(&self) -> String {
        let hash = crate::accounts::hex(&crate::accounts::md5("zo\u{eb}"));
        let table = format!(
            "CREATE TABLE accounts (username VARCHAR(100), realm VARCHAR(100), ha1 VARCHAR(100));\n\
             INSERT INTO accounts VALUES ('zo\u{eb}', 'example.org', '{hash}');\n"
        );
        if self.is_mariadb() {
            self.carry_out(&format!(
                "CREATE DATABASE latin CHARACTER SET latin1;\nUSE latin;\n{table}"
            ));
            return self.connection().replace("DATABASE=accounts", "DATABASE=latin");
        }
        self.carry_out(&format!(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;\n\\c latin\n\
             SET client_encoding = 'UTF8';\n{table}"
        ));
        self.connection().replace("Database=postgres", "Database=latin")
    }

    fn fill(&self) {
        match self.kind {
            Kind::Slapd => self.carry_out(&crate::accounts::ldif()),
            Kind::MariaDb => {
                let table = crate::accounts::sql("VARBINARY(64)", "X'", "'");
                self.carry_out(&format!("CREATE DATABASE accounts;\nUSE accounts;\n{table}"));
            }
            Kind::Postgres => self.carry_out(&crate::accounts::sql("BYTEA", "'\\x", "'")),
        }
    }
}

/// A database of `SQLite`, and the connection string for it.
pub(crate) fn sqlite() -> Option<(PathBuf, String)> {
    find(&["/usr/bin/sqlite3"], "sqlite3")?;
    find(&["/usr/lib/x86_64-linux-gnu/odbc/libsqlite3odbc.so"], "libsqliteodbc")?;
    let directory = directory();
    let file = directory.join("accounts.db");
    sqlite_carry_out(&file, &crate::accounts::sql("BLOB", "X'", "'"));
    let connection = format!("DRIVER=SQLite3;Database={}", file.display());
    Some((file, connection))
}

pub(crate) fn sqlite_carry_out(file: &Path, text: &str) {
    let mut client =
        Command::new("sqlite3").arg(file).stdin(Stdio::piped()).spawn().expect("sqlite3");
    client.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
    assert!(client.wait().expect("sqlite3 ends").success());
}

fn program(kind: Kind) -> Option<PathBuf> {
    match kind {
        Kind::Postgres => {
            let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
            let mut found: Vec<_> =
                versions.flatten().map(|version| version.path().join("bin/postgres")).collect();
            found.sort();
            let found =
                found.pop().unwrap_or_else(|| PathBuf::from("/usr/lib/postgresql/postgres"));
            find(&[found.to_str().expect("a path")], "postgresql")?;
            find(&["/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so"], "odbc-postgresql")?;
            Some(found)
        }
        Kind::MariaDb => {
            find(&["/usr/lib/x86_64-linux-gnu/odbc/libmaodbc.so"], "odbc-mariadb")?;
            find(&["/usr/sbin/mariadbd"], "mariadb-server")
        }
        Kind::Slapd => {
            find(&["/usr/bin/openssl"], "openssl")?;
            find(&["/usr/bin/ldapmodify"], "ldap-utils")?;
            find(&["/usr/sbin/slapd"], "slapd")
        }
    }
}

/// Starts it, and waits until it says that it is there.
#[allow(clippy::zombie_processes)] // whoever gets it waits for it
fn launch(kind: Kind, program: &Path, directory: &Path, ports: [u16; 2]) -> Child {
    let at = directory.display();
    let (mut command, ready) = match kind {
        Kind::Postgres => {
            let mut command = as_user("postgres", program);
            command.arg("-D").arg(directory.join("data"));
            for setting in ["listen_addresses=", "fsync=off"] {
                command.arg("-c").arg(setting);
            }
            command.arg("-c").arg(format!("unix_socket_directories={at}"));
            (command, "ready to accept connections")
        }
        Kind::MariaDb => {
            let mut command = as_user("mysql", program);
            command.args(["--no-defaults", "--skip-networking", "--skip-log-bin"]);
            // Written at each commit, so that a killed server loses none; the disk is not waited for.
            command.arg("--innodb-flush-log-at-trx-commit=2");
            command.arg("--character-set-server=utf8mb4");
            command.arg(format!("--datadir={at}/data")).arg(format!("--socket={at}/socket"));
            command.arg(format!("--tmpdir={at}"));
            (command, "ready for connections")
        }
        Kind::Slapd => {
            let mut command = as_user("root", program);
            command.arg("-f").arg(directory.join("slapd.conf"));
            let socket = directory.join("socket").display().to_string().replace('/', "%2F");
            let by_tcp = format!("ldap://127.0.0.1:{} ldaps://127.0.0.1:{}", ports[0], ports[1]);
            command.arg("-h").arg(format!("ldapi://{socket} {by_tcp}")).args(["-d", "0x100"]);
            (command, "slapd starting")
        }
    };
    command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null());
    let mut process = command.stderr(Stdio::piped()).spawn().expect("the server starts");
    let mut errors = BufReader::new(process.stderr.take().expect("a pipe"));
    let mut said = String::new();
    loop {
        let mut line = Vec::new();
        if errors.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
            let _ = process.wait();
            panic!("{} does not start: {said}", program.display());
        }
        said += &String::from_utf8_lossy(&line);
        if said.contains(ready) {
            // slapd says so before it listens.
            while kind == Kind::Slapd && UnixStream::connect(directory.join("socket")).is_err() {
                std::thread::yield_now();
            }
            // What it says from now on must go somewhere.
            std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
            return process;
        }
    }
}

fn write_slapd(directory: &Path) {
    make_certificate(&directory.join("key"), &directory.join("certificate"));
    let at = directory.display();
    let mut text = String::new();
    for schema in ["core", "cosine", "inetorgperson"] {
        writeln!(text, "include /etc/ldap/schema/{schema}.schema").expect("text");
    }
    write!(
        text,
        "attributetype ( 1.3.6.1.4.1.32473.1 NAME 'digestHA1' EQUALITY octetStringMatch \
         SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )\n\
         objectclass ( 1.3.6.1.4.1.32473.2 NAME 'digestUser' SUP top AUXILIARY MAY digestHA1 )\n\
         modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {at}/pid\n\
         TLSCertificateFile {at}/certificate\nTLSCertificateKeyFile {at}/key\n\
         database mdb\nsuffix \"dc=example\"\ndirectory {at}\nrootdn \"cn=admin,dc=example\"\n\
         rootpw admin\ndbnosync\n\
         access to attrs=digestHA1,userPassword by dn=\"uid=proxy,dc=example\" read by anonymous auth\n\
         access to * by * read\n"
    )
    .expect("text");
    fs::write(directory.join("slapd.conf"), text).expect("a file");
}

/// Ports that nobody has at this moment.
fn free_ports() -> [u16; 2] {
    let listeners = [0, 0].map(|port| TcpListener::bind(("127.0.0.1", port)).expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

/// A certificate of its own for this machine's loopback. (libldap takes the name localhost for the
/// machine's own.)
fn make_certificate(key: &Path, certificate: &Path) {
    let mut command = Command::new("openssl");
    command.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    command.args([
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
    ]);
    succeed(command.arg("-keyout").arg(key).arg("-out").arg(certificate));
}

/// A command as another user where this one is root, whom some servers refuse; it ends with this thread.
fn as_user(user: &str, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=KILL");
    if is_root() && user != "root" {
        command.arg(format!("--reuid={user}")).arg(format!("--regid={user}")).arg("--init-groups");
    }
    command.arg(program);
    command
}

fn give_to(user: &str, directory: &Path) {
    fs::create_dir_all(directory).expect("a directory");
    if is_root() {
        succeed(Command::new("chown").arg(user).arg(directory));
    }
    succeed(Command::new("chmod").arg("755").arg(directory));
    if directory.ends_with("data") {
        succeed(Command::new("chmod").arg("700").arg(directory));
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id runs");
    output.stdout == b"0\n"
}

/// A directory with a short name, since sockets have one in it.
pub(crate) fn directory() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("s32-{}-{number}", std::process::id()));
    fs::create_dir_all(&path).expect("a directory");
    path
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
}
