#include "cli/commands/change.h"

#include <gtest/gtest.h>

#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

std::string namespaces(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + name +
            ", labels: {team: shop}}\n";
  }
  return text;
}

class ChangeTest : public testing::Test {
 protected:
  int apply(const std::string& text, std::vector<std::string> flags = {}) {
    gwctl.input = text;
    flags.insert(flags.begin(), {"apply", "-f", "-"});
    return gwctl(flags);
  }
  Gwctl gwctl;
};

TEST_F(ChangeTest, DryRunTellsAndChangesNothing) {
  EXPECT_EQ(apply(namespaces({"a"}), {"--dry-run=server", "--wait"}), kOk);
  EXPECT_EQ(gwctl.out, "namespace/a created (server dry run)\n");
  EXPECT_TRUE(gwctl.state.objects.empty());
  EXPECT_EQ(gwctl.state.waited_for, 0U);
  apply(namespaces({"a"}));
  EXPECT_EQ(gwctl({"delete", "--dry-run", "ns", "a"}), kOk);
  EXPECT_EQ(gwctl.out, "namespace/a deleted (server dry run)\n");
  EXPECT_EQ(gwctl.state.objects.size(), 1U);
}

TEST_F(ChangeTest, ExpectedRevisionHoldsBackWhatCameTooLate) {
  apply(namespaces({"a"}));
  EXPECT_EQ(apply(namespaces({"b"}), {"--expected-revision", "7"}), kConflict);
  EXPECT_EQ(gwctl.err, "gwctl: the state has moved on\n");
  EXPECT_EQ(gwctl({"delete", "ns", "a", "--expected-revision", "7"}), kConflict);
  EXPECT_EQ(apply(namespaces({"b"}), {"--expected-revision", "1"}), kOk);
}

TEST_F(ChangeTest, GuardsAreTheServersAndKeepItsWords) {
  gwctl.state.error = absl::FailedPreconditionError("3 of 4 routes would go; say so");
  EXPECT_EQ(gwctl({"delete", "ns", "a"}), kRejected);
  EXPECT_EQ(gwctl.err, "gwctl: 3 of 4 routes would go; say so\n");
  gwctl.state.error = absl::OkStatus();
  apply(namespaces({"a"}));
  EXPECT_EQ(gwctl({"delete", "ns", "a", "--allow-mass-delete", "-m", "shop is closed"}), kOk);
  EXPECT_TRUE(gwctl.state.options.allow_mass_delete());
  EXPECT_EQ(gwctl.state.options.message(), "shop is closed");
}

TEST_F(ChangeTest, PruneDeletesWhatIsNoLongerWritten) {
  apply(namespaces({"a", "b"}));
  apply(kTwoObjects);
  EXPECT_EQ(apply(namespaces({"b", "c"}), {"--prune", "-l", "team=shop"}), kOk);
  EXPECT_EQ(gwctl.out, "namespace/b unchanged\nnamespace/c created\nnamespace/a deleted\n");
  EXPECT_EQ(gwctl.err, "");
  EXPECT_EQ(gwctl.state.objects.size(), 4U);
}

TEST_F(ChangeTest, PruneWarnsOfWhatItWillNotFindAgain) {
  EXPECT_EQ(apply(namespaces({"a"}), {"--prune", "-l", "team=office"}), kOk);
  EXPECT_EQ(gwctl.err,
            "warning: Namespace a does not have the label team=office and will not be pruned "
            "later\n");
}

TEST_F(ChangeTest, PruneRefusesWrongLabels) {
  for (const char* labels : {"team", "=shop", "team=", "team=shop,", "team=a,team=b"}) {
    EXPECT_EQ(apply(namespaces({"a"}), {"--prune", "-l", labels}), kUsage) << labels;
    EXPECT_TRUE(gwctl.err.starts_with("gwctl: -l: ")) << gwctl.err;
  }
  EXPECT_TRUE(gwctl.state.objects.empty());
}

}  // namespace
}  // namespace limpet::cli::test
