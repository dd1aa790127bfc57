# brew install --HEAD ./packaging/homebrew/secur32.rb, from a clone; a release fills url and sha256.
class Secur32 < Formula
  desc "Windows' SASL and SSPI functions, with a Digest package of their own"
  homepage "https://docs.rs/secur32"
  license any_of: ["MIT", "Apache-2.0"]
  head do
    url "file://#{File.expand_path("../..", __dir__)}", using: :git, branch: "main"
  end

  depends_on "rust" => :build

  def install
    system "cargo", "xtask", "install", "--prefix", prefix
    pkgshare.install "examples"
  end

  test do
    (testpath/"program.c").write <<~C
      #include <secur32/secur32.h>
      int main(void)
      {
          SecHandle handle = {0, 0};
          return DeleteSecurityContext(&handle) == SEC_E_INVALID_HANDLE ? 0 : 1;
      }
    C
    system ENV.cc, "program.c", "-I#{include}", "-L#{lib}", "-lsecur32", "-o", "program"
    system "./program"
  end
end
