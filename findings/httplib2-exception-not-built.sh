#!/usr/bin/env bash
# httplib2 0.32.1 (PyPI): where it does not support a challenge (qop="auth,auth-int", a common list; or
# algorithm=SHA-256) it means to raise UnimplementedDigestAuthOptionError, and cannot build it: callers get
# TypeError "__init__() missing 2 required positional arguments". "auth-int, auth" works, since the list is
# split at blanks. except httplib2.HttpLib2Error catches nothing.
# Guessed: the exception that the code names.
# Seen: a line for each challenge.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httplib2==0.32.1
cat >"$folder/look.py" <<'PYTHON'
CHALLENGES = []

import http.server, threading

seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        given = self.headers.get("Authorization")
        seen.append(given)
        self.send_response(200 if given else 401)
        if not given:
            for challenge in CHALLENGES:
                self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = "http://127.0.0.1:%d/page" % server.server_port

import httplib2

for rest in ('qop="auth"', 'qop="auth,auth-int"', 'qop="auth-int, auth"', 'qop="auth", algorithm=SHA-256'):
    CHALLENGES[:] = [f'Digest realm="r", nonce="n", {rest}']
    link = httplib2.Http()
    link.add_credentials("alice", "secret")
    try:
        result = link.request(url)[0].status
    except Exception as error:
        result = f"{type(error).__name__}, an HttpLib2Error: {isinstance(error, httplib2.HttpLib2Error)}"
    print(f"{rest}: {result}")
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
qop="auth": 200
qop="auth,auth-int": TypeError, an HttpLib2Error: False
qop="auth-int, auth": 200
qop="auth", algorithm=SHA-256: TypeError, an HttpLib2Error: False
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
