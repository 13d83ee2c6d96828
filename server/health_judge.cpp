#include "server/health_judge.h"

#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include "server/context.h"
#include "server/look_later.h"

namespace limpet {

namespace asio = boost::asio;

HealthJudge::HealthJudge(const Parts& parts)
    : parts_(parts),
      timer_(parts.io),
      epoch_(parts.publisher.head().id().epoch),
      patient_until_(Clock::now() + parts.patience) {}

std::shared_ptr<HealthJudge> HealthJudge::start(const Parts& parts) {
  std::shared_ptr<HealthJudge> self(new HealthJudge(parts));
  const auto tell =
      look_later<HealthJudge>(parts.io, self, [](HealthJudge& alive) { alive.wake_in(kGather); });
  self->subscriptions_.push_back(parts.publisher.published().subscribe(tell));
  self->subscriptions_.push_back(parts.registry.changed().subscribe(tell));
  self->subscriptions_.push_back(parts.registry.findings_changed().subscribe(tell));
  tell();
  return self;
}

void HealthJudge::wake_in(std::chrono::milliseconds delay) {
  const Clock::time_point at = Clock::now() + delay;
  if (wakes_at_ && *wakes_at_ <= at) return;
  wakes_at_ = at;
  timer_.expires_at(at);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
    const auto alive = weak.lock();
    if (cancelled || alive == nullptr) return;
    alive->wakes_at_.reset();
    alive->look();
  });
}

void HealthJudge::look() {
  looks_again_ = judging_;
  if (judging_) return;
  std::vector<HealthVerdict> changes = verdicts();
  if (changes.empty()) return;
  judging_ = parts_.worker.post([&applier = parts_.applier, &io = parts_.io,
                                 weak = weak_from_this(), changes = std::move(changes)] {
    const Applier::Outcome outcome = applier.take_verdicts(changes, make_change_context());
    asio::post(io, [weak, status = outcome.status] {
      if (const auto alive = weak.lock()) alive->judged(status);
    });
  });
  if (!judging_) wake_in(kRetry);
}

std::vector<HealthVerdict> HealthJudge::verdicts() {
  const Publisher::Compiled head = parts_.publisher.compiled_head();
  const Clock::time_point now = Clock::now();
  const bool have_nodes = parts_.registry.connected() != 0;
  const bool begins_anew = head.state.id().epoch != epoch_ || (have_nodes && !had_nodes_);
  if (begins_anew) patient_until_ = now + parts_.patience;
  epoch_ = head.state.id().epoch;
  had_nodes_ = have_nodes;
  down_.follow(head.state);
  if (head.table == nullptr) return {};
  std::vector<HealthVerdict> changes = parts_.registry.look_at_findings(
      [&](const HealthFindings& findings) { return judge(findings, down_, *head.table); });
  if (now >= patient_until_) return changes;
  const size_t withheld = std::erase_if(changes, [](const HealthVerdict& verdict) {
    return verdict.is != HealthVerdict::Is::kUntried;
  });
  if (withheld > 0) {
    wake_in(std::chrono::ceil<std::chrono::milliseconds>(patient_until_ - now));
  }
  return changes;
}

void HealthJudge::judged(const absl::Status& status) {
  judging_ = false;
  if (looks_again_) wake_in(kGather);
  if (status.ok()) return;
  spdlog::error("what the nodes find of endpoints is not stored, it is tried again: {}",
                status.ToString());
  wake_in(kRetry);
}

}  // namespace limpet
