#include "server/node_watcher.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/text.h"

namespace limpet {
namespace {

class NodeWatcherTest : public ::testing::Test {
 protected:
  NodeRegistry::Ticket connect(const std::string& id) {
    v1::Hello hello;
    hello.set_node_id(id);
    return registry_.connect(hello, "peer", {}, now_).value();
  }
  // "a, b left, c gone", or "nothing".
  std::string told() {
    const auto response = watcher_.next({Epoch(7), 5, Digest()}, now_);
    if (!response) return "nothing";
    std::vector<std::string> parts;
    for (const v1::NodeStatus& node : response->nodes()) {
      parts.push_back(str_cat(node.node_id(), node.connected() ? "" : " left",
                              node.stale() ? " stale" : ""));
    }
    for (const std::string& id : response->gone()) parts.push_back(str_cat(id, " gone"));
    return join(parts, ", ");
  }

  NodeRegistry registry_;
  NodeWatcher watcher_{registry_};
  int64_t now_ = 1000;
};

TEST_F(NodeWatcherTest, BeginsWithAllNodesAlsoWithNone) {
  EXPECT_EQ(told(), "");
  EXPECT_EQ(told(), "nothing");
  const auto a = connect("a");
  const auto b = connect("b");
  EXPECT_EQ(told(), "a, b");
  NodeWatcher late(registry_);
  const auto response = late.next({Epoch(7), 5, Digest()}, now_);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->nodes_size(), 2);
  EXPECT_EQ(response->head().revision(), 5U);
}

TEST_F(NodeWatcherTest, TellsOnlyWhoHasChanged) {
  const auto a = connect("a");
  const auto b = connect("b");
  told();
  registry_.active(b, {Epoch(7), 5, Digest()}, 10, now_);
  EXPECT_EQ(told(), "b");
  registry_.seen(a, ++now_);
  EXPECT_EQ(told(), "nothing") << "being heard of is no news";
  registry_.reported(a, v1::Report(), now_);
  registry_.disconnected(b, now_);
  EXPECT_EQ(told(), "a, b left");
}

TEST_F(NodeWatcherTest, TellsOfSilenceAndOfItsEnd) {
  const auto a = connect("a");
  told();
  now_ += NodeRegistry::kStaleMs + 1;
  registry_.look_for_stale(now_);
  EXPECT_EQ(told(), "a stale");
  registry_.look_for_stale(++now_);
  EXPECT_EQ(told(), "nothing");
  registry_.seen(a, now_);
  EXPECT_EQ(told(), "a");
}

TEST_F(NodeWatcherTest, TellsOfForgottenNodes) {
  registry_.disconnected(connect("a"), now_);
  EXPECT_EQ(told(), "a left");
  for (size_t i = 0; i < NodeRegistry::kMaxNodes; ++i) connect(str_cat("n", i));
  const auto response = watcher_.next({Epoch(7), 5, Digest()}, now_);
  ASSERT_TRUE(response);
  ASSERT_EQ(response->gone_size(), 1);
  EXPECT_EQ(response->gone(0), "a");
}

}  // namespace
}  // namespace limpet
