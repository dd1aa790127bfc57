//! Redis and Valkey, by crate `redis`: scripts that the engine carries out each as one step.

use std::sync::{Arc, Weak};
use std::time::Instant;

use ::redis::io::tcp::TcpSettings;
use ::redis::{
    Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo, Value,
    cmd,
};

use super::connection::{
    Fault, Open, Result as Exchanged, checked, in_short, info, not_understood, remaining,
};
use super::engine::{Answer, Claim, Engine, LONGEST_CNONCE, unavailable};
use super::pool::{Lease, Pool, Refusal};
use super::settings::{Address, Settings};
use crate::digest::http::nonce::{EPOCH, Epoch, Key};
use crate::digest::http::nonce_counts::Order;
use crate::digest::message::hex;
use crate::error::Result;
use crate::random;
use crate::system::fork::Gated;
use crate::system::heap;

/// Decides a claim; see `claim.lua`.
const CLAIM: &str = include_str!("claim.lua");
/// SHA-1 of [`CLAIM`], by which the engine knows it.
const CLAIM_SHA1: &str = "92c7368772182fccda61822e8f61ea3416e6b0b1";
/// Tells the epoch, and begins one where there is none of this engine's process.
const OPEN: &str = include_str!("open.lua");

/// Why a call that stood in line has no connection.
const BUSY: &str = "shared: all connections were busy for `timeout`";

/// Bytes of a record before the client's nonce: three words and the user.
const RECORD: usize = 28;
/// Bytes of the random part of an epoch.
const EPOCH_RANDOM: usize = 8;

/// The records of one realm in Redis or Valkey.
pub(super) struct Redis {
    settings: Settings,
    client: Client,
    /// Of a record's key, before the nonce.
    record_prefix: String,
    epoch_key: String,
    pool: Pool<Open>,
    /// The epoch as it was last seen.
    epoch: Gated<Option<Epoch>>,
}

/// An engine of this process, while a credential has it, and what it was made with.
type Known = (Settings, [u8; 16], Weak<Redis>);

/// The engine of these settings that all credentials of the process share.
pub(super) fn of_process(settings: &Settings, realm_id: [u8; 16]) -> Result<Arc<Redis>> {
    static ENGINES: Gated<Vec<Known>> = Gated::new(Vec::new());
    let find = || {
        let engines = ENGINES.lock();
        let mut known = engines.iter();
        known.find_map(|(of, id, engine)| {
            (*id == realm_id && of == settings).then(|| engine.upgrade()).flatten()
        })
    };
    if let Some(engine) = find() {
        return Ok(engine);
    }
    let engine = heap::shared(Redis::new(settings.clone(), realm_id)?)?;
    // Of two threads that make one, the second's is used beside the first's until it goes.
    let mut engines = ENGINES.lock();
    engines.retain(|(.., engine)| engine.strong_count() > 0);
    engines.push((settings.clone(), realm_id, Arc::downgrade(&engine)));
    Ok(engine)
}

impl Redis {
    fn new(settings: Settings, realm_id: [u8; 16]) -> Result<Self> {
        let realm = String::from_utf8_lossy(&realm_id);
        let prefix = format!("{}:{{{realm}}}:", settings.prefix);
        let client = Client::open(connection_info(&settings)?)
            .map_err(|_| unavailable("shared: the address cannot be used"))?;
        let pool = Pool::new(settings.connections);
        let (record_prefix, epoch_key) = (format!("{prefix}n:"), format!("{prefix}e"));
        Ok(Self { settings, client, record_prefix, epoch_key, pool, epoch: Gated::new(None) })
    }

    /// One exchange on a connection of the pool, at most `timeout` long. A kept connection that the
    /// engine has closed meanwhile is replaced once.
    fn exchange<T>(&self, work: impl Fn(&Self, &mut Open) -> Exchanged<T>) -> Result<T> {
        let deadline = Instant::now() + self.settings.timeout;
        let mut lease = self.pool.take(deadline)?.map_err(|refusal| match refusal {
            Refusal::Pausing => unavailable("shared: the engine failed a moment ago; not asked"),
            Refusal::Busy => unavailable(BUSY),
        })?;
        // Less would make a turn that came late look like an engine that does not answer.
        if deadline.saturating_duration_since(Instant::now()) < self.settings.timeout / 2 {
            if lease.connection.is_some() {
                lease.give_back();
            }
            return Err(unavailable(BUSY));
        }
        let kept = lease.connection.is_some();
        let mut done = self.attempt(&mut lease, deadline, &work);
        if let Err(Fault::Closed) = done
            && kept
        {
            lease.connection = None;
            done = self.attempt(&mut lease, deadline, &work);
        }
        match done {
            Ok(done) => {
                self.pool.succeeded();
                lease.give_back();
                Ok(done)
            }
            Err(fault) => {
                lease.connection = None;
                self.pool.failed();
                Err(match fault {
                    Fault::Closed => unavailable("shared: the engine closed the connection"),
                    Fault::Other(error) => error,
                })
            }
        }
    }

