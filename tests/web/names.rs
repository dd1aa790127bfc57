//! What clients hash names beyond ASCII in, as the table of docs/peers.md has it.

use std::path::PathBuf;

use crate::asking_for;
use crate::example::{LATIN1_USER, Server, UTF8_USER, peer, run};
use crate::{soup, support};

/// A client that gets a page for a user, whose password is secret; what it printed.
struct Client {
    name: &'static str,
    program: PathBuf,
    words: Vec<String>,
}

impl Client {
    /// `words` have USER and URL in them.
    fn new(name: &'static str, program: PathBuf, words: &[&str]) -> Self {
        Self { name, program, words: words.iter().map(|word| (*word).to_owned()).collect() }
    }

    fn is_let_in(&self, server: &Server, user: &str) -> bool {
        let words: Vec<String> = self
            .words
            .iter()
            .map(|word| {
                let address =
                    server.url("/").replace("//", &format!("//{}:secret@", escaped(user)));
                word.replace("USER", user)
                    .replace("ADDRESS", &address)
                    .replace("BASE", &server.url(""))
                    .replace("URL", &server.url("/"))
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let said = run(&self.program, &words).output;
        said.contains("Hello ") || said.contains("GET / 200")
    }
}

/// A name as it stands in a URL.
fn escaped(name: &str) -> String {
    name.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
}

const REQUESTS: &str = "
import requests
session = requests.Session()
session.trust_env = False
print(session.get('URL', auth=requests.auth.HTTPDigestAuth('USER', 'secret')).text)
";

const HTTPX: &str = "
import httpx
print(httpx.Client(trust_env=False).get('URL', auth=httpx.DigestAuth('USER', 'secret')).text)
";

const URLLIB: &str = "
import urllib.request
passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
passwords.add_password(None, 'URL', 'USER', 'secret')
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                     urllib.request.HTTPDigestAuthHandler(passwords))
print(opener.open('URL').read().decode())
";

const QT: &str = "
from PyQtSERIES import QtCore, QtNetwork
program = QtCore.QCoreApplication([])
manager = QtNetwork.QNetworkAccessManager()
manager.setProxy(QtNetwork.QNetworkProxy(QtNetwork.QNetworkProxy.ProxyType.NoProxy))
asked = []

def authenticate(reply, authenticator):
    if not asked:
        authenticator.setUser('USER')
        authenticator.setPassword('secret')
    asked.append(1)

manager.authenticationRequired.connect(authenticate)
loop = QtCore.QEventLoop()
reply = manager.get(QtNetwork.QNetworkRequest(QtCore.QUrl('URL')))
reply.finished.connect(loop.quit)
loop.exec()
print(bytes(reply.readAll()).decode())
";

const NPM_URLLIB: &str = "
const { request } = require('MODULES/urllib');
request('URL', { digestAuth: 'USER:secret', dataType: 'text' }).then((answer) => console.log(answer.data));
";

fn python(module: &str, package: &'static str, script: &str) -> Option<Client> {
    let probe = format!("import {module}");
    let words = ["-X", "utf8", "-c"];
    let names = ["/usr/bin/python3", "python3"];
    let python = peer(&names, &[&words[..], &[&probe]].concat(), package)?;
    Some(Client::new(package, python, &[&words[..], &[script]].concat()))
}

fn npm_urllib() -> Option<Client> {
    let modules = support::root().join("target/node/node_modules").display().to_string();
    let node =
        peer(&["node"], &["-e", &format!("require('{modules}/urllib')")], "urllib (of npm)")?;
    Some(Client::new("urllib (of npm)", node, &["-e", &NPM_URLLIB.replace("MODULES", &modules)]))
}

const HTTPLIB2: &str = "
import httplib2
client = httplib2.Http(proxy_info=None)
client.add_credentials('USER', 'secret')
print(client.request('URL')[1].decode())
";

const HTTPCLIENT: &str = "
require 'httpclient'
client = HTTPClient.new
client.set_auth('URL', 'USER', 'secret')
puts client.get('URL').body
";

fn httpclient() -> Option<Client> {
    let words = ["-E", "UTF-8", "-e"];
    let ruby = peer(&["ruby"], &["-rhttpclient", "-e", "0"], "ruby-httpclient")?;
    Some(Client::new("ruby-httpclient", ruby, &[&words[..], &[HTTPCLIENT]].concat()))
}

/// Each client, and whether it hashes in UTF-8, and in ISO 8859-1.
fn clients() -> Vec<(Client, [bool; 2])> {
    let installed = |name: &'static str, words: &[&str]| {
        peer(&[name], &[if name == "ffmpeg" { "-version" } else { "--version" }], name)
            .map(|program| Client::new(name, program, words))
    };
    let soup = |package: &'static str, debian| {
        soup::build(package, debian)
            .map(|program| Client::new(package, program, &["BASE", "USER", "secret"]))
    };
    let sound = ["-v", "error", "-f", "u8", "-ar", "8000", "-ac", "1"];
    let ffmpeg = [&sound[..], &["-i", "ADDRESS"], &sound[2..], &["-"]].concat();
    let qt = |series: &str, package| {
        python(&format!("PyQt{series}.QtNetwork"), package, &QT.replace("SERIES", series))
    };
    let (utf8, latin1, neither) = ([true, false], [false, true], [false, false]);
    let wget = ["--no-config", "-q", "-O", "-", "--user=USER", "--password=secret", "URL"];
    let wget2 =
        ["--no-config", "-q", "-O", "-", "--http-user=USER", "--http-password=secret", "URL"];
    let clients = [
        (installed("curl", &["-q", "-sS", "--digest", "-u", "USER:secret", "URL"]), utf8),
        (installed("wget", &wget), utf8),
        (installed("ffmpeg", &ffmpeg), utf8),
        (installed("wget2", &wget2), utf8),
        (installed("lftp", &["-e", "open -u USER,secret BASE; cat /; quit"]), utf8),
        (httpclient(), utf8),
        (python("httplib2", "python3-httplib2", HTTPLIB2), utf8),
        (soup("libsoup-2.4", "libsoup2.4-dev"), utf8),
        (soup("libsoup-3.0", "libsoup-3.0-dev"), utf8),
        (python("requests", "python3-requests", REQUESTS), utf8),
        (npm_urllib(), utf8),
        (qt("5", "python3-pyqt5"), latin1),
        (qt("6", "python3-pyqt6"), latin1),
        (python("httpx", "python3-httpx", HTTPX), neither),
        (python("urllib.request", "python3", URLLIB), neither),
    ];
    clients.into_iter().filter_map(|(client, hashed)| Some((client?, hashed))).collect()
}

#[test]
fn names_are_hashed_as_the_table_has_it() {
    let server = Server::start(&asking_for("MD5"));
    for (client, hashed) in clients() {
        let found = [UTF8_USER, LATIN1_USER].map(|user| client.is_let_in(&server, user));
        assert_eq!(found, hashed, "{}", client.name);
    }
    server.stop();
}
