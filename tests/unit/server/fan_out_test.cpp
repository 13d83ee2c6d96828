#include "server/fan_out.h"

#include <condition_variable>
#include <mutex>
#include <string>

#include <gtest/gtest.h>

namespace limpet {
namespace {

Snapshot with(const Snapshot& before, const std::string& kind, const std::string& name) {
  auto entry = std::make_shared<Entry>();
  entry->key = {kind, "default", name};
  entry->revision = before.id().revision + 1;
  entry->bytes = "1";
  return before.apply({{entry}, {}}, Epoch(7), entry->revision);
}

TEST(FanOut, EndpointsAloneAreTheirOwnKindOfChange) {
  const Snapshot one = with(Snapshot(), "Service", "a");
  EXPECT_FALSE(only_endpoints_differ(Snapshot(), one));
  const Snapshot two = with(with(one, "EndpointSlice", "a-1"), "EndpointState", "a/x");
  EXPECT_TRUE(only_endpoints_differ(one, two));
  EXPECT_TRUE(only_endpoints_differ(two, one));
  EXPECT_FALSE(only_endpoints_differ(two, with(two, "HTTPRoute", "r")));
}

TEST(FanOut, TellsUntilTheNewestIsTold) {
  Publisher publisher{Snapshot()};
  std::mutex mutex;
  std::condition_variable changed;
  uint64_t told = 0;
  FanOut fan_out(publisher, [&] {
    const std::lock_guard lock(mutex);
    told = publisher.head().id().revision;
    changed.notify_all();
  });
  for (int i = 0; i < 100; ++i) publisher.publish(with(publisher.head(), "Service", "a"));
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return told == 100; });
}

TEST(FanOut, IsSilentOnceItIsStopped) {
  Publisher publisher{Snapshot()};
  int told = 0;
  FanOut fan_out(publisher, [&] { ++told; });
  fan_out.stop();
  publisher.publish(with(publisher.head(), "Service", "a"));
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace limpet
