#include <gtest/gtest.h>
#include <sys/stat.h>

#include "runtime/certificate.h"
#include "runtime/data_dir.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

class PkiTest : public testing::Test {
 protected:
  int pki(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "pki");
    arguments.insert(arguments.end(), {"--dir", directory.path().string()});
    return gwctl(arguments);
  }
  std::string file(const std::string& name) {
    return read_file(directory / name, 100'000).value();
  }
  std::vector<std::string> uris(const std::string& name) {
    return uris_of(*read_certificates(file(name))->front());
  }
  absl::Status verify(const std::string& name) {
    return Authorities::read(file("ca.crt"))
        ->verify(*read_certificates(file(name)), absl::ToUnixSeconds(gwctl.now));
  }

  using Uris = std::vector<std::string>;
  TemporaryDirectory directory;
  Gwctl gwctl;
};

TEST_F(PkiTest, ThreeCommandsMakeAClustersCertificates) {
  EXPECT_EQ(pki({"init", "--host", "gateway.example.org"}), kOk) << gwctl.err;
  EXPECT_EQ(pki({"node", "node-1", "--gateway", "shop/edge"}), kOk) << gwctl.err;
  EXPECT_EQ(pki({"user", "bob", "--role", "editor", "-n", "shop"}), kOk) << gwctl.err;
  EXPECT_EQ(uris("user-admin.pem"), (Uris{"limpet:user:admin", "limpet:role:admin"}));
  EXPECT_EQ(uris("node-node-1.pem"), (Uris{"limpet:node:node-1", "limpet:gateway:shop/edge"}));
  EXPECT_EQ(uris("user-bob.pem"), (Uris{"limpet:user:bob", "limpet:role:editor@shop"}));
  EXPECT_EQ(uris("server.pem"), Uris{"limpet:server"});
  for (const char* name : {"user-admin.pem", "node-node-1.pem", "user-bob.pem"}) {
    EXPECT_TRUE(verify(name).ok()) << name << verify(name);
  }
}

TEST_F(PkiTest, KeysArePrivate) {
  pki({"init"});
  for (const char* name : {"ca.key", "server.pem", "user-admin.pem"}) {
    struct stat status;
    ASSERT_EQ(stat((directory / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(PkiTest, RotatesInTwoSteps) {
  pki({"init"});
  pki({"node", "old"});
  EXPECT_EQ(pki({"rotate"}), kOk) << gwctl.err;
  pki({"node", "new"});
  EXPECT_EQ(pki({"rotate"}), kConflict) << "the old one would be forgotten";
  EXPECT_TRUE(verify("node-old.pem").ok());
  EXPECT_TRUE(verify("node-new.pem").ok());
  EXPECT_EQ(pki({"rotate", "--finish"}), kOk) << gwctl.err;
  EXPECT_FALSE(verify("node-old.pem").ok());
  EXPECT_TRUE(verify("node-new.pem").ok());
}

TEST_F(PkiTest, ALongNameAndAnUnfinishedStartAreFine) {
  ASSERT_TRUE(write_file_atomically(directory / "ca.key", "half").ok());
  EXPECT_EQ(pki({"init"}), kOk) << gwctl.err;
  const std::string name(100, 'n');
  EXPECT_EQ(pki({"node", name}), kOk) << gwctl.err;
  EXPECT_TRUE(verify("node-" + name + ".pem").ok());
}

TEST_F(PkiTest, MistakesAreSaid) {
  EXPECT_EQ(pki({"node", "a"}), kNotFound);
  EXPECT_NE(gwctl.err.find("gwctl pki init"), std::string::npos);
  pki({"init"});
  EXPECT_EQ(pki({"init"}), kConflict);
  for (const char* name : {"../x", "a b", ".."}) EXPECT_EQ(pki({"node", name}), kUsage) << name;
  EXPECT_EQ(pki({"user", "a"}), kUsage);
  EXPECT_EQ(pki({"node", "a", "--gateway", "edge"}), kUsage);
  EXPECT_EQ(pki({"user", "a", "--role", "viewer", "-n", "a/b"}), kUsage);
  EXPECT_EQ(pki({"user", "a", "--role", "root"}), kUsage);
}

TEST_F(PkiTest, AKeyForSecretsIsMadeOnce) {
  EXPECT_EQ(pki({"secrets-key"}), kOk) << gwctl.err;
  struct stat status = {};
  ASSERT_EQ(::stat((directory / "secrets.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const std::string key = file("secrets.key");
  EXPECT_EQ(key.size(), 45U) << "32 bytes in base64";
  EXPECT_EQ(pki({"secrets-key"}), kConflict);
  EXPECT_EQ(file("secrets.key"), key);
  EXPECT_EQ(pki({"secrets-key", (directory / "other.key").string()}), kOk) << gwctl.err;
  EXPECT_NE(file("other.key"), key);
}

}  // namespace
}  // namespace limpet::cli::test
