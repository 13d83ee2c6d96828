#include "proxy/upstream/pool.h"

#include <algorithm>

namespace limpet {

UpstreamPool::~UpstreamPool() {
  for (auto& [key, connections] : idle_) {
    for (auto& connection : connections) discard(std::move(connection));
  }
}

std::unique_ptr<UpstreamConnection> UpstreamPool::take(const SocketAddress& address,
                                                       const tls::Client* tls, bool probe) {
  const auto found = idle_.find(Key(address, tls));
  if (found == idle_.end()) return nullptr;
  Idle& idle = found->second;
  while (!idle.empty()) {
    std::unique_ptr<UpstreamConnection> connection = std::move(idle.back());
    idle.pop_back();
    --idle_count_;
    connection->reused = true;
    if (!probe || connection->stream().is_quiet()) return connection;
    discard(std::move(connection));
  }
  return nullptr;
}

std::unique_ptr<UpstreamConnection> UpstreamPool::connect(
    const SocketAddress& address, std::shared_ptr<const tls::Client> tls) {
  Stream stream = Stream::connect(address);
  if (!stream.is_open()) return nullptr;
  auto connection =
      std::make_unique<UpstreamConnection>(address, std::move(tls), std::move(stream));
  if (!reactor_.add(connection->stream().fd(), connection.get())) return nullptr;
  return connection;
}

void UpstreamPool::put_back(std::unique_ptr<UpstreamConnection> connection) {
  Idle& idle = idle_like(*connection);
  if (idle.size() >= kMaxIdlePerAddress) return discard(std::move(connection));
  connection->set_owner(this);
  connection->idle_since_ms = reactor_.now_ms();
  idle.push_back(std::move(connection));
  ++idle_count_;
}

void UpstreamPool::discard(std::unique_ptr<UpstreamConnection> connection) {
  connection->set_owner(nullptr);
  connection->stream().close();
  connection->open = {};
  connection->place.leave();
  reactor_.retire(std::move(connection));
}

void UpstreamPool::on_upstream_events(UpstreamConnection& connection) {
  // Bytes or an end that nobody asked for spoil an idle connection. Writability says nothing, nor
  // does the late edge of bytes that were read with those before them.
  if (!connection.stream().readable() || connection.stream().is_quiet()) return;
  Idle& idle = idle_like(connection);
  const auto found = std::find_if(idle.begin(), idle.end(), [&](const auto& candidate) {
    return candidate.get() == &connection;
  });
  std::unique_ptr<UpstreamConnection> spoilt = std::move(*found);
  idle.erase(found);
  --idle_count_;
  discard(std::move(spoilt));
}

void UpstreamPool::end_idle(const ConnectionGate& gate) {
  Idle* oldest_of = nullptr;
  Idle::iterator oldest;
  for (auto& [address, idle] : idle_) {
    const auto first = std::find_if(idle.begin(), idle.end(), [&](const auto& connection) {
      return connection->open.gate() == &gate;
    });
    if (first == idle.end()) continue;
    if (oldest_of != nullptr && (*oldest)->idle_since_ms <= (*first)->idle_since_ms) continue;
    oldest_of = &idle;
    oldest = first;
  }
  if (oldest_of == nullptr) return;
  discard(std::move(*oldest));
  oldest_of->erase(oldest);
  --idle_count_;
}

void UpstreamPool::sweep() {
  const int64_t oldest_kept = reactor_.now_ms() - kMaxIdleMs;
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    Idle& idle = entry->second;
    auto kept = idle.begin();
    while (kept != idle.end() && (*kept)->idle_since_ms < oldest_kept) {
      discard(std::move(*kept));
      ++kept;
      --idle_count_;
    }
    idle.erase(idle.begin(), kept);
    if (idle.empty()) {
      idle_.erase(entry++);
    } else {
      ++entry;
    }
  }
}

}  // namespace limpet
