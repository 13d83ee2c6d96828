#include <gtest/gtest.h>

#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

using Event = v1::WatchResponse::Event;

constexpr char kClear[] = "\r\x1b[K";

class ProgressLineTest : public testing::Test {
 protected:
  ProgressLineTest() {
    gwctl.terminal = true;
    v1::WaitActiveResponse response;
    response.set_revision(7);
    response.set_connected(2);
    response.set_active(1);
    response.add_pending("node-2");
    gwctl.state.progress.push_back(response);
    response.set_done(true);
    gwctl.state.progress.push_back(response);
  }
  Gwctl gwctl;
};

TEST_F(ProgressLineTest, EachTextOverwritesTheOneBefore) {
  EXPECT_EQ(gwctl({"wait", "--for=active", "--revision", "7"}), kOk);
  EXPECT_EQ(gwctl.err, std::string(kClear) + "waiting for nodes to serve revision 7" + kClear +
                           "1 of 2 nodes serve revision 7; waiting for node-2" + kClear);
}

TEST_F(ProgressLineTest, NoTextIsAsWideAsTheTerminal) {
  gwctl.progress_columns = 20;
  EXPECT_EQ(gwctl({"wait", "--for=active"}), kOk);
  EXPECT_EQ(gwctl.err, std::string(kClear) + "waiting for nodes \xE2\x80\xA6" + kClear +
                           "1 of 2 nodes serve\xE2\x80\xA6" + kClear);
}

TEST_F(ProgressLineTest, OffATerminalThereIsNone) {
  gwctl.terminal = false;
  EXPECT_EQ(gwctl({"wait", "--for=active"}), kOk);
  EXPECT_EQ(gwctl.err, "");
}

TEST_F(ProgressLineTest, WaitingForObjectsToGo) {
  gwctl.state.events = {event({"HTTPRoute", "x", "a"}, Event::UPSERTED, 1),
                        event({"HTTPRoute", "x", "a"}, Event::DELETED, 2)};
  EXPECT_EQ(gwctl({"wait", "--for=delete", "hr", "a", "b", "-n", "x"}), kOk);
  EXPECT_EQ(gwctl.err, std::string(kClear) + "waiting for the server to tell what there is" +
                           kClear + "1 of 2 objects are gone; waiting for HTTPRoute x/a" + kClear);
}

}  // namespace
}  // namespace limpet::cli::test
