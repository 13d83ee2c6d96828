#include "server/dns_status.h"

#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/resource/dns_target.h"

namespace limpet {

bool DnsStatus::set(const EntryKey& service, Verdict verdict) {
  const std::lock_guard lock(mutex_);
  Verdict& known = verdicts_[service];
  const bool other = known.status != verdict.status || known.reason != verdict.reason;
  known = std::move(verdict);
  return other;
}

void DnsStatus::remove(const EntryKey& service) {
  const std::lock_guard lock(mutex_);
  verdicts_.erase(service);
}

void DnsStatus::tell(v1::Service& service) const {
  const std::optional<DnsTarget> target = dns_target(service);
  if (!target) return;
  Verdict verdict{kUnknown, "Pending", str_cat(target->name, " has not been answered for yet")};
  {
    const std::lock_guard lock(mutex_);
    const auto known =
        verdicts_.find({"Service", service.metadata().namespace_(), service.metadata().name()});
    if (known != verdicts_.end()) verdict = known->second;
  }
  set_condition(*service.mutable_status()->add_conditions(), "Resolved",
                service.metadata().generation(), verdict);
}

}  // namespace limpet
