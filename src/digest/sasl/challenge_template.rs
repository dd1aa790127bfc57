//! The templates of a credential's challenges: what stands before and after the nonce, which is all
//! that differs between two of them.

use super::challenge::ChallengeText;
use crate::digest::message::nonce::{NONCE_LENGTH, Nonce};
use crate::digest::message::printer::Print;
use crate::digest::message::qop::{Offer, Qop};
use crate::digest::settings::Settings;
use crate::error::{Error, Result, Status};
use crate::sspi::{Flags, TokenSink};

/// Stands first in a challenge that asks to answer again (RFC 2831 §2.1.1).
const STALE: &[u8] = b"stale=true,";

/// A credential's challenges: without protection of messages, with integrity, with both.
pub(in crate::digest) struct Challenges([ChallengeTemplate; 3]);

/// One challenge but for its nonce.
pub(in crate::digest) struct ChallengeTemplate {
    pub(in crate::digest) qops: Offer<Qop>,
    before: Box<[u8]>,
    after: Box<[u8]>,
}

impl Challenges {
    /// Makes the templates that `settings` leads to.
    ///
    /// # Errors
    /// `INVALID_TOKEN` where one may not be sent: 2048 bytes or more, or a realm with control
    /// characters; `INTERNAL_ERROR` when the system gives no randomness.
    pub(in crate::digest) fn of(settings: &Settings) -> Result<Self> {
        let template = |requested| ChallengeTemplate::of(settings, offered(settings, requested));
        Ok(Self([template(Flags::NONE)?, template(Flags::SIGNED)?, template(Flags::SEALED)?]))
    }

    /// The challenge for the attributes asked for.
    pub(in crate::digest) fn for_request(&self, requested: Flags) -> &ChallengeTemplate {
        let [plain, signed, sealed] = &self.0;
        if requested.contains(Flags::CONFIDENTIALITY) {
            sealed
        } else if requested.intersects(Flags::SIGNED) {
            signed
        } else {
            plain
        }
    }
}

impl ChallengeTemplate {
    fn of(settings: &Settings, qops: Offer<Qop>) -> Result<Self> {
        let nonce = Nonce::issue(0)?.text();
        let mut text = ChallengeText {
            stale: true,
            qop: qops,
            cipher: settings.ciphers,
            nonce: &nonce,
            utf8: settings.utf8_sasl,
            maxbuf: settings.maxbuf,
            // The directive is optional (RFC 2831 §2.1.1), and an empty value is where the JDK's clients and
            // JavaMail throw.
            realm: Some(settings.realm.as_bytes()).filter(|realm| !realm.is_empty()),
        };
        text.fits()?;
        text.stale = false;
        let mut bytes = vec![0; text.length()];
        text.write(&mut bytes)?;
        let start = bytes.windows(NONCE_LENGTH).position(|part| part == nonce);
        let (before, rest) = start.and_then(|at| bytes.split_at_checked(at)).ok_or_else(|| {
            Error::new(Status::INTERNAL_ERROR, "challenge: the nonce is not in its text")
        })?;
        let after = rest.get(NONCE_LENGTH..).unwrap_or_default();
        Ok(Self { qops, before: before.into(), after: after.into() })
    }

    /// Writes the challenge with `nonce` to `output`. With `stale`, one that tells the client to
    /// answer again.
    ///
    /// # Errors
    /// Those of [`TokenSink::space`].
    pub(in crate::digest) fn write(
        &self,
        nonce: &Nonce,
        stale: bool,
        output: &mut dyn TokenSink,
    ) -> Result<()> {
        let nonce = nonce.text();
        let parts = [if stale { STALE } else { b"" }, &*self.before, &nonce, &*self.after];
        let mut space = output.space(parts.iter().map(|part| part.len()).sum())?;
        for part in parts {
            let (place, rest) = space.split_at_mut(part.len());
            place.copy_from_slice(part);
            space = rest;
        }
        Ok(())
    }
}

/// What is offered for the attributes asked for: always auth, and cumulatively more, as Active
/// Directory offers it, as far as `qop` allows. Without a configured cipher there is no auth-conf.
fn offered(settings: &Settings, requested: Flags) -> Offer<Qop> {
    let mut qops = Offer::from_iter([Qop::Auth]);
    if requested.intersects(Flags::SEALED) && settings.qops.contains(Qop::AuthInt) {
        qops.add(Qop::AuthInt);
    }
    let conf = settings.qops.contains(Qop::AuthConf) && !settings.ciphers.is_empty();
    if requested.contains(Flags::CONFIDENTIALITY) && conf {
        qops.add(Qop::AuthConf);
    }
    qops
}
