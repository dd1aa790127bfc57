//! Servers for the example's client.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::example::{REALM, accounts, client, client_with, directory, peer};
use crate::{count, support};

use super::passed;
use crate::results::Version;

/// A server in a process of its own, which says on which port it listens; stopped when dropped.
pub(super) struct Program {
    process: Child,
    pub(super) port: u16,
    directory: PathBuf,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Program {
    fn start(mut command: Command, directory: PathBuf) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the server starts");
        let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut port = None;
        let mut line = String::new();
        while port.is_none() && output.read_line(&mut line).unwrap_or(0) > 0 {
            port = line.trim().strip_prefix("listening on ").and_then(|text| text.parse().ok());
            line.clear();
        }
        // What it says from now on must go somewhere.
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        let started = Self { process, port: port.unwrap_or_default(), directory };
        assert!(port.is_some(), "{command:?} says no port");
        started
    }
}

/// Two pages and a POST on one connection with one challenge, and a wrong password.
fn walk(port: u16, posts: bool) -> String {
    let ending = client(port, "secret", &[], &["/", "/page2?a=b", "/page2"]).expect(0);
    assert!(count(&ending.output, "S: HTTP/1.1 401") <= 3, "{}", ending.output);
    if posts {
        client(port, "secret", &["--post", "some text"], &["/page2"]).expect(0);
    }
    client(port, "wrong", &[], &["/"]).expect(1);
    ending.output
}

const TOMCAT: [&str; 10] = [
    "tomcat10-api",
    "tomcat10-catalina",
    "tomcat10-coyote",
    "tomcat10-juli",
    "tomcat10-servlet-api",
    "tomcat10-util",
    "tomcat10-util-scan",
    "tomcat10-annotations-api",
    "tomcat10-jaspic-api",
    "tomcat10-jni",
];

#[test]
fn our_client_with_tomcat() {
    let jars: Vec<String> =
        TOMCAT.iter().map(|name| format!("/usr/share/java/{name}.jar")).collect();
    let there = jars.iter().all(|jar| Path::new(jar).exists());
    let probe = if there { "--version" } else { "--no-tomcat" };
    let Some(javac) = peer(&["javac"], &[probe], "libtomcat10-java") else { return };
    let jars = jars.join(":");
    let classes = support::scratch("web/tomcat");
    let mut command = Command::new(javac);
    command.args(["-encoding", "UTF-8", "-nowarn", "-cp", &jars, "-d"]).arg(&classes);
    command.arg(support::root().join("c_tests/web/applications/TomcatServer.java"));
    support::succeed(&mut command);
    let home = directory();
    let mut command = Command::new("java");
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]);
    command.arg(format!("{}:{jars}", classes.display())).arg("TomcatServer").arg(&home).arg(REALM);
    let tomcat = Program::start(command, home);
    let told = walk(tomcat.port, true);
    // It offers SHA-256 and MD5, and ours takes the better one unless it is told to take the other.
    assert!(told.contains("algorithm=SHA-256"), "{told}");
    for (password, code) in [("secret", 0), ("wrong", 1)] {
        let lines = "[client]\nhttp_algorithms = [\"MD5\"]\n";
        let told = client_with(lines, tomcat.port, "alice", password).expect(code).output;
        assert!(told.contains("algorithm=MD5"), "{told}");
    }
    passed("Tomcat", Version::Debian("libtomcat10-java"), "server", "MD5, SHA-256", "none", "");
}

#[test]
fn our_client_with_libmicrohttpd() {
    let Some(pkg_config) =
        peer(&["pkg-config"], &["--exists", "libmicrohttpd"], "libmicrohttpd-dev")
    else {
        return;
    };
    let flags = Command::new(pkg_config).args(["--cflags", "--libs", "libmicrohttpd"]).output();
    let flags = String::from_utf8(flags.expect("pkg-config runs").stdout).expect("text");
    let program = support::scratch("web").join("microhttpd_server");
    let mut command = Command::new("cc");
    command.args(["-std=c99"]).args(support::STRICT).arg("-o").arg(&program);
    command.arg(support::root().join("c_tests/web/applications/microhttpd_server.c"));
    support::succeed(command.args(flags.split_whitespace()));
    for algorithm in ["md5", "sha-256"] {
        let mut command = Command::new(&program);
        command.args([algorithm, REALM]);
        let server = Program::start(command, directory());
        // Its nonces are good for one path each, and it says stale for others.
        let told = walk(server.port, false);
        assert!(told.contains(&format!("algorithm={algorithm}")), "{told}");
    }
    passed(
        "libmicrohttpd",
        Version::Debian("libmicrohttpd-dev"),
        "server",
        "MD5, SHA-256",
        "none",
        "",
    );
}

const WEBRICK: &str = "
require 'webrick'
file, realm = ARGV
quiet = WEBrick::Log.new(File::NULL)
users = WEBrick::HTTPAuth::Htdigest.new(file)
server = WEBrick::HTTPServer.new(BindAddress: '127.0.0.1', Port: 0, Logger: quiet, AccessLog: [])
algorithm = ENV['ALGORITHM']
digest = WEBrick::HTTPAuth::DigestAuth.new(UserDB: users, Realm: realm, Logger: quiet,
                                           Algorithm: algorithm)
server.mount_proc('/') do |request, answer|
  digest.authenticate(request, answer)
  answer.body = 'the page'
end
puts \"listening on #{server.config[:Port]}\"
$stdout.flush
server.start
";

#[test]
fn our_client_with_webrick() {
    let Some(ruby) = peer(&["ruby"], &["-rwebrick", "-e", "0"], "ruby-webrick") else { return };
    for algorithm in ["MD5", "MD5-sess"] {
        let home = directory();
        // It takes hashes of MD5 alone.
        let md5: String = accounts()
            .lines()
            .filter(|line| line.rsplit(':').next().is_some_and(|hash| hash.len() == 32))
            .fold(String::new(), |text, line| text + line + "\n");
        std::fs::write(home.join("accounts"), md5).expect("a file");
        let mut command = Command::new(&ruby);
        command.args(["-e", WEBRICK]).arg(home.join("accounts")).arg(REALM);
        command.env("ALGORITHM", algorithm);
        let server = Program::start(command, home);
        let told = walk(server.port, true);
        assert!(told.contains(&format!("algorithm={algorithm}")), "{told}");
    }
    passed("WEBrick", Version::Debian("ruby-webrick"), "server", "MD5, MD5-sess", "none", "");
}
