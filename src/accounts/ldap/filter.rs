//! A filter with places for names, which are escaped (RFC 4515 section 3).

use std::fmt::Write as _;

/// A filter of the configuration: `%u` stands for the user, `%r` for the realm, `%%` for a percent sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Literal(String),
    User,
    Realm,
}

impl Filter {
    /// `None` where `text` is in no parentheses, names no user, or has another letter behind a percent
    /// sign.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if !text.starts_with('(') || !text.ends_with(')') {
            return None;
        }
        let mut parts = Vec::new();
        let mut pieces = text.split('%');
        let mut literal = pieces.next()?.to_owned();
        while let Some(piece) = pieces.next() {
            let mut rest = piece.chars();
            let part = match rest.next() {
                Some('u') => Part::User,
                Some('r') => Part::Realm,
                // Two percent signs: what is between them is empty.
                None => {
                    literal.push('%');
                    literal.push_str(pieces.next()?);
                    continue;
                }
                Some(_) => return None,
            };
            parts.push(Part::Literal(std::mem::replace(&mut literal, rest.as_str().to_owned())));
            parts.push(part);
        }
        parts.push(Part::Literal(literal));
        parts.contains(&Part::User).then_some(Self { parts })
    }

    /// Whether it depends on the realm.
    #[must_use]
    pub fn names_realm(&self) -> bool {
        self.parts.contains(&Part::Realm)
    }

    /// The filter for an account.
    #[must_use]
    pub fn of(&self, user: &str, realm: &str) -> String {
        let mut filter = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => filter.push_str(text),
                Part::User => escape(&mut filter, user),
                Part::Realm => escape(&mut filter, realm),
            }
        }
        filter
    }
}

fn escape(filter: &mut String, text: &str) {
    for char in text.chars() {
        if matches!(char, '*' | '(' | ')' | '\\' | '\0') {
            // Text takes whatever is written.
            let _ = write!(filter, "\\{:02x}", u32::from(char));
        } else {
            filter.push(char);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_where_they_stand() {
        for (filter, user, realm, expected) in [
            ("(uid=%u)", "alice", "r", "(uid=alice)"),
            ("(&(uid=%u)(o=%r))", "a*", "(r)", "(&(uid=a\\2a)(o=\\28r\\29))"),
            ("(uid=%u)", "a\\b\0%u", "r", "(uid=a\\5cb\\00%u)"),
            ("(uid=%u)", "Zo\u{eb}", "r", "(uid=Zo\u{eb})"),
            ("(uid=%%%u%%)", "a", "r", "(uid=%a%)"),
            ("(|(uid=%u)(mail=%u@%r))", "a", "r", "(|(uid=a)(mail=a@r))"),
        ] {
            assert_eq!(Filter::new(filter).unwrap().of(user, realm), expected);
        }
    }

    #[test]
    fn what_is_no_filter_for_names_is_refused() {
        for filter in ["", "uid=%u", "(uid=alice)", "(uid=%U)", "(uid=%u%", "(uid=%u)%", "(o=%r)"] {
            assert_eq!(Filter::new(filter), None, "{filter}");
        }
    }
}
