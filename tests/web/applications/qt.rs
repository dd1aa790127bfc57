//! Qt's `QNetworkAccessManager`, of both its series, by the bindings of Python.

use crate::example::{Server, peer, run, run_forgotten};
use crate::{asking_for, count};

use super::passed;
use crate::results::Version;

const SCRIPT: &str = "
import sys
from importlib import import_module
series, base, password, many, *wait = sys.argv[1:]
core = import_module('PyQt' + series + '.QtCore')
network = import_module('PyQt' + series + '.QtNetwork')
program = core.QCoreApplication([])
manager = network.QNetworkAccessManager()
manager.setProxy(network.QNetworkProxy(network.QNetworkProxy.ProxyType.NoProxy))
asked = []

def authenticate(reply, authenticator):
    asked.append(1)
    # Qt asks again as long as it is answered.
    if len(asked) < 3 or password == 'secret':
        authenticator.setUser('alice')
        authenticator.setPassword(password)

manager.authenticationRequired.connect(authenticate)

def request(path):
    found = network.QNetworkRequest(core.QUrl(base + path))
    found.setHeader(network.QNetworkRequest.KnownHeaders.ContentTypeHeader, 'text/plain')
    return found

def finish(replies):
    loop = core.QEventLoop()
    left = list(replies)
    def one():
        left.pop()
        if not left:
            loop.quit()
    for reply in replies:
        reply.finished.connect(one)
    loop.exec()
    status = network.QNetworkRequest.Attribute.HttpStatusCodeAttribute
    for reply in replies:
        text = bytes(reply.readAll()).decode()
        print(reply.attribute(status), 'Hello example.org\\\\alice' in text, 'with 9 bytes' in text)

for path in ['', 'page2', 'page2?a=b&c=%20d', 'c%20d', 'e']:
    if wait and path == 'c%20d':
        print('ready', flush=True)
        sys.stdin.read()
    finish([manager.get(request(path))])
finish([manager.post(request('form'), b'some text')])
finish([manager.get(request('many%d' % number)) for number in range(int(many))])
print('asked', len(asked))
";

#[test]
fn qt_goes_from_page_to_page_and_fetches_ten_at_once() {
    for (series, package) in [("5", "python3-pyqt5"), ("6", "python3-pyqt6")] {
        let import = format!("import PyQt{series}.QtNetwork");
        let names = ["/usr/bin/python3", "python3"];
        let Some(python) = peer(&names, &["-c", &import], package) else { continue };
        for (algorithm, info) in [("MD5", "nextnonce"), ("MD5-sess", "none")] {
            for order in ["window", "strict"] {
                let server = Server::start(&format!(
                    "{}\nhttp_nonce_count = \"{order}\"\nhttp_authentication_info = \"{info}\"",
                    asking_for(algorithm)
                ));
                let ending =
                    run(&python, &["-c", SCRIPT, series, &server.url("/"), "secret", "10"]);
                let output = ending.expect(0).output;
                let told = server.stop();
                assert_eq!(
                    count(&output, "200 True"),
                    16,
                    "{algorithm}, {order}: {output}\n{told}"
                );
                assert_eq!(count(&output, "200 True True"), 1, "{output}");
                assert!(count(&told, "CompleteAuthToken: SEC_E_OK") >= 5, "{told}");
            }
        }
        let server = Server::start("");
        let words = ["-c", SCRIPT, series, &server.url("/"), "secret", "10", "wait"];
        let output = run_forgotten(&python, &words, &server).expect(0).output;
        assert_eq!(count(&output, "200 True"), 16, "{output}");
        let told = server.stop();
        assert!(told.contains("stale=true") && output.contains("asked 1\n"), "{output}{told}");
        let server = Server::start("");
        let ending = run(&python, &["-c", SCRIPT, series, &server.url("/"), "wrong", "1"]);
        assert!(!ending.output.contains("True"), "{}", ending.output);
        let told = server.stop();
        assert!(told.contains("SEC_E_LOGON_DENIED"), "{told}");
        let (program, version) = match series {
            "5" => ("Qt 5, QNetworkAccessManager", "libqt5network5"),
            _ => ("Qt 6, QNetworkAccessManager", "libqt6network6"),
        };
        passed(program, Version::Debian(version), "client", "MD5, MD5-sess", "none", "ISO 8859-1");
    }
}
