// shop/web under a CircuitBreakingPolicy, and what is counted of it.
#pragma once

#include <initializer_list>
#include <string>
#include <thread>

#include "proxy/upstream/connection_gate.h"
#include "tests/component/policy_fixture.h"

namespace limpet::testing {

inline constexpr char kFull[] = "the service has as many requests as it may have\n";

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
  // Whatever has happened, nothing is counted of what is over.
  void expect_nothing_counted() {
    await_worker();
    EXPECT_EQ(gate().connections(), 0U);
    EXPECT_EQ(gate().requests(), 0U);
    EXPECT_EQ(gate().pending(), 0U);
  }
  // Until so many requests stand in the queue.
  void await_pending(uint32_t count) {
    while (gate().pending() != count) std::this_thread::yield();
  }
};

}  // namespace limpet::testing
