"""A participant (see lines.h) by scramp of PyPI.

    scramp_peer.py role=client|server mechanism= user= password= [bindings=type:data]

or, for Python's imaplib, a whole login at the IMAP server of this port:

    scramp_peer.py role=imap port= mechanism= user= password=
"""

import base64
import imaplib
import sys

import scramp

words = dict(word.split("=", 1) for word in sys.argv[1:])
user, password, mechanism = words["user"], words["password"], words["mechanism"]
bindings = words.get("bindings") or None
if bindings:
    kind, data = bindings.split(":", 1)
    bindings = (kind, data.encode())


def put(token):
    print("TOKEN", base64.b64encode(token.encode()).decode() or "-", flush=True)


def get():
    word, token = sys.stdin.readline().split()
    assert word == "TOKEN"
    return base64.b64decode(token.strip("-")).decode()


def client():
    end = scramp.ScramClient([mechanism], user, password, channel_binding=bindings)
    put(end.get_client_first())
    end.set_server_first(get())
    put(end.get_client_final())
    end.set_server_final(get())


def server():
    kept = scramp.ScramMechanism(mechanism)
    accounts = {user: kept.make_auth_info(password)}
    asked = []

    def look_up(name):
        asked.append(name)
        return accounts[name]

    end = kept.make_server(look_up, channel_binding=bindings)
    end.set_client_first(get())
    put(end.get_server_first())
    end.set_client_final(get())
    put(end.get_server_final())
    return asked[0]


def imap():
    end = scramp.ScramClient([mechanism], user, password)

    def answer(challenge):
        challenge = challenge.decode()
        if not challenge:
            return end.get_client_first().encode()
        if challenge.startswith("v="):
            end.set_server_final(challenge)
            return b""
        end.set_server_first(challenge)
        return end.get_client_final().encode()

    line = imaplib.IMAP4("127.0.0.1", int(words["port"]))
    print(line.authenticate(mechanism, answer), line.noop(), line.logout())


if words["role"] == "imap":
    imap()
    sys.exit()
try:
    name = client() if words["role"] == "client" else server()
    print("OK auth", name or "-", "- 0", flush=True)
except Exception as error:  # whatever is wrong is a refusal
    print("FAIL", repr(error).replace("\n", " "), flush=True)
sys.stdin.read()
