#include <gtest/gtest.h>

#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

TEST(Token, IsShownOnceAndListedWithoutItsSecret) {
  Gwctl gwctl;
  EXPECT_EQ(gwctl({"token", "list"}), kOk);
  EXPECT_EQ(gwctl.err, "No token was handed out.\n");
  EXPECT_EQ(gwctl({"token", "create", "ci", "--role", "editor", "-n", "shop", "-n", "bank",
                   "--expires", "90m"}),
            kOk);
  EXPECT_EQ(gwctl.out, "lmp_ci_secret\n");
  EXPECT_EQ(gwctl.state.token_request.grants(0), "editor@shop");
  EXPECT_EQ(gwctl.state.token_request.grants(1), "editor@bank");
  EXPECT_EQ(gwctl.state.token_request.expires_in_s(), 5400U);
  EXPECT_EQ(gwctl({"token", "create", "all", "--role", "viewer", "--replace"}), kOk);
  EXPECT_EQ(gwctl.state.token_request.grants(0), "viewer");
  EXPECT_TRUE(gwctl.state.token_request.replace());
  EXPECT_EQ(gwctl({"token", "list"}), kOk);
  EXPECT_EQ(gwctl.out,
            "NAME   GRANTS                    AGE   EXPIRES-IN\n"
            "ci     editor@shop,editor@bank   5s    90m\n"
            "all    viewer                    5s    never\n");
  EXPECT_EQ(gwctl({"token", "revoke", "ci"}), kOk);
  EXPECT_EQ(gwctl.out, "token/ci revoked\n");
  EXPECT_EQ(gwctl.state.revoked, "ci");
}

TEST(Token, MistakesAreUsage) {
  Gwctl gwctl;
  EXPECT_EQ(gwctl({"token", "create", "ci"}), kUsage);
  EXPECT_EQ(gwctl({"token", "create", "ci", "--role", "root"}), kUsage);
  EXPECT_EQ(gwctl({"token", "create", "ci", "--role", "viewer", "--expires", "soon"}), kUsage);
  EXPECT_EQ(gwctl({"token"}), kUsage);
  gwctl.state.error = absl::PermissionDeniedError("no");
  EXPECT_EQ(gwctl({"token", "list"}), kUnreachable);
}

}  // namespace
}  // namespace limpet::cli::test
