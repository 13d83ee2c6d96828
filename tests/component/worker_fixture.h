// One worker, served from tables that the test makes, and a client that speaks raw bytes to it.
#pragma once

#include <future>
#include <memory>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/routing/compile.h"
#include "proxy/control/listener_sockets.h"
#include "proxy/worker.h"
#include "tests/component/fake_upstream.h"
#include "tests/support/snapshots.h"

namespace limpet::testing {

// A blocking connection. A read that gets nothing for 20 s fails the test rather than hang it.
class RawClient {
 public:
  explicit RawClient(const SocketAddress& address)
      : fd_(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    EXPECT_EQ(::connect(fd_.get(), address.data(), address.size()), 0);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }

  // Until the connection ends; `reset` says how.
  std::string read_all() {
    while (read_some()) {
    }
    return std::move(received_);
  }
  // Until `text` has come, which is returned with all before it.
  std::string read_until(const std::string& text) {
    for (;;) {
      const size_t found = received_.find(text);
      if (found != std::string::npos) {
        std::string all = received_.substr(0, found + text.size());
        received_.erase(0, found + text.size());
        return all;
      }
      if (!read_some()) return "connection ended after: " + received_;
    }
  }
  bool was_reset() const { return reset_; }

 private:
  bool read_some() {
    char bytes[65536];
    const ssize_t count = ::recv(fd_.get(), bytes, sizeof(bytes), 0);
    reset_ = count < 0 && errno == ECONNRESET;
    EXPECT_FALSE(count < 0 && errno == EAGAIN) << "nothing came";
    if (count <= 0) return false;
    received_.append(bytes, static_cast<size_t>(count));
    return true;
  }

  Fd fd_;
  std::string received_;
  bool reset_ = false;
};

class WorkerTest : public ::testing::Test {
 protected:
  explicit WorkerTest(ListenerSettings settings = {}, const NodeLimits& limits = {})
      : settings_(std::make_shared<const ListenerSettings>(std::move(settings))),
        worker_({7, limits, [](const std::shared_ptr<const RoutingTable>&) {}}) {
    worker_.start();
  }

  // Serves shop/web with that one endpoint; more may be added to the builder before.
  void serve(uint16_t endpoint_port) {
    serve(web_snapshot(kPort, {"127.0.0.1"}, endpoint_port).build());
  }
  void serve(const Snapshot& snapshot) {
    WorkerConfig config;
    table_ = compile(snapshot, table_.get()).table;
    ASSERT_NE(table_, nullptr);
    config.table = with_settings(*table_);
    if (listener_.family() == AF_UNSPEC) {
      // The table knows the listener by its port in the configuration; the socket may have another.
      auto sockets = open_listeners(*SocketAddress::parse("127.0.0.1", 0), 1);
      ASSERT_TRUE(sockets.ok());
      sockaddr_storage bound;
      socklen_t size = sizeof(bound);
      ::getsockname((*sockets)[0].get(), reinterpret_cast<sockaddr*>(&bound), &size);
      listener_ = SocketAddress::from(bound);
      config.open.push_back({kPort, std::move((*sockets)[0])});
    }
    std::promise<void> done;
    worker_.configure(std::move(config), [&] { done.set_value(); });
    done.get_future().wait();
  }

  RawClient client() const { return RawClient(listener_); }
  // The whole answer to one request on a connection of its own.
  std::string ask(const std::string& request) const {
    RawClient once = client();
    once.send(request);
    once.finish_sending();
    return once.read_all();
  }

  static constexpr uint16_t kPort = 8000;
  static constexpr char kGet[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

  // The table as if its Gateways had the test's settings.
  std::shared_ptr<const RoutingTable> with_settings(const RoutingTable& table) const {
    auto changed = std::make_shared<RoutingTable>(table);
    for (auto& [number, port] : changed->ports) {
      auto with = std::make_shared<RoutingPort>(*port);
      with->settings = settings_;
      port = std::move(with);
    }
    return changed;
  }

  const std::shared_ptr<const ListenerSettings> settings_;
  std::shared_ptr<const RoutingTable> table_;
  SocketAddress listener_;
  Worker worker_;
};

}  // namespace limpet::testing
