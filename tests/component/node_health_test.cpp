// What a node tells its server of the health of endpoints, over its stream.
#include <map>
#include <memory>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/snapshot/wire.h"
#include "proxy/control/node_control.h"
#include "tests/component/fake_upstream.h"
#include "tests/support/snapshots.h"
#include "tests/support/temporary_directory.h"

namespace limpet::testing {
namespace {

namespace asio = boost::asio;
using v1::HealthReport;

class NodeHealth : public ::testing::Test {
 protected:
  NodeHealth() {
    builder_.add<v1::Service>(
        "metadata { name: 'web' namespace: 'shop' } spec { ports { port: 80 } }");
    builder_.add<v1::EndpointSlice>(
        str_cat("metadata { name: 'web-1' namespace: 'shop' labels { "
                "key: 'kubernetes.io/service-name' value: 'web' } } "
                "endpoints { addresses: '127.0.0.1' hostname: 'web-0' } ports { port: ",
                endpoint_.port(), " }"));
    builder_.add<v1::HealthCheckPolicy>(
        "metadata { name: 'p' namespace: 'shop' } spec { target_ref { kind: 'Service' name: 'web' "
        "} ports { port: 80 config { path: '/' interval: 3600 } } }");
    uid_ = named_endpoint_uid("shop", "web", "web/name:web-0");
    workers_.push_back(std::make_unique<Worker>(
        WorkerOptions{7, std::make_shared<ConnectionLimits>(10, 10), 1 << 20, 0,
                      [](const std::shared_ptr<const RoutingTable>&) {}, nullptr}));
    workers_[0]->start();
    control_ = std::make_unique<NodeControl>(
        io_, NodeIdentity{"node-1", "1.2", "127.0.0.1", {}, {}}, dir_.path(), workers_);
    control_->restore([] {});
    control_->start({[this](const v1::NodeMessage& message) { sent_.push_back(message); },
                     [](const std::string& why) { FAIL() << why; }});
  }
  ~NodeHealth() override {
    control_->stop();
    workers_.clear();
  }

  // The server sends the state as the builder has it.
  void send_state() {
    const Snapshot next = builder_.build();
    v1::ServerMessage message;
    v1::Delta& delta = *message.mutable_delta();
    *delta.mutable_from() = to_proto(held_.id());
    *delta.mutable_to() = to_proto(next.id());
    delta.set_chunks(1);
    const Delta difference = Snapshot::diff(held_, next);
    for (const EntryPtr& entry : difference.upserts) {
      *delta.add_upserts() = encode_entry(*entry, nullptr);
    }
    for (const EntryKey& key : difference.removed) *delta.add_removed() = to_proto(key);
    held_ = next;
    control_->on_message(message);
  }
  // As a server does that has nothing else to say.
  void send_heartbeat() {
    v1::ServerMessage message;
    message.mutable_heartbeat()->set_epoch(held_.id().epoch.value());
    message.mutable_heartbeat()->set_head_revision(held_.id().revision);
    control_->on_message(message);
  }
  // The next report of endpoints, after that of what came before it was dropped.
  HealthReport next_report() {
    for (;;) {
      for (auto at = sent_.begin(); at != sent_.end(); ++at) {
        if (!at->has_health()) continue;
        const HealthReport report = at->health();
        sent_.erase(sent_.begin(), at + 1);
        return report;
      }
      io_.run_one();
    }
  }

  FakeUpstream endpoint_{[](const std::string&) {
    return FakeUpstream::Answer{ok_response("x")};
  }};
  SnapshotBuilder builder_;
  Snapshot held_;
  uint64_t uid_ = 0;
  TemporaryDirectory dir_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<v1::NodeMessage> sent_;
  std::unique_ptr<NodeControl> control_;
};

TEST_F(NodeHealth, IsToldWhenItChanges) {
  send_state();
  HealthReport report = next_report();
  ASSERT_EQ(report.findings_size(), 1);
  EXPECT_EQ(report.findings(0).namespace_(), "shop");
  EXPECT_EQ(report.findings(0).service(), "web");
  EXPECT_EQ(report.findings(0).port(), 80);
  EXPECT_EQ(report.findings(0).endpoint_uid(), uid_);
  EXPECT_EQ(report.findings(0).health(), HealthReport::UP);
  EXPECT_TRUE(endpoint_.requests().front().find("limpet-node: node-1\r\n") != std::string::npos);

  builder_.remove({"HealthCheckPolicy", "shop", "p"});
  send_state();
  report = next_report();
  ASSERT_EQ(report.findings_size(), 1);
  EXPECT_EQ(report.findings(0).endpoint_uid(), uid_);
  EXPECT_EQ(report.findings(0).health(), HealthReport::UNKNOWN);
}

TEST_F(NodeHealth, ANewStreamBeginsWithAllThatIsKnown) {
  send_state();
  next_report();
  control_->on_stream_lost();
  sent_.clear();
  send_heartbeat();
  const HealthReport report = next_report();
  ASSERT_EQ(report.findings_size(), 1);
  EXPECT_EQ(report.findings(0).health(), HealthReport::UP);
}

TEST_F(NodeHealth, AVerdictChangesNothingOfWhatTheNodeFinds) {
  send_state();
  next_report();
  builder_.put({std::string(kEndpointStateKind), "shop", "web/name:web-0"},
               serialize(from_text<v1::EndpointState>(
                   str_cat("uid: ", uid_, " down { port: 80 }"))));
  send_state();
  while (control_->table()->state.revision != held_.id().revision) io_.run_one();
  EXPECT_TRUE((*control_->table()->clusters.find("shop/web:80"))->cluster.find(uid_)->down);
  control_->on_stream_lost();
  sent_.clear();
  send_heartbeat();
  EXPECT_EQ(next_report().findings(0).health(), HealthReport::UP);
}

}  // namespace
}  // namespace limpet::testing
