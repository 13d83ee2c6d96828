#include "core/routing/compile_policy.h"

#include "core/base/text.h"

namespace limpet {
namespace {

StickyPolicy merge(const v1::SessionStickyConfig& common, const v1::SessionStickyConfig& own) {
  v1::SessionStickyConfig merged = common;
  merged.MergeFrom(own);
  StickyPolicy policy;
  if (merged.has_cookie_name()) policy.cookie_name = merged.cookie_name();
  if (merged.has_expires()) policy.expires_s = static_cast<uint32_t>(merged.expires());
  return policy;
}

}  // namespace

std::string target_service(const v1::SessionStickyPolicy& policy) {
  const v1::PolicyTargetReference& target = policy.spec().target_ref();
  const std::string& ns = policy.metadata().namespace_();
  const bool own = target.namespace_().empty() || target.namespace_() == ns;
  return own ? str_cat(ns, "/", target.name()) : std::string();
}

std::optional<AppliedPolicy> applied_policy(std::span<const v1::SessionStickyPolicy> policies,
                                            int port) {
  for (const v1::SessionStickyPolicy& policy : policies) {
    for (const v1::SessionStickyPort& listed : policy.spec().ports()) {
      if (listed.port() != port) continue;
      return AppliedPolicy{merge(policy.spec().config(), listed.config()),
                           str_cat(policy.metadata().namespace_(), "/", policy.metadata().name())};
    }
  }
  return std::nullopt;
}

}  // namespace limpet
