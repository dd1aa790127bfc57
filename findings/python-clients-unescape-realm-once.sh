#!/usr/bin/env bash
# requests 2.34.2, httpx 0.28.1 and httplib2 0.32.1 (PyPI): each takes the backslashes out of a quoted realm
# (realm="a \"b\"") and then writes the realm into its Authorization without putting them back, so that the
# field it sends is no longer a list of parameters: realm="a "b"". aiohttp 3.14.5 writes it right. A server
# that reads strictly must refuse the first three whatever the password.
# Guessed: what can be unquoted can be quoted.
# Seen: the realm of each Authorization, and what of it was hashed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 httplib2==0.32.1 aiohttp==3.14.5
cat >"$folder/look.py" <<'PYTHON'
CHALLENGES = ['Digest realm="a \\"b\\"", nonce="n", qop="auth"']

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

import asyncio, hashlib, re
import aiohttp, httplib2, httpx, requests
from requests.auth import HTTPDigestAuth


def with_httplib2():
    link = httplib2.Http()
    link.add_credentials("alice", "secret")
    link.request(url)


def with_aiohttp():
    async def ask():
        digest = aiohttp.DigestAuthMiddleware("alice", "secret")
        async with aiohttp.ClientSession(middlewares=(digest,)) as session:
            async with session.get(url):
                pass

    asyncio.run(ask())


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def hashed(given):
    one = lambda name: re.search(name + r'="?([0-9a-f]+)', given).group(1)
    for what, realm in (("unquoted", 'a "b"'), ("quoted", 'a \\"b\\"')):
        key = md5(f"alice:{realm}:secret")
        tail = f"n:{one('nc')}:{one('cnonce')}:auth:{md5('GET:/page')}"
        if md5(f"{key}:{tail}") == one("response"):
            return what
    return "something else"


for name, ask in (
    ("requests", lambda: requests.get(url, auth=HTTPDigestAuth("alice", "secret"))),
    ("httpx", lambda: httpx.get(url, auth=httpx.DigestAuth("alice", "secret"))),
    ("httplib2", with_httplib2),
    ("aiohttp", with_aiohttp),
):
    del seen[:]
    ask()
    print(f"{name}: realm={re.search('realm=(.*?), nonce', seen[-1]).group(1)} hashed: {hashed(seen[-1])}")
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
requests: realm="a "b"" hashed: unquoted
httpx: realm="a "b"" hashed: unquoted
httplib2: realm="a "b"" hashed: unquoted
aiohttp: realm="a \"b\"" hashed: unquoted
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
