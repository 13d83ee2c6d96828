#include "core/routing/compile_policy.h"

namespace limpet {

StickyPolicy compile_sticky(const v1::SessionStickyConfig& config) {
  StickyPolicy policy;
  if (config.has_cookie_name()) policy.cookie_name = config.cookie_name();
  if (config.has_expires()) policy.expires_s = static_cast<uint32_t>(config.expires());
  return policy;
}

}  // namespace limpet
