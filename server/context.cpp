#include "server/context.h"

#include <array>
#include <chrono>
#include <cstring>
#include <new>

#include <absl/strings/escaping.h>
#include <absl/time/time.h>
#include <openssl/rand.h>

#include "core/base/text.h"

namespace limpet {

ChangeContext make_change_context() {
  ChangeContext context;
  context.now_unix_ms = unix_ms_now();
  context.random = [](std::span<unsigned char> bytes) {
    // Fails only without any source of entropy, where nothing of ours could be kept secret.
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::bad_alloc();
  };
  return context;
}

int64_t unix_ms_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

uint64_t random_id(const ChangeContext& context) {
  std::array<unsigned char, 8> bytes;
  uint64_t id = 0;
  while (id == 0) {
    context.random(bytes);
    std::memcpy(&id, bytes.data(), sizeof(id));
  }
  return id;
}

std::string random_uuid(const ChangeContext& context) {
  std::array<unsigned char, 16> bytes;
  context.random(bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  const std::string hex = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  return str_cat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                 hex.substr(16, 4), "-", hex.substr(20));
}

std::string rfc3339_utc(int64_t unix_ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(unix_ms / 1000 * 1000),
                          absl::UTCTimeZone());
}

}  // namespace limpet
