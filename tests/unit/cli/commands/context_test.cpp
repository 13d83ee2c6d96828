#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

class ContextTest : public testing::Test {
 protected:
  ContextTest() { gwctl.config_file = (directory / "limpet" / "config.yaml").string(); }
  TemporaryDirectory directory;
  Gwctl gwctl;
};

TEST_F(ContextTest, TheFirstIsUsedUntilAnotherIs) {
  EXPECT_EQ(gwctl({"context", "list"}), kOk);
  EXPECT_NE(gwctl.err.find("No contexts"), std::string::npos);
  EXPECT_EQ(gwctl({"context", "set", "prod", "--server", "p:1", "--tls-ca", "/ca.crt",
                   "--tls-identity", "/alice.pem"}),
            kOk);
  EXPECT_EQ(gwctl({"context", "set", "dev", "--server", "d:2"}), kOk);
  gwctl({"nodes"});
  EXPECT_EQ(gwctl.state.connection, (Connection{"p:1", {"/alice.pem", "/ca.crt"}, "", ""}));
  EXPECT_EQ(gwctl({"context", "use", "dev"}), kOk);
  gwctl({"nodes"});
  EXPECT_EQ(gwctl.state.connection, (Connection{"d:2", {}, "", ""}));
  EXPECT_EQ(gwctl({"context", "list"}), kOk);
  EXPECT_EQ(gwctl.out,
            "CURRENT   NAME   SERVER   TLS-CA    TLS-IDENTITY   TOKEN-FILE\n"
            "          prod   p:1      /ca.crt   /alice.pem     <none>\n"
            "*         dev    d:2      <none>    <none>         <none>\n");
}

TEST_F(ContextTest, FlagsCountBeforeIt) {
  gwctl({"context", "set", "prod", "--server", "p:1", "--token-file", "/t"});
  gwctl({"nodes", "--server", "other:3"});
  EXPECT_EQ(gwctl.state.connection, (Connection{"other:3", {}, "/t", ""}));
  gwctl({"context", "set", "dev", "--server", "d:2"});
  gwctl({"nodes", "--context", "dev"});
  EXPECT_EQ(gwctl.state.connection.server, "d:2");
  EXPECT_EQ(gwctl({"nodes", "--context", "none"}), kUsage);
  EXPECT_EQ(gwctl.err, "gwctl: there is no context none\n");
}

TEST_F(ContextTest, WhoIsGivenIsNotReplacedByTheContextsToken) {
  gwctl({"context", "set", "prod", "--server", "p:1", "--token-file", "/t"});
  gwctl({"nodes", "--tls-identity", "/a.pem", "--tls-ca", "/ca.crt"});
  EXPECT_EQ(gwctl.state.connection, (Connection{"p:1", {"/a.pem", "/ca.crt"}, "", ""}));
  gwctl({"context", "set", "prod", "--tls-identity", "/b.pem"});
  gwctl({"nodes"});
  EXPECT_EQ(gwctl.state.connection, (Connection{"p:1", {"/b.pem", ""}, "", ""}));
}

TEST_F(ContextTest, SettingAgainChangesWhatIsGiven) {
  gwctl({"context", "set", "prod", "--server", "p:1", "--token-file", "/t"});
  gwctl({"context", "set", "prod", "--server", "p:2"});
  gwctl({"nodes"});
  EXPECT_EQ(gwctl.state.connection, (Connection{"p:2", {}, "/t", ""}));
}

TEST_F(ContextTest, AnUnknownOneIsNotUsedNorDeleted) {
  EXPECT_EQ(gwctl({"context", "use", "x"}), kNotFound);
  EXPECT_EQ(gwctl({"context", "delete", "x"}), kNotFound);
  gwctl({"context", "set", "x", "--server", "p:1"});
  EXPECT_EQ(gwctl({"context", "delete", "x"}), kOk);
  gwctl({"nodes"});
  EXPECT_EQ(gwctl.state.connection.server, kDefaultServer);
}

TEST_F(ContextTest, WithoutAHomeNothingIsKept) {
  gwctl.config_file.clear();
  EXPECT_EQ(gwctl({"context", "set", "x", "--server", "p:1"}), kFailed);
  EXPECT_EQ(gwctl({"nodes"}), kOk);
}

TEST_F(ContextTest, RelativeFilesAreFoundFromElsewhere) {
  gwctl({"context", "set", "x", "--tls-ca", "pki/ca.crt"});
  gwctl({"nodes"});
  EXPECT_EQ(gwctl.state.connection.tls.ca,
            (std::filesystem::current_path() / "pki" / "ca.crt").string());
}

}  // namespace
}  // namespace limpet::cli::test
