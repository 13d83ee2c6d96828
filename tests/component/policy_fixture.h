// A worker that serves shop/web under policies.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "tests/component/latch.h"
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

  // shop/web's route has this rule, whose one backendRef has that beside the Service.
  static void add_rule(SnapshotBuilder& builder, const std::string& rule,
                       const std::string& of_backend = "") {
    builder.add<v1::HTTPRoute>(
        str_cat("metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } ",
                "rules { backend_refs { name: 'web' port: 80 ", of_backend, " } ", rule, " } }"));
  }

  // Of shop/web's port.
  template <typename Policy>
  static void add_policy(SnapshotBuilder& builder, const std::string& config) {
    builder.add<Policy>(str_cat(
        "metadata { name: 'policy' namespace: 'shop' } spec { target_ref { kind: 'Service' "
        "name: 'web' } ports { port: 80 config { ", config, " } } }"));
  }

  // Where nobody listens, until the process ends: the port is bound, so that nobody else gets it.
  static uint16_t unused_port() {
    static std::vector<Fd> bound;
    bound.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(bound.back().get(), generic, size), 0);
    EXPECT_EQ(::getsockname(bound.back().get(), generic, &size), 0);
    return ntohs(address.sin_port);
  }
};

}  // namespace limpet::testing
