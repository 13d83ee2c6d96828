#include "server/drain_deadlines.h"

#include <chrono>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include "server/context.h"
#include "server/look_later.h"

namespace limpet {

namespace asio = boost::asio;

DrainDeadlines::DrainDeadlines(Parts parts) : parts_(parts), timer_(parts.io) {}

std::shared_ptr<DrainDeadlines> DrainDeadlines::start(Parts parts) {
  std::shared_ptr<DrainDeadlines> self(new DrainDeadlines(parts));
  const auto tell = look_later<DrainDeadlines>(parts.io, self,
                                               [](DrainDeadlines& alive) { alive.look(); });
  self->subscriptions_.push_back(parts.publisher.published().subscribe(tell));
  self->subscriptions_.push_back(parts.registry.changed().subscribe(tell));
  tell();
  return self;
}

void DrainDeadlines::look() {
  const std::optional<int64_t> next = parts_.watch.look(unix_ms_now());
  if (ending_) return;  // it looks again when that is done
  if (next) {
    wake_at(*next);
  } else {
    timer_.cancel();
  }
}

void DrainDeadlines::wake_at(int64_t unix_ms) {
  using Time = asio::system_timer::time_point;
  timer_.expires_at(Time(std::chrono::milliseconds(unix_ms)));
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
    const auto alive = weak.lock();
    if (!cancelled && alive != nullptr) alive->end_those_due();
  });
}

void DrainDeadlines::end_those_due() {
  std::vector<EntryKey> due = parts_.watch.due(unix_ms_now());
  if (due.empty()) return look();
  ending_ = parts_.worker.post([&applier = parts_.applier, &io = parts_.io,
                                weak = weak_from_this(), due = std::move(due)] {
    const Applier::Outcome outcome = applier.end_drains(due, make_change_context());
    asio::post(io, [weak, status = outcome.status] {
      if (const auto alive = weak.lock()) alive->ended(status);
    });
  });
  if (!ending_) wake_at(unix_ms_now() + kRetryMs);
}

void DrainDeadlines::ended(const absl::Status& status) {
  ending_ = false;
  if (status.ok()) return look();
  spdlog::error("the deadline of a drain has passed and is not stored, it is tried again: {}",
                status.ToString());
  wake_at(unix_ms_now() + kRetryMs);
}

}  // namespace limpet
