//! The LDAP server `slapd`, and a C program that binds to it and searches under the layer.

use std::fmt;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::kdc::{self, Kdc, REALM};
use crate::line_protocol::Process;
use crate::programs;
use crate::results::{Entry, Version};
use crate::runner::Case;

const SLAPD: &str = "/usr/sbin/slapd";

/// A bind and a search with this quality of protection.
pub(crate) struct Search(pub(crate) &'static str);

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "our client -> slapd, {}", self.0)
    }
}

impl Case for Search {
    fn missing(&self) -> Option<&'static str> {
        let slapd = if Path::new(SLAPD).exists() { None } else { Some("slapd") };
        kdc::missing().or(slapd).or_else(|| programs::cyrus().err())
    }

    fn entry(&self) -> Option<Entry> {
        Some(Entry {
            protocol: "GSSAPI",
            program: "slapd (LDAP)",
            version: Version::Debian("slapd"),
            role: "server",
            agreed: self.0,
            settings: "none",
            names: "",
        })
    }

    fn play(&self) -> Result<(), String> {
        let kdc = Kdc::shared();
        let home = kdc.path(&format!("slapd-{}", self.0));
        fs::create_dir_all(&home).map_err(|error| error.to_string())?;
        let configuration = home.join("slapd.conf");
        let text = format!(
            "include /etc/ldap/schema/core.schema\npidfile {home}/pid\n\
             modulepath /usr/lib/ldap\nmoduleload back_mdb\n\
             sasl-host localhost\nsasl-realm {REALM}\nsasl-secprops none\n\
             database mdb\nsuffix \"dc=example,dc=org\"\ndirectory {home}\n",
            home = home.display()
        );
        fs::write(&configuration, text).map_err(|error| error.to_string())?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        drop(listener);
        let mut command = kdc.command(SLAPD);
        command.arg("-h").arg(format!("ldap://127.0.0.1:{port}")).arg("-f").arg(&configuration);
        let mut slapd = Process::start_merged("slapd", command.args(["-d", "0x100"]))?;
        slapd.read_until(|line| line.contains("slapd starting").then_some(()))?;
        let mut client = kdc.command(programs::compiled("ldap_search"));
        let output = client.args([&port.to_string(), self.0]).output();
        let output = output.map_err(|error| error.to_string())?;
        let told = String::from_utf8_lossy(&output.stdout);
        if told == format!("found dc=example,dc=org\nlayer {}\n", self.0) {
            return Ok(());
        }
        Err(format!("{told}{}", String::from_utf8_lossy(&output.stderr)))
    }
}
