//! docs/windows-and-wine.md, followed line by line in a Wine directory of its own.
//!
//! The indented lines run as they stand but for `/path/to/program`. Their blocks come in pairs: a way
//! to use the DLL, and its undoing.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::place::{Bits, Place, for_both_word_sizes};
use crate::server::Running;
use crate::support::wine::{boot, run_all_checks, run_to_success, wine, with_wine};
use crate::support::{HARNESS, HTTP_CLIENT, HTTP_SERVER, read, succeed};

for_both_word_sizes!(every_way_works_and_can_be_undone);

/// What `which_secur32.c` says of Wine's own DLL, of ours, and of Wine's own with our package.
const WINES: &str = "Wine's Schannel";
const OURS: &str = "ours WDigest Schannel";
const WITH_PACKAGE: &str = "Wine's Schannel WDigest";

fn every_way_works_and_can_be_undone(place: &Place) {
    let mut reader = Reader::new(place);
    assert_eq!(reader.found(), [WINES, WINES]);
    reader.follow_windows();
    reader.follow_wine();
}

/// Who follows the lines, with the DLL in the directory where the commands are given.
struct Reader<'a> {
    place: &'a Place,
    prefix: PathBuf,
    /// Where the commands are given.
    here: PathBuf,
    /// `/path/to/program`.
    program: PathBuf,
    /// Lines that set variables of the shell, which later blocks use.
    variables: String,
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let _ = Command::new("wineserver").arg("-k").env("WINEPREFIX", &self.prefix).status();
        let _ = fs::remove_dir_all(&self.prefix);
    }
}

impl<'a> Reader<'a> {
    fn new(place: &'a Place) -> Self {
        let prefix = place.path("page");
        let _ = fs::remove_dir_all(&prefix);
        boot(&prefix);
        let drive = prefix.join("drive_c");
        let (here, program) = (drive.join("here"), drive.join("program"));
        for directory in [&here, &program] {
            fs::create_dir_all(directory).expect("a directory");
        }
        fs::copy(place.path("secur32.dll"), here.join("secur32.dll")).expect("a copy");
        fs::write(here.join("secur32.toml"), "[log]\nlevel = \"off\"\n").expect("a file");
        place.compile(&["c_tests/windows/which_secur32.c"], "libsecur32.dll.a", "which.exe");
        fs::copy(place.path("which.exe"), program.join("program.exe")).expect("a copy");
        Self { place, prefix, here, program, variables: String::new() }
    }

    /// Whose secur32.dll `program.exe` gets: by its name, and from the system directory.
    fn found(&self) -> [String; 2] {
        self.found_with("")
    }

    fn found_with(&self, overrides: &str) -> [String; 2] {
        ["", "system32"].map(|word| {
            let mut command = wine(&self.prefix);
            command.current_dir(&self.program).args(["program.exe", word]);
            let always = "mscoree,mshtml,winedbg.exe=";
            command.env("WINEDLLOVERRIDES", format!("{always};{overrides}"));
            run_to_success(&mut command).trim_end().to_owned()
        })
    }

    /// Windows' own loader prefers the DLL beside a program, which Wine's does where it is told to.
    fn follow_windows(&self) {
        let [build, way, undoing] = &blocks("On Windows")[..] else {
            panic!("the page has other blocks for Windows: {:?}", blocks("On Windows"));
        };
        assert_eq!(build[..], ["cargo xtask windows"]);
        self.give_to_cmd(way);
        assert_eq!(self.found_with("secur32=n,b"), [OURS, WINES]);
        self.give_to_cmd(undoing);
        assert_eq!(self.found_with("secur32=n,b"), [WINES, WINES]);
        self.expect_nothing_left();
    }

    fn give_to_cmd(&self, lines: &[String]) {
        for line in lines {
            let line = line.replace("C:\\path\\to\\program", "C:\\program");
            let mut command = wine(&self.prefix);
            command.current_dir(&self.here).args(["cmd", "/c"]).args(line.split(' '));
            run_to_success(&mut command);
        }
    }

