#!/usr/bin/env bash
# sasl-scram-sha-1 1.4.0 (npm; what XMPP clients in JavaScript log in by): a nonce of SCRAM is of printable characters, all but
# the comma (RFC 5802 §7), and servers make them so, Dovecot among them. This reader knows quotes, as DIGEST-MD5 has
# them: where the server's part has one in its middle the answer's nonce is the word undefined, and where it ends
# with one that is left out. The password is right, and the login refused, as often as a random nonce has a quote.
# Guessed: a nonce comes back as it was sent, and the proof is right.
# Seen: the answers to nonces of every kind of character, and whether a server that knows the password takes the proof.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund sasl-scram-sha-1@1.4.0 >/dev/null
cat >look.cjs <<'JAVASCRIPT'
const { createHash, createHmac, pbkdf2Sync } = require('node:crypto');
const Mechanism = require('sasl-scram-sha-1');

const salt = Buffer.alloc(16, 1);
const hmac = (key, text) => createHmac('sha1', key).update(text).digest();
function proof(...messages) {
  const key = hmac(pbkdf2Sync('secret', salt, 4096, 20, 'sha1'), 'Client Key');
  const signature = hmac(createHash('sha1').update(key).digest(), messages.join(','));
  return key.map((byte, at) => byte ^ signature[at]).toString('base64');
}

(async () => {
  for (const added of ['abc', '=a=c', "a'c\\", 'a"c', 'ac"']) {
    const mechanism = new Mechanism();
    const first = mechanism.response({ username: 'alice' }).slice('n,,'.length);
    const nonce = first.split(',r=')[1];
    const challenge = `r=${nonce}${added},s=${salt.toString('base64')},i=4096`;
    mechanism.challenge(challenge);
    const [final, given] = (await mechanism.response({ username: 'alice', password: 'secret' })).split(',p=');
    const taken = given === proof(first, challenge, `c=biws,r=${nonce}${added}`);
    console.log(`r=...${added}: ${final.replace(nonce, '...')}, ${taken ? 'taken' : 'refused'}`);
  }
})();
JAVASCRIPT
seen=$(timeout 120 node look.cjs 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
r=...abc: c=biws,r=...abc, taken
r=...=a=c: c=biws,r=...=a=c, taken
r=...a'c\: c=biws,r=...a'c\, taken
r=...a"c: c=biws,r=undefined, refused
r=...ac": c=biws,r=...ac, refused
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
