#include "tests/component/io_fixture.h"

#include <cstring>
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "runtime/authority.h"
#include "tests/component/tls_connection.h"

namespace limpet::testing {
namespace {

ListenerSettings endless() {
  ListenerSettings settings;
  Timeouts& timeouts = settings.timeouts;
  timeouts.proxy_header_ms = timeouts.tls_handshake_ms = timeouts.idle_ms = timeouts.head_ms =
      timeouts.body_progress_ms =
      timeouts.tunnel_ms = timeouts.linger_ms = timeouts.connect_ms = timeouts.response_head_ms =
          3'600'000;
  return settings;
}

size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

// Endpoints have names, so that a session outlives the port of one test's endpoint.
Snapshot snapshot_of(const Scenario& scenario, uint16_t listener_port, uint16_t port) {
  SnapshotBuilder builder = web_snapshot(listener_port, {}, 1);
  if (scenario.sticky) builder.add<v1::SessionStickyPolicy>(kStickyPolicyText);
  if (scenario.policies) {
    const std::string target =
        "metadata { name: 'p' namespace: 'shop' } spec { target_ref { kind: 'Service' name: 'web' "
        "} ports { port: 80 } config { ";
    builder.add<v1::RetryPolicy>(target + "retry_on: '503' backoff_base_interval: 0 } }");
    builder.add<v1::CircuitBreakingPolicy>(
        target + "limits { connections: 1 requests: 1 pending: 1 } } }");
  }
  const auto add = [&](const std::string& name, const std::string& address, uint16_t at) {
    builder.add<v1::EndpointSlice>(str_cat(
        "metadata { name: '", name,
        "' namespace: 'shop' labels { "
        "key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' endpoints { "
        "addresses: '",
        address, "' hostname: '", name, "' } ports { port: ", at, " }"));
  };
  add("one", "127.0.0.1", port);
  if (scenario.dead_endpoint) {
    // Nobody listens where connections come from.
    add("two", "127.0.0.2", 1);
  } else {
    add("two", "127.0.0.2", port);
  }
  return builder.build();
}

}  // namespace

RecordingUpstream::Script in_turn(std::vector<RecordingUpstream::Answer> answers) {
  return [answers](const std::string& request, size_t number) {
    if (request.starts_with("GET /plain ")) return RecordingUpstream::Answer{ok_response("plain")};
    return answers[std::min(number, answers.size() - 1)];
  };
}

IoTest::IoTest(bool tls) : WorkerTest(endless()), by_tls_(tls) {
  if (tls) {
    const Validity for_long{1'000'000'000, 4'000'000'000};
    const std::string pem =
        *Authority::create("tests", for_long)->issue({"h", {}, {"h"}}, for_long);
    tls_ = {{"", {{{"shop/h", pem.substr(0, pem.find("-----BEGIN PRIVATE")), pem}}}}};
  }
  serve(web_snapshot(kPort, {}, 1).build());
  std::promise<void> done;
  worker_.configure({}, [&] {
    FailingSockets::watch_this_thread();
    done.set_value();
  });
  done.get_future().wait();
  baseline_ = open_descriptors();
}

// Each look comes after a round of the worker's, which takes in what has happened before.
void IoTest::await_baseline() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (open_descriptors() != baseline_ && std::chrono::steady_clock::now() < end) {
    std::promise<void> done;
    worker_.configure({}, [&] { done.set_value(); });
    done.get_future().wait();
  }
  EXPECT_EQ(open_descriptors(), baseline_) << "descriptors are left open";
}

Outcome IoTest::exchange(const std::string& sends, bool half_close) const {
  const Fd fd(::socket(listener_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  const linger none{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &none, sizeof(none));
  if (::connect(fd.get(), listener_.data(), listener_.size()) != 0) {
    // The worker reads as soon as it has accepted: a reset may come before this call is over.
    EXPECT_EQ(errno, ECONNRESET) << std::strerror(errno);
    return {.client = {}, .reset = true, .upstream = {}};
  }
  if (by_tls_) return exchange_by_tls(fd.get(), sends, half_close);
  for (std::string_view left = sends; !left.empty();) {
    const ssize_t sent = ::send(fd.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    left.remove_prefix(static_cast<size_t>(sent));
  }
  if (half_close) ::shutdown(fd.get(), SHUT_WR);
  Outcome outcome;
  for (;;) {
    char bytes[65536];
    const ssize_t count = ::recv(fd.get(), bytes, sizeof(bytes), 0);
    EXPECT_FALSE(count < 0 && errno == EAGAIN) << "stuck after: " << outcome.client;
    outcome.reset = count < 0;
    if (count <= 0) return outcome;
    outcome.client.append(bytes, static_cast<size_t>(count));
  }
}

// A connection that does not end within TLS counts as reset.
Outcome IoTest::exchange_by_tls(int fd, const std::string& sends, bool half_close) {
  TlsConnection::Options options;
  options.name = "h";
  TlsConnection connection(RawConnection(Fd(::dup(fd))), options);
  if (!connection.is_open()) return {.client = {}, .reset = true, .upstream = {}};
  connection.send(sends);
  if (half_close) connection.finish_sending();
  Outcome outcome;
  outcome.client = connection.read_all();
  outcome.reset = !connection.ended_cleanly();
  return outcome;
}

Outcome IoTest::run(const Scenario& scenario, const std::function<void()>& prepare, bool& fired) {
  RecordingUpstream upstream(scenario.script);
  serve(snapshot_of(scenario, kPort, upstream.port()));
  prepare();
  Outcome outcome = exchange(scenario.sends, scenario.half_close);
  fired = FailingSockets::disarm();
  const std::string plain = exchange(kPlainGet, false).client;
  // An endpoint that timed out is avoided for a while: then there is none beside the dead one.
  const bool none_left = scenario.dead_endpoint && plain.starts_with("HTTP/1.1 503 ");
  EXPECT_TRUE(none_left || (plain.starts_with("HTTP/1.1 200 ") && plain.ends_with("plain")))
      << plain;
  outcome.upstream = upstream.finish();
  await_baseline();
  return outcome;
}

Outcome IoTest::run(const Scenario& scenario) {
  bool fired = false;
  return run(
      scenario, [] {}, fired);
}

}  // namespace limpet::testing
