// What a change is made of beside its request: passed in, so that planning one is a pure function.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace limpet {

struct ChangeContext {
  int64_t now_unix_ms = 0;
  // Fills the span with unpredictable bytes.
  std::function<void(std::span<unsigned char>)> random;
};

// The wall clock and OpenSSL's generator.
ChangeContext make_change_context();

int64_t unix_ms_now();

// A random number that is not 0.
uint64_t random_id(const ChangeContext& context);

// RFC 4122, version 4.
std::string random_uuid(const ChangeContext& context);

// "2025-01-31T12:00:00Z", as Kubernetes writes times.
std::string rfc3339_utc(int64_t unix_ms);

}  // namespace limpet
