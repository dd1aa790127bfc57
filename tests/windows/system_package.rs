//! A machine that has a WDigest of its own: ours takes its place in the list, or leaves it the name.

use std::fs;

use crate::place::{Bits, Place, for_both_word_sizes};
use crate::support::HARNESS;
use crate::support::wine::{PREFIX, boot, run_all_checks, run_to_success, wine};

for_both_word_sizes!(the_machine_s_own_wdigest_is_used_where_configured);

const PROVIDERS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders";

fn the_machine_s_own_wdigest_is_used_where_configured(place: &Place) {
    let source = "c_tests/windows/whose.c";
    place.compile(&[HARNESS, source], "libsecur32.dll.a", "whose.exe");
    // Wine's gets one by the way that it has for packages: a second copy of ours is that.
    let prefix = PREFIX.with_file_name(format!("package-{}", place.bits.machine()));
    boot(&prefix);
    let system = match place.bits {
        Bits::SixtyFour => "drive_c/windows/system32",
        Bits::ThirtyTwo => "drive_c/windows/syswow64",
    };
    fs::copy(place.path("secur32.dll"), prefix.join(system).join("package.dll")).expect("a copy");
    let mut registry = wine(&prefix);
    registry.args(["reg", "add", PROVIDERS, "/v", "SecurityProviders", "/d", "package.dll", "/f"]);
    run_to_success(&mut registry);
    let settings = place.path("use_system.toml");
    fs::write(&settings, "[WDigest]\nuse_system = 1\n").expect("a file");

    let run = |dll: &str, configured: bool| {
        let mut command = wine(&prefix);
        command.current_dir(place.path("")).arg("whose.exe");
        command.env("WINEDLLOVERRIDES", format!("mscoree,mshtml,winedbg.exe=;secur32={dll}"));
        command.env("SECUR32_REALM", "example.org").env("SECUR32_ACCOUNTS", "accounts.htdigest");
        if configured {
            command.env("SECUR32_CONFIG", "use_system.toml");
        }
        let told = run_all_checks(&mut command);
        told.lines().map(String::from).collect::<Vec<_>>()
    };
    let [theirs, ours, left] = [run("b", false), run("n,b", false), run("n,b", true)];
    assert_eq!(theirs[0].matches(",WDigest").count(), 1, "{theirs:?}");
    // The same place in the list, once, whosever it is.
    assert_eq!(ours[0], theirs[0]);
    assert_eq!(left[0], theirs[0]);
    let whose = [&theirs, &ours, &left].map(|lines| &*lines[1]);
    assert_eq!(whose, ["one upper word: 1", "one upper word: 0", "one upper word: 1"]);
}
