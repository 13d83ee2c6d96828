// One worker, served from tables that the test makes, and a client that speaks raw bytes to it.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "core/routing/compile.h"
#include "proxy/control/listener_sockets.h"
#include "proxy/worker.h"
#include "tests/component/fake_upstream.h"
#include "tests/component/raw_connection.h"
#include "tests/support/snapshots.h"

namespace limpet::testing {

class WorkerTest : public ::testing::Test {
 protected:
  explicit WorkerTest(ListenerSettings settings = {}, const NodeLimits& limits = {})
      : settings_(std::make_shared<const ListenerSettings>(std::move(settings))),
        worker_({7, std::make_shared<ConnectionLimits>(limits.max_connections,
                                                       limits.max_connections_per_address),
                 limits.max_buffer_bytes, limits.drain_ms,
                 [](const std::shared_ptr<const RoutingTable>&) {},
                 [this](const std::string& cluster, uint64_t endpoint_uid) {
                   const std::lock_guard lock(failures_mutex_);
                   told_failures_.emplace_back(cluster, endpoint_uid);
                 }}) {
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
    config.table = changed(*table_);
    auto tls = std::make_shared<TlsServers>();
    for (const auto& [number, port] : config.table->ports) {
      if (!port->https) continue;
      auto server = tls::Server::make(port, config.table->keys, nullptr);
      ASSERT_TRUE(server.ok()) << server.status();
      tls->emplace(number, *std::move(server));
    }
    config.tls = std::move(tls);
    auto clients = std::make_shared<TlsClients>();
    config.table->upstream_tls.for_each([&](std::string_view, const auto& settings) {
      auto client = tls::Client::make(settings);
      ASSERT_TRUE(client.ok()) << client.status();
      clients->emplace(settings.get(), *std::move(client));
    });
    config.tls_clients = std::move(clients);
    if (listener_.family() == AF_UNSPEC && !open_later_) {
      // The table knows the listener by its port in the configuration; the socket may have another.
      config.open.push_back({kPort, bind_listener()});
    }
    std::promise<void> done;
    worker_.configure(std::move(config), [&] { done.set_value(); });
    done.get_future().wait();
  }

  // The port, where it was not opened with the table.
  void open_port() {
    WorkerConfig config;
    config.open.push_back({kPort, bind_listener()});
    std::promise<void> done;
    worker_.configure(std::move(config), [&] { done.set_value(); });
    done.get_future().wait();
  }

  // Accepts nothing more on the port.
  void close_port() {
    WorkerConfig config;
    config.close = {kPort};
    std::promise<void> done;
    worker_.configure(std::move(config), [&] { done.set_value(); });
    done.get_future().wait();
  }
  // Until the worker has taken in all that has happened before: once it has had a whole round.
  void await_worker() {
    for (int round = 0; round < 2; ++round) {
      std::promise<void> done;
      worker_.configure({}, [&] { done.set_value(); });
      done.get_future().wait();
    }
  }

  RawConnection client() const { return RawConnection::to(listener_); }
  // The whole answer to one request on a connection of its own.
  std::string ask(const std::string& request) const {
    RawConnection once = client();
    once.send(request);
    once.finish_sending();
    return once.read_all();
  }

  // Of which endpoints the worker has told that they did not answer a request.
  std::vector<std::pair<std::string, uint64_t>> told_failures() {
    const std::lock_guard lock(failures_mutex_);
    return told_failures_;
  }

  Fd bind_listener() {
    auto sockets = open_listeners(*SocketAddress::parse("127.0.0.1", 0), 1);
    EXPECT_TRUE(sockets.ok());
    sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    ::getsockname((*sockets)[0].get(), reinterpret_cast<sockaddr*>(&bound), &size);
    listener_ = SocketAddress::from(bound);
    return std::move((*sockets)[0]);
  }

  static constexpr uint16_t kPort = 8000;
  static constexpr char kGet[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

  // The table as if its Gateways had the test's settings and TLS; a test may change more.
  virtual std::shared_ptr<const RoutingTable> changed(const RoutingTable& table) const {
    auto with_settings = std::make_shared<RoutingTable>(table);
    for (auto& [number, port] : with_settings->ports) {
      auto with = std::make_shared<RoutingPort>(*port);
      with->settings = settings_;
      if (!tls_.empty()) begin_tls(*with);
      port = std::move(with);
    }
    return with_settings;
  }

  // Instead of the listener for all hosts there are those of tls_, with its routes.
  void begin_tls(RoutingPort& port) const {
    const RoutingListener common = *port.listeners.at("");
    port.https = true;
    port.listeners.erase("");
    for (const auto& [host, tls] : tls_) {
      RoutingListener listener = common;
      listener.tls = std::make_shared<const ListenerTls>(tls);
      port.listeners.set(host, std::move(listener));
    }
  }

  bool open_later_ = false;  // by open_port()
  std::map<std::string, ListenerTls> tls_;  // by host; empty: plain text
  const std::shared_ptr<const ListenerSettings> settings_;
  std::shared_ptr<const RoutingTable> table_;
  SocketAddress listener_;
  std::mutex failures_mutex_;
  std::vector<std::pair<std::string, uint64_t>> told_failures_;  // guarded by failures_mutex_
  Worker worker_;
};

}  // namespace limpet::testing
