#include "proxy/tunnel.h"

#include "proxy/limits.h"
#include "proxy/worker.h"

namespace limpet {

Tunnel::Tunnel(Worker& worker, EventHandler& wake, Stream& client,
               std::unique_ptr<UpstreamConnection> upstream, Pending pending,
               InFlight in_flight, int64_t idle_ms)
    : worker_(worker),
      wake_(wake),
      upstream_(std::move(upstream)),
      in_flight_(std::move(in_flight)),
      up_{client, upstream_->stream(), std::move(pending.from_client), BufferPool::kSmall},
      down_{upstream_->stream(), client, std::move(pending.from_upstream), BufferPool::kLarge},
      idle_ms_(idle_ms),
      deadline_ms_(worker.reactor().now_ms() + idle_ms) {
  upstream_->set_owner(this);
}

Tunnel::~Tunnel() {
  worker_.pool().discard(std::move(upstream_));
  worker_.buffers().give_back(std::move(up_.buffer));
  worker_.buffers().give_back(std::move(down_.buffer));
}

void Tunnel::on_upstream_events(UpstreamConnection&) { wake_.on_events(0); }

Tunnel::Status Tunnel::advance() {
  for (int round = 0; round < limits::kRoundsPerTurn; ++round) {
    const Step up = pump(up_);
    const Step down = pump(down_);
    if (up == Step::kBroken || down == Step::kBroken) return Status::kBroken;
    if (up_.finished && down_.finished) return Status::kEnded;
    if (up == Step::kIdle && down == Step::kIdle) return Status::kWaiting;
    deadline_ms_ = worker_.reactor().now_ms() + idle_ms_;
  }
  return Status::kYield;
}

Tunnel::Step Tunnel::pump(Way& way) {
  if (way.buffer != nullptr && !way.buffer->empty()) return write(way);
  if (!way.ended) return read(way);
  if (way.finished) return Step::kIdle;
  way.to.finish_sending();
  way.finished = true;
  return Step::kProgress;
}

Tunnel::Step Tunnel::write(Way& way) {
  if (!way.to.writable()) return Step::kIdle;
  const IoResult sent = way.to.write(way.buffer->bytes().data(), way.buffer->size());
  if (sent.status == IoStatus::kWouldBlock) return Step::kIdle;
  if (sent.status != IoStatus::kOk) return Step::kBroken;
  way.buffer->consume(sent.size);
  return Step::kProgress;
}

// Requires: what was read before has been passed on.
Tunnel::Step Tunnel::read(Way& way) {
  if (way.from.readable()) {
    if (way.buffer == nullptr) way.buffer = worker_.buffers().lease(way.capacity);
    way.buffer->clear();
    const IoResult read = way.from.read(way.buffer->space(), way.buffer->space_size());
    if (read.status == IoStatus::kOk) {
      way.buffer->commit(read.size);
      return Step::kProgress;
    }
    if (read.status == IoStatus::kError) return Step::kBroken;
    way.ended = read.status == IoStatus::kEnd;
  }
  worker_.buffers().give_back(std::move(way.buffer));
  return way.ended ? Step::kProgress : Step::kIdle;
}

}  // namespace limpet