    fn attempt<T>(
        &self,
        lease: &mut Lease<'_, Open>,
        deadline: Instant,
        work: impl Fn(&Self, &mut Open) -> Exchanged<T>,
    ) -> Exchanged<T> {
        let open = match &mut lease.connection {
            Some(open) => open,
            place => place.insert(self.connect(deadline)?),
        };
        open.bound(deadline);
        work(self, open)
    }

    /// A new connection: logged in, and of an engine that forgets nothing by itself. Its epoch becomes
    /// the one known.
    fn connect(&self, deadline: Instant) -> Exchanged<Open> {
        let left = remaining(deadline)?;
        let connection = self.client.get_connection_with_timeout(left).map_err(|error| {
            Fault::Other(if error.is_timeout() {
                unavailable("shared: the engine did not take the connection within `timeout`")
            } else {
                unavailable(format!("shared: the engine cannot be reached: {}", in_short(&error)))
            })
        })?;
        let mut open = Open::new(connection, deadline);
        if let Some(password) = &self.settings.password {
            let mut login = cmd("AUTH");
            login.arg(self.settings.user.as_ref()).arg(password.expose());
            open.ask(&login)?;
        }
        if self.settings.database != 0 {
            open.ask(cmd("SELECT").arg(self.settings.database))?;
        }
        open.run_id = info(&mut open, "server", "run_id")?;
        if open.run_id.len() != EPOCH - EPOCH_RANDOM {
            return Err(Fault::Other(unavailable("shared: the engine tells no run_id")));
        }
        let limit = info(&mut open, "memory", "maxmemory")?;
        let policy = info(&mut open, "memory", "maxmemory_policy")?;
        if limit != b"0" && policy != b"noeviction" {
            let reason = "shared: maxmemory-policy must be noeviction: any other lets replays in";
            return Err(Fault::Other(unavailable(reason)));
        }
        self.open_epoch(&mut open)?;
        Ok(open)
    }

    /// Asks for the epoch, which becomes the one known.
    fn open_epoch(&self, open: &mut Open) -> Exchanged<Epoch> {
        let mut fresh = [0; EPOCH_RANDOM];
        random::fill(&mut fresh).map_err(Fault::Other)?;
        let mut script = cmd("EVAL");
        script.arg(OPEN).arg(1).arg(&self.epoch_key).arg(&open.run_id).arg(&fresh);
        let answer = open.ask(&script)?;
        let Value::BulkString(epoch) = answer else { return Err(not_understood()) };
        let epoch = Epoch(epoch.try_into().map_err(|_| not_understood())?);
        *self.epoch.lock() = Some(epoch);
        Ok(epoch)
    }

    fn record_key(&self, nonce: &Key) -> Vec<u8> {
        let mut digits = [0; 32];
        hex::write(nonce, &mut digits);
        [self.record_prefix.as_bytes(), &digits].concat()
    }

    /// The command of a claim, by the script's hash or in full.
    fn claim_command(&self, claim: &Claim<'_>, full: bool) -> Cmd {
        let mut command = if full { cmd("EVAL") } else { cmd("EVALSHA") };
        let cnonce = if claim.cnonce.len() > LONGEST_CNONCE { b"" } else { claim.cnonce };
        command
            .arg(if full { CLAIM } else { CLAIM_SHA1 })
            .arg(2)
            .arg(self.record_key(claim.nonce))
            .arg(&self.epoch_key)
            .arg(claim.count)
            .arg(match claim.order {
                Order::Strict => 0,
                Order::Window => 1,
            })
            .arg(claim.user)
            .arg(cnonce)
            .arg(claim.life)
            .arg(u8::from(claim.may_begin))
            .arg(&claim.epoch.0)
            .arg(claim.now)
            .arg(self.settings.skew.as_secs());
        command
    }

