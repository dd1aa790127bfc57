#!/usr/bin/env bash
# CherryPy 18.10.0 (PyPI): cherrypy.lib.auth_digest lists MD5-sess among its valid_algorithms, offers it, and has
# its formula, and answers every response that says algorithm=MD5-sess with 400: the value that arrives is put
# into upper case before it is looked for in that list, where the name is in mixed case. MD5 is the only one
# that gets in.
# Guessed: 200, or 401 where the formula is not to its taste.
# Seen: the list, and the status of right responses.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cherrypy==18.10.0
cat >"$folder/look.py" <<'PYTHON'
import hashlib, http.client, os, re, threading
import cherrypy
from cherrypy.lib import auth_digest
from cheroot import wsgi


class Root:
    @cherrypy.expose
    def page(self):
        return "hello"


cherrypy.config.update({"environment": "embedded", "log.screen": False})
tool = "tools.auth_digest."
known = auth_digest.get_ha1_dict_plain({"alice": "secret"})
settings = {"/": {tool + "on": True, tool + "realm": "r", tool + "key": "k", tool + "get_ha1": known}}
server = wsgi.Server(("127.0.0.1", 0), cherrypy.Application(Root(), "", settings))
server.prepare()
threading.Thread(target=server.serve, daemon=True).start()


def ask(given=None):
    link = http.client.HTTPConnection("127.0.0.1", server.bind_addr[1])
    link.request("GET", "/page", headers={"Authorization": given} if given else {})
    answer = link.getresponse()
    answer.read()
    return answer


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


print("valid:", *auth_digest.valid_algorithms)
for algorithm in ("MD5", "MD5-sess"):
    nonce = re.search('nonce="([^"]*)"', ask().getheader("WWW-Authenticate")).group(1)
    first = md5("alice:r:secret")
    if algorithm == "MD5-sess":
        first = md5(f"{first}:{nonce}:c")
    response = md5(f"{first}:{nonce}:00000001:c:auth:" + md5("GET:/page"))
    status = ask(
        f'Digest username="alice", realm="r", nonce="{nonce}", uri="/page", algorithm={algorithm}, '
        f'qop=auth, nc=00000001, cnonce="c", response="{response}"'
    ).status
    print(f"{algorithm}: {status}")
import sys

sys.stdout.flush()
os._exit(0)
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
valid: MD5 MD5-sess
MD5: 200
MD5-sess: 400
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
