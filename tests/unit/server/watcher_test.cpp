#include "server/watcher.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;

std::string service_text(const std::string& name, int port, const std::string& ns = "shop") {
  return str_cat("metadata { name: '", name, "' namespace: '", ns, "' } spec { ports { port: ",
                 port, " } }");
}

// "+name" and "-name".
std::vector<std::string> names(const v1::WatchResponse& message) {
  std::vector<std::string> names;
  for (const v1::WatchResponse::Event& event : message.events()) {
    const EntryKey key = key_of(event.resource());
    names.push_back(str_cat(event.type() == v1::WatchResponse::Event::DELETED ? "-" : "+",
                            key.name));
  }
  return names;
}

class WatcherTest : public ::testing::Test {
 protected:
  SnapshotBuilder builder_;
};

TEST_F(WatcherTest, BeginsWithAllThatIsThere) {
  const Snapshot one = builder_.add<v1::Service>(service_text("b", 1))
                           .add<v1::Service>(service_text("a", 1))
                           .add_key(1000, 'k')
                           .build();
  Watcher watcher(WatchFilter{}, Snapshot());
  EXPECT_FALSE(watcher.telling());
  watcher.step_to(one);
  ASSERT_TRUE(watcher.telling());
  const v1::WatchResponse message = watcher.next_message();
  EXPECT_EQ(names(message), (std::vector<std::string>{"+a", "+b"})) << "users' objects alone";
  EXPECT_EQ(message.bookmark(), 1U);
  EXPECT_EQ(message.events(0).resource().service().metadata().resource_version(), "1");
  EXPECT_FALSE(watcher.telling());
}

TEST_F(WatcherTest, TellsWhatDiffers) {
  const Snapshot one = builder_.add<v1::Service>(service_text("a", 1))
                           .add<v1::Service>(service_text("b", 1))
                           .add<v1::Service>(service_text("c", 1))
                           .build();
  Watcher watcher(WatchFilter{}, one);
  watcher.step_to(builder_.add<v1::Service>(service_text("c", 2))
                      .remove({"Service", "shop", "a"})
                      .build());
  const v1::WatchResponse message = watcher.next_message();
  EXPECT_EQ(names(message), (std::vector<std::string>{"-a", "+c"}));
  EXPECT_EQ(message.events(0).resource().service().spec().ports(0).port(), 1) << "as it was";
  EXPECT_EQ(message.events(1).resource().service().spec().ports(0).port(), 2);
  EXPECT_EQ(message.bookmark(), 2U);
}

TEST_F(WatcherTest, TellsOnlyWhatIsWatchedAndBookmarksTheRest) {
  Watcher watcher({"Service", "shop", {}}, builder_.build());
  watcher.step_to(builder_.add<v1::Service>(service_text("a", 1, "elsewhere"))
                      .add<v1::HTTPRoute>("metadata { name: 'r' namespace: 'shop' }")
                      .build());
  const v1::WatchResponse nothing = watcher.next_message();
  EXPECT_EQ(nothing.events_size(), 0);
  EXPECT_EQ(nothing.bookmark(), 2U);
  watcher.step_to(builder_.add<v1::Service>(service_text("a", 1)).build());
  EXPECT_EQ(names(watcher.next_message()), std::vector<std::string>{"+a"});
}

TEST_F(WatcherTest, WhatIsNotSelectedAnyMoreIsGone) {
  const auto labelled = [](const std::string& name, const std::string& team) {
    return str_cat("metadata { name: '", name, "' namespace: 'shop' labels { key: 'team' value: '",
                   team, "' } }");
  };
  builder_.add<v1::Service>(labelled("a", "web")).add<v1::Service>(labelled("b", "api"));
  v1::WatchRequest request;
  request.set_label_selector("team=web");
  Watcher watcher(WatchFilter::parse(request).value(), Snapshot());
  watcher.step_to(builder_.build());
  EXPECT_EQ(names(watcher.next_message()), std::vector<std::string>{"+a"});
  watcher.step_to(builder_.add<v1::Service>(labelled("a", "api"))
                      .add<v1::Service>(labelled("b", "web"))
                      .build());
  EXPECT_EQ(names(watcher.next_message()), (std::vector<std::string>{"-a", "+b"}));
  watcher.step_to(builder_.remove({"Service", "shop", "a"}).build());
  const v1::WatchResponse nothing = watcher.next_message();
  EXPECT_EQ(nothing.events_size(), 0) << "it was gone before";
  EXPECT_EQ(nothing.bookmark(), 3U);
}

TEST_F(WatcherTest, RequestsThatCannotBeReadAreRefused) {
  v1::WatchRequest request;
  request.set_kind("StickyKey");
  EXPECT_FALSE(WatchFilter::parse(request).ok());
  request.set_kind("Service");
  EXPECT_TRUE(WatchFilter::parse(request).ok());
  request.set_label_selector("team in web");
  EXPECT_FALSE(WatchFilter::parse(request).ok());
}

TEST_F(WatcherTest, CutsWhatIsLargeAndBookmarksTheEnd) {
  const std::string filling(kMaxWatchBytes / 2, 'x');
  for (const char* name : {"a", "b", "c"}) {
    builder_.add<v1::Service>(
        str_cat("metadata { name: '", name, "' namespace: 'shop' annotations { key: 'k' value: '",
                filling, "' } }"));
  }
  Watcher watcher(WatchFilter{}, Snapshot());
  watcher.step_to(builder_.build());
  const v1::WatchResponse first = watcher.next_message();
  EXPECT_EQ(names(first), (std::vector<std::string>{"+a", "+b"}));
  EXPECT_EQ(first.bookmark(), 0U);
  ASSERT_TRUE(watcher.telling());
  const v1::WatchResponse second = watcher.next_message();
  EXPECT_EQ(names(second), std::vector<std::string>{"+c"});
  EXPECT_EQ(second.bookmark(), 1U);
  EXPECT_FALSE(watcher.telling());
}

}  // namespace
}  // namespace limpet
