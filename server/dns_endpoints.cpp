#include "server/dns_endpoints.h"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include "core/base/text.h"
#include "core/resource/dns_target.h"
#include "server/context.h"
#include "server/look_later.h"
#include "server/dns_slices.h"

namespace limpet {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kService = "Service";

int64_t now_ms() {
  const auto now = Clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

struct DnsEndpoints::Asked {
  DnsSchedule::Round round;
  DnsRound answers;
  int open = 2;  // questions
};

DnsEndpoints::DnsEndpoints(Parts parts) : parts_(std::move(parts)), timer_(parts_.io) {}

std::shared_ptr<DnsEndpoints> DnsEndpoints::start(Parts parts) {
  std::shared_ptr<DnsEndpoints> self(new DnsEndpoints(std::move(parts)));
  const auto tell = look_later<DnsEndpoints>(self->parts_.io, self,
                                             [](DnsEndpoints& alive) { alive.look(); });
  self->published_ = self->parts_.publisher.published().subscribe(tell);
  tell();
  return self;
}

void DnsEndpoints::look() {
  Snapshot head = parts_.publisher.head();
  const Delta news = Snapshot::diff(seen_, head);
  for (const EntryKey& key : news.removed) {
    if (key.kind == kService) look_at(key, nullptr);
  }
  for (const EntryPtr& entry : news.upserts) {
    if (entry->key.kind != kService) continue;
    v1::Service service;
    look_at(entry->key, service.ParseFromString(entry->bytes) ? &service : nullptr);
  }
  seen_ = std::move(head);
  ask_those_due();
}

void DnsEndpoints::look_at(const EntryKey& service, const v1::Service* now) {
  const std::optional<DnsTarget> target = now == nullptr ? std::nullopt : dns_target(*now);
  if (target) {
    schedule_.set(service, *target, now_ms());
    return;
  }
  schedule_.remove(service);
  parts_.status.remove(service);
  waiting_.erase(service);
}

void DnsEndpoints::ask_those_due() {
  for (DnsSchedule::Round& round : schedule_.begin(now_ms())) {
    const auto asked = std::make_shared<Asked>(Asked{std::move(round), {}});
    for (const DnsFamily family : {DnsFamily::kV4, DnsFamily::kV6}) {
      parts_.client->ask(asked->round.target.name, family, [this, asked, family](DnsAnswer answer) {
        (family == DnsFamily::kV4 ? asked->answers.v4 : asked->answers.v6) = std::move(answer);
        if (--asked->open == 0) finish(*asked);
      });
    }
  }
  const std::optional<int64_t> next = schedule_.next_ms();
  if (!next) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(Clock::time_point(std::chrono::milliseconds(*next)));
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) ask_those_due();
  });
}

void DnsEndpoints::finish(const Asked& asked) {
  const auto& [service, target, number] = asked.round;
  const Snapshot head = parts_.publisher.head();
  DnsResult result =
      merge_answers(target.name, stored_dns_addresses(head, service, target.name), asked.answers);
  // Others may have waited for this one; not from within, as a client may answer at once.
  asio::post(parts_.io, [weak = weak_from_this()] {
    if (const auto alive = weak.lock()) alive->ask_those_due();
  });
  if (!schedule_.finish(asked.round, result, now_ms(), random_id(context_))) return;

  DnsUpdate update{service, target.name, std::move(result.addresses)};
  if (const std::string taken = taken_slice_name(head, update); !taken.empty()) {
    result.verdict = {kFalse, "NameTaken",
                      str_cat("EndpointSlice ", taken, " is not generated and has the name of ",
                              "one that is to be; give it another name")};
  }
  const bool good = result.verdict.status == kTrue;
  const std::string text = result.verdict.message;
  if (parts_.status.set(service, std::move(result.verdict))) {
    spdlog::log(good ? spdlog::level::info : spdlog::level::warn, "{}: {}", to_string(service),
                text);
  }
  Batch batch;
  plan_dns_slices(head, update, make_change_context(), batch);
  if (batch.empty()) {
    waiting_.erase(service);
  } else {
    waiting_[service] = std::move(update);
  }
  change();
}

void DnsEndpoints::change() {
  if (changing_ || waiting_.empty()) return;
  std::vector<DnsUpdate> updates;
  updates.reserve(waiting_.size());
  for (const auto& [service, update] : waiting_) updates.push_back(update);
  const bool accepted = parts_.worker.post([&applier = parts_.applier, &io = parts_.io,
                                            weak = weak_from_this(), updates = std::move(updates)] {
    const Applier::Outcome outcome = applier.resolve(updates, make_change_context());
    asio::post(io, [weak, status = outcome.status] {
      if (const auto alive = weak.lock()) alive->changed(status);
    });
  });
  if (!accepted) return;
  waiting_.clear();
  changing_ = true;
}

void DnsEndpoints::changed(const absl::Status& status) {
  changing_ = false;
  if (!status.ok()) {
    spdlog::warn("what DNS says is not stored, it is tried again: {}", status.ToString());
  }
  change();
}

}  // namespace limpet
