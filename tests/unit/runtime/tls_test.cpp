#include "runtime/tls.h"

#include <string>

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "runtime/authority.h"
#include "runtime/data_dir.h"
#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

constexpr int64_t kEnd = 2'000'000;
constexpr Validity kValidity{1000, kEnd};

class TlsTest : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file_atomically(directory_ / name, text).ok());
    return (directory_ / name).string();
  }
  std::string issue() { return authority_.issue({"a", {"limpet:user:a"}, {}}, kValidity).value(); }
  std::string problem(const TlsFiles& files) {
    return without_folder(std::string(check_tls_files(files).message()));
  }
  std::string without_folder(std::string text) {
    const std::string folder = directory_.path().string() + "/";
    const size_t at = text.find(folder);
    return at == std::string::npos ? text : text.erase(at, folder.size());
  }

  TemporaryDirectory directory_;
  Authority authority_ = Authority::create("CA", kValidity).value();
};

TEST_F(TlsTest, GoodFilesAndNoneAreFine) {
  EXPECT_EQ(problem({}), "");
  const std::string identity = file("a.pem", issue());
  EXPECT_EQ(problem({identity, file("ca.crt", authority_.certificate_pem())}), "");
  EXPECT_EQ(problem({identity, ""}), "");
}

TEST_F(TlsTest, ProblemsNameTheFile) {
  const std::string pem = issue();
  EXPECT_NE(problem({(directory_ / "none.pem").string(), ""}), "");
  EXPECT_EQ(problem({file("x.pem", "words"), ""}), "x.pem has no certificate in PEM form");
  const std::string certificate = pem.substr(0, pem.find("-----BEGIN PRIVATE"));
  EXPECT_EQ(problem({file("x.pem", certificate), ""}),
            "x.pem has no private key in PEM form without a passphrase");
  const std::string other = issue();
  const std::string other_key = other.substr(other.find("-----BEGIN PRIVATE"));
  EXPECT_EQ(problem({file("x.pem", certificate + other_key), ""}),
            "x.pem has a private key that is not of its first certificate");
  EXPECT_EQ(problem({file("x.pem", pem), file("ca.crt", "")}),
            "ca.crt has no certificate in PEM form");
}

TEST_F(TlsTest, AnEndThatIsNearIsSaid) {
  const TlsFiles files{file("a.pem", issue()), ""};
  EXPECT_EQ(expiry_warning(files, kEnd - 8 * 86'400), "");
  EXPECT_EQ(without_folder(expiry_warning(files, kEnd - 86'400)),
            "the certificate of a.pem expires at 1970-01-24T03:33:20Z");
  EXPECT_EQ(without_folder(expiry_warning(files, kEnd + 1)),
            "the certificate of a.pem has expired at 1970-01-24T03:33:20Z");
  EXPECT_EQ(expiry_warning({}, kEnd + 1), "");
}

}  // namespace
}  // namespace limpet
