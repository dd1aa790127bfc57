#!/usr/bin/env bash
# sip 0.0.6 (npm, a SIP stack): digest.challenge takes an algorithm, "md5-sess" among them, and writes a
# challenge that says none, so that clients answer MD5; its verifier then takes MD5 alone and refuses the
# right md5-sess response. Writer and verifier read the name with a letter missing (algoritm), and so agree
# with each other. Given under that name the directive is there.
# Guessed: the algorithm that was asked for, or an error.
# Seen: the directive in the challenge, and which response is taken.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund sip@0.0.6 >/dev/null
cat >look.cjs <<'JAVASCRIPT'
const { createHash } = require('node:crypto');
const digest = require('sip/digest');

const md5 = (text) => createHash('md5').update(text).digest('hex');
for (const options of [{ algorithm: 'md5-sess' }, { algoritm: 'md5-sess' }]) {
  const context = { realm: 'r', ...options };
  const answer = { status: 401, headers: {} };
  digest.challenge(context, answer);
  const said = answer.headers['www-authenticate'][0].algorithm;
  const taken = [];
  for (const algorithm of ['MD5', 'md5-sess']) {
    let first = md5('alice:r:secret');
    if (algorithm === 'md5-sess') first = md5(`${first}:${context.nonce}:c`);
    const response = md5(`${first}:${context.nonce}:00000001:c:auth:${md5('REGISTER:sip:h')}`);
    const given = {
      scheme: 'Digest', realm: '"r"', username: '"alice"', nonce: `"${context.nonce}"`, uri: '"sip:h"',
      algorithm, qop: 'auth', nc: '00000001', cnonce: '"c"', response: `"${response}"`,
    };
    const request = { method: 'REGISTER', headers: { authorization: [given] } };
    if (digest.authenticateRequest({ ...context, nc: 0 }, request, { user: 'alice', password: 'secret' }))
      taken.push(algorithm);
  }
  console.log(`${JSON.stringify(options)} says ${said ?? 'none'}, takes ${taken.join(' ')}`);
}
JAVASCRIPT
seen=$(timeout 120 node look.cjs 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
{"algorithm":"md5-sess"} says none, takes MD5
{"algoritm":"md5-sess"} says md5-sess, takes md5-sess
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