    /// Claims on this connection, and waits for the replicas.
    fn claim_on(&self, open: &mut Open, claim: &Claim<'_>) -> Exchanged<Claimed> {
        let replicas = self.settings.replicas;
        let mut command = self.claim_command(claim, false);
        let mut full = false;
        loop {
            let mut packed = command.get_packed_command();
            if replicas > 0 {
                // In time for the answer to come before this side gives up, of what is left now: where the script
                // was unknown, replicas have been waited for already. 0 would be for ever.
                let at_most = (open.left()?.as_millis() / 2).max(1);
                let wait = cmd("WAIT").arg(replicas).arg(at_most).get_packed_command();
                packed.extend_from_slice(&wait);
            }
            open.send(&packed)?;
            let answer = open.read();
            let copies = if replicas > 0 { Some(open.read()?) } else { None };
            let answer = match answer? {
                Value::ServerError(error) if error.code() == "NOSCRIPT" && !full => {
                    full = true;
                    command = self.claim_command(claim, true);
                    continue;
                }
                answer => claimed(&checked(answer)?).ok_or_else(not_understood)?,
            };
            return Ok(match copies.map(checked).transpose()? {
                Some(Value::Int(copies)) if copies < i64::from(replicas) => Claimed::TooFewCopies,
                _ => answer,
            });
        }
    }
}

/// What the claim's script has said.
enum Claimed {
    Answer(Answer),
    /// The engine's time, in seconds since 1970.
    ClocksApart(i64),
    TooFewCopies,
}

impl Engine for Redis {
    fn epoch(&self, past: Option<&Epoch>) -> Result<Epoch> {
        let known = *self.epoch.lock();
        match known {
            Some(known) if past != Some(&known) => Ok(known),
            _ => self.exchange(Self::open_epoch),
        }
    }

    fn claim(&self, claim: &Claim<'_>) -> Result<Answer> {
        match self.exchange(|this, open| this.claim_on(open, claim))? {
            Claimed::Answer(answer) => Ok(answer),
            Claimed::ClocksApart(theirs) => Err(unavailable(format!(
                "shared: clocks are further apart than `skew`: {theirs} s at the engine, {} s here",
                claim.now
            ))),
            Claimed::TooFewCopies => {
                Err(unavailable("shared: fewer replicas than `replicas` have the claim"))
            }
        }
    }

    fn first_cnonce(&self, nonce: &Key) -> Result<Option<Vec<u8>>> {
        let key = self.record_key(nonce);
        let record = self.exchange(|_, open| open.ask(cmd("GET").arg(&key)))?;
        Ok(match record {
            Value::BulkString(mut record) if record.len() > RECORD => {
                Some(record.split_off(RECORD))
            }
            _ => None,
        })
    }
}

fn connection_info(settings: &Settings) -> Result<ConnectionInfo> {
    let address = match &settings.address {
        Some(Address::Tcp { host, port, tls: false }) => ConnectionAddr::Tcp(host.clone(), *port),
        Some(Address::Tcp { host, port, tls: true }) => ConnectionAddr::TcpTls {
            host: host.clone(),
            port: *port,
            insecure: false,
            tls_params: None,
        },
        Some(Address::Unix(path)) => ConnectionAddr::Unix(path.clone()),
        None => return Err(unavailable("shared: there is no address")),
    };
    // Logging in is done by hand, so that what the engine answers can be told.
    let info = address.into_connection_info().map_err(|_| unavailable("shared: no address"))?;
    Ok(info
        .set_tcp_settings(TcpSettings::default().set_nodelay(true))
        .set_redis_settings(RedisConnectionInfo::default().set_skip_set_lib_name()))
}

fn claimed(answer: &Value) -> Option<Claimed> {
    let Value::Array(parts) = answer else { return None };
    Some(match parts.as_slice() {
        [Value::Int(2)] => Claimed::Answer(Answer::Begun),
        [Value::Int(1)] => Claimed::Answer(Answer::Taken),
        [Value::Int(0)] => Claimed::Answer(Answer::Used),
        [Value::Int(-1)] => Claimed::Answer(Answer::Unknown),
        [Value::Int(-2)] => Claimed::Answer(Answer::OtherEpoch),
        [Value::Int(-3)] => Claimed::Answer(Answer::OtherUser),
        [Value::Int(-4), Value::BulkString(time)] => {
            Claimed::ClocksApart(std::str::from_utf8(time).ok()?.parse().ok()?)
        }
        _ => return None,
    })
}
