// shop/web under a CircuitBreakingPolicy, and what is counted of it.
#pragma once

#include <atomic>
#include <initializer_list>
#include <string>
#include <thread>

#include "proxy/upstream/connection_gate.h"
#include "tests/component/policy_fixture.h"

namespace limpet::testing {

inline constexpr char kFull[] = "the service has as many requests as it may have\n";

// Endpoints' requests at the same time.
class Crowd {
 public:
  void pass() {
    const int now = ++running_;
    int seen = most_;
    while (now > seen && !most_.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::yield();
    --running_;
  }
  int most() const { return most_; }

 private:
  std::atomic<int> running_{0};
  std::atomic<int> most_{0};
};

class CircuitTest : public PolicyTest {
 protected:
  explicit CircuitTest(const ListenerSettings& settings = {}) : PolicyTest(settings) {}

  void serve_with(const std::string& config, std::initializer_list<uint16_t> ports) {
    SnapshotBuilder builder = with_endpoints(ports);
    add_policy<v1::CircuitBreakingPolicy>(builder, config);
    serve(builder.build());
  }
  const ConnectionGate& gate() const {
    return (*table_->clusters.find("shop/web:80"))->circuit->gate->get<ConnectionGate>();
  }
  // Until nothing is counted any more: a client's leaving ends a request only once its endpoint has
  // answered, or the worker has seen it.
  void await_nothing_counted() {
    while (gate().connections() + gate().requests() + gate().pending() != 0) {
      std::this_thread::yield();
    }
  }
  // Until so many requests stand in the queue.
  void await_pending(uint32_t count) {
    while (gate().pending() != count) std::this_thread::yield();
  }
};

}  // namespace limpet::testing
