"""conan create packaging/conan, from a clone: builds by cargo, and packages what `cargo xtask install` puts there."""

import os

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.files import copy, load


class Secur32(ConanFile):
    name = "secur32"
    description = "Windows' SASL and SSPI functions, with a Digest package of their own"
    license = "MIT OR Apache-2.0"
    topics = ("sspi", "sasl", "digest", "authentication")
    settings = "os", "arch", "compiler", "build_type"
    package_type = "shared-library"

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "..", "..", "Cargo.toml"))
        self.version = text.split('\nversion = "', 1)[1].split('"', 1)[0]

    def validate(self):
        if self.settings.os not in ("Linux", "FreeBSD", "Macos"):
            raise ConanInvalidConfiguration("on Windows: the archives of cargo xtask dist")

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("Cargo.*", "build.rs", "cbindgen.toml", "LICENSE-*", "README.md", ".cargo/*", "benches/*",
                        "def/*", "docs/*", "include/*", "packaging/*", "src/*", "xtask/*"):
            copy(self, pattern, root, self.export_sources_folder)

    @property
    def _profile(self):
        return "dev" if self.settings.build_type == "Debug" else "release"

    def build(self):
        self.run("cargo build --package xtask", cwd=self.source_folder)

    def package(self):
        self.run(f'cargo xtask install --prefix "{self.package_folder}" --profile {self._profile}', cwd=self.source_folder)
        copy(self, "LICENSE-*", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        self.cpp_info.libs = ["secur32"]
        self.cpp_info.includedirs = ["include/secur32"]
        self.cpp_info.set_property("cmake_target_name", "secur32::secur32")
        self.cpp_info.set_property("pkg_config_name", "secur32")
