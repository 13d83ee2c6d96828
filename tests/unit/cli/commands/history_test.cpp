#include <gtest/gtest.h>

#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

class HistoryTest : public testing::Test {
 protected:
  void change() {
    gwctl.input = kTwoObjects;
    ASSERT_EQ(gwctl({"apply", "-f", "-", "-m", "the first"}), kOk);
    ASSERT_EQ(gwctl({"delete", "ns", "server"}), kOk);
  }
  Gwctl gwctl;
};

TEST_F(HistoryTest, ListsRevisions) {
  EXPECT_EQ(gwctl({"history"}), kOk);
  EXPECT_EQ(gwctl.err, "Nothing was changed yet.\n");
  change();
  EXPECT_EQ(gwctl({"history"}), kOk);
  EXPECT_EQ(gwctl.out,
            "REVISION   AGE   ACTOR   ACTION   CHANGES     MESSAGE\n"
            "2          5s    alice   delete   1 deleted   <none>\n"
            "1          5s    alice   apply    2 created   the first\n");
  EXPECT_EQ(gwctl({"history", "--limit", "1"}), kOk);
  EXPECT_EQ(gwctl.out.find("the first"), std::string::npos);
  EXPECT_EQ(gwctl({"history", "-o", "json"}), kOk);
  EXPECT_NE(gwctl.out.find("\"message\": \"the first\""), std::string::npos) << gwctl.out;
}

TEST_F(HistoryTest, ShowsWhatARevisionChanged) {
  change();
  EXPECT_EQ(gwctl({"history", "2"}), kOk);
  EXPECT_EQ(gwctl.out,
            "Revision:     2\n"
            "Time:         2023-11-14T22:13:15Z (5s ago)\n"
            "Actor:        alice\n"
            "Peer:         ipv4:127.0.0.1:4711\n"
            "Action:       delete\n"
            "Message:      <none>\n"
            "Changes:\n"
            "  Namespace server deleted\n"
            "\n"
            "--- Namespace server (revision 1)\n"
            "+++ /dev/null\n"
            "@@ -1,4 +0,0 @@\n"
            "-apiVersion: v1\n"
            "-kind: Namespace\n"
            "-metadata:\n"
            "-  name: server\n");
  EXPECT_EQ(gwctl({"history", "1", "-o", "yaml"}), kOk);
  EXPECT_NE(gwctl.out.find("message: the first\n"), std::string::npos) << gwctl.out;
}

TEST_F(HistoryTest, ListsTheRevisionsOfAnObject) {
  change();
  EXPECT_EQ(gwctl({"history", "hr", "fortio-route", "-n", "server"}), kOk);
  EXPECT_EQ(gwctl.out,
            "REVISION   AGE   ACTOR   ACTION   CHANGES     MESSAGE\n"
            "1          5s    alice   apply    2 created   the first\n");
  EXPECT_EQ(gwctl({"history", "ns/server"}), kOk);
  EXPECT_NE(gwctl.out.find("2          5s    alice   delete"), std::string::npos) << gwctl.out;
  EXPECT_EQ(gwctl({"history", "ns/nobody"}), kOk);
  EXPECT_EQ(gwctl.err, "No revision that is kept changed it.\n");
  EXPECT_EQ(gwctl({"history", "hr"}), kUsage);
  EXPECT_EQ(gwctl({"history", "hr", "a", "b"}), kUsage);
  EXPECT_EQ(gwctl({"history", "nothing"}), kUsage);
}

TEST_F(HistoryTest, SaysWhenARevisionIsNotThere) {
  change();
  EXPECT_EQ(gwctl({"history", "7"}), kNotFound);
  EXPECT_EQ(gwctl.err, "gwctl: there is no revision 7 in the history\n");
  gwctl.state.states.erase(1);
  EXPECT_EQ(gwctl({"history", "2"}), kOk);
  EXPECT_EQ(gwctl.err, "How the objects were before is not kept any more.\n");
}

}  // namespace
}  // namespace limpet::cli::test
