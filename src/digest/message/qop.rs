//! Qualities of protection and ciphers: the names of RFC 2831 §2.1.1 and what they stand for.

use std::fmt;

/// A quality of protection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Qop {
    /// Authentication alone.
    Auth,
    /// Authentication, then messages with integrity protection.
    AuthInt,
    /// Authentication, then messages with integrity and confidentiality protection.
    AuthConf,
}

/// A cipher of auth-conf.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Cipher {
    /// Triple DES with two keys, CBC.
    TripleDes,
    /// DES, CBC.
    Des,
    /// RC4 with a 128-bit key.
    Rc4,
    /// RC4 with a 56-bit key.
    Rc4With56Bits,
    /// RC4 with a 40-bit key.
    Rc4With40Bits,
}

/// A name that a directive can carry, and the set of all of them.
pub trait Named: Copy + PartialEq + 'static {
    /// Every value with its name on the wire.
    const ALL: &'static [(Self, &'static str)];

    /// The name on the wire.
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(value, _)| *value == self).map_or("", |(_, name)| name)
    }

    /// The value of a name, compared without regard to case (RFC 2831 §7.1: tokens are).
    fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| name.eq_ignore_ascii_case(known.as_bytes()))
            .map(|(value, _)| *value)
    }
}

impl Named for Qop {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Auth, "auth"), (Self::AuthInt, "auth-int"), (Self::AuthConf, "auth-conf")];
}

impl Named for Cipher {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::TripleDes, "3des"),
        (Self::Rc4, "rc4"),
        (Self::Des, "des"),
        (Self::Rc4With56Bits, "rc4-56"),
        (Self::Rc4With40Bits, "rc4-40"),
    ];
}

/// An ordered set of qops or ciphers, as a list directive offers them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Offer<T: Named> {
    items: [Option<T>; 5],
}

impl<T: Named> Default for Offer<T> {
    fn default() -> Self {
        Self { items: [None; 5] }
    }
}

impl<T: Named> Offer<T> {
    /// Adds `item` at the end, unless it is there already.
    pub fn add(&mut self, item: T) {
        if !self.contains(item)
            && let Some(free) = self.items.iter_mut().find(|slot| slot.is_none())
        {
            *free = Some(item);
        }
    }

    /// Whether `item` is offered.
    #[must_use]
    pub fn contains(&self, item: T) -> bool {
        self.items.contains(&Some(item))
    }

    /// Whether nothing is offered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items[0].is_none()
    }

    /// The items in their order.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.items.iter().map_while(|item| *item)
    }
}

impl<T: Named> FromIterator<T> for Offer<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut offer = Self::default();
        for item in items {
            offer.add(item);
        }
        offer
    }
}

impl<T: Named> fmt::Display for Offer<T> {
    /// The list as it stands between the quotes of a directive.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, item) in self.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(formatter, "{comma}{}", item.name())?;
        }
        Ok(())
    }
}

impl<T: Named> fmt::Debug for Offer<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
