#include <gtest/gtest.h>

#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

using Event = v1::WatchResponse::Event;

const EntryKey kRoute{"HTTPRoute", "server", "a"};

class WaitTest : public testing::Test {
 protected:
  int wait_deleted() {
    return gwctl({"wait", "--for=delete", "hr", "a", "-n", "server", "--timeout", "2s"});
  }
  Gwctl gwctl;
};

TEST_F(WaitTest, ActiveIsOfTheNewestOrOfARevision) {
  v1::WaitActiveResponse done;
  done.set_connected(1);
  done.set_done(true);
  gwctl.state.progress = {done};
  gwctl.state.waited_for = 99;
  EXPECT_EQ(gwctl({"wait", "--for=active"}), kOk);
  EXPECT_EQ(gwctl.state.waited_for, 0U);
  EXPECT_EQ(gwctl({"wait", "--for=active", "--revision", "7", "--timeout", "3s"}), kOk);
  EXPECT_EQ(gwctl.state.waited_for, 7U);
  EXPECT_EQ(gwctl.state.wait_timeout, absl::Seconds(3));
  EXPECT_EQ(gwctl.state.wait_percent, 100U);
  EXPECT_EQ(gwctl({"wait", "--for=active", "--percent", "90"}), kOk);
  EXPECT_EQ(gwctl.state.wait_percent, 90U);
  EXPECT_EQ(gwctl({"wait", "--for=active", "--percent", "101"}), kUsage);
}

TEST_F(WaitTest, DeleteEndsWhenTheObjectIsGone) {
  gwctl.state.events = {event(kRoute, Event::UPSERTED, 4), event(kRoute, Event::DELETED, 5)};
  gwctl.state.watch_status = absl::InternalError("went on");
  EXPECT_EQ(wait_deleted(), kOk);
  EXPECT_EQ(gwctl.out, "httproute.gateway.networking.k8s.io/a deleted\n");
  EXPECT_EQ(gwctl.state.wait_timeout, absl::Seconds(2));
}

TEST_F(WaitTest, DeleteEndsAtOnceWhenThereIsNone) {
  gwctl.state.events = {event({"HTTPRoute", "other", "a"}, Event::UPSERTED, 4)};
  EXPECT_EQ(wait_deleted(), kOk);
}

TEST_F(WaitTest, DeleteIsNotSureBeforeTheFirstBookmark) {
  gwctl.state.events = {event({"HTTPRoute", "other", "a"}, Event::UPSERTED, 0),
                        event(kRoute, Event::UPSERTED, 4)};
  gwctl.state.watch_status = absl::DeadlineExceededError("Deadline Exceeded");
  EXPECT_EQ(wait_deleted(), kTimedOut);
  EXPECT_EQ(gwctl.err, "gwctl: the time is over; still there: HTTPRoute server/a\n");
}

}  // namespace
}  // namespace limpet::cli::test
