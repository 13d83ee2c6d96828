// A worker that serves shop/web under policies.
#pragma once

#include <condition_variable>
#include <initializer_list>
#include <mutex>
#include <string>

#include "tests/component/worker_fixture.h"

namespace limpet::testing {

using Answer = FakeUpstream::Answer;

class PolicyTest : public WorkerTest {
 protected:
  explicit PolicyTest(const ListenerSettings& settings = {}) : WorkerTest(settings) {}

  // shop/web with endpoints on loopback's first address, by port, in turn in this order.
  static SnapshotBuilder with_endpoints(std::initializer_list<uint16_t> ports) {
    SnapshotBuilder builder = web_snapshot(kPort, {}, 1);
    for (const uint16_t port : ports) {
      builder.add<v1::EndpointSlice>(str_cat(
          "metadata { name: 'web-", port, "' namespace: 'shop' "
          "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
          "endpoints { addresses: '127.0.0.1' } ports { port: ", port, " }"));
    }
    return builder;
  }

  // Of shop/web's port.
  template <typename Policy>
  static void add_policy(SnapshotBuilder& builder, const std::string& config) {
    builder.add<Policy>(str_cat(
        "metadata { name: 'policy' namespace: 'shop' } spec { target_ref { kind: 'Service' "
        "name: 'web' } ports { port: 80 config { ", config, " } } }"));
  }

  // Where nobody listens.
  static uint16_t unused_port() {
    return FakeUpstream([](const std::string&) { return Answer{}; }).port();
  }
};

// Holds up an endpoint's answers until it is opened.
class Latch {
 public:
  ~Latch() { open(); }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;  // guarded by mutex_
};

}  // namespace limpet::testing
