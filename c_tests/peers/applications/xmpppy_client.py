"""A client of XMPP by xmpppy: PORT JID PASSWORD.

It writes OK once it is logged in and has a resource, else FAIL.
"""

import sys

import xmpp

port, jid, password = sys.argv[1:]
jid = xmpp.protocol.JID(jid)
client = xmpp.Client(jid.getDomain(), debug=[])
client.connect(("127.0.0.1", int(port)), secure=0, use_srv=False)
print("OK" if client.auth(jid.getNode(), password, "x", sasl=1) == "sasl" else "FAIL")
client.disconnect()
