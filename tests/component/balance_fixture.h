// A Service with two endpoints, "one" and "two", and a third for whoever wants it; its policies are
// the test's.
#pragma once

#include <atomic>
#include <map>
#include <stdexcept>
#include <string>

#include "tests/component/latch.h"
#include "tests/component/worker_fixture.h"

namespace limpet::testing {

inline std::string status_response(int status) {
  return str_cat("HTTP/1.1 ", status, " Said\r\nContent-Length: 3\r\n\r\none");
}

class BalanceTest : public WorkerTest {
 protected:
  BalanceTest()
      : one_([this](const std::string& request) { return answer_of_one(request); }),
        two_([](const std::string&) { return FakeUpstream::Answer{ok_response("two")}; }),
        three_([](const std::string&) { return FakeUpstream::Answer{ok_response("three")}; }) {}
  ~BalanceTest() override { latch_.open(); }

  // Endpoints "one" and "two"; what else is to be there is added by the caller.
  SnapshotBuilder builder() const {
    SnapshotBuilder made = web_snapshot(kPort, {}, 1);
    add_endpoint(made, "one", one_.port());
    add_endpoint(made, "two", two_.port());
    return made;
  }
  static void add_endpoint(SnapshotBuilder& made, const std::string& name, uint16_t port,
                           bool ready = true) {
    made.add<v1::EndpointSlice>(str_cat(
        "metadata { name: '", name, "' namespace: 'shop' "
        "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
        "endpoints { addresses: '127.0.0.1' hostname: '", name, "' conditions { ready: ",
        ready ? "true" : "false", " } } ports { port: ", port, " }"));
  }
  template <typename Policy>
  static void add_policy(SnapshotBuilder& made, const std::string& config,
                         const std::string& type = "") {
    made.add<Policy>(str_cat(
        "metadata { name: 'p' namespace: 'shop' } spec { target_ref { kind: 'Service' "
        "name: 'web' } ports { port: 80 } ", type.empty() ? "" : str_cat("type: '", type, "'"),
        " config { ", config, " } }"));
  }
  static void add_balancer(SnapshotBuilder& made, const std::string& type,
                           const std::string& config = "") {
    add_policy<v1::LoadBalancerPolicy>(made, config, type);
  }

  struct Reply {
    std::string head;
    std::string body;
    std::string cookie() const {
      const size_t field = head.find("set-cookie: ");
      if (field == std::string::npos) return "";
      return head.substr(field + 12, head.find(';', field) - field - 12);
    }
    bool ok() const { return head.starts_with("HTTP/1.1 200 "); }
  };
  Reply get(const std::string& fields = "", const std::string& target = "/") const {
    const std::string all =
        ask("GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + fields + "\r\n");
    const size_t end = all.find("\r\n\r\n");
    return {all.substr(0, end), end == std::string::npos ? "" : all.substr(end + 4)};
  }
  std::map<std::string, int> shares(int requests) const {
    std::map<std::string, int> count;
    for (int i = 0; i < requests; ++i) ++count[get().body];
    return count;
  }

  const EndpointLive& live(const std::string& name) const {
    for (const Endpoint& endpoint : (*table_->clusters.find("shop/web:80"))->cluster.endpoints) {
      if (endpoint.name == name) return *endpoint.live;
    }
    throw std::out_of_range("no endpoint " + name);
  }
  uint32_t in_flight(const std::string& name) const { return live(name).in_flight; }

  FakeUpstream::Answer answer_of_one(const std::string& request) {
    if (request.find("/slow") != std::string::npos) latch_.wait();
    return FakeUpstream::Answer{.bytes = status_response(status_of_one_), .close = false};
  }

  std::atomic<int> status_of_one_{200};
  Latch latch_;  // for requests of /slow to "one"
  FakeUpstream one_;
  FakeUpstream two_;
  FakeUpstream three_;
};

}  // namespace limpet::testing
