#!/usr/bin/env bash
# passport-http 0.3.0 with express 5.3.0 and passport 0.7.0 (npm): DigestStrategy compares the response's uri
# with request.url, from which Express has taken the path of the router or of app.use: below a mount every right
# response is 400 Bad Request, and no 401 comes to say what for. request.originalUrl would be what the client
# asked for. The same strategy at app.get works.
# Guessed: a guard works wherever it stands.
# Seen: the status of right responses.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund passport-http@0.3.0 express@5.3.0 passport@0.7.0 >/dev/null
cat >look.mjs <<'JAVASCRIPT'
import { createHash } from 'node:crypto';
import http from 'node:http';
import express from 'express';
import passport from 'passport';
import { DigestStrategy } from 'passport-http';

passport.use(new DigestStrategy({ realm: 'r', qop: 'auth' }, (name, done) => done(null, { name }, 'secret')));
const guard = passport.authenticate('digest', { session: false });
const page = (request, response) => response.end('hello');
const router = express.Router();
router.get('/page', guard, page);
const app = express();
app.use(passport.initialize());
app.get('/plain/page', guard, page);
app.use('/router', router);
app.use('/used', guard, page);
const server = http.createServer(app);
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const base = `http://127.0.0.1:${server.address().port}`;
const md5 = (text) => createHash('md5').update(text).digest('hex');
for (const path of ['/plain/page', '/router/page', '/used/page']) {
  const challenge = (await fetch(base + path)).headers.get('www-authenticate');
  const nonce = /nonce="([^"]+)"/.exec(challenge)[1];
  const response = md5(`${md5('alice:r:secret')}:${nonce}:00000001:c:auth:${md5('GET:' + path)}`);
  const authorization =
    `Digest username="alice", realm="r", nonce="${nonce}", uri="${path}", qop=auth, ` +
    `nc=00000001, cnonce="c", response="${response}"`;
  console.log(`${path} ${(await fetch(base + path, { headers: { authorization } })).status}`);
}
process.exit(0);
JAVASCRIPT
seen=$(timeout 120 node look.mjs 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
/plain/page 200
/router/page 400
/used/page 400
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