    fn follow_wine(&mut self) {
        let blocks = blocks("Under Wine");
        let [beside, not_beside, system, not_system, package, no_package] = &blocks[..] else {
            panic!("the page has other blocks for Wine: {blocks:?}");
        };
        self.give_to_shell(beside);
        assert_eq!(self.found(), [OURS, WINES]);
        self.give_to_shell(not_beside);
        self.expect_nothing_left();

        self.give_to_shell(system);
        assert_eq!(self.found(), [OURS, OURS]);
        self.give_to_shell(not_system);
        self.expect_nothing_left();

        self.give_to_shell(package);
        assert_eq!(self.found(), [WITH_PACKAGE, WITH_PACKAGE]);
        self.log_in_by_the_package();
        self.ask_for_pages_by_the_package();
        self.give_to_shell(no_package);
        self.expect_nothing_left();
    }

    fn give_to_shell(&mut self, lines: &[String]) {
        let mut script = self.variables.clone();
        for line in lines {
            let mut line = line.replace("/path/to/program", &self.program.display().to_string());
            if self.place.bits == Bits::ThirtyTwo {
                line = line.replace("system32", "syswow64");
            }
            let _ = writeln!(script, "{line} || exit");
            if line.starts_with("S=") {
                self.variables = format!("{line}\n");
            }
        }
        let mut shell = with_wine("sh", &self.prefix);
        succeed(shell.current_dir(&self.here).arg("-c").arg(script));
    }

    /// After each undoing all is as it was: the DLLs that programs get, the files, the registry.
    fn expect_nothing_left(&self) {
        assert_eq!(self.found(), [WINES, WINES]);
        let entries = fs::read_dir(&self.program).expect("the program's directory");
        let names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
        assert_eq!(names, ["program.exe"]);
        for name in ["system32", "syswow64"] {
            let directory = self.prefix.join("drive_c/windows").join(name);
            for left in ["secur32-original", "s32digest.dll"] {
                assert!(!directory.join(left).exists(), "{left}");
            }
        }
        for key in
            ["HKCU\\Software\\Wine", "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders"]
        {
            let mut query = wine(&self.prefix);
            let values = run_to_success(query.args(["reg", "query", key, "/s"]));
            assert!(!values.contains("secur32") && !values.contains("s32digest"), "{values}");
        }
    }

    /// A program that knows Wine's own secur32 only.
    fn stranger(&self, program: &str) -> Command {
        let mut command = wine(&self.prefix);
        command.current_dir(&self.program).arg(self.place.path(program));
        command.env("SECUR32_REALM", "example.org");
        command.env("SECUR32_ACCOUNTS", self.place.path("accounts.htdigest"));
        command
    }

    fn log_in_by_the_package(&self) {
        self.place.compile(
            &[HARNESS, "c_tests/windows/package_login.c"],
            "libsecur32.dll.a",
            "package_login.exe",
        );
        run_all_checks(&mut self.stranger("package_login.exe"));
    }

    /// The second request of a connection ends in `SEC_I_COMPLETE_NEEDED`, which Wine's own secur32 does
    /// not know for a success.
    fn ask_for_pages_by_the_package(&self) {
        self.place.compile(HTTP_SERVER, "libsecur32.dll.a", "http_server.exe");
        self.place.compile(HTTP_CLIENT, "libsecur32.dll.a", "http_client.exe");
        let mut server = self.stranger("http_server.exe");
        let running = Running::start(server.args(["-v", "--connections", "1"]));
        let mut client = self.stranger("http_client.exe");
        client.args(["--password", "secret", "127.0.0.1", &running.port, "alice"]);
        let (dialogue, told) = running.finish(client.args(["/page1", "/page2"]));
        assert_eq!(dialogue.matches("200 OK").count(), 2, "{dialogue}");
        assert_eq!(told.matches("CompleteAuthToken: SEC_E_OK").count(), 1, "{told}");
    }
}

/// The indented blocks of a section of the page.
fn blocks(section: &str) -> Vec<Vec<String>> {
    let text = read("docs/windows-and-wine.md");
    let (_, text) = text.split_once(&format!("\n## {section}\n")).expect("the section");
    let text = text.split("\n## ").next().expect("its text");
    text.split("\n\n")
        .map(|block| block.trim_matches('\n'))
        .filter(|block| !block.is_empty() && block.lines().all(|line| line.starts_with("    ")))
        .map(|block| block.lines().map(|line| line.trim_start().to_owned()).collect())
        .collect()
}
