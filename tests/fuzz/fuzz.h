// What the fuzz targets share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/snapshot/snapshot.h"

// As libFuzzer has it. Ends the process when something is wrong.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace limpet::fuzz {

// Inputs that are right, to begin with. Each target has its own.
std::vector<std::string> seeds();

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// One input of several parts: each behind its length, as two bytes, the lower one first.
inline std::string join(const std::vector<std::string>& parts) {
  std::string input;
  for (const std::string& part : parts) {
    input.push_back(static_cast<char>(part.size()));
    input.push_back(static_cast<char>(part.size() >> 8));
    input += part;
  }
  return input;
}

inline std::vector<std::string_view> split(std::string_view input) {
  std::vector<std::string_view> parts;
  while (input.size() >= 2) {
    const size_t size =
        static_cast<unsigned char>(input[0]) | size_t{static_cast<unsigned char>(input[1])} << 8;
    parts.push_back(input.substr(2, size));
    input.remove_prefix(2 + parts.back().size());
  }
  return parts;
}

// The digest from the entries themselves.
inline void require_digest(const Snapshot& snapshot) {
  Digest digest;
  snapshot.for_each([&](const EntryPtr& entry) { digest += Digest::of(*entry); });
  require(digest == snapshot.id().digest, "the digest is that of the entries");
}

}  // namespace limpet::fuzz
