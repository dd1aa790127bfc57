"""Both ends of an exchange by sspilib of PyPI, over this library, which is preloaded: logs in, then wraps,
unwraps, signs and verifies messages both ways as sspilib does for any package, and sees that what is
altered is refused. Usage: sspilib_peer.py PACKAGE TARGET LAYER [USER PASSWORD], where LAYER is
"confidentiality" or "integrity". Prints the number of messages."""

import sys

import sspilib
from sspilib import raw

package, target, layer = sys.argv[1:4]
sealed = layer == "confidentiality"
wanted = 0x10 if sealed else 0x10000  # ISC_REQ_CONFIDENTIALITY, ISC_REQ_INTEGRITY
wanted_of_server = 0x10 if sealed else 0x20000
if len(sys.argv) > 4:
    credential = sspilib.UserCredential(sys.argv[4], sys.argv[5], protocol=package)
else:
    credential = raw.acquire_credentials_handle(None, package, raw.CredentialUse.SECPKG_CRED_OUTBOUND).credential
inbound = raw.acquire_credentials_handle(None, package, raw.CredentialUse.SECPKG_CRED_INBOUND).credential
client = sspilib.ClientSecurityContext(
    credential, target, flags=raw.IscReq(wanted | 0xA)  # mutual, sequence
)
server = sspilib.ServerSecurityContext(inbound, flags=raw.AscReq(wanted_of_server))

# DIGEST-MD5's server speaks first.
token = server.step(b"") if package == "WDigest" else None
for _ in range(8):
    token = client.step(token) if not client.complete else None
    if token and not server.complete:
        token = server.step(token)
    if client.complete and server.complete:
        break
assert client.complete and server.complete

messages = 0
for length in [*range(0, 40), 63, 64, 65, 1000, 4096, 60000]:
    plain = bytes((length + at * 7) % 256 for at in range(length))
    for sender, receiver in [(client, server), (server, client)]:
        wrapped = sender.wrap(plain, encrypt=sealed)
        assert (plain in wrapped) == (not sealed) or length < 8, length
        altered = bytearray(wrapped)
        altered[length // 2] ^= 0x40
        try:
            receiver.unwrap(bytes(altered))
            raise SystemExit(f"an altered message of {length} bytes was unwrapped")
        except raw.WindowsError:
            pass
        result = receiver.unwrap(wrapped)
        assert result.data == plain and result.qop == (0 if sealed else 0x80000001), (length, result)
        signature = sender.sign(plain)
        receiver.verify(plain, signature)
        messages += 2
print(messages, "messages")
