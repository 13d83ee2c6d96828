// What a session policy asks for, with every default applied.
#pragma once

#include <cstdint>
#include <string>

namespace limpet {

// What becomes of a session whose endpoint is listed, but may not serve.
enum class OnUnavailable : uint8_t { kRebind, kRebindTemporarily, kReject };

struct StickyPolicy {
  // What has the session's token: a cookie, a field of requests and responses, or the value of the
  // application's own cookie, behind what the application says.
  enum class Carrier : uint8_t { kCookie, kHeader, kLearned };
  // Of the cookie's attribute: over HTTPS, or whatever the connection.
  enum class Secure : uint8_t { kWithTls, kAlways, kNever };

  Carrier carrier = Carrier::kCookie;
  std::string name = "_srv_id";  // of the cookie or the field
  uint32_t expires_s = 3600;     // from the creation of the binding
  uint32_t idle_s = 0;           // without a request; 0: no bound
  OnUnavailable on_unavailable = OnUnavailable::kRebind;
  bool forward = false;          // endpoints see the token; never of a learned cookie

  // Of Set-Cookie, where the gateway makes it: what stands before and behind the attributes of its
  // life.
  std::string attributes = "; path=/";
  std::string last_attributes = "; HttpOnly; SameSite=Lax";
  Secure secure = Secure::kWithTls;
  bool permanent = true;  // browsers keep the cookie for its life; else until they are closed

  friend bool operator==(const StickyPolicy&, const StickyPolicy&) = default;
};

// By how much nodes' clocks may differ before it shows: added to every expiry.
inline constexpr int64_t kClockGraceS = 120;

}  // namespace limpet
