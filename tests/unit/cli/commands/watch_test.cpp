#include "cli/commands/watch.h"

#include <gtest/gtest.h>

#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

using Event = v1::WatchResponse::Event;

const EntryKey kRoute{"HTTPRoute", "server", "a"};
const EntryKey kLongRoute{"HTTPRoute", "server", "a-longer-name"};
const EntryKey kService{"Service", "server", "pipy"};

class WatchTest : public testing::Test {
 protected:
  WatchTest() { gwctl.state.watch_status = absl::UnavailableError("gone"); }
  void tell(const EntryKey& key, Event::Type type, uint64_t bookmark) {
    gwctl.state.events.push_back(event(key, type, bookmark));
  }
  Gwctl gwctl;
};

TEST_F(WatchTest, ShowsWhatThereIsAndThenEachChange) {
  tell(kLongRoute, Event::UPSERTED, 4);
  tell(kRoute, Event::UPSERTED, 5);
  tell(kLongRoute, Event::UPSERTED, 6);
  tell(kRoute, Event::DELETED, 7);
  EXPECT_EQ(gwctl({"get", "hr", "-w", "-n", "server"}), kUnreachable);
  EXPECT_EQ(gwctl.out,
            "EVENT      NAME            HOSTNAMES   PARENTS   AGE\n"
            "ADDED      a-longer-name   *           <none>    <unknown>\n"
            "ADDED      a               *           <none>    <unknown>\n"
            "MODIFIED   a-longer-name   *           <none>    <unknown>\n"
            "DELETED    a               *           <none>    <unknown>\n");
  EXPECT_EQ(gwctl.err, "gwctl: gone\n");
  EXPECT_EQ(gwctl.state.watch_request.kind(), "HTTPRoute");
  EXPECT_EQ(gwctl.state.watch_request.namespace_(), "server");
  EXPECT_EQ(gwctl.state.watch_request.from_revision(), 0U);
  EXPECT_EQ(gwctl.state.wait_timeout, absl::InfiniteDuration());
}

TEST_F(WatchTest, NamesTheColumnsOfEachKind) {
  tell(kRoute, Event::UPSERTED, 1);
  tell(kService, Event::UPSERTED, 1);
  gwctl({"get", "hr,svc", "-w", "-A"});
  EXPECT_EQ(gwctl.out,
            "EVENT      NAMESPACE   NAME                                    HOSTNAMES   PARENTS   "
            "AGE\n"
            "ADDED      server      httproute.gateway.networking.k8s.io/a   *           <none>    "
            "<unknown>\n"
            "\n"
            "EVENT      NAMESPACE   NAME           TYPE        PORTS    AGE\n"
            "ADDED      server      service/pipy   ClusterIP   <none>   <unknown>\n");
  EXPECT_EQ(gwctl.state.watch_request.kind(), "");
  EXPECT_EQ(gwctl.state.watch_request.namespace_(), "");
}

TEST_F(WatchTest, LeavesOutWhatWasNotAskedFor) {
  tell(kRoute, Event::UPSERTED, 1);
  tell(kLongRoute, Event::UPSERTED, 1);
  tell(kService, Event::UPSERTED, 1);
  gwctl({"get", "hr", "a", "-w", "-n", "server", "-o", "name"});
  EXPECT_EQ(gwctl.out, "httproute.gateway.networking.k8s.io/a\n");
  gwctl({"get", "hr", "-w", "-o", "name"});  // of the namespace default
  EXPECT_EQ(gwctl.out, "");
}

TEST_F(WatchTest, TellsTheEventInDocuments) {
  tell(kRoute, Event::UPSERTED, 1);
  gwctl({"get", "hr", "-w", "-n", "server", "-o", "yaml"});
  EXPECT_TRUE(gwctl.out.starts_with("---\ntype: ADDED\nobject:\n  metadata:\n")) << gwctl.out;
  gwctl({"get", "hr", "-w", "-n", "server", "-o", "json"});
  EXPECT_TRUE(gwctl.out.starts_with("{\n    \"type\": \"ADDED\",\n")) << gwctl.out;
}

TEST_F(WatchTest, SaysWhenTheServerEndsIt) {
  gwctl.state.watch_status = absl::OkStatus();
  EXPECT_EQ(gwctl({"get", "hr", "-w"}), kUnreachable);
  EXPECT_EQ(gwctl.err, "gwctl: the server has ended the watch\n");
}

}  // namespace
}  // namespace limpet::cli::test
