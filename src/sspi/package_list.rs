//! Which packages may use an identity.

use crate::error::{Error, Result, Status};

/// The package list of an identity (`PackageList`): names between commas, without regard to case and
/// to blanks around them. `!name` keeps a package from using the identity; names without a mark, where
/// there are any, are all that may.
#[derive(Clone, Debug, Default)]
pub struct PackageList(String);

impl PackageList {
    /// The list that an identity has; an empty one restricts nothing.
    #[must_use]
    pub fn new(list: String) -> Self {
        Self(list)
    }

    /// The list as it is written.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// The names, and whether each is excluded.
    fn entries(&self) -> impl Iterator<Item = (bool, &str)> {
        let entries = self.0.split(',').map(str::trim).map(|entry| match entry.strip_prefix('!') {
            Some(name) => (true, name.trim_start()),
            None => (false, entry),
        });
        entries.filter(|(_, name)| !name.is_empty())
    }

    /// Whether the list says anything.
    #[must_use]
    pub fn restricts(&self) -> bool {
        self.entries().next().is_some()
    }

    /// Whether a package that goes by `names` may use the identity.
    #[must_use]
    pub fn allows(&self, names: &[&str]) -> bool {
        let among = |name: &str| names.iter().any(|own| own.eq_ignore_ascii_case(name));
        let (mut chosen, mut chooses) = (false, false);
        for (excluded, name) in self.entries() {
            if excluded && among(name) {
                return false;
            }
            chooses |= !excluded;
            chosen |= !excluded && among(name);
        }
        chosen || !chooses
    }

    /// Adds `!name`, unless it is there.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for what is no name of a package: nothing, or with a comma or a mark.
    pub fn exclude(&mut self, name: &str) -> Result<()> {
        let name = name.trim();
        if name.is_empty() || name.contains([',', '!']) {
            return Err(Error::new(Status::INVALID_PARAMETER, "not the name of a package"));
        }
        let same = |(excluded, other): (bool, &str)| excluded && other.eq_ignore_ascii_case(name);
        if !self.entries().any(same) {
            let separator = if self.0.is_empty() { "" } else { "," };
            self.0.extend([separator, "!", name]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_decide() {
        let negotiate = &["Negotiate", "Kerberos"][..];
        let rows: [(&str, &[&str], bool); 22] = [
            ("", negotiate, true),
            (" , ,", negotiate, true),
            ("!", negotiate, true),
            ("!NTLM", negotiate, true),
            ("!ntlm,kerberos", negotiate, true),
            ("Kerberos", negotiate, true),
            ("NTLM,Kerberos", negotiate, true),
            ("\tNTLM , kerBEROS ", negotiate, true),
            ("Negotiate", negotiate, true),
            ("!Kerberos", negotiate, false),
            (" ! kerberos ", negotiate, false),
            ("!Kerberos,Kerberos", negotiate, false),
            ("Kerberos,!Kerberos", negotiate, false),
            ("!Negotiate", negotiate, false),
            ("NTLM", negotiate, false),
            ("Kerbero", negotiate, false),
            ("Kerberos5", negotiate, false),
            ("pku2u,NTLM", negotiate, false),
            ("!Negotiate", &["Kerberos"], true),
            ("Negotiate", &["Kerberos"], false),
            ("!WDigest", &["WDigest"], false),
            ("!NTLM,!Kerberos", &["WDigest"], true),
        ];
        for (list, names, expected) in rows {
            assert_eq!(
                PackageList::new(list.to_owned()).allows(names),
                expected,
                "{list:?} {names:?}"
            );
        }
    }

    #[test]
    fn what_says_nothing_restricts_nothing() {
        for (list, expected) in
            [("", false), (" ,", false), ("!,", false), ("!NTLM", true), ("a", true)]
        {
            assert_eq!(PackageList::new(list.to_owned()).restricts(), expected, "{list:?}");
        }
    }

    #[test]
    fn names_are_excluded_once() {
        let mut list = PackageList::default();
        let steps = [
            ("NTLM", "!NTLM"),
            (" Kerberos ", "!NTLM,!Kerberos"),
            ("ntlm", "!NTLM,!Kerberos"),
            ("NTL", "!NTLM,!Kerberos,!NTL"),
        ];
        for (name, expected) in steps {
            list.exclude(name).unwrap();
            assert_eq!(list.0, expected);
            assert!(!list.allows(&[name.trim()]));
        }
        for bad in ["", "  ", "a,b", "!NTLM"] {
            assert_eq!(
                list.exclude(bad).unwrap_err().status(),
                Status::INVALID_PARAMETER,
                "{bad:?}"
            );
        }
    }
}
