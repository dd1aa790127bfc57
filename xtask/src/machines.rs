//! An engine and a database for the benchmark of what many machines share: Redis, and PostgreSQL by its
//! ODBC driver.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::daemons::{Directory, is_root, miss, wait_for};
use crate::load::{self, Accounts};
use crate::{Result, problem, root, succeed};

/// Starts both, runs `program` on them, and then `load` on the example's web server with both and on
/// Apache httpd with the database. Without Redis there is nothing to measure; without PostgreSQL, less.
pub(crate) fn run(program: &Path, effort: Option<&str>, load: &Path, example: &Path) -> Result<()> {
    let own = Directory::new("m")?;
    let directory = &own.0;
    let socket = directory.join("redis");
    let Some(_engine) = engine(&socket)? else { return Ok(()) };
    let database = database(directory)?;
    let mut command = Command::new(program);
    command.args(effort).arg(&socket).arg(root().join("src/digest/http/shared/claim.lua"));
    let at = directory.display();
    let connection = format!(
        "DRIVER={{PostgreSQL Unicode}};Servername={at};UserName=postgres;Database=postgres"
    );
    if database.is_none() {
        return succeed(&mut command);
    }
    succeed(command.arg(&connection))?;
    let configuration = directory.join("secur32.toml");
    let text = format!(
        "[server]\nrealm = \"example.org\"\nsecret = \"sixteen bytes!!!\"\n\
         [shared]\nurl = \"unix://{}\"\ntimeout = 5000\n\
         [sql]\nconnection = \"{connection}\"\ntimeout = 5000\n\
         query = \"SELECT ha1, username FROM accounts WHERE username = ? AND realm = ?\"\n",
        socket.display()
    );
    fs::write(&configuration, text).map_err(|error| problem(&configuration, &error))?;
    let parameters = format!("host={at} user=postgres dbname=postgres");
    let accounts = Accounts::Database { configuration: &configuration, parameters: &parameters };
    println!(
        "\nThe example with [shared] and [sql], and Apache with mod_authn_dbd, on one PostgreSQL:"
    );
    load::run(load, effort, example, &accounts)
}

/// A server, killed when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn engine(socket: &Path) -> Result<Option<Server>> {
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(socket);
    match command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn() {
        Ok(mut process) => {
            let output = process.stdout.take().ok_or("Redis has no output")?;
            let server = Server(process);
            wait_for("eady to accept connections", output)?;
            Ok(Some(server))
        }
        Err(_) => miss("Redis", "redis-server").map(|()| None),
    }
}

/// PostgreSQL with the accounts of the examples.
fn database(directory: &Path) -> Result<Option<Server>> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut programs: Vec<_> =
        versions.map(|version| version.path().join("bin/postgres")).collect();
    programs.sort();
    let Some(program) = programs.pop().filter(|program| program.is_file()) else {
        return miss("PostgreSQL", "postgresql").map(|()| None);
    };
    if !Path::new("/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so").is_file() {
        return miss("PostgreSQL's driver for ODBC", "odbc-postgresql").map(|()| None);
    }
    let data = directory.join("data");
    let is_root = is_root();
    if is_root {
        succeed(Command::new("chown").arg("postgres").arg(directory))?;
    }
    let as_user = |program: &Path| {
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=KILL");
        if is_root {
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        }
        command.arg(program).current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null());
        command
    };
    let mut begin = as_user(&program.with_file_name("initdb"));
    begin.args([
        "-A",
        "trust",
        "-U",
        "postgres",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "-D",
    ]);
    succeed(begin.arg(&data))?;
    let mut command = as_user(&program);
    command.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-c", "fsync=off", "-c"]);
    command.arg(format!("unix_socket_directories={}", directory.display()));
    let mut process = command.stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let errors = process.stderr.take().ok_or("PostgreSQL has no output")?;
    let server = Server(process);
    wait_for("ready to accept connections", errors)?;
    fill(directory)?;
    Ok(Some(server))
}

fn fill(directory: &Path) -> Result<()> {
    let mut text =
        "CREATE TABLE accounts (username VARCHAR(100), realm VARCHAR(100), ha1 VARCHAR(64), \
                    PRIMARY KEY (username, realm));\n"
            .to_owned();
    let file = root().join("examples/accounts.htdigest");
    let accounts = fs::read_to_string(&file).map_err(|error| problem(&file, &error))?;
    for line in accounts.lines() {
        if let [user, realm, hash] = line.split(':').collect::<Vec<_>>()[..]
            && hash.len() == 32
        {
            text += &format!("INSERT INTO accounts VALUES ('{user}', '{realm}', '{hash}');\n");
        }
    }
    let mut client = Command::new("psql");
    client.arg(format!("--host={}", directory.display()));
    client.args(["-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "-X", "postgres"]);
    let mut client =
        client.stdin(Stdio::piped()).spawn().map_err(|error| format!("psql: {error}"))?;
    let input = client.stdin.take().ok_or("psql has no input")?;
    { input }.write_all(text.as_bytes()).map_err(|error| error.to_string())?;
    let status = client.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("psql: {status}")) }
}
