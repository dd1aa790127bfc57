//! What a server asks the shared engine for while it verifies a response.

use super::engine::{Answer, Claim, Engine};
use crate::digest::credential::DigestCredential;
use crate::digest::http::nonce::{Epoch, Key, Proven, UserHash};
use crate::digest::message::nonce::FILETIME_SECOND;
use crate::digest::settings::Settings;
use crate::error::Result;

/// The records of a credential's realm, as of an epoch.
pub(in crate::digest::http) struct SharedRealm<'a> {
    settings: &'a Settings,
    engine: &'a dyn Engine,
    /// The epoch that nonces are of.
    pub(in crate::digest::http) epoch: Epoch,
}

/// A response that is right, and when it came: FILETIME, UTC.
pub(in crate::digest::http) struct Request<'a> {
    /// Its nonce.
    pub(in crate::digest::http) nonce: &'a Proven,
    /// Whose it is.
    pub(in crate::digest::http) user: &'a UserHash,
    /// The client's nonce, where the nonce may begin a session.
    pub(in crate::digest::http) begins_with: Option<&'a [u8]>,
    /// The nonce count, where there is one.
    pub(in crate::digest::http) count: Option<u32>,
    /// The time.
    pub(in crate::digest::http) now: u64,
}

impl<'a> SharedRealm<'a> {
    /// That of the present epoch; `None` where the configuration has no `[shared]`.
    pub(in crate::digest::http) fn of(credential: &'a DigestCredential) -> Result<Option<Self>> {
        let Some(engine) = credential.engine()? else { return Ok(None) };
        let (settings, epoch) = (credential.settings(), engine.epoch(None)?);
        Ok(Some(Self { settings, engine, epoch }))
    }

    /// That of the epoch which a session's nonce is of.
    pub(in crate::digest::http) fn as_of(
        credential: &'a DigestCredential,
        epoch: &Epoch,
    ) -> Result<Option<Self>> {
        let engine = credential.engine()?;
        Ok(engine.map(|engine| Self { settings: credential.settings(), engine, epoch: *epoch }))
    }

    /// The epoch after this one, if another process knew of it first.
    pub(in crate::digest::http) fn look_for_next_epoch(&mut self) -> Result<()> {
        self.epoch = self.engine.epoch(Some(&self.epoch))?;
        Ok(())
    }

    /// The client's nonce that a session began with, in whatever process.
    pub(in crate::digest::http) fn first_cnonce(&self, nonce: &Key) -> Result<Option<Vec<u8>>> {
        self.engine.first_cnonce(nonce)
    }

    /// Whether a request is granted.
    pub(in crate::digest::http) fn claim(&self, request: &Request<'_>) -> Result<bool> {
        let answer = self.engine.claim(&self.claim_of(request))?;
        if answer == Answer::OtherEpoch {
            // The challenge that follows is of the present one.
            self.engine.epoch(Some(&self.epoch))?;
        }
        Ok(answer.grants())
    }

    fn claim_of<'c>(&'c self, request: &'c Request<'_>) -> Claim<'c> {
        let shared = self.settings.shared.as_ref();
        let [idle, skew] =
            shared.map_or([0; 2], |shared| [shared.idle, shared.skew].map(|time| time.as_secs()));
        let lifetime = self.settings.nonce_lifetime.as_secs();
        let (now, issued) = (unix_seconds(request.now), unix_seconds(request.nonce.issued));
        let expires = issued.saturating_add(lifetime);
        let left = expires.saturating_sub(now).min(lifetime + skew);
        let in_time = now <= expires && issued <= now + skew;
        Claim {
            nonce: &request.nonce.key,
            epoch: &self.epoch,
            count: request.count.unwrap_or(u32::MAX),
            order: self.settings.http_nonce_count,
            user: request.user,
            cnonce: request.begins_with.unwrap_or_default(),
            // Longer than the nonce can begin a session by any clock.
            life: (idle.max(left) + 2 * skew) * 1000,
            may_begin: in_time && request.begins_with.is_some(),
            now,
        }
    }
}

/// Seconds since 1970 of a FILETIME value.
fn unix_seconds(filetime: u64) -> u64 {
    (filetime / FILETIME_SECOND).saturating_sub(11_644_473_600)
}
