#include <gtest/gtest.h>

#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

class RollbackTest : public testing::Test {
 protected:
  void SetUp() override {
    gwctl.input = kTwoObjects;
    ASSERT_EQ(gwctl({"apply", "-f", "-"}), kOk);
    ASSERT_EQ(gwctl({"delete", "ns", "server"}), kOk);
  }
  Gwctl gwctl;
};

TEST_F(RollbackTest, RestoresARevisionAsANewOne) {
  EXPECT_EQ(gwctl({"rollback", "--to", "1", "-m", "oops"}), kOk);
  EXPECT_EQ(gwctl.out, "namespace/server created\n");
  EXPECT_EQ(gwctl.err, "");
  EXPECT_EQ(gwctl.state.revision, 3U);
  EXPECT_EQ(gwctl.state.objects.size(), 2U);
  EXPECT_EQ(gwctl.state.revisions.front().message(), "oops");
}

TEST_F(RollbackTest, DryRunChangesNothingAndWaitsForNothing) {
  EXPECT_EQ(gwctl({"rollback", "--to", "1", "--dry-run", "--wait"}), kOk);
  EXPECT_EQ(gwctl.out, "namespace/server created (server dry run)\n");
  EXPECT_EQ(gwctl.state.revision, 2U);
  EXPECT_EQ(gwctl.state.waited_for, 0U);
}

TEST_F(RollbackTest, TellsWhenThereIsNothingToDo) {
  EXPECT_EQ(gwctl({"rollback", "--to", "2"}), kOk);
  EXPECT_EQ(gwctl.err, "Nothing differs from revision 2.\n");
}

TEST_F(RollbackTest, WaitsAndPassesItsFlags) {
  v1::WaitActiveResponse done;
  done.set_connected(1);
  done.set_done(true);
  gwctl.state.progress = {done};
  EXPECT_EQ(gwctl({"rollback", "--to", "1", "--allow-mass-delete", "--wait"}), kOk);
  EXPECT_TRUE(gwctl.state.options.allow_mass_delete());
  EXPECT_EQ(gwctl.state.waited_for, 3U);
}

TEST_F(RollbackTest, RevisionsThatAreNotKeptAreNotFound) {
  EXPECT_EQ(gwctl({"rollback", "--to", "9"}), kNotFound);
  EXPECT_EQ(gwctl.err, "gwctl: not kept\n");
}

}  // namespace
}  // namespace limpet::cli::test
