// What a session policy asks for, with every default applied.
#pragma once

#include <cstdint>
#include <string>

namespace limpet {

struct StickyPolicy {
  std::string cookie_name = "_srv_id";
  uint32_t expires_s = 3600;  // from the creation of the binding

  friend bool operator==(const StickyPolicy&, const StickyPolicy&) = default;
};

// By how much nodes' clocks may differ before it shows: added to every expiry.
inline constexpr int64_t kClockGraceS = 120;

}  // namespace limpet
