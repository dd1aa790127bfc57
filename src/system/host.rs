//! The name of this machine.

/// The host's domain name: of its host name, the part after the first dot, or all of it where
/// there is no dot. `localhost` when the machine has no usable name.
///
/// No resolver is asked, so this neither waits for a network nor depends on one.
#[must_use]
pub fn domain() -> String {
    domain_of(&name().unwrap_or_default()).to_owned()
}

fn domain_of(host: &str) -> &str {
    let host = host.trim().trim_matches('.');
    // Linux calls a host without a name "(none)".
    if host.is_empty() || host.starts_with('(') || host.chars().any(char::is_control) {
        return "localhost";
    }
    host.split_once('.').map_or(host, |(_, domain)| domain)
}

/// The host name as the system has it; `None` when it cannot be told.
#[cfg(unix)]
#[must_use]
pub fn name() -> Option<String> {
    // POSIX allows 255 bytes; a longer name is cut without a terminator, hence the byte more.
    let mut buffer = [0_u8; 257];
    let usable = buffer.len() - 1;
    // SAFETY: the pointer is to `usable` writable bytes, and the last byte of the buffer, which
    // is not among them, stays zero.
    let status = unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), usable) };
    if status != 0 {
        return None;
    }
    let name = buffer.split(|byte| *byte == 0).next()?;
    String::from_utf8(name.to_vec()).ok()
}

/// The host name as the system has it, with its domain where it has one; `None` when it cannot be
/// told.
#[cfg(windows)]
#[must_use]
pub fn name() -> Option<String> {
    use windows_sys::Win32::System::SystemInformation::{
        ComputerNameDnsFullyQualified, GetComputerNameExW,
    };

    // A DNS name has at most 255 characters.
    let mut buffer = [0_u16; 256];
    let mut length = u32::try_from(buffer.len()).ok()?;
    let format = ComputerNameDnsFullyQualified;
    // SAFETY: `length` units can be written at the pointer.
    let found = unsafe { GetComputerNameExW(format, buffer.as_mut_ptr(), &raw mut length) };
    let name = buffer.get(..usize::try_from(length).ok()?)?;
    (found != 0).then(|| String::from_utf16_lossy(name))
}

/// The host name as the system has it; `None` when it cannot be told.
#[cfg(not(any(unix, windows)))]
#[must_use]
pub fn name() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_is_what_follows_the_first_dot() {
        for (host, domain) in [
            ("mail.example.org", "example.org"),
            ("mail.example.org.", "example.org"),
            ("mail", "mail"),
            ("a.b", "b"),
            ("", "localhost"),
            (".", "localhost"),
            ("(none)", "localhost"),
            ("a\u{1}b", "localhost"),
            (" box \n", "box"),
        ] {
            assert_eq!(domain_of(host), domain, "{host:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_name_is_the_kernels() {
        let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        assert_eq!(name().as_deref(), Some(kernel.trim_end()));
    }
}
